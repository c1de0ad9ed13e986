"""Detector, tracker and shot choice on real footage of a crossing."""

from typing import NamedTuple

import cv2
import pytest

from detectors.shots import ShotChooser
from detectors.tracking import UltralyticsTracker
from detectors.types import Detection, Frame, Shot
from detectors.yolo import YoloDetector
from pipeline.street.footage.mot import MotRow
from tests.benchmarks.mot_scores import read_scaled, score_mot

FRAMES = range(161, 321)
TRUTH_SCALE = 0.625  # the truth is for 768×576, the video has 480×360

pytestmark = pytest.mark.media


class Seen(NamedTuple):
    frames: list[Frame]
    people: list[list[Detection]]


@pytest.fixture(scope="module")
def seen(media_dir):
    detector = YoloDetector(media_dir / "weights" / "yolo11n.pt", device="cpu")
    capture = cv2.VideoCapture(str(media_dir / "footage" / "pets09_s2l1.mp4"))
    frames = []
    for number in range(1, FRAMES.stop):
        _, bgr = capture.read()
        if number not in FRAMES:
            continue
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        frames.append(Frame("court", "run", number, number / 10, rgb))
    capture.release()
    return Seen(frames, detector.detect(frames))


def follow(seen: Seen, kind: str) -> tuple[list[MotRow], list[Shot]]:
    tracker, chooser = UltralyticsTracker(camera_id="court", kind=kind), ShotChooser("court", "run")
    rows, shots = [], []
    for frame, people in zip(seen.frames, seen.people, strict=True):
        update = tracker.update(frame, people)
        rows += [MotRow(frame.number, box.number, box.box) for box in update.boxes]
        shots += chooser.consider(frame, update.boxes) + chooser.end(update.ended)
    return rows, shots + chooser.end(tracker.finish())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bytetrack", "botsort"])
def test_people_on_a_crossing_are_followed(media_dir, seen, kind):
    rows, _ = follow(seen, kind)
    truth = read_scaled(
        media_dir / "footage" / "pets09_s2l1.gt.txt", scale_x=TRUTH_SCALE, scale_y=TRUTH_SCALE
    )
    score = score_mot(rows, [row for row in truth if row.frame in FRAMES])
    assert score["mota"] >= 0.75
    assert score["idf1"] >= 0.8


def test_a_few_shots_stand_for_many_boxes(seen):
    rows, shots = follow(seen, "bytetrack")
    shots_of = dict.fromkeys({row.number for row in rows}, 0)
    for shot in shots:
        shots_of[shot.id.track.number] += 1
    assert max(shots_of.values()) <= 8
    assert len(shots) * 10 < len(rows)
    assert all(shot.picture.shape[0] >= 32 for shot in shots)


def test_following_again_gives_the_same_shots(seen):
    _, shots = follow(seen, "bytetrack")
    _, again = follow(seen, "bytetrack")
    assert [(shot.id, shot.box, shot.replaces) for shot in shots] == [
        (shot.id, shot.box, shot.replaces) for shot in again
    ]
