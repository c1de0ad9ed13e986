"""The last steps of the recipe tell how far they are, and leave nothing half done when stopped."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from pipeline.street.recipe import bundle, detection, streets
from pipeline.street.recipe.detection import average_precision
from pipeline.street.recipe.kitchen import Kitchen
from pipeline.street.recipe.plan import QUICK
from pipeline.street.recipe.steps import STEPS
from pipeline.street.recipe.watching import Stopped, Watch
from retrieval.fakes import FakeEncoder
from tests.drawn_stills import stills_of

FRAMES = 5


class Onlooker:
    """Notes what is told, and says stop the so-manieth time it is asked; None for never."""

    def __init__(self, stops_at=None):
        self.asked, self.stops_at, self.told = 0, stops_at, []

    def should_stop(self):
        self.asked += 1
        return self.asked == self.stops_at

    def report(self, job):
        return lambda done, total: self.told.append((job, done, total))


@pytest.fixture
def out(tmp_path, monkeypatch):
    """Stills of both splits, no filmed street, and an encoder that needs no file."""
    monkeypatch.setattr(streets, "STREETS", ())
    monkeypatch.setattr(bundle, "_encoder", lambda _: FakeEncoder())
    monkeypatch.setattr(bundle, "average_precision", lambda *_: {})
    (tmp_path / "packed").mkdir()
    for split in ("val", "test"):
        stills_of(tmp_path / "stills" / split, people=60)
    return tmp_path


def done(out, step, onlooker):
    return STEPS[step].run(Kitchen(out, QUICK, onlooker.report, onlooker.should_stop))


def test_the_calibration_and_the_figures_are_done_anew_where_they_were_stopped(out):
    made = {
        "calibration": out / "packed" / bundle.CALIBRATION_FILE,
        "figures": out / "figures.json",
    }
    for step, file in made.items():
        looked_on = Onlooker()
        for stops_at in (1, 3):
            assert not done(out, step, Onlooker(stops_at))
            assert not file.exists()
        assert done(out, step, looked_on)
        assert file.is_file()
        jobs = {job for job, _, _ in looked_on.told}
        assert jobs == {"pictures of people", "sentences"}
        assert all(so_far < total for _, so_far, total in looked_on.told)


def test_a_detector_is_measured_frame_by_frame(tmp_path, monkeypatch):
    (tmp_path / "frames").mkdir()
    for number in range(FRAMES):
        image = np.zeros((8, 8, 3), np.uint8)
        Image.fromarray(image).save(tmp_path / "frames" / f"{number:06d}.jpg")
    records = [{"frame": number, "people": []} for number in range(FRAMES)]
    (tmp_path / "frames.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    blind = SimpleNamespace(batch=2, detect=lambda frames: [[] for _ in frames])
    monkeypatch.setattr(detection, "YoloDetector", lambda *_, **__: blind)

    onlooker = Onlooker()
    found = average_precision(tmp_path, tmp_path, Watch(onlooker.report, onlooker.should_stop))
    assert found["frames"] == FRAMES
    assert onlooker.told == [("frames", 0, FRAMES), ("frames", 2, FRAMES), ("frames", 4, FRAMES)]
    stopped = Onlooker(stops_at=2)
    with pytest.raises(Stopped):
        average_precision(tmp_path, tmp_path, Watch(stopped.report, stopped.should_stop))
