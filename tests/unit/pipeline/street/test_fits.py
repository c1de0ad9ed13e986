from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.street.casting import cast_many
from pipeline.street.colours import SHADES
from pipeline.street.look import Body, Garment, Hair, Look
from pipeline.street.wardrobe import KINDS
from pipeline.street.words.claims import COLOURS_MEANT, HAIR_MEANT, KINDS_MEANT, Claim
from pipeline.street.words.fits import Relevance, fits, relevant
from pipeline.street.words.synonyms import SAID_OF_COLOUR, SAID_OF_HAIR, SAID_OF_KIND

untimed = settings(deadline=None)


def look(person: str = "p1", **changes) -> Look:
    values = {
        "body": Body("woman", "adult", "average", "average", "light", 1),
        "hair": Hair("long", "brown", "loose"),
        "top": Garment("t-shirt", "white"),
        "bottom": Garment("jeans", "blue"),
        "shoes": Garment("trainers", "black"),
    }
    return Look(person, **{**values, **changes})


def upper(kind=None, colour=None, **more) -> Claim:
    return Claim("upper", kind, colour, **more)


@pytest.mark.parametrize(
    ("worn", "said"),
    [
        (Garment("jumper", "navy"), upper("jumper", "blue")),
        (Garment("jumper", "burgundy"), upper("top", "red")),
        (Garment("polo shirt", "cream"), upper("shirt", "white")),
        (Garment("jumper", "grey", tone=0.1), upper("sweatshirt", "dark grey")),
        (Garment("jumper", "black"), upper(None, "dark")),
        (
            Garment("t-shirt", "blue", "striped", "white"),
            upper("t-shirt", "blue", pattern="striped"),
        ),
        (
            Garment("t-shirt", "blue", "striped", "white"),
            upper("t-shirt", "white", pattern="striped", second="blue"),
        ),
    ],
)
def test_words_are_as_generous_as_listeners(worn, said):
    assert fits([said], look(top=worn))


@pytest.mark.parametrize(
    ("worn", "said"),
    [
        (Garment("jumper", "blue"), upper("jumper", "navy")),
        (Garment("jumper", "black"), upper("jumper", "dark blue")),
        (Garment("jumper", "grey", tone=0.9), upper("jumper", "dark grey")),
        (Garment("jumper", "grey"), upper("jumper", "black")),
        (Garment("jumper", "red"), upper("hoodie", "red")),
        (Garment("t-shirt", "blue", "print", "white"), upper("t-shirt", "white", second="blue")),
        (Garment("t-shirt", "blue"), upper("t-shirt", "blue", pattern="striped")),
    ],
)
def test_words_are_no_more_generous_than_that(worn, said):
    assert not fits([said], look(top=worn))


def test_nobody_sees_a_top_under_a_closed_coat():
    coat = Garment("coat", "black")
    assert fits([upper("t-shirt", "white")], look(outer=coat, outer_open=True))
    assert not fits([upper("t-shirt", "white")], look(outer=coat))
    assert fits([upper("coat", "black")], look(outer=coat))


def test_a_dress_shows_below_a_closed_coat():
    dressed = look(top=Garment("dress", "red"), bottom=None, outer=Garment("coat", "black"))
    assert fits([upper("dress", "red")], dressed)
    assert not fits([Claim("lower", "jeans")], dressed)


@pytest.mark.parametrize(("length", "shows"), [(0.1, False), (0.9, True)])
def test_only_what_is_longer_shows_below_a_closed_coat(length, shows):
    coat = Garment("coat", "black", shape=0.6)
    dress, skirt = Garment("dress", "red", shape=length), Garment("skirt", "red", shape=length)
    dressed = look(top=dress, bottom=None, outer=coat)
    skirted = look(bottom=skirt, outer=coat)
    opened = replace(skirted, outer_open=True)

    assert fits([upper("dress", "red")], dressed) == shows
    assert fits([Claim("lower", "skirt", "red")], skirted) == shows
    assert fits([Claim("lower", "skirt", "red")], opened)
    assert fits([Claim("lower", "jeans")], look(outer=coat))


def test_kind_and_colour_must_be_those_of_one_garment():
    layered = look(outer=Garment("jacket", "red"), outer_open=True)
    assert not fits([upper("jacket", "white")], layered)


def test_what_is_not_there_is_truly_denied():
    none = Claim("carried", "bag", negated=True)
    assert fits([none, Claim("hat", negated=True)], look())
    assert not fits([none], look(carried=(Garment("handbag", "red"),)))
    assert fits([none], look(carried=(Garment("suitcase", "red"),)))


@pytest.mark.parametrize(
    ("hair", "said", "fitting"),
    [
        (Hair("long", "blond", "loose"), Claim("hair", "long", "blond"), True),
        (Hair("long", "blond", "ponytail"), Claim("hair", "long"), True),
        (Hair("long", "blond", "bun"), Claim("hair", "long"), False),
        (Hair("long", "blond", "bun"), Claim("hair", "tied", "light"), True),
        (Hair("medium", "black", "curly"), Claim("hair", "curly", "dark"), True),
        (Hair("short", "white", "straight"), Claim("hair", "short", "grey"), True),
        (Hair("bald", "brown", "straight"), Claim("hair", "bald"), True),
        (Hair("bald", "brown", "straight"), Claim("hair", None, "brown"), False),
    ],
)
def test_hair_is_judged_by_length_style_and_colour(hair, said, fitting):
    assert fits([said], look(hair=hair)) == fitting


def test_a_raised_hood_hides_the_hair():
    hooded = look(outer=Garment("hoodie", "grey"), hat=Garment("hood", "grey"))
    assert not fits([Claim("hair", "long")], hooded)
    assert fits([Claim("hat", "hood")], hooded)


def test_what_somebody_does_is_judged_only_where_it_is_known():
    phones = Claim("activity", "phoning")
    assert fits([phones], look())
    assert fits([phones], look(), activity="phoning")
    assert not fits([phones], look(), activity="walking")


def test_body_glasses_and_beard_are_judged():
    claims = [Claim("gender", "female"), Claim("age", "grown-up"), Claim("glasses", "glasses")]
    assert fits([*claims, Claim("beard", negated=True)], look(glasses="sunglasses"))
    assert not fits([Claim("build", "slim")], look())


def test_nothing_said_fits_everybody():
    assert relevant([], [look("a"), look("b")]) == {"a", "b"}
    assert relevant([Claim("gender", "man")], []) == frozenset()


@untimed
@given(st.integers(0, 2**32 - 1))
def test_relevance_agrees_with_fits_person_by_person(seed: int):
    people = cast_many(np.random.default_rng(seed), 6, "train")
    crowd = Relevance(people)
    one = people[0]
    claims = [Claim("gender", one.body.gender), upper(None, (one.outer or one.top).colour)]
    assert crowd.of(claims) == {other.person for other in people if fits(claims, other)}
    assert (crowd.shares(claims) == 1).tolist() == crowd.mask(claims).tolist()


def test_every_word_that_is_said_has_a_meaning():
    parts = {"top": "upper", "outer": "upper", "bottom": "lower"}
    for name, words in SAID_OF_KIND.items():
        meant = KINDS_MEANT[parts.get(KINDS[name].part, KINDS[name].part)]
        assert all(name in meant[word] for word in words), name
    for colour, words in SAID_OF_COLOUR.items():
        assert all(colour in {one.colour for one in COLOURS_MEANT[word]} for word in words)
    assert all(hair in HAIR_MEANT[word] for hair, said in SAID_OF_HAIR.items() for word in said)
    assert set(SAID_OF_COLOUR) == set(SHADES)
    assert set(SAID_OF_KIND) == set(KINDS)
