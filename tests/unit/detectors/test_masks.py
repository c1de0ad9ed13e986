"""Masks: what they cover is gone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.areas import Area, Point
from detectors.masks import Blackout, covered
from detectors.types import Frame
from tests.strategies import polygons

WINDOW = Area.of("window", [[0.5, 0], [1, 0], [1, 0.5], [0.5, 0.5]])
PICTURE = np.full((40, 60, 3), 200, np.uint8)


def frame(image: np.ndarray = PICTURE) -> Frame:
    return Frame("door", "r1", 7, 1.0, image)


@given(polygons(), st.integers(1, 40), st.integers(1, 40))
def test_no_pixel_that_an_area_touches_is_left(area, width, height):
    hidden = covered(area, width, height)
    assert hidden.shape == (height, width)
    for y, x in np.argwhere(~hidden).tolist():
        for across, down in ((0.01, 0.01), (0.99, 0.01), (0.5, 0.5), (0.01, 0.99), (0.99, 0.99)):
            assert not area.contains(Point((x + across) / width, (y + down) / height))


def test_what_is_hidden_is_black_and_the_rest_is_as_it_was():
    image = Blackout([WINDOW]).apply(frame()).image
    assert not image[:20, 30:].any()
    assert (image[:, :25] == 200).all()
    assert (image[25:] == 200).all()


def test_the_frame_stays_the_same_in_all_else_and_the_picture_given_is_left_alone():
    given_frame = frame()
    hidden = Blackout([WINDOW]).apply(given_frame)
    assert (hidden.camera_id, hidden.run_id, hidden.number) == ("door", "r1", 7)
    assert (given_frame.image == 200).all()
    assert not hidden.image.flags.writeable


def test_a_camera_that_changes_its_resolution_stays_masked():
    blackout = Blackout([WINDOW])
    sizes = [(40, 60), (80, 120), (40, 60)]
    frames = [frame(np.full((*size, 3), 255, np.uint8)) for size in sizes]
    for hidden in blackout.over(frames):
        assert not hidden.image[: hidden.height // 2, hidden.width // 2 :].any()


def test_several_masks_hide_all_that_they_cover():
    corner = Area.of("corner", [[0, 0.9], [0.1, 0.9], [0.1, 1], [0, 1]])
    image = Blackout([WINDOW, corner]).apply(frame()).image
    assert not image[:20, 30:].any()
    assert not image[36:, :6].any()


def test_without_masks_the_frame_is_handed_on_as_it_is():
    given_frame = frame()
    assert Blackout([]).apply(given_frame) is given_frame


@pytest.mark.parametrize("larger", [np.full((80, 120, 3), 200, np.uint8), None])
def test_the_larger_picture_of_a_frame_hides_the_same(larger):
    hidden = Blackout([WINDOW]).apply(replace(frame(), closeup=lambda: larger)).closeup()
    if larger is None:
        assert hidden is None
        return
    assert not hidden[:40, 60:].any()
    assert (hidden[:, :55] == 200).all()
    assert (larger == 200).all()
    assert Blackout([WINDOW]).apply(frame()).closeup is None
