"""The query doctor on any text: it answers, in time that grows with the text, and adds nothing."""

import sys
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from retrieval.search.doctor import Diagnosis, diagnose
from retrieval.search.lexicon import doubts, names
from retrieval.search.lexicon.entries import LEXICON
from retrieval.search.lexicon.kinds import Role
from retrieval.search.phrases import read
from retrieval.search.query import CONTEXT_TOKENS, MAX_CHARACTERS
from retrieval.search.wording import items_of
from retrieval.tokenizer import count_tokens

untimed = settings(deadline=None)

_WORDS = st.sampled_from([" ".join(words) for words in LEXICON])
_DOUBTS = st.sampled_from(
    sorted(
        " ".join(words)
        for words in doubts.CHARACTER | doubts.ACTS | doubts.EMOTION | doubts.ORIGIN | doubts.TIME
    )
)
_NAMES = st.sampled_from(sorted(names.GIVEN)).map(str.title)
_SIGNS = st.sampled_from(["zork", "-", "not", "no", "or", ",", ".", "with", "at 5", "by the door"])
soup = st.lists(_WORDS | _WORDS | _DOUBTS | _NAMES | _SIGNS, max_size=14).map(" ".join)
_NOUNS = st.sampled_from(
    sorted(" ".join(words) for words, entry in LEXICON.items() if entry.role is Role.NOUN)
)
_THINGS = st.tuples(st.sampled_from(["", "red ", "black ", "striped ", "long ", "no "]), _NOUNS)
#: What a suggestion is made of: things that are listed.
things = st.lists(_THINGS.map("".join), min_size=2, max_size=6).flatmap(
    lambda said: st.sampled_from([", ", " "]).map(lambda sign: sign.join(said))
)


def seen(text: str) -> Diagnosis:
    return diagnose(text, count_tokens=count_tokens)


@untimed
@example("\u202eامرأة ترتدي معطفا أحمر")
@example("'; DROP TABLE tracks; -- <script>alert(1)</script> a red coat {{7*7}} $(reboot)")
@example("(a+)+$ [a-z]{1,9999} .*.*.*.* a red coat")
@example("red\x00\x1b[31m coat\udcff")
@example("'s 's 's's a")
@given(st.text(max_size=300) | soup)
def test_any_text_gets_a_diagnosis(text: str) -> None:
    told = seen(text)
    assert told.is_searchable or (told.suggestion, told.phrases) == (None, ())
    for note in told.notes:
        assert note.text.isprintable()
        assert note.span is None or 0 <= note.span[0] < note.span[1] <= len(told.text)


@untimed
@example("Aaron a few minutes ago t shirt")
@given(soup | things)
def test_a_suggestion_has_no_suggestion_and_fits_the_encoder(text: str) -> None:
    better = seen(text).suggestion
    if better is not None:
        again = seen(better)
        assert again.suggestion is None
        assert [note.code for note in again.notes] == []
        assert count_tokens(better) <= CONTEXT_TOKENS


@untimed
@given(soup | things)
def test_a_suggestion_adds_no_colour_and_no_thing_and_drops_none(text: str) -> None:
    told = seen(text)
    if told.suggestion is None:
        return
    asked = {item.entry.meaning for item in items_of(told.text)[0]}
    asked |= {phrase.head for phrase in told.phrases}  # "blond" is of hair, "in black" of clothes
    for item in items_of(told.suggestion)[0]:
        if item.role in (Role.NOUN, Role.COLOUR, Role.PATTERN):
            assert item.entry.meaning in asked
    before = {(one.head, one.colours, one.negated) for one in told.phrases}
    assert {(one.head, one.colours, one.negated) for one in read(told.suggestion).phrases} == before


def calls_of(work: Callable[[], object]) -> int:
    """How many functions are called, built-in ones included."""
    count = 0

    def profile(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


HARD = (
    "no a, ", "red and ", "John ", "asian ", "at 5 ", "man woman ", "by by by door ", "two old ",
    "((((a", "red coat blue coat ", "a-", "1:", "jaket ", "no hat, bag ",
    "short sleeves long sleeves ",
)  # fmt: skip


@pytest.mark.parametrize("part", HARD)
def test_twice_the_text_is_about_twice_the_work(part: str) -> None:
    half = part * (MAX_CHARACTERS // 2 // len(part))
    seen(half)  # what is kept between texts is kept now
    seen(half + half[: MAX_CHARACTERS - len(half)])
    assert calls_of(lambda: seen(half + half)) < 3.3 * calls_of(lambda: seen(half))


@pytest.mark.parametrize("part", HARD)
def test_of_more_than_a_search_takes_nothing_is_read(part: str) -> None:
    told = seen(part * 5000)
    assert [note.code for note in told.notes] == ["refused"]
