"""pipeline.street.footage.walking: where somebody on a walk is."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.street.footage.walking import TURN_M, Route, apart

corners = st.lists(st.tuples(st.floats(-30, 30), st.floats(-30, 30)), min_size=2, max_size=6).map(
    tuple
)
ROUND_A_CORNER = Route(((0.0, 0.0), (10.0, 0.0), (10.0, 5.0)))


def test_a_walk_is_as_long_as_its_lines():
    assert ROUND_A_CORNER.length_m == 15


def test_metres_lead_along_the_lines_and_stop_at_the_ends():
    assert ROUND_A_CORNER.at(4)[:2] == (4, 0)
    assert ROUND_A_CORNER.at(12)[:2] == (10, 2)
    assert ROUND_A_CORNER.at(-3)[:2] == (0, 0)
    assert ROUND_A_CORNER.at(99)[:2] == (10, 5)


def test_aside_is_to_the_left():
    x, y, heading = ROUND_A_CORNER.at(4, aside_m=0.5)

    assert (x, y, heading) == (4, 0.5, 0)


def test_a_corner_is_turned_little_by_little():
    headings = [ROUND_A_CORNER.heading(10 + TURN_M * share) for share in (-1, -0.5, 0, 0.5, 1)]

    assert headings[0] == pytest.approx(0)
    assert headings[2] == pytest.approx(math.pi / 4)
    assert headings[-1] == pytest.approx(math.pi / 2)
    assert headings == sorted(headings)


@given(corners, st.floats(0, 1), st.floats(0, 0.2))
def test_a_step_along_the_line_is_no_longer_than_its_metres(line, share, step_m):
    route = Route(line)
    before, after = route.at(share * route.length_m), route.at(share * route.length_m + step_m)

    assert math.dist(before[:2], after[:2]) <= step_m + 1e-9


def test_nobody_is_infinitely_far():
    assert apart([], (0.0, 0.0)) == math.inf
