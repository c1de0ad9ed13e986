"""pipeline.street.variants: what training never sees of light, lens and weather."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.street.footage.filming import glass_of, light_of
from pipeline.street.footage.still_shots import conditions
from pipeline.street.footage.story import Request, tell
from pipeline.street.rendering.lens import LensDraw
from pipeline.street.rendering.light import Light, draw_light
from pipeline.street.rendering.weather import WeatherDraw
from pipeline.street.scenery.places import PLACES
from pipeline.street.variants import SPLITS, STRETCHES, may_show, stretch

EACH_SPLIT = pytest.mark.parametrize("split", SPLITS)
#: How bright each kind of light is, from and to.
LEVELS = {
    "overcast": (0.65, 1.0), "dusk": (0.18, 0.4), "night": (0.03, 0.09), "indoors": (0.42, 0.8),
    "infrared": (0.02, 0.06),
}  # fmt: skip


def only(split, shares):
    """Whether all of these shares of a range are those of one split, and no narrow part of them."""
    shares = np.round(shares, 9)
    return np.ptp(shares) > 0.05 and all(
        [one for one in SPLITS if may_show(one, share)] == [split] for share in shares
    )


def draws(draw, count=40):
    return [draw(np.random.default_rng(seed)) for seed in range(count)]


def test_no_two_splits_share_any_of_a_range():
    bands = [(low, high, split) for split in SPLITS for low, high in STRETCHES[split]]
    for one, other in combinations(sorted(bands), 2):
        assert one[1] < other[0]
    assert {split for *_, split in bands} == set(SPLITS)


@given(st.integers(0, 2**32 - 1), st.sampled_from([None, *SPLITS]))
def test_a_figure_lies_where_its_split_may_draw_it(seed, split):
    figure = stretch(np.random.default_rng(seed), split, 10.0, 30.0)

    assert 10 <= figure <= 30
    assert may_show(split, round((figure - 10) / 20, 9))


@EACH_SPLIT
def test_suns_are_as_high_as_in_no_other_split(split):
    def height(rng):
        degrees = math.degrees(math.asin(draw_light(rng, "sunny", split=split).to_sun[2]))
        return (degrees - 14) / 12 if degrees < 27 else (degrees - 28) / 37

    assert only(split, draws(height))


@EACH_SPLIT
@pytest.mark.parametrize("kind", sorted(LEVELS))
def test_lights_are_as_bright_as_in_no_other_split(kind, split):
    low, high = LEVELS[kind]

    def level(light: Light):
        return (max(light.sky) - low) / (high - low)

    assert only(split, draws(lambda rng: level(draw_light(rng, kind, split=split))))


@EACH_SPLIT
@pytest.mark.parametrize("use", ["still", "video"])
def test_cameras_are_as_poor_as_in_no_other_split(use, split):
    assert only(split, draws(lambda rng: LensDraw.draw(rng, "dusk", use, split=split).poor))


@EACH_SPLIT
def test_rain_and_mist_are_as_strong_as_in_no_other_split(split):
    rain = draws(lambda rng: WeatherDraw.draw(rng, "rain", split=split).strength)
    mist = draws(lambda rng: WeatherDraw.draw(rng, "mist", split=split).veil)

    assert only(split, (np.array(rain) - 0.12) / 0.28)
    assert only(split, (np.array(mist) - 0.08) / 0.22)


@EACH_SPLIT
def test_stills_are_drawn_as_their_split_is(split):
    lobby, street = PLACES["lobby"](5), PLACES["street"](5)
    seen = draws(lambda rng: conditions(rng, lobby, split))
    outside = draws(lambda rng: conditions(rng, street, split), 200)
    levels = [(max(light.sky) - 0.42) / 0.38 for light, *_ in seen if light.kind == "indoors"]
    rain = [(air.strength - 0.12) / 0.28 for _, air, _ in outside if air.strength]

    assert only(split, levels)
    assert only(split, [lens.poor for *_, lens in seen])
    assert only(split, rain)


@EACH_SPLIT
def test_films_are_drawn_as_their_split_is(split):
    stories = [
        tell(Request(seed, 1, 1, 1.0, places=("street",), kinds=("rain",), split=split))
        for seed in range(8)
    ]
    glasses = [glass_of(story, 0) for story in stories]

    assert only(split, [(max(light_of(story, 0).sky) - 0.65) / 0.35 for story in stories])
    assert only(split, [(air.strength - 0.12) / 0.28 for air, _ in glasses])
    assert only(split, [lens.poor for _, lens in glasses])
