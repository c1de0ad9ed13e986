"""retrieval.search.phrases: a description as phrases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.phrases import PhraseKind, phrases_of
from retrieval.search.positive import ANYBODY, without_negations


def told(text):
    return [(one.text, one.head, one.kind.name, one.negated) for one in phrases_of(text)]


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        (
            "A woman in a red coat with a black backpack",
            [
                ("woman", "woman", "GENDER", False),
                ("red coat", "coat", "UPPER", False),
                ("black backpack", "rucksack", "CARRIED", False),
            ],
        ),
        (
            "man, no hat or bag, blue and white striped shirt",
            [
                ("man", "man", "GENDER", False),
                ("hat", "hat", "HEADWEAR", True),
                ("bag", "bag", "CARRIED", True),
                ("blue white striped shirt", "shirt", "UPPER", False),
            ],
        ),
        (
            "black shoes and trousers",
            [
                ("black shoes", "shoes", "FOOTWEAR", False),
                ("black trousers", "trousers", "LOWER", False),
            ],
        ),
        (
            "long brown hair and no glasses",
            [
                ("long brown hair", "hair", "HAIR", False),
                ("glasses", "glasses", "OTHER", True),
            ],
        ),
        ("hatless boy", [("hat", "hat", "HEADWEAR", True), ("boy", "boy", "GENDER", False)]),
        ("he isn't wearing a cap", [("cap", "cap", "HEADWEAR", True)]),
        ("person in red", [("red", "red", "OTHER", False)]),
        ("a green gizmo", [("green gizmo", "gizmo", "OTHER", False)]),
    ],
)
def test_a_description_is_read(text, phrases):
    assert told(text) == phrases


def test_colours_go_by_their_usual_word():
    (phrase,) = phrases_of("navy blue or grey coat")
    assert phrase.colours == ("navy", "grey")
    assert phrase.kind is PhraseKind.UPPER


WORDS = ("a", "no", "red", "dark", "blue", "and", "or", ",", "coat", "hat", "gizmo", "long", "hair")


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=60))
def test_phrases_lie_in_the_text_one_behind_the_other(text):
    ends = [0]
    for phrase in phrases_of(text):
        assert ends[-1] <= phrase.span[0] < phrase.span[1] <= len(text)
        ends.append(phrase.span[1])


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join))
def test_what_should_not_be_there_is_not_looked_for(text):
    left = without_negations(text, phrases_of(text))
    assert left
    assert not any(one.negated for one in phrases_of(left))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a woman in a red coat without a hat", "a woman in a red coat"),
        ("no bag, man in jeans", "man in jeans"),
        ("A man in a cap. He has no bag.", "A man in a cap."),
        ("man with no hat or bag", "man"),
        ("without a hat", ANYBODY),
        ("a red coat", "a red coat"),
    ],
)
def test_what_is_left_without_negations(text, left):
    assert without_negations(text, phrases_of(text)) == left
