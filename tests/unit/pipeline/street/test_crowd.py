"""pipeline.street.footage.crowd: how people walk around each other."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.street.footage.crowd import STEP_S, Leg, Pause, walk_all
from pipeline.street.footage.walking import Route

AHEAD = Route(((0.0, 0.0), (12.0, 0.0)))
BACK = Route(AHEAD.corners[::-1])


def leg(person=0, route=AHEAD, starts_s=0.0, **rest):
    return Leg(person, 0, route, starts_s, rest.pop("gap_s", 0.0), rest.pop("speed", 1.2), **rest)


def nearest(one, other):
    """The least metres between two tracks while both are under way."""
    apart = math.inf
    for at_s in np.arange(0, 30, STEP_S):
        here, there = one.at(at_s), other.at(at_s)
        if here and there:
            apart = min(apart, math.dist((here.x, here.y), (there.x, there.y)))
    return apart


def test_somebody_alone_keeps_their_line_and_their_pace():
    (track,) = walk_all([leg()], 30)

    assert track.at(5.0).x == pytest.approx(6.0)
    assert track.at(5.0).y == 0
    assert track.at(5.0).walked_m == pytest.approx(6.0)
    assert track.at(-0.1) is None
    assert track.at(track.ends_s + 0.1) is None


def test_two_who_meet_head_on_pass_beside_each_other():
    one, other = walk_all([leg(0), leg(1, BACK)], 30)

    assert nearest(one, other) > 0.4
    assert one.samples[-1, 0] == pytest.approx(12)
    assert other.samples[-1, 0] == pytest.approx(0)


def test_who_is_faster_overtakes_without_walking_through():
    slow, fast = walk_all([leg(0, speed=0.8), leg(1, starts_s=2.0, speed=1.7)], 30)

    assert nearest(slow, fast) > 0.4
    assert fast.ends_s < slow.ends_s


def test_who_comes_in_waits_until_the_way_is_free():
    first, second = walk_all([leg(0), leg(1)], 30)

    assert second.starts_s > first.starts_s
    assert nearest(first, second) > 0.4


def test_somebody_who_pauses_stands_and_turns():
    stop = Pause(at_m=6.0, seconds=3.0, turn=1.0, activity="phoning")
    (track,) = walk_all([leg(pauses=(stop,))], 30)
    paused = track.at(7.5)

    assert (paused.activity, paused.is_moving) == ("phoning", False)
    assert paused.x == pytest.approx(6.0, abs=0.3)
    assert paused.heading == pytest.approx(1.0)
    assert track.at(1.0).activity == "walking"
    assert track.ends_s == pytest.approx(12 / 1.2 + 3, abs=2 * STEP_S)


@pytest.mark.parametrize("turn", [2 * math.pi, -4.0])
def test_somebody_who_turns_about_does_so_on_the_spot_all_the_time(turn):
    stop = Pause(at_m=6.0, seconds=4.0, turn=turn, activity="turning")
    (track,) = walk_all([leg(pauses=(stop,))], 30)
    turning = [track.at(at_s) for at_s in np.arange(5.4, 8.9, 0.5)]
    headings = [one.heading for one in turning]

    assert {(one.activity, one.is_moving) for one in turning} == {("turning", False)}
    assert max(math.dist((one.x, one.y), (6.0, 0.0)) for one in turning) < 0.3
    assert np.diff(headings) == pytest.approx(turn / stop.seconds * 0.5)
    assert all(one.turn * turn > 0 for one in turning)
    assert track.at(track.ends_s).heading % (2 * math.pi) == pytest.approx(0, abs=1e-9)


def test_companions_stay_side_by_side():
    one, other = walk_all([leg(0), leg(1, aside_m=0.7, beside=0)], 30)

    for at_s in np.arange(1, 9, 0.5):
        assert abs(one.at(at_s).x - other.at(at_s).x) < 0.6


def test_a_second_leg_begins_after_the_first_and_counts_on():
    first, second = walk_all([leg(0), leg(0, BACK, gap_s=2.0)], 40)

    assert second.starts_s >= first.ends_s + 2.0 - STEP_S
    assert second.samples[0, 3] == pytest.approx(12)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.booleans(), st.floats(0, 10), st.floats(0.8, 1.8), st.floats(-0.8, 0.8),
        ),
        min_size=1, max_size=8,
    )
)  # fmt: skip
def test_nobody_leaps_or_spins(people):
    legs = [
        leg(n, BACK if back else AHEAD, starts, speed=speed, aside_m=aside)
        for n, (back, starts, speed, aside) in enumerate(people)
    ]
    for track in walk_all(legs, 40):
        steps = np.linalg.norm(np.diff(track.samples[:, :2], axis=0), axis=1)
        assert steps.max(initial=0) <= 2.2 * STEP_S
        assert np.abs(np.diff(track.samples[:, 2])).max(initial=0) <= 2.7 * STEP_S
        assert (np.diff(track.samples[:, 3]) >= 0).all()


@settings(max_examples=25, deadline=None)
@given(st.floats(-1.4, 1.4), st.floats(0.8, 1.8), st.floats(-2.6, 2.6))
@example(1.0625, 1.5, 2.59375)  # a step that comes close slowly
def test_nobody_runs_around_the_outside_of_a_bend(aside, speed, bend):
    corner = (6.0 + 5 * math.cos(bend), 5 * math.sin(bend))
    route = Route(((0.0, 0.0), (6.0, 0.0), corner))
    (track,) = walk_all([leg(route=route, aside_m=aside, speed=speed)], 30)
    paces = np.linalg.norm(np.diff(track.samples[:, :2], axis=0), axis=1) / STEP_S

    assert paces.max() <= speed * 1.01
    assert track.samples[-1, 3] == pytest.approx(route.length_m)
