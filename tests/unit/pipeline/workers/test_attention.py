"""Which frames of a run reach the detector, and that nothing is lost by it."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.fakes import ScriptedDetector
from detectors.shots import ShotChooser
from detectors.tracking import UltralyticsTracker
from detectors.types import Box, Detection, Frame, Glance
from pipeline.workers.attention import Attention, attention_to, follow_all
from pipeline.workers.following import RunFollower

PICTURE = np.random.default_rng(3).integers(0, 255, (120, 160, 3), np.uint8)
FRAMES = 60
PERSON, MOVING = Box(40, 20, 80, 110), Box(120, 60, 130, 80)


class SaidGate:
    """A gate that opens at the frames a test says."""

    fingerprint = "said"
    needs_from = 0

    def __init__(self, due: frozenset[int], whole: frozenset[int] = frozenset()) -> None:
        self._due, self._whole = due, whole
        self.watched: list[int] = []

    def watch(self, frame: Frame) -> Glance:
        self.watched.append(frame.number)
        regions = (MOVING,) if frame.number in self._due else ()
        return Glance(frame.number in self._due, regions, frame.number in self._whole)


def film(count: int = FRAMES) -> list[Frame]:
    return [Frame("door", "r1", n, 100 + n / 5, PICTURE) for n in range(1, count + 1)]


def follower() -> RunFollower:
    return RunFollower(
        "door",
        "r1",
        tracker=UltralyticsTracker(camera_id="door", patience_s=1.0),
        chooser=ShotChooser("door", "r1", min_height_px=20, min_quality=0),
    )


class Seeing:
    """A scripted detector that notes which frames it was shown."""

    def __init__(self, present: frozenset[int], batch: int = 8) -> None:
        person = [Detection(PERSON, 0.9)]
        self._inside = ScriptedDetector({"*": dict.fromkeys(present, person)})
        self.fingerprint, self.batch = self._inside.fingerprint, batch
        self.shown: list[int] = []
        self.parts: dict[int, Box | None] = {}

    def detect(
        self, frames: Sequence[Frame], parts: Sequence[Box | None] | None = None
    ) -> list[list[Detection]]:
        self.shown += [frame.number for frame in frames]
        if parts is not None:
            self.parts |= {frame.number: at for frame, at in zip(frames, parts, strict=True)}
        return self._inside.detect(frames)


def read(present: frozenset[int], due: frozenset[int], batch: int):
    run, detector, frames = follower(), Seeing(present), film()
    gate = SaidGate(due)
    steps = []
    for at in range(0, len(frames), batch):
        steps += follow_all(frames[at : at + batch], gate=gate, detector=detector, follower=run)
    steps.append(run.finish())
    told = [(s.frame_number, s.opened, s.ended, [str(shot.id) for shot in s.shots]) for s in steps]
    assert gate.watched == [frame.number for frame in frames]
    return told, asdict(run.tally), sorted(detector.shown), run.last_frame


numbers = st.frozensets(st.integers(1, FRAMES), max_size=FRAMES)
stretches = st.tuples(st.integers(1, FRAMES), st.integers(1, 25)).map(
    lambda s: frozenset(range(s[0], min(s[0] + s[1], FRAMES + 1)))
)


@given(stretches, numbers, st.integers(2, 16))
@settings(max_examples=12, deadline=None)
def test_frames_that_share_a_batch_are_followed_as_if_they_came_alone(present, due, batch):
    alone = read(present, due, 1)
    together = read(present, due, batch)
    assert together[:2] == alone[:2]
    assert together[3] == alone[3]
    assert set(alone[2]) <= set(together[2])


@given(stretches, numbers)
@settings(max_examples=8, deadline=None)
def test_every_frame_is_looked_at_or_counted_as_skipped(present, due):
    _, tally, shown, last = read(present, due, 5)
    assert tally["frames_looked_at"] + tally["frames_skipped"] == FRAMES
    assert len(shown) == len(set(shown)) >= tally["frames_looked_at"]
    assert last[0] == FRAMES


def test_a_closed_gate_keeps_frames_from_the_detector():
    _, tally, shown, _ = read(frozenset(), frozenset({1, 2}), 4)
    assert shown == [1, 2]
    assert tally["frames_skipped"] == FRAMES - 2


def test_who_is_followed_is_looked_at_though_nothing_moves():
    standing = frozenset(range(10, 40))
    told, _, shown, _ = read(standing, frozenset({10}), 7)
    assert set(shown) >= set(range(10, 40))
    (opened,) = [step for step in told if step[1]]
    (ended,) = [step for step in told if step[2]]
    assert opened[0] < 13
    assert ended[0] > 40


def test_without_a_gate_every_frame_is_looked_at():
    run = follower()
    for frame in film(3):
        assert attention_to(None, run, frame) == Attention(is_worth_a_look=True, part=None)


def test_a_frame_is_not_skipped_while_somebody_is_followed():
    run, (first, second) = follower(), film(2)
    run.advance(first, [Detection(Box(40, 20, 80, 110), 0.9)])
    with pytest.raises(ValueError, match="frame 2 cannot be skipped"):
        run.skip(second)


def parts_of(present: frozenset[int], gate: SaidGate | None) -> dict[int, Box | None]:
    """Where a detector that takes one frame at a time is asked to look."""
    detector = Seeing(present, batch=1)
    list(follow_all(film(), gate=gate, detector=detector, follower=follower()))
    assert sorted(detector.parts) == sorted(detector.shown)
    return detector.parts


def test_the_part_holds_who_is_followed_and_what_moves():
    parts = parts_of(frozenset(range(1, 20)), SaidGate(frozenset({1, 10})))
    assert all(parts[n].x1 <= PERSON.x1 and parts[n].x2 >= PERSON.x2 for n in range(2, 20))
    assert all(parts[n].x2 < MOVING.x1 for n in range(3, 20) if n != 10)
    assert parts[10].x2 >= MOVING.x2


def test_who_is_lost_is_still_looked_for():
    parts = parts_of(frozenset(range(1, 20)), SaidGate(frozenset({1})))
    assert parts[21].x1 <= PERSON.x1
    assert parts[21].x2 >= PERSON.x2


def test_a_frame_that_the_gate_wants_whole_is_searched_whole():
    gate = SaidGate(frozenset({1, 10}), frozenset({10, 12}))
    parts = parts_of(frozenset(range(1, 20)), gate)
    assert [n for n, part in parts.items() if part is None] == [10, 12]


def test_without_a_gate_every_frame_is_searched_whole():
    assert set(parts_of(frozenset(range(1, 20)), None).values()) == {None}


def test_a_detector_that_takes_batches_is_asked_for_no_parts():
    detector = Seeing(frozenset(range(1, 20)))
    gate = SaidGate(frozenset({1}))
    list(follow_all(film(), gate=gate, detector=detector, follower=follower()))
    assert detector.shown
    assert not detector.parts
