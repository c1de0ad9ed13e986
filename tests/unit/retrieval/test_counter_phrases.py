"""retrieval.search.counter_phrases: what a phrase is held against."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.counter_phrases import contrast_of, distinct
from retrieval.search.lexicon.entries import LEXICON
from retrieval.search.lexicon.kinds import Role
from retrieval.search.phrases import phrases_of

COLOURS = sorted({" ".join(words) for words, it in LEXICON.items() if it.role is Role.COLOUR})
THINGS = sorted({" ".join(words) for words, it in LEXICON.items() if it.role is Role.NOUN})


def contrast(text):
    (phrase,) = phrases_of(text)
    return contrast_of(phrase)


def test_a_colour_is_held_against_others_and_a_thing_against_its_like():
    found = contrast("red coat")
    assert found.claim == "a person wearing a red coat"
    assert "a person wearing a blue coat" in found.colours
    assert "a person wearing a red hoodie" in found.kinds
    assert found.lacking == ()


def test_what_is_nearly_the_same_is_no_rival():
    assert not any("blue" in text for text in contrast("navy coat").colours)
    assert not any("jacket" in text for text in contrast("red coat").kinds)
    assert not any("trainers" in text for text in contrast("black shoes").kinds)


def test_what_people_may_lack_is_held_against_its_lack():
    assert contrast("black rucksack").lacking
    assert contrast("a cap").lacking


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("elderly", "an elderly person"),
        ("woman", "a woman"),
        ("long brown hair", "a person with long brown hair"),
        ("blue jeans", "a person wearing blue jeans"),
        ("no black umbrella", "a person with a black umbrella"),
        ("walking", "a person walking"),
    ],
)
def test_a_phrase_becomes_a_sentence_about_somebody(text, claim):
    assert contrast(text).claim == claim


def test_long_hair_is_held_against_short_hair():
    assert contrast("long hair").kinds == ("a person with short hair", "a person with a bald head")


@given(st.sampled_from(COLOURS), st.sampled_from(THINGS))
def test_nothing_is_held_against_itself(colour, thing):
    for phrase in phrases_of(f"{colour} {thing}"):
        found = contrast_of(phrase)
        assert found.claim not in found.texts[1:]
        assert len(set(found.texts)) == len(found.texts)


def test_sentences_of_several_phrases_come_once():
    both = [contrast("red coat"), contrast("blue coat")]
    texts = distinct(both)
    assert len(texts) == len(set(texts)) < sum(len(one.texts) for one in both)


def test_dark_and_light_are_shades_of_others():
    assert not any("navy" in text or " blue" in text for text in contrast("dark trousers").colours)
    assert any("white" in text for text in contrast("dark trousers").colours)
    assert contrast("bright jacket").colours == ()
    assert not any("purple" in text for text in contrast("light purple top").colours)


def test_what_covers_another_thing_is_no_rival_of_it():
    assert contrast("girl").kinds == ("a man",)
    assert not any("jeans" in text for text in contrast("black trousers").kinds)
    assert contrast("black clothes").kinds == ()
