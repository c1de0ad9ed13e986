"""A sentence becomes phrases: what of which colour, what not, and nothing dropped."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.search.lexicon.entries import LEXICON
from retrieval.search.phrases import Phrase, PhraseKind, phrases_of, read
from retrieval.search.query import clean

K = PhraseKind

#: Each with what is expected: kind, text, colours, head; "-" before the text: negated.
SENTENCES = {
    "A woman in a red coat with a black rucksack": [
        (K.GENDER, "woman", (), "woman"),
        (K.UPPER, "red coat", ("red",), "coat"),
        (K.CARRIED, "black rucksack", ("black",), "rucksack"),
    ],
    "man in a black hoodie and jeans, gray sneakers": [
        (K.GENDER, "man", (), "man"),
        (K.UPPER, "black hoodie", ("black",), "hoodie"),
        (K.LOWER, "jeans", (), "jeans"),
        (K.FOOTWEAR, "gray sneakers", ("grey",), "trainers"),
    ],
    "black shoes and trousers": [
        (K.FOOTWEAR, "black shoes", ("black",), "shoes"),
        (K.LOWER, "black trousers", ("black",), "trousers"),
    ],
    "a black top, black pants and shoes": [
        (K.UPPER, "black top", ("black",), "top"),
        (K.LOWER, "black pants", ("black",), "pants"),
        (K.FOOTWEAR, "shoes", (), "shoes"),
    ],
    "dark hair tied back and orange rucksack": [
        (K.HAIR, "tied back dark hair", ("dark",), "hair"),
        (K.CARRIED, "orange rucksack", ("orange",), "rucksack"),
    ],
    "blue jeans and trainers": [
        (K.LOWER, "blue jeans", ("blue",), "jeans"),
        (K.FOOTWEAR, "trainers", (), "trainers"),
    ],
    "no hat or bag": [(K.HEADWEAR, "-hat", (), "hat"), (K.CARRIED, "-bag", (), "bag")],
    "without a hat, glasses or a bag, in navy blue slacks": [
        (K.HEADWEAR, "-hat", (), "hat"),
        (K.ACCESSORY, "-glasses", (), "glasses"),
        (K.CARRIED, "-bag", (), "bag"),
        (K.LOWER, "navy blue slacks", ("navy",), "trousers"),
    ],
    "no hat and a white shirt": [
        (K.HEADWEAR, "-hat", (), "hat"),
        (K.UPPER, "white shirt", ("white",), "shirt"),
    ],
    "She is not wearing a hat. Her shoes are white.": [
        (K.GENDER, "woman", (), "woman"),
        (K.HEADWEAR, "-hat", (), "hat"),
        (K.FOOTWEAR, "white shoes", ("white",), "shoes"),
    ],
    "a jacket, not red": [
        (K.UPPER, "jacket", (), "jacket"),
        (K.UPPER, "-red jacket", ("red",), "jacket"),
    ],
    "hatless slim young man walking": [
        (K.HEADWEAR, "-hat", (), "hat"),
        (K.BUILD, "slim", (), "slim"),
        (K.AGE, "young", (), "young"),
        (K.GENDER, "man", (), "man"),
        (K.ACTION, "walking", (), "walking"),
    ],
    "blonde woman in black": [
        (K.HAIR, "blonde hair", ("blond",), "hair"),
        (K.GENDER, "woman", (), "woman"),
        (K.FULL, "black clothes", ("black",), "clothes"),
    ],
    "long brown hair in a ponytail and a beard": [
        (K.HAIR, "long brown hair in a ponytail", ("brown",), "ponytail"),
        (K.HAIR, "beard", (), "beard"),
    ],
    "suspicious man near the fountain with a red kite": [
        (K.OTHER, "suspicious", (), "suspicious"),
        (K.GENDER, "man", (), "man"),
        (K.OTHER, "near the fountain", (), "near the fountain"),
        (K.OTHER, "red kite", ("red",), "kite"),
    ],
    "large suitcase, large man": [
        (K.CARRIED, "large suitcase", (), "suitcase"),
        (K.BUILD, "large", (), "heavy"),
        (K.GENDER, "man", (), "man"),
    ],
}


def told(phrase: Phrase) -> tuple[PhraseKind, str, tuple[str, ...], str]:
    text = ("-" if phrase.negated else "") + phrase.text
    return phrase.kind, text, phrase.colours, phrase.head


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_is_understood(sentence: str) -> None:
    assert [told(phrase) for phrase in phrases_of(sentence)] == SENTENCES[sentence]


def test_alternatives_are_told_from_what_is_all_there() -> None:
    (either,) = phrases_of("a red or orange coat")
    (both,) = phrases_of("a blue and white striped shirt")
    (garment,) = phrases_of("a jacket or coat")
    assert (either.colours, either.either) == (("red", "orange"), True)
    assert (both.colours, both.either, both.pattern) == (("blue", "white"), False, "striped")
    assert (garment.head, garment.alternatives) == ("jacket", ("coat",))


def test_a_print_belongs_to_what_it_is_on() -> None:
    (hoodie,) = phrases_of("black hoodie with a white print on the front")
    assert (hoodie.colours, hoodie.pattern) == (("black", "white"), "print")
    (coat,) = phrases_of("red coat with white buttons")
    assert (coat.colours, coat.details) == (("red",), ("white buttons",))


def test_a_slip_is_put_right_and_told() -> None:
    reading = read("a red jackett and white sneekers")
    assert [phrase.head for phrase in reading.phrases] == ["jacket", "trainers"]
    assert [str(one) for one in reading.corrections] == [
        "read 'jackett' as 'jacket'",
        "read 'sneekers' as 'sneakers'",
    ]


@pytest.mark.parametrize("word", ["caot", "zzkkq", "slirt"])
def test_a_word_that_is_too_short_or_could_be_two_is_left_alone(word: str) -> None:
    reading = read(word)
    assert (reading.corrections, reading.unknown) == ((), (word,))
    assert [phrase.kind for phrase in reading.phrases] == [K.OTHER]


_WORDS = st.sampled_from([" ".join(words) for words in LEXICON])
_SOUP = st.lists(_WORDS | st.sampled_from(["zork", "-", "not", "no", "or", ",", ".", "with"]))


@example("trolley bag royal blue very or bag")
@given(st.text() | _SOUP.map(" ".join))
def test_any_text_is_read_and_spans_lie_apart_in_it(text: str) -> None:
    reading = read(text)
    ends = [(0, 0), *(phrase.span for phrase in reading.phrases)]
    for before, span in pairwise(ends):
        assert before[1] <= span[0] < span[1] <= len(clean(text))


_COLOURS = ("red", "black", "navy blue", "dark green")
_THINGS = {
    "coat": K.UPPER, "skirt": K.LOWER, "cap": K.HEADWEAR,
    "rucksack": K.CARRIED, "scarf": K.ACCESSORY,
}  # fmt: skip


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from(_COLOURS), st.sampled_from(sorted(_THINGS))),
        min_size=1,
    )
)
def test_what_was_put_into_a_sentence_comes_out(things: list[tuple[bool, str, str]]) -> None:
    sentence = ", ".join(f"{'no' if no else 'a'} {colour} {thing}" for no, colour, thing in things)
    found = phrases_of(f"person with {sentence}")
    expected = [(no, f"{colour} {thing}", _THINGS[thing], thing) for no, colour, thing in things]
    assert [(one.negated, one.text, one.kind, one.head) for one in found] == expected
    for phrase in found:
        assert clean(f"person with {sentence}")[slice(*phrase.span)] == phrase.text
