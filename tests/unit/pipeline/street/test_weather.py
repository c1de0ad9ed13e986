"""pipeline.street.rendering.weather: rain, mist and drops between the camera and the people."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.street.rendering.weather import WEATHERS, WeatherDraw, apply_weather

GREY = np.full((90, 160, 3), 90, np.uint8)


@given(seed=st.integers(0, 2**32 - 1), kind=st.sampled_from(WEATHERS), dark=st.booleans())
@settings(max_examples=25, deadline=None)
def test_the_same_weather_and_seed_give_the_same_bytes(seed, kind, dark):
    one, other = (WeatherDraw.draw(np.random.default_rng(seed), kind, dark=dark) for _ in range(2))

    first = apply_weather(GREY, one, np.random.default_rng(seed))
    second = apply_weather(GREY, other, np.random.default_rng(seed))

    assert one == other
    assert one.kind == kind
    assert np.array_equal(first, second)
    assert first.dtype == np.uint8


def test_dry_weather_leaves_the_picture_alone():
    assert apply_weather(GREY, WeatherDraw(), np.random.default_rng(0)) is GREY


def test_rain_falls_elsewhere_in_another_frame():
    rain = WeatherDraw("rain", streaks=400, strength=0.4)

    first, second = (apply_weather(GREY, rain, np.random.default_rng(seed)) for seed in (0, 1))

    assert not np.array_equal(first, GREY)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize(("dark", "brighter"), [(False, True), (True, False)])
def test_mist_pales_by_day_and_darkens_by_night(dark, brighter):
    mist = WeatherDraw.draw(np.random.default_rng(0), "mist", dark=dark)

    seen = apply_weather(GREY, mist, np.random.default_rng(0))

    assert (seen.mean() > GREY.mean()) == brighter


def test_drops_blur_what_lies_behind_them():
    edge = GREY.copy()
    edge[:, 80:] = 220
    drops = WeatherDraw("rain", drops=((0.5, 0.5, 0.2),))

    seen = apply_weather(edge, drops, np.random.default_rng(0)).astype(int)

    assert np.abs(np.diff(seen[45, :, 0])).max() < 60
    assert np.array_equal(seen[2], edge[2])


def test_it_is_mostly_dry():
    kinds = [WeatherDraw.draw(np.random.default_rng(seed)).kind for seed in range(200)]

    assert 0.6 < kinds.count("dry") / 200 < 0.95
    assert set(kinds) == set(WEATHERS)
