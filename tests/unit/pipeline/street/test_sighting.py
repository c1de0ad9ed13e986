"""pipeline.street.rendering.sighting and crops: what a frame shows of each person."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import Box
from pipeline.street.camera import Camera
from pipeline.street.footage.crops import cut_of, side_of
from pipeline.street.footage.stills import is_fair, labels_of
from pipeline.street.mesh import Material, Mesh
from pipeline.street.rendering.sighting import Outline, Seen, might_see, outline_of, sight

CAMERA = Camera("door", (0.0, -8.0, 2.5), (0.0, 0.0, 1.0), 40.0, 320, 180)


def column(x, y, tall=1.7):
    """Somebody reduced to a box of 40 cm and their height."""
    sides = [(dx, dy, z) for dx in (-0.2, 0.2) for dy in (-0.2, 0.2) for z in (0.0, tall)]
    vertices = np.add(sides, (x, y, 0)).astype(np.float32)
    zeros = np.zeros((8, 3), np.float32)
    return Mesh(
        vertices, zeros, zeros[:, :2], zeros, np.zeros(8, np.int32),
        np.array([[0, 1, 2]], np.int32), (Material((0.5, 0.5, 0.5)),),
    )  # fmt: skip


@given(st.floats(-6, 6), st.floats(-6, 20))
def test_boxes_lie_within_the_frame_and_whoever_has_one_might_be_seen(x, y):
    outline = outline_of(CAMERA, column(x, y))
    if outline is not None:
        assert 0 <= outline.box.x1 < outline.box.x2 <= CAMERA.width
        assert 0 <= outline.box.y1 < outline.box.y2 <= CAMERA.height
        assert 0 < outline.inside <= 1
        assert might_see(CAMERA, x, y)


def test_who_stands_behind_the_camera_has_no_outline():
    assert outline_of(CAMERA, column(0, -12)) is None
    assert not might_see(CAMERA, 0, -30)


def test_who_stands_in_the_middle_is_whole():
    outline = outline_of(CAMERA, column(0, 0))

    assert outline.inside == 1
    assert (outline.box.x1 + outline.box.x2) / 2 == pytest.approx(160)


WHOLE = Box(100.0, 40.0, 140.0, 140.0)


def seen(visible=1.0, box=WHOLE, full=None):
    return Seen(1, Outline(full or box, box), box if visible else None, visible, 500)


def test_what_shows_is_counted_by_owner():
    owners = np.zeros((180, 320), np.uint16)
    owners[40:90, 100:140] = 1
    owners[60:100, 130:150] = 2
    outline = Outline(Box(100, 40, 140, 140), Box(100, 40, 140, 140))
    found = sight({1: outline, 2: outline, 3: outline}, owners, {1: 3400, 2: 800, 3: 900})

    assert [one.owner for one in found] == [1, 2, 3]
    assert found[0].visible_box == Box(100, 40, 140, 90)
    assert [one.visible for one in found] == [0.5, 1.0, 0.0]
    assert found[2].visible_box is None


def test_what_lies_outside_the_frame_does_not_show():
    owners = np.zeros((180, 320), np.uint16)
    owners[80:180, 100:140] = 1
    outline = Outline(Box(100, 80, 140, 280), Box(100, 80, 140, 180))
    (found,) = sight({1: outline}, owners, {1: 4000})

    assert found.visible == 0.5
    assert found.height_px == 200


@pytest.mark.parametrize(
    ("heading", "side"),
    [(-math.pi / 2, "front"), (math.pi / 2, "back"), (math.pi, "left"), (0.0, "right")],
)
def test_a_camera_sees_the_side_that_is_turned_to_it(heading, side):
    assert side_of(CAMERA, 0.0, 0.0, heading) == side


@given(st.integers(0, 2**32 - 1), st.floats(0, 280), st.floats(0, 120), st.floats(10, 90))
def test_crops_lie_within_the_frame(seed, x, y, tall):
    box = Box(x, y, min(x + tall / 2, 320.0), min(y + tall, 180.0))
    cut = cut_of(np.random.default_rng(seed), seen(box=box), CAMERA)
    if cut is not None:
        assert 0 <= cut.box.x1 < cut.box.x2 <= 320
        assert 0 <= cut.box.y1 < cut.box.y2 <= 180
        assert 0 <= cut.above <= 1
        assert 0 <= cut.below <= 1


def test_crops_are_off_by_a_little_and_sometimes_lose_the_feet():
    cuts = [cut_of(np.random.default_rng(seed), seen(), CAMERA) for seed in range(300)]
    below = np.array([cut.below for cut in cuts])

    assert np.median([abs(cut.box.y1 - 40) for cut in cuts]) < 5
    assert 0.02 < (below > 0.08).mean() < 0.12


def test_who_hides_or_is_small_gets_no_crop():
    rng = np.random.default_rng(1)

    assert cut_of(rng, seen(visible=0.3), CAMERA) is None
    assert cut_of(rng, seen(box=Box(100.0, 40.0, 110.0, 70.0)), CAMERA) is None


def test_labels_are_shares_of_the_frame():
    assert labels_of([seen()], 320, 180) == "0 0.375000 0.500000 0.125000 0.555556\n"


def test_labels_leave_out_whom_no_detector_must_find():
    hidden, tiny = seen(visible=0.2), seen(box=Box(10.0, 10.0, 14.0, 20.0))

    assert not is_fair(hidden)
    assert not is_fair(tiny)
    assert labels_of([hidden, tiny], 320, 180) == ""
