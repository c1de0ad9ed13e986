import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.quality import sighting_quality
from detectors.types import Box
from tests.strategies import boxes

BOX = Box(100, 60, 180, 260)


def textured(seed=1, width=320, height=320):
    """Noise at several scales: detail for the sharpness, ordinary light for the exposure."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3), np.float32)
    for cell in (2, 8, 32):
        coarse = rng.uniform(0, 85, (height // cell + 1, width // cell + 1, 3)).astype(np.float32)
        picture += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)
    return picture.astype(np.uint8)


def whole(image):
    return Box(0, 0, image.shape[1], image.shape[0])


@settings(max_examples=60)
@given(boxes(), st.lists(boxes(), max_size=3), st.integers(1, 90), st.integers(1, 90))
def test_every_part_lies_within_0_and_1_wherever_the_box_is(box, others, width, height):
    image = textured(width=width, height=height)
    quality = sighting_quality(image, box, others)  # Quality refuses anything else
    assert 0 <= quality.height_px <= height


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.floats(0.6, 6))
def test_blur_never_raises_sharpness(seed, sigma):
    image = textured(seed, 60, 128)
    blurred = cv2.GaussianBlur(image, (0, 0), sigma)
    before = sighting_quality(image, whole(image), []).sharpness
    assert sighting_quality(blurred, whole(image), []).sharpness <= before + 0.01


def test_a_near_person_is_not_sharper_for_being_near():
    small = textured(3, 64, 64)
    large = cv2.resize(small, (256, 256), interpolation=cv2.INTER_NEAREST)
    near = sighting_quality(large, whole(large), []).sharpness
    assert near == pytest.approx(sighting_quality(small, whole(small), []).sharpness, abs=0.02)


@given(st.lists(boxes(), max_size=4), boxes())
def test_another_person_never_raises_clearness(others, one_more):
    image = textured()
    before = sighting_quality(image, BOX, others).clearness
    assert sighting_quality(image, BOX, [*others, one_more]).clearness <= before


def test_someone_nearer_hides_more_than_someone_behind():
    image = textured()
    nearer = sighting_quality(image, BOX, [Box(100, 160, 180, 300)]).clearness
    behind = sighting_quality(image, BOX, [Box(100, 20, 180, 160)]).clearness
    assert nearer == pytest.approx(0.5)
    assert behind == pytest.approx(0.75)


@pytest.mark.parametrize(
    "cut",
    [
        Box(0, 60, 80, 260),
        Box(240, 60, 319, 260),
        Box(100, 1, 180, 200),
        Box(100, 119, 180, 319),
    ],
)
def test_the_frames_edge_lowers_completeness(cut):
    image = textured()
    assert sighting_quality(image, BOX, []).completeness == 1.0
    assert sighting_quality(image, cut, []).completeness == pytest.approx(0.7, abs=0.01)


def test_the_more_the_edge_cuts_off_the_less_complete():
    image = textured()
    knees_up = sighting_quality(image, Box(100, 200, 180, 320), []).completeness
    head_only = sighting_quality(image, Box(100, 260, 180, 320), []).completeness
    assert head_only < knees_up < 0.7


def test_height_counts_until_the_encoder_sees_no_more():
    image = textured(width=900, height=900)
    overall = [
        sighting_quality(image, Box(100, 50, 100 + h * 0.4, 50 + h), []).overall
        for h in (64, 128, 192)
    ]
    assert overall == sorted(overall)
    assert overall[0] < overall[2]


@pytest.mark.parametrize("grey", [0, 255])
def test_a_black_or_burnt_out_sighting_is_worth_nothing(grey):
    quality = sighting_quality(np.full((320, 320, 3), grey, np.uint8), BOX, [])
    assert quality.exposure == 0.0
    assert quality.overall == 0.0


def test_black_clothes_in_good_light_are_not_bad_light():
    image = np.full((320, 320, 3), 25, np.uint8)
    image[60:100, 100:180] = 150  # a face
    assert sighting_quality(image, BOX, []).exposure == 1.0


def test_a_box_outside_the_frame_is_worth_nothing():
    quality = sighting_quality(textured(), Box(400, 0, 500, 100), [])
    assert (quality.overall, quality.height_px) == (0.0, 0.0)
