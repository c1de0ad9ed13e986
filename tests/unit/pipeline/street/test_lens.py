"""pipeline.street.rendering.lens: what a camera does to a sharp picture."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.street.rendering.clock_face import ClockFace, burn_in
from pipeline.street.rendering.lens import LensDraw, apply
from pipeline.street.rendering.light import LIGHTS

NOON = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)
SEEDS = st.integers(0, 2**32 - 1)
KINDS = st.sampled_from(sorted(LIGHTS))


def scene(height=90, width=160):
    """A grey wall, a dark floor and a bright square."""
    picture = np.full((height, width, 3), 120, np.uint8)
    picture[height // 2 :] = 60
    picture[30:50, 70:90] = (250, 240, 230)
    return picture


@given(seed=SEEDS, kind=KINDS, use=st.sampled_from(["still", "video"]))
@settings(max_examples=25, deadline=None)
def test_the_same_draw_and_seed_give_the_same_bytes(seed, kind, use):
    one = LensDraw.draw(np.random.default_rng(seed), kind, use)
    other = LensDraw.draw(np.random.default_rng(seed), kind, use)

    first = apply(scene(), one, np.random.default_rng(seed), at=NOON, name="a-1")
    second = apply(scene(), other, np.random.default_rng(seed), at=NOON, name="a-1")

    assert one == other
    assert first.shape == (90, 160, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)


@given(seed=SEEDS, kind=KINDS)
@settings(max_examples=25, deadline=None)
def test_nothing_moves(seed, kind):
    draw = LensDraw.draw(np.random.default_rng(seed), kind, "video")

    seen = apply(scene(), draw, np.random.default_rng(seed)).astype(float).mean(axis=2)

    before = scene().astype(float).mean(axis=2)[20:60, 60:100]
    around = seen[20:60, 60:100]
    shifts = [(dy, dx) for dy in (-3, 0, 3) for dx in (-3, 0, 3)]
    fits = {
        shift: np.corrcoef(np.roll(around, shift, (0, 1)).ravel(), before.ravel())[0, 1]
        for shift in shifts
    }
    assert max(fits, key=lambda shift: fits[shift]) == (0, 0)


def test_the_picture_given_is_left_alone():
    picture = scene()
    draw = LensDraw.draw(np.random.default_rng(1), "night")

    apply(picture, draw, np.random.default_rng(2), at=NOON, name="a")

    assert np.array_equal(picture, scene())


def test_a_perfect_lens_changes_nothing():
    assert np.array_equal(apply(scene(), LensDraw(), np.random.default_rng(0)), scene())


def test_there_is_more_noise_in_the_dark_parts():
    draw = LensDraw(noise=1.0, dark_noise=12.0)

    seen = apply(scene(), draw, np.random.default_rng(0)).astype(float)

    assert seen[60:].std() > 1.5 * seen[:25].std()


def test_noise_is_another_in_another_frame():
    draw = LensDraw(noise=5.0)

    first, second = (apply(scene(), draw, np.random.default_rng(seed)) for seed in (0, 1))

    assert not np.array_equal(first, second)


def test_infrared_has_no_colours():
    draw = replace(LensDraw.draw(np.random.default_rng(4), "infrared"), jpeg_quality=None)

    seen = apply(scene(), draw, np.random.default_rng(0)).astype(int)

    assert np.abs(seen - seen[..., :1]).max() <= 1


def test_a_lower_quality_keeps_less_of_the_picture():
    sharp = np.random.default_rng(0).integers(0, 255, (90, 160, 3)).astype(np.uint8)

    errors = [
        np.abs(apply(sharp, LensDraw(jpeg_quality=q), np.random.default_rng(0)) - sharp.astype(int))
        for q in (90, 15)
    ]

    assert errors[1].mean() > errors[0].mean()


def test_a_picture_larger_than_the_sheet_of_noise_is_covered():
    wide = np.full((10, 1900, 3), 100, np.uint8)

    seen = apply(wide, LensDraw(noise=6.0), np.random.default_rng(0)).astype(float)

    assert (seen.std(axis=(0, 2)) > 1).mean() > 0.95


def test_video_is_left_to_its_encoder_and_always_shows_a_clock():
    draws = [LensDraw.draw(np.random.default_rng(seed), "night", "video") for seed in range(20)]

    assert {draw.jpeg_quality for draw in draws} == {None}
    assert not any(draw.streak_px or draw.is_combed for draw in draws)
    assert all(draw.face for draw in draws)


@pytest.mark.parametrize("corner", ["top left", "top right", "bottom left", "bottom right"])
def test_the_clock_is_written_in_its_corner(corner):
    face = ClockFace(clock_corner=corner, name_corner="top left", edge="none")
    dark = np.zeros((360, 640, 3), np.uint8)

    rows, columns = np.nonzero(burn_in(dark, face, NOON, "")[..., 0])

    assert (rows.mean() < 180) == corner.startswith("top")
    assert (columns.mean() < 320) == corner.endswith("left")


def test_no_clock_is_written_without_an_instant():
    draw = LensDraw(face=ClockFace())

    assert np.array_equal(apply(scene(), draw, np.random.default_rng(0), name="a"), scene())
    assert not np.array_equal(
        apply(scene(), draw, np.random.default_rng(0), at=NOON, name="a"), scene()
    )
