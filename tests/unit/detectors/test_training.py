"""What a training of a detector sees, and how far it knows to have come."""

import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.training import _epochs_done, _listed, degraded

HEADER = "epoch,time,train/box_loss\n"


def pictures(count: int = 24) -> torch.Tensor:
    return torch.rand(count, 3, 24, 16, generator=torch.Generator().manual_seed(1))


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_degraded_pictures_keep_their_shape_and_stay_pictures(seed):
    random.seed(seed)
    torch.manual_seed(seed)
    seen = degraded(pictures(4))
    assert seen.shape == (4, 3, 24, 16)
    assert 0 <= float(seen.min()) <= float(seen.max()) <= 1


def test_some_pictures_are_grey_some_are_smooth_and_most_are_left_alone():
    random.seed(5)
    before = pictures(200)
    seen = degraded(before.clone())
    same = (seen == before).flatten(1).all(dim=1)
    grey = (seen[:, 0] - seen[:, 1]).abs().flatten(1).amax(dim=1) == 0
    rough = (seen[:, :, 1:] - seen[:, :, :-1]).abs().mean(dim=(1, 2, 3))
    assert 80 < int(same.sum()) < 140
    assert 10 < int(grey.sum()) < 50
    assert 30 < int((rough < 0.7 * rough.median()).sum()) < 100


@pytest.mark.parametrize(
    ("rows", "done"),
    [
        (None, 0), ("", 0), (HEADER, 0), (HEADER + "1,9.5,3.2\n2,19,3.0\n", 2),
        (HEADER + "1,9.5,3.2\n2,19,3.0\n2,30,2.9\n", 2), (HEADER + "1,9.5,3.2\n,", 1),
    ],
)  # fmt: skip
def test_an_epoch_that_is_told_twice_was_learnt_once(tmp_path, rows, done):
    (tmp_path / "run").mkdir()
    if rows is not None:
        (tmp_path / "run" / "results.csv").write_text(rows)
    assert _epochs_done(tmp_path) == done


def test_pictures_are_listed_where_ultralytics_finds_their_labels(tmp_path):
    stills, data = tmp_path / "stills", tmp_path / "data" / "train"
    for folder, name in (("frames", "000002.jpg"), ("frames", "000001.jpg"), ("labels", "1.txt")):
        (stills / folder).mkdir(parents=True, exist_ok=True)
        (stills / folder / name).touch()
    for _ in range(2):  # gone on with
        listing = _listed(stills, data)
    assert listing.read_text().splitlines() == [
        str(data / "images" / "000001.jpg"), str(data / "images" / "000002.jpg"),
    ]  # fmt: skip
    assert (data / "images" / "000001.jpg").exists()
    assert (data / "labels" / "1.txt").exists()
