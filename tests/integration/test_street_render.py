"""`descry street`: films and stills drawn for real, killed, gone on with, and refused."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest

from pipeline.street.footage.truth import Truth
from retrieval.training.datasets import open_dataset

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.usefixtures("drawing"),
]

RENDER = (
    "render", "--people", "3", "--cameras", "1", "--seconds", "11", "--fps", "2",
    "--size", "160x96", "--places", "lobby", "--jobs", "1",
)  # fmt: skip
STILLS = ("stills", "--people", "4", "--frames", "3", "--split", "train")


def street(*arguments: str, seed: int, out: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "pipeline", "street", *arguments]
    return subprocess.Popen(
        [*command, "--seed", str(seed), "--out", str(out)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def finished(*arguments: str, seed: int, out: Path) -> tuple[int, str]:
    process = street(*arguments, seed=seed, out=out)
    _, err = process.communicate()
    return process.returncode, err


def contents(folder: Path, *patterns: str) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for pattern in patterns for p in sorted(folder.glob(pattern))}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    out = tmp_path_factory.mktemp("street") / "whole"
    code, err = finished(*RENDER, seed=3, out=out)
    assert code == 0, err
    return out


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_render_that_was_ended_goes_on_to_the_same_truth(rendered, tmp_path, how):
    out = tmp_path / "ended"
    process = street(*RENDER, seed=3, out=out)
    while not list(out.glob(".parts/*.json")):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    os.kill(process.pid, how)
    _, err = process.communicate()
    kept = contents(out / ".parts", "*.json")

    assert kept
    assert not (out / "truth.json").exists()
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "the same command goes on from there" in err
    assert finished(*RENDER, "--jobs", "2", seed=3, out=out)[0] == 0  # what two draw is the same
    assert contents(out, "*.json", "*.txt") == contents(rendered, "*.json", "*.txt")


def test_a_render_leaves_films_and_a_truth_that_agree(rendered):
    truth = Truth.read(rendered)
    (camera,) = truth.cameras
    with av.open(str(truth.film(camera.camera_id))) as container:
        frames = sum(1 for _ in container.decode(video=0))
    boxes = truth.boxes_of(camera.camera_id)

    assert frames == camera.frames == 22
    assert truth.appearances
    assert len(boxes.frame) and boxes.frame.max() <= frames
    assert (boxes.box[:, 2:] <= (160, 96)).all()
    assert not (rendered / ".parts").exists()


def test_a_finished_folder_is_left_as_it_is_and_refuses_another_story(rendered):
    before = contents(rendered, "*")

    assert finished(*RENDER, seed=3, out=rendered)[0] == 0
    code, err = finished(*RENDER, seed=4, out=rendered)
    assert (code, err.count("\n")) == (2, 1)
    assert "was begun with seed 3, not 4" in err
    assert contents(rendered, "*") == before


def test_a_seed_out_of_range_is_one_line(tmp_path):
    code, err = finished(*RENDER, seed=2**32, out=tmp_path / "out")

    assert (code, err.count("\n")) == (2, 1)
    assert "choose one of 0 to 4294967295" in err


def test_stills_are_the_same_however_many_draw_them_and_training_reads_them(tmp_path):
    for jobs in ("1", "2"):
        code, err = finished(*STILLS, "--jobs", jobs, seed=5, out=tmp_path / jobs)
        assert code == 0, err
    folders = [tmp_path / "1", tmp_path / "2"]
    texts = [contents(one, "*.jsonl", "*.json", "labels/*", "crops/*") for one in folders]
    opened = open_dataset("jsonl", tmp_path / "1" / "captions.jsonl")

    assert texts[0] == texts[1]
    assert len(list((tmp_path / "1" / "frames").iterdir())) == 3
    assert set(opened.splits) == {"train"}
    for line in texts[0]["crops.jsonl"].splitlines():
        crop = json.loads(line)
        assert crop["visible"] >= 0.4
        assert crop["identity"] in json.loads(texts[0]["looks.json"])
