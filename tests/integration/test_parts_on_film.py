"""A detector that searches part of a frame finds who is there as one that searches all of it."""

from itertools import islice

import numpy as np
import pytest

from detectors import yolo
from detectors.boxes import iou, to_array
from detectors.types import Box
from detectors.yolo import YoloDetector
from pipeline.sources.video_file import VideoFile, inspect_video
from tests.conftest import ROOT

FILM = ROOT / "pipeline" / "demo" / "footage" / "lobby-1.mp4"
WEIGHTS = ROOT / "retrieval" / "weights" / "bundled" / "street-yolo.safetensors"
SURE = 0.6


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    return YoloDetector(WEIGHTS, device="cpu", config_dir=tmp_path_factory.mktemp("settings"))


@pytest.fixture(scope="module")
def frames():
    film = VideoFile(inspect_video(FILM), "lobby", "r1", 0.0, fps=1.0)
    return list(islice(film, 8, 24, 2))


@pytest.fixture
def searched(monkeypatch):
    """The sizes of the pictures that went through the network."""
    sizes = []
    plain = YoloDetector._rows

    def noted(self, pictures):
        sizes.append(tuple(pictures.shape[2:]))
        return plain(self, pictures)

    monkeypatch.setattr(YoloDetector, "_rows", noted)
    return sizes


def nearest(box, people):
    overlaps = iou(to_array([box]), to_array([one.box for one in people]))
    return people[int(np.argmax(overlaps))], float(overlaps.max(initial=0))


def test_who_is_searched_for_is_found_where_and_as_surely_as_in_the_whole(
    detector, frames, searched
):
    whole = detector.detect(frames)
    size = searched[0]
    searched.clear()
    count = 0
    for frame, people in zip(frames, whole, strict=True):
        for person in (one for one in people if one.confidence >= SURE):
            (found,) = detector.detect([frame], [person.box])
            same, overlap = nearest(person.box, found)
            assert overlap > 0.8
            assert abs(same.confidence - person.confidence) < 0.15
            count += 1
    assert count >= 8
    smaller = [h * w for h, w in searched if (h, w) != size]
    assert len(smaller) > count / 2
    assert np.mean(smaller) < 0.6 * size[0] * size[1]


def test_nobody_is_reported_in_halves(detector, frames):
    """A part that ends beside somebody: they are whole in the answer, or not in it."""
    for frame, people in zip(frames, detector.detect(frames), strict=True):
        for person in (one for one in people if one.confidence >= SURE):
            x1, y1, _, y2 = person.box
            beside = Box(max(x1 - 130, 0), y1, max(x1 - 110, 1), y2)
            (found,) = detector.detect([frame], [beside])
            strong = [one for one in found if one.confidence >= SURE]
            assert all(nearest(one.box, people)[1] > 0.7 for one in strong)


def test_without_a_part_the_answer_is_that_of_the_whole(detector, frames):
    assert detector.detect(frames[:2], [None, None]) == detector.detect(frames[:2])


def test_a_detector_on_a_gpu_searches_whole_frames(detector, frames, monkeypatch):
    whole = detector.detect(frames[:2])
    monkeypatch.setattr(detector, "_searches_parts", False)  # as on a GPU
    monkeypatch.setattr(yolo, "window_of", None)
    assert detector.detect(frames[:2], [Box(10, 10, 40, 90)] * 2) == whole
