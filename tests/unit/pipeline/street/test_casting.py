from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.street.casting import (
    SHAPES,
    TONES,
    cast,
    cast_apart,
    cast_many,
    difference,
    split_of,
)
from pipeline.street.look import Garment, Look
from pipeline.street.wardrobe import HOODED, KINDS

untimed = settings(deadline=None)
seeds = st.integers(0, 2**32 - 1)
splits = st.sampled_from(["train", "val", "test"])


def drawn(seed: int, split="train") -> Look:
    return cast(np.random.default_rng(seed), "p1", split)


def garments(look: Look) -> list[Garment]:
    some = (look.top, look.bottom, look.shoes, look.outer, look.hat, *look.carried)
    return [one for one in some if one is not None]


def within(value: float, bands) -> bool:
    return any(low <= value <= high for low, high in bands)


@untimed
@given(seeds, splits)
def test_a_split_has_shapes_tones_and_pairs_of_its_own(seed, split):
    look = drawn(seed, split)
    assert split_of(look) == split
    for garment in garments(look):
        assert within(garment.shape, SHAPES[split])
        assert within(garment.tone, TONES[split])


@pytest.mark.parametrize("bands", [SHAPES, TONES])
def test_splits_share_no_shape_and_no_tone(bands):
    for one, other in combinations(bands, 2):
        for low, high in bands[one]:
            assert not any(low <= last and first <= high for first, last in bands[other])


@untimed
@given(seeds, splits)
def test_people_wear_what_there_is_where_it_belongs(seed, split):
    look = drawn(seed, split)
    parts = [("top", look.top), ("bottom", look.bottom), ("shoes", look.shoes)]
    parts += [("outer", look.outer), ("hat", look.hat)]
    parts += [("carried", one) for one in look.carried]
    for part, garment in parts:
        if garment is not None:
            kind = KINDS[garment.kind]
            assert kind.part == part
            assert (garment.second is None) == (garment.pattern == "plain")
            assert garment.kind == "hood" or garment.colour in kind.colours
            assert kind.only != "woman" or look.body.gender in ("woman", "girl")


@untimed
@given(seeds)
def test_what_is_worn_goes_together(seed):
    look = drawn(seed)
    assert (look.bottom is None) == (look.top.kind == "dress")
    assert len({one.kind for one in look.carried}) == len(look.carried) <= 2
    assert not look.hair.beard or look.body.gender == "man"
    assert (look.body.age == "child") == (look.body.gender in ("girl", "boy"))
    if look.hat is not None and look.hat.kind == "hood":
        assert look.outer is not None
        assert look.outer.kind in HOODED
        assert look.hat.colour == look.outer.colour


@untimed
@given(seeds, splits)
def test_the_same_seed_casts_the_same_person(seed, split):
    assert drawn(seed, split) == drawn(seed, split)


def test_people_are_numbered():
    people = cast_many(np.random.default_rng(1), 3, "val", prefix="extra")
    assert [look.person for look in people] == ["extra0001", "extra0002", "extra0003"]


def test_a_cast_has_everybody_and_everything():
    people = cast_many(np.random.default_rng(2), 1500, "train")
    assert {look.body.age for look in people} == {"child", "young", "adult", "elderly"}
    worn = {garment.kind for look in people for garment in garments(look)}
    assert worn == set(KINDS)


def test_a_fifth_of_the_pairs_are_kept_for_the_test():
    look = drawn(3)
    pairs = [
        split_of(replace(look, outer=Garment(a, b), bottom=Garment(c, "blue")))
        for a in ("coat", "jacket", "hoodie", "cardigan", "blazer")
        for b in ("red", "blue", "black", "grey", "navy", "green", "olive", "pink")
        for c in ("jeans", "trousers", "skirt", "shorts", "leggings")
    ]
    assert 0.12 < pairs.count("test") / len(pairs) < 0.28


def test_people_cast_apart_differ_more_than_people_cast_at_random():
    def nearest(people):
        return min(difference(one, other) for one, other in combinations(people, 2))

    apart = cast_apart(np.random.default_rng(4), 8, "test", tries=20)
    assert nearest(apart) > nearest(cast_many(np.random.default_rng(4), 8, "test"))
    assert [look.person for look in apart][:2] == ["p0001", "p0002"]


def test_nobody_differs_from_themselves():
    assert difference(drawn(5), drawn(5)) == 0
