import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.boxes import clip_box, covered_shares, iou, pad_box, pixel_window, to_array
from detectors.types import Box
from tests.strategies import boxes

sizes = st.integers(1, 4000)


@given(st.lists(boxes(), max_size=6), st.lists(boxes(), max_size=6))
def test_overlap_lies_between_nothing_and_all_and_is_mutual(a, b):
    overlap = iou(to_array(a), to_array(b))
    assert overlap.shape == (len(a), len(b))
    assert ((overlap >= 0) & (overlap <= 1)).all()
    assert np.array_equal(overlap, iou(to_array(b), to_array(a)).T)


@given(boxes())
def test_a_box_overlaps_itself_fully_unless_it_has_no_area(box):
    alone = iou(to_array([box]), to_array([box]))[0, 0]
    assert alone == (1.0 if box.area > 0 else 0.0)


def test_half_shared_boxes_overlap_by_a_third():
    assert iou(to_array([Box(0, 0, 2, 1)]), to_array([Box(1, 0, 3, 1)]))[0, 0] == 1 / 3


@given(boxes(), sizes, sizes)
def test_clipping_twice_is_clipping_once(box, width, height):
    once = clip_box(box, width, height)
    assert clip_box(once, width, height) == once


@given(boxes(), sizes, sizes)
def test_a_clipped_box_is_inside_the_frame_and_no_larger(box, width, height):
    clipped = clip_box(box, width, height)
    assert 0 <= clipped.x1 <= clipped.x2 <= width
    assert 0 <= clipped.y1 <= clipped.y2 <= height
    assert clipped.area <= box.area


@given(boxes(), st.floats(0, 2), sizes, sizes)
def test_padding_never_loses_a_pixel_of_the_box(box, fraction, width, height):
    padded, inside = pad_box(box, fraction, width, height), clip_box(box, width, height)
    assert padded.x1 <= inside.x1 <= inside.x2 <= padded.x2 <= width
    assert padded.y1 <= inside.y1 <= inside.y2 <= padded.y2 <= height


def test_padding_adds_a_share_of_each_side():
    assert pad_box(Box(10, 20, 30, 60), 0.1, 100, 100) == Box(8, 16, 32, 64)


def test_covered_shares_speak_of_the_first_box():
    shares = covered_shares(Box(0, 0, 10, 10), [Box(0, 0, 5, 10), Box(0, 0, 100, 100)])
    assert shares.tolist() == [0.5, 1.0]


def test_a_box_without_area_is_covered_by_nobody():
    assert covered_shares(Box(3, 3, 3, 9), [Box(0, 0, 10, 10)]).tolist() == [0.0]


@given(boxes(), sizes, sizes)
def test_a_window_can_always_be_cut_out(box, width, height):
    rows, columns = pixel_window(box, width, height)
    picture = np.zeros((height, 1), np.uint8)[rows], np.zeros((1, width), np.uint8)[:, columns]
    inside = clip_box(box, width, height)
    assert picture[0].shape[0] >= int(inside.height)
    assert picture[1].shape[1] >= int(inside.width)
