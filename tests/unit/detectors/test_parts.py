"""Where a detector looks, and what it makes of boxes at the edge of that."""

from hypothesis import given
from hypothesis import strategies as st

from detectors.parts import CONTEXT_PX, WORTH_IT, Window, part_to_search, window_of
from detectors.types import Box

WIDTH, HEIGHT, STRIDE = 640, 384, 32
corners = st.tuples(st.floats(-80, 700), st.floats(-80, 460), st.floats(1, 200), st.floats(1, 200))
boxes = corners.map(lambda c: Box(c[0], c[1], c[0] + c[2], c[1] + c[3]))


def holds(outer: Box, inner: Box) -> bool:
    return (
        outer.x1 <= inner.x1
        and outer.y1 <= inner.y1
        and outer.x2 >= inner.x2
        and outer.y2 >= inner.y2
    )


def extent(window: Window) -> Box:
    return Box(window.left, window.top, window.right, window.bottom)


def test_where_nothing_moves_and_nobody_is_followed_there_is_no_part():
    assert part_to_search([], []) is None


@given(st.lists(boxes, max_size=4), st.lists(boxes, min_size=1, max_size=4))
def test_a_part_holds_all_that_moves_and_all_who_are_followed(moving, followed):
    part = part_to_search(moving, followed)
    assert all(holds(part, box) for box in (*moving, *followed))


def test_somebody_has_room_to_walk_to_either_side():
    part = part_to_search([], [Box(100, 100, 140, 200)])
    assert (part.x1, part.x2) == (75, 165)


@given(boxes, st.sampled_from([32, 64]))
def test_a_window_lies_in_the_picture_on_the_grid_and_holds_the_part_with_its_context(part, step):
    window = window_of(part, WIDTH, HEIGHT, step)
    if window is None:
        return
    assert 0 <= window.left < window.right <= WIDTH
    assert 0 <= window.top < window.bottom <= HEIGHT
    assert not any(at % step for at in extent(window))
    assert window.area <= WORTH_IT * WIDTH * HEIGHT
    seen = Box(
        max(part.x1 - CONTEXT_PX, 0), max(part.y1 - CONTEXT_PX, 0),
        min(part.x2 + CONTEXT_PX, WIDTH), min(part.y2 + CONTEXT_PX, HEIGHT),
    )  # fmt: skip
    if seen.x1 < seen.x2 and seen.y1 < seen.y2:  # some of it is in the picture
        assert holds(extent(window), seen)


def test_a_part_of_nearly_everything_is_not_worth_a_cut():
    assert window_of(Box(100, 100, 540, 300), WIDTH, HEIGHT, STRIDE) is None


def test_a_part_beyond_the_picture_is_looked_for_at_its_edge():
    window = window_of(Box(900, 100, 960, 200), WIDTH, HEIGHT, STRIDE)
    assert (window.left, window.right) == (WIDTH - STRIDE, WIDTH)


WINDOW = Window(Box(200, 100, 300, 200), 96, 0, 416, 320, WIDTH, HEIGHT)


def test_a_box_within_the_window_is_whole():
    assert WINDOW.whole_ones([Box(210, 110, 250, 190)]) == [True]


def test_who_is_cut_and_has_nothing_to_do_with_the_part_is_left_to_the_next_whole_look():
    assert WINDOW.whole_ones([Box(97, 110, 150, 190), Box(120, 110, 150, 190)]) == [False, True]


def test_who_is_cut_but_reaches_into_the_part_makes_the_whole_picture_be_searched():
    assert WINDOW.whole_ones([Box(97, 110, 205, 190)]) is None


def test_the_edge_of_the_picture_cuts_nobody():
    assert WINDOW.whole_ones([Box(150, 0, 180, 60)]) == [True]


def test_every_edge_within_the_picture_cuts():
    for box in (Box(97, 220, 130, 300), Box(390, 220, 415, 300), Box(150, 250, 190, 319)):
        assert WINDOW.whole_ones([box]) == [False]


def test_a_box_that_ends_shortly_before_the_cut_is_no_whole_person():
    """A detector seldom draws half a person to the very edge."""
    assert WINDOW.whole_ones([Box(150, 250, 190, 312)]) == [False]


def test_nobody_found_is_nobody_cut():
    assert WINDOW.whole_ones([]) == []
