"""A detector is trained from nothing, goes on where it was stopped, and is packed."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from detectors.errors import DetectorUnusable
from detectors.safetensors_weights import Architecture, read_packed
from detectors.training import DetectorPlan, pack_checkpoint, train_detector
from detectors.training_epochs import kept_epochs, kept_whole
from detectors.types import Frame
from detectors.yolo import YoloDetector

SMALL = Architecture(depth=0.33, width=0.0625)
PLAN = DetectorPlan(epochs=2, batch=4, image_size_px=64, workers=0, seed=1, device="cpu")
HEIGHT, WIDTH = 64, 96


def stills_of(folder: Path, count: int, seed: int) -> Path:
    """Frames of one dark figure each on noise, with labels as ultralytics wants them."""
    rng = np.random.default_rng(seed)
    for name in ("frames", "labels"):
        (folder / name).mkdir(parents=True)
    for number in range(count):
        image = rng.integers(120, 220, (HEIGHT, WIDTH, 3), np.uint8)
        x, y = int(rng.integers(0, WIDTH - 16)), int(rng.integers(0, HEIGHT - 40))
        image[y : y + 40, x : x + 16] = 20
        cv2.imwrite(str(folder / "frames" / f"{number:06d}.jpg"), image)
        centre = f"{(x + 8) / WIDTH:.6f} {(y + 20) / HEIGHT:.6f}"
        size = f"{16 / WIDTH:.6f} {40 / HEIGHT:.6f}"
        (folder / "labels" / f"{number:06d}.txt").write_text(f"0 {centre} {size}\n")
    return folder


@pytest.fixture(scope="module")
def stills(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("stills")
    return stills_of(folder / "train", 8, 1), stills_of(folder / "val", 4, 2)


@pytest.fixture(scope="module")
def trained(stills, tmp_path_factory) -> tuple[Path, Path, list[tuple[float, float | None]]]:
    """Stopped after the first batch, then gone on with: the folder, the checkpoint, the reports."""
    out = tmp_path_factory.mktemp("run")
    told: list[tuple[float, float | None]] = []

    def report(done: float, total: float | None) -> None:
        told.append((done, total))

    stopped = train_detector(
        *stills, out, PLAN, architecture=SMALL, report=report, should_stop=lambda: True
    )
    assert stopped is None
    assert told == [(1, 4)]
    best = train_detector(*stills, out, PLAN, architecture=SMALL, report=report)
    assert best is not None
    return out, best, told


def test_a_training_goes_on_where_it_was_stopped_and_comes_to_its_end(trained):
    out, best, told = trained
    assert best.is_file()
    assert kept_epochs(out / "run" / "weights").epochs == PLAN.epochs
    assert told[1:] == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_training_that_is_done_is_not_begun_again(trained, stills):
    out, best, told = trained
    before = len(told)
    again = train_detector(
        *stills,
        out,
        PLAN,
        architecture=SMALL,
        report=lambda done, total: told.append((done, total)),
    )
    assert again == best
    assert len(told) == before


@pytest.mark.parametrize(
    ("stops", "told_in_all"),
    [((3, 0), [1, 2, 3, 3, 4]), ((2, 4), [1, 2, 3, 4])],
    ids=["in the last epoch", "at the end of an epoch"],
)
def test_an_epoch_that_was_cut_is_learnt_whole_and_a_whole_one_is_kept(
    stills, tmp_path, stops, told_in_all
):
    told: list[float] = []

    def run(stop_after: int) -> Path | None:
        return train_detector(
            *stills, tmp_path, PLAN, architecture=SMALL,
            report=lambda done, _: told.append(done), should_stop=lambda: told[-1] == stop_after,
        )  # fmt: skip

    assert run(stops[0]) is None
    assert run(stops[1]) is not None
    assert told == told_in_all


def test_what_was_trained_is_packed_and_looks_at_frames(trained, tmp_path):
    packed = tmp_path / "small.safetensors"
    pack_checkpoint(trained[1], packed, SMALL)
    assert read_packed(packed).architecture == SMALL
    detector = YoloDetector(packed, image_size_px=64, device="cpu")
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    assert detector.detect([Frame("a", "b", 1, 0.0, image)]) == [[]]


def test_what_was_trained_is_not_packed_as_another_network(trained, tmp_path):
    packed = tmp_path / "small.safetensors"
    with pytest.raises(DetectorUnusable, match="does not hold the network"):
        pack_checkpoint(trained[1], packed, Architecture())
    assert not packed.exists()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("damaged", "told_then"),
    [
        (("last.pt",), [3, 4]),
        (("last.pt", "best.pt"), [3, 4]),
        (("last.pt", "last-but-one.pt", "best.pt"), [1, 2, 3, 4]),
    ],
    ids=["the last", "and the best", "all"],
)  # fmt: skip
def test_a_damaged_checkpoint_costs_epochs_and_not_the_training(
    trained, stills, tmp_path, damaged, told_then
):
    out = tmp_path / "run"
    shutil.copytree(trained[0], out, symlinks=True)
    weights = out / "run" / "weights"
    shutil.copyfile(weights / "last-but-one.pt", weights / "best.pt")  # the first was the best
    for name in damaged:
        cut(weights / name)
    told: list[float] = []
    best = train_detector(
        *stills, out, PLAN, architecture=SMALL, report=lambda done, _: told.append(done)
    )
    assert best is not None
    assert told == told_then
    assert kept_epochs(weights).epochs == PLAN.epochs
    pack_checkpoint(best, tmp_path / "small.safetensors", SMALL)


def test_the_best_epoch_is_found_again_in_the_last_where_that_was_it(trained, stills, tmp_path):
    weights = tmp_path / "run" / "weights"
    shutil.copytree(trained[0] / "run", tmp_path / "run")
    best = next(
        name for name in ("last.pt", "last-but-one.pt")
        if (weights / name).read_bytes() == (weights / "best.pt").read_bytes()
    )  # fmt: skip
    cut(weights / "best.pt")
    assert kept_epochs(weights).epochs == PLAN.epochs
    assert (weights / "best.pt").read_bytes() == (weights / best).read_bytes()


def test_what_was_left_of_a_write_is_not_put_in_place(trained, tmp_path):
    weights = tmp_path / "weights"
    shutil.copytree(trained[0] / "run" / "weights", weights)
    trainer = SimpleNamespace(last=weights / "last.pt", best=weights / "best.pt")
    (weights / ".best.pt.part").write_bytes(b"half")
    before = {path.name: path.read_bytes() for path in weights.glob("[!.]*")}
    with kept_whole(trainer):
        trainer.last.write_bytes(b"whole")
    assert (weights / "last-but-one.pt").read_bytes() == before["last.pt"]
    assert (weights / "best.pt").read_bytes() == before["best.pt"]
    assert {path.name for path in weights.iterdir()} == set(before)
    assert trainer.last.read_bytes() == b"whole"
