"""The cuts of garments: every kind has one, and shape goes from the closest to the loosest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.street.cuts import LOWERS, UPPERS, lower_cut, under, upper_cut
from pipeline.street.wardrobe import kinds_of


def test_every_upper_garment_of_the_wardrobe_has_a_cut_of_its_own():
    names = {kind.name for part in ("top", "outer") for kind in kinds_of(part)}
    assert names <= set(UPPERS)


def test_every_lower_garment_of_the_wardrobe_has_a_cut_of_its_own():
    assert {kind.name for kind in kinds_of("bottom")} <= set(LOWERS)


@given(shape=st.floats(0, 1), kind=st.sampled_from(sorted(UPPERS)))
def test_a_cut_lies_between_the_closest_and_the_loosest(shape, kind):
    low, high = UPPERS[kind]
    cut = upper_cut(kind, shape, opened=False)
    assert min(low.hem, high.hem) - 1e-9 <= cut.hem <= max(low.hem, high.hem) + 1e-9
    assert cut.gap == 0


@pytest.mark.parametrize("kind", ["jacket", "coat", "cardigan"])
def test_an_open_garment_has_a_gap_that_widens_to_the_hem(kind):
    cut = upper_cut(kind, 0.5, opened=True)
    assert 0 < cut.gap < cut.gap_below


def test_an_unknown_kind_is_cut_as_a_jacket_or_as_trousers():
    assert upper_cut("cape", 0.3, opened=False) == upper_cut("jacket", 0.3, opened=False)
    assert lower_cut("kilt", 0.3) == lower_cut("trousers", 0.3)


def test_a_top_beneath_a_jacket_ends_above_it_but_a_dress_hangs_out():
    jacket = upper_cut("jacket", 0.2, opened=False)
    assert under(upper_cut("jumper", 1.0, opened=False), jacket).hem > jacket.hem
    dress = upper_cut("dress", 0.8, opened=False)
    assert under(dress, jacket).hem == dress.hem


def test_boots_are_worn_over_narrow_jeans_and_under_wide_ones():
    assert lower_cut("jeans", 0.1).tight > 0.5 > lower_cut("jeans", 0.9).tight
