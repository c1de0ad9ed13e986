from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.street.colours import (
    SHADES,
    cloth_rgb,
    lab_to_linear,
    lightness,
    linear_rgb,
    second_rgb,
)
from pipeline.street.look import Garment
from pipeline.street.wardrobe import KINDS, kinds_of, pick

untimed = settings(deadline=None)
tones = st.floats(0, 1, allow_nan=False)


@untimed
@given(st.sampled_from(sorted(SHADES)), tones)
def test_every_shade_is_a_colour_that_a_picture_can_show(colour: str, tone: float):
    assert all(0 <= part <= 1 for part in linear_rgb(colour, tone))


def apart(one: str, other: str) -> bool:
    """Whether two colours lie 4 or more of CIE L* or C*, or 4 degrees of hue, from each other."""
    first, second = SHADES[one], SHADES[other]
    ranges = ((first.lightness, second.lightness), (first.chroma, second.chroma))
    straight = (max(a[0], b[0]) - min(a[1], b[1]) for a, b in ranges)
    around = min(
        max(first.hue[0], second.hue[0] + turn) - min(first.hue[1], second.hue[1] + turn)
        for turn in (-360, 0, 360)
    )
    return max(*straight, around) >= 4


@pytest.mark.parametrize(("one", "other"), list(combinations(sorted(SHADES), 2)))
def test_no_two_colours_touch(one: str, other: str):
    assert apart(one, other)


def test_white_and_mid_grey_are_what_the_standard_says():
    assert lab_to_linear(100, 0, 0) == pytest.approx((1, 1, 1), abs=2e-3)
    assert lab_to_linear(50, 0, 0) == pytest.approx((0.1842,) * 3, abs=1e-3)


@untimed
@given(st.sampled_from(["blue", "light blue"]), tones)
def test_denim_is_duller_than_other_cloth_of_its_name(colour: str, tone: float):
    jeans, cloth = Garment("jeans", colour, tone=tone), Garment("trousers", colour, tone=tone)
    assert np.ptp(cloth_rgb(jeans)) <= np.ptp(cloth_rgb(cloth))


def test_a_later_tone_is_a_lighter_shade():
    assert lightness(Garment("coat", "grey", tone=0.9)) > lightness(Garment("coat", "grey", tone=0))


@untimed
@given(st.sampled_from(["grey", "white", "beige", "brown"]), tones)
def test_a_garment_is_drawn_as_light_as_its_words_take_it_to_be(colour: str, tone: float):
    coat = Garment("coat", colour, tone=tone)
    luminance = np.dot(cloth_rgb(coat), (0.2126, 0.7152, 0.0722))
    assert lightness(coat) == pytest.approx(116 * luminance ** (1 / 3) - 16, abs=0.5)


def test_a_plain_garment_has_one_colour():
    assert second_rgb(Garment("coat", "red")) == cloth_rgb(Garment("coat", "red"))
    striped = Garment("t-shirt", "red", "striped", "white")
    assert second_rgb(striped)[1] > 0.5


def test_a_colour_without_a_name_is_refused():
    with pytest.raises(KeyError, match="mauve"):
        linear_rgb("mauve", 0.5)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_is_sold_in_colours_that_can_be_drawn(kind):
    assert set(kind.colours) <= set(SHADES)


def test_each_part_has_its_kinds():
    assert {kind.name for kind in kinds_of("shoes")} == {
        "trainers", "shoes", "boots", "sandals", "heels",
    }  # fmt: skip


def test_what_weighs_nothing_is_never_picked():
    rng = np.random.default_rng(0)
    assert {pick(rng, {"a": 1.0, "b": 0.0, "c": 3.0}) for _ in range(200)} == {"a", "c"}
