"""retrieval.search.counter_phrases: what a phrase is held against."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.counter_phrases import contrast_of, distinct
from retrieval.search.phrase_words import COLOURS, THINGS
from retrieval.search.phrases import phrases_of


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


@given(st.sampled_from(sorted(COLOURS)), st.sampled_from(sorted(THINGS)))
def test_nothing_is_held_against_itself(colour, thing):
    for phrase in phrases_of(f"{colour} {thing}"):
        found = contrast_of(phrase)
        assert found.claim not in found.texts[1:]
        assert len(set(found.texts)) == len(found.texts)


def test_sentences_of_several_phrases_come_once():
    both = [contrast("red coat"), contrast("blue coat")]
    texts = distinct(both)
    assert len(texts) == len(set(texts)) < sum(len(one.texts) for one in both)
