"""The recipe of the bundled weights as one command: whole, repeated, and stopped on the way."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.street.recipe.bundle import (
    CALIBRATION_FILE,
    DETECTOR,
    DETECTOR_FILE,
    ENCODER,
    ENCODER_FILE,
    LIST,
)
from pipeline.street.recipe.steps import STEPS
from retrieval.encoder import load_encoder
from retrieval.search.calibration_file import read_calibration
from retrieval.weights.manifest import digest_of, read_manifest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.usefixtures("drawing"),
]

FILES = {
    CALIBRATION_FILE, DETECTOR_FILE, ENCODER_FILE, LIST, f"{DETECTOR}.md", f"{ENCODER}.md",
}  # fmt: skip


class Kitchen:
    """Where the command works: its folders, and a file of what it says."""

    def __init__(self, folder: Path) -> None:
        self.out, self.into, self._said = folder / "out", folder / "into", folder / "said.txt"

    def start(self) -> subprocess.Popen:
        command = [sys.executable, "-m", "pipeline.street.recipe", "--quick"]
        with self._said.open("wb") as said:
            return subprocess.Popen(
                [*command, "--out", str(self.out), "--into", str(self.into)],
                stdout=subprocess.DEVNULL, stderr=said, start_new_session=True,
            )  # fmt: skip

    def run(self) -> str:
        """Everything that it says from start to end."""
        code = self.start().wait()
        assert code == 0, self.said()
        return self.said()

    def said(self) -> str:
        return self._said.read_text("utf-8", errors="replace")


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory) -> Kitchen:
    return Kitchen(tmp_path_factory.mktemp("recipe"))


@pytest.fixture(scope="module")
def whole(kitchen) -> str:
    return kitchen.run()


def test_the_finished_files_are_those_of_the_list(kitchen, whole):
    assert [step for step in STEPS if f"{step}: {STEPS[step].sentence}\n" in whole] == list(STEPS)
    assert {path.name for path in kitchen.into.iterdir()} == FILES
    entries = read_manifest((kitchen.into / LIST).read_text("utf-8"), LIST)[0]
    assert set(entries) == {DETECTOR, ENCODER}
    for entry in entries.values():
        file = kitchen.into / entry.file
        assert (entry.size, entry.sha256) == (file.stat().st_size, digest_of(file))
    assert entries[ENCODER].calibration == CALIBRATION_FILE


def test_the_calibration_is_the_encoders_and_the_cards_tell_the_figures(kitchen, whole):
    encoder = load_encoder(kitchen.into / ENCODER_FILE, name=ENCODER, device="cpu")
    read_calibration(
        kitchen.into / CALIBRATION_FILE, model_id=encoder.model_id, dimension=encoder.dimension
    )
    cards = {name: (kitchen.into / f"{name}.md").read_text("utf-8") for name in (DETECTOR, ENCODER)}
    for figure in ("calibration_error", "present_refused", "absent_refused"):
        assert f"| {figure} | " in cards[ENCODER]
    for figure in ("ap50", "ap50_reasonable", "recall_reasonable_at_0.4", "people_reasonable"):
        assert f"| {figure} | " in cards[DETECTOR]


def test_nothing_is_made_twice(kitchen, whole):
    before = {path.name: path.stat().st_mtime_ns for path in kitchen.into.iterdir()}
    assert kitchen.run().splitlines() == [f"{step}: done before" for step in STEPS]
    assert {path.name: path.stat().st_mtime_ns for path in kitchen.into.iterdir()} == before


@pytest.mark.parametrize(
    ("step", "reach"), [("stills", os.killpg), ("encoder", os.kill)], ids=["ctrl-c", "kill"]
)
def test_what_was_stopped_in_the_middle_goes_on(tmp_path, step, reach):
    kitchen = Kitchen(tmp_path)
    process = kitchen.start()
    while f"{step}: {STEPS[step].sentence}\n" not in kitchen.said():
        assert process.poll() is None, kitchen.said()
        time.sleep(0.05)
    time.sleep(1)
    # A terminal's Ctrl-C reaches the whole group; `kill -INT` reaches the recipe alone.
    reach(process.pid, signal.SIGINT)
    assert process.wait() == 130, kitchen.said()
    assert f"{step}: stopped; the same command goes on from there" in kitchen.said()
    assert not kitchen.into.exists()

    said = kitchen.run()
    steps = list(STEPS)
    for name in steps[: steps.index(step)]:
        assert f"{name}: done before\n" in said
    assert f"{step}: {STEPS[step].sentence}\n" in said
    assert {path.name for path in kitchen.into.iterdir()} == FILES
