"""Areas: what makes one, and who stands in it."""

import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from detectors.areas import Area, Point, check_corners, zones_at
from detectors.types import Box
from tests.strategies import polygons

SQUARE = Area.of("square", [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]])
shares = st.floats(0, 1, width=32)


@pytest.mark.parametrize(
    ("corners", "said"),
    [
        ([], "at least 3"),
        ([[0, 0], [1, 1]], "at least 3"),
        ([[0, 0], [1, 0], [1, 1.2]], "within 0 to 1"),
        ([[0, 0], [0.5, 0.5], [1, 1]], "is a line"),
        ([[0, 0], [1, 1], [1, 0], [0, 1]], "crosses itself"),
        ([[0, 0], [1, 0], [float("nan"), 1]], "within 0 to 1"),
    ],
)
def test_corners_that_make_no_area_are_refused_with_the_reason(corners, said):
    with pytest.raises(ValueError, match=said):
        check_corners(corners)


@given(polygons(), shares, shares)
def test_a_point_is_inside_exactly_where_opencv_says_so(area, x, y):
    outline = np.asarray(area.corners, np.float64).astype(np.float32)
    off = cv2.pointPolygonTest(outline, (float(x), float(y)), True)
    assume(abs(off) > 1e-4)  # OpenCV reckons in single precision
    assert area.contains(Point(x, y)) == (off > 0)


@given(polygons(), st.integers(0, 9), st.floats(0, 1))
def test_corners_belong_to_their_area(area, which, _share):
    assert area.contains(area.corners[which % len(area.corners)])


@given(polygons(), shares, shares)
def test_the_direction_that_corners_are_listed_in_does_not_matter(area, x, y):
    turned = Area("turned", area.corners[::-1])
    assert turned.contains(Point(x, y)) == area.contains(Point(x, y))


def test_somebody_stands_where_the_middle_of_the_lower_edge_of_their_box_is():
    # Of 200 by 100 pixels, the square covers 50 to 150 and 25 to 75.
    assert zones_at([SQUARE], Box(90, 0, 110, 50), 200, 100) == ("square",)
    assert zones_at([SQUARE], Box(90, 40, 110, 90), 200, 100) == ()
    assert zones_at([SQUARE], Box(0, 0, 60, 50), 200, 100) == ()


def test_whoever_is_cut_off_by_the_lower_edge_stands_on_it():
    floor = Area.of("floor", [[0, 0.5], [1, 0.5], [1, 1], [0, 1]])
    assert zones_at([floor], Box(10, 60, 30, 100), 200, 100) == ("floor",)
    assert zones_at([floor], Box(10, 60, 30, 107), 200, 100) == ("floor",)


def test_zones_overlap_and_are_told_by_name():
    everywhere = Area.of("all", [[0, 0], [1, 0], [1, 1], [0, 1]])
    assert zones_at([SQUARE, everywhere], Box(90, 0, 110, 50), 200, 100) == ("all", "square")
