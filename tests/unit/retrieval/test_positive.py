"""retrieval.search.positive: what of a description is looked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.phrases import phrases_of
from retrieval.search.positive import ANYBODY, without_negations

WORDS = (
    "a", "no", "not", "without", "red", "dark", "blue", "and", "or", ",", "coat", "hat", "gizmo",
    "long", "hair", "in", "with", "wearing", "(", ")",
)  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join) | st.text())
def test_something_is_left_and_all_of_it_was_said(text):
    left = without_negations(text, phrases_of(text))
    assert left or not text
    if left not in (ANYBODY, text):
        assert set(left.split()) <= set(text.split())


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a woman in a red coat without a hat", "a woman in a red coat"),
        ("man without a hat in a red jacket", "man in a red jacket"),
        ("woman without a bag wearing blue jeans", "woman wearing blue jeans"),
        ("man with no hat carrying a black rucksack", "man carrying a black rucksack"),
        ("man (no hat) red jacket", "man red jacket"),
        ("man no hat blue jeans white trainers", "man blue jeans white trainers"),
        ("no bag, man in jeans", "man in jeans"),
        ("A man in a cap. He has no bag.", "A man in a cap."),
        ("man with no hat or bag", "man"),
        ("woman w/o hat in a red coat", "woman in a red coat"),
        ("man who doesn\u2019t have a bag", "man who"),
        ("no hat, bag or glasses", ANYBODY),
        ("without a hat", ANYBODY),
        ("a jacket, not red", "a jacket"),
        ("a red coat", "a red coat"),
    ],
)
def test_what_is_left_without_negations(text, left):
    assert without_negations(text, phrases_of(text)) == left
