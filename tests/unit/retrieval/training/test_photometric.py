import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.training.photometric import as_another_camera

RED, BLUE = (180, 40, 40), (40, 60, 170)


def cloth(colour, height=48, width=16):
    pixels = np.full((height, width, 3), 150, np.uint8)
    pixels[8:40, 4:12] = colour
    return pixels


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
def test_a_picture_keeps_its_size_and_is_not_changed_in_place(seed, height, width):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    before = pixels.copy()
    changed = as_another_camera(pixels, np.random.default_rng(seed))
    assert changed.shape == pixels.shape
    assert changed.dtype == np.uint8
    assert np.array_equal(pixels, before)


def test_the_same_seed_gives_the_same_picture_and_another_seed_another():
    first, again, other = (
        as_another_camera(cloth(RED), np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(("colour", "channel"), [(RED, 0), (BLUE, 2)])
def test_no_camera_turns_a_colour_into_another(colour, channel):
    for seed in range(200):
        changed = as_another_camera(cloth(colour), np.random.default_rng(seed))
        seen = changed[16:32, 6:10].reshape(-1, 3).mean(axis=0)
        assert seen.argmax() == channel


def test_cameras_differ_in_brightness_and_in_how_colourful_they_are():
    seen = np.stack(
        [
            as_another_camera(cloth(RED), np.random.default_rng(seed))[16:32, 6:10].mean((0, 1))
            for seed in range(60)
        ]
    )
    assert np.ptp(seen.mean(axis=1)) > 60
    assert np.ptp(seen.max(axis=1) - seen.min(axis=1)) > 60
