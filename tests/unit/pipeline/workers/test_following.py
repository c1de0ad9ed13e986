"""pipeline.workers.following: steps of a run, and what a restart takes up."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.shots import ShotChooser
from detectors.tracking import UltralyticsTracker
from detectors.types import Box, Detection, Frame
from pipeline.workers.following import RunFollower, Step, Tally

rng = np.random.default_rng(3)
STREET = rng.integers(0, 255, (240, 320, 3), np.uint8)


def follower(first_number: int = 1, tally: Tally | None = None) -> RunFollower:
    return RunFollower(
        "lobby",
        "run",
        tracker=UltralyticsTracker(camera_id="lobby", patience_s=0.5, first_number=first_number),
        chooser=ShotChooser("lobby", "run", keep=4, publish_at_most=8, min_height_px=40),
        tally=tally,
    )


def frame(number: int) -> Frame:
    return Frame("lobby", "run", number, 1000.0 + number / 10, STREET)


def person(x: float) -> Detection:
    return Detection(Box(x, 60, x + 50, 200), 0.9)


def walk(run: RunFollower, scene: Sequence[Sequence[Detection]], *, start: int = 1) -> list[Step]:
    return [run.advance(frame(start + i), found) for i, found in enumerate(scene)]


def told(step: Step) -> tuple[object, ...]:
    """A step without its pictures, which are not comparable."""
    shots = [replace(shot, picture=STREET) for shot in step.shots]
    return (
        step.frame_number,
        step.boxes,
        dict(step.opened),
        dict(step.ended),
        [(s.id, s.captured_at, s.box, s.quality, s.replaces) for s in shots],
    )


def test_a_person_is_opened_once_seen_often_and_ended_once():
    run = follower()
    steps = walk(run, [[person(40 + 4 * i)] for i in range(10)] + [[]] * 10)
    steps.append(run.finish())
    opened = [key for step in steps for key in step.opened]
    ended = [key for step in steps for key in step.ended]
    assert opened == ended
    assert [key.number for key in opened] == [1]
    assert steps[-2].ended == {} or steps[-1].ended == {}
    assert run.tally.tracks == 1
    assert run.tally.boxes_seen >= 8


def test_the_end_of_a_run_ends_who_is_still_there():
    run = follower()
    walk(run, [[person(40)]] * 5)
    assert [key.number for key in run.finish().ended] == [1]


def test_a_person_too_small_for_a_shot_is_counted():
    run = follower()
    small = Detection(Box(10, 10, 14, 22), 0.9)
    walk(run, [[small]] * 5)
    assert run.finish().shots == ()
    assert run.tally.unpublished_tracks == 1


@given(st.lists(st.integers(0, 12), min_size=1, max_size=4), st.data())
def test_reading_on_from_a_quiet_frame_gives_what_reading_through_gives(spans, data):
    scene: list[list[Detection]] = []
    for i, span in enumerate(spans):
        scene += [[person(20 + 4 * j + 10 * i)] for j in range(span)]
        scene += [[]] * data.draw(st.integers(0, 12))
    whole = follower()
    undisturbed, quiet_at = [], [(0, 1, Tally())]
    for i, found in enumerate(scene, start=1):
        undisturbed.append(whole.advance(frame(i), found))
        if whole.is_quiet:
            quiet_at.append((i, whole.next_number, replace(whole.tally)))
    undisturbed.append(whole.finish())

    number, next_number, tally = data.draw(st.sampled_from(quiet_at))
    resumed = follower(next_number, tally)
    steps = [*walk(resumed, scene[number:], start=number + 1), resumed.finish()]
    assert [told(step) for step in steps[:-1]] == [told(s) for s in undisturbed[number:-1]]
    assert dict(steps[-1].ended) == dict(undisturbed[-1].ended)
    assert resumed.tally == whole.tally
