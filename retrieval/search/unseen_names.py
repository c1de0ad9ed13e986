"""Which words of a description are somebody's name."""

from collections.abc import Iterator

from retrieval.search.doubtful import Token, Wording
from retrieval.search.lexicon import doubts, names

_DOUBTFUL = doubts.words_of((doubts.CHARACTER, doubts.ACTS, doubts.EMOTION, doubts.ORIGIN))
#: After these a capital is of a place, a make or a band.
_NOT_BEFORE_NAMES = frozenset(["a", "an", "the", "in", "at", "from", "to", "of", "on", "into"])


def names_in(wording: Wording) -> Iterator[tuple[int, int]]:
    """First and last + 1 of the tokens of each name.

    A capital inside of a sentence is one where the lexicon does not know the word, and where it
    does not say of which make or club the thing behind it is. What begins a sentence, and what is
    typed without capitals or in nothing else, is one only by the list of given names.
    """
    has_case = _tells_by_case(wording)
    at = 0
    while at < len(wording.tokens):
        last = _end_of_name(wording, at, has_case=has_case)
        if last > at:
            yield at, last
        at = max(last, at + 1)


def _tells_by_case(wording: Wording) -> bool:
    """Whether a capital says anything: not where most words have one."""
    capital = sum(token.typed[0].isupper() for token in wording.tokens)
    return capital * 2 <= max(len(wording.tokens), 4)


def _end_of_name(wording: Wording, at: int, *, has_case: bool) -> int:
    """One past the last token of a name that begins at `at`; `at` if none does."""
    token, before = wording.tokens[at], wording.tokens[at - 1].word if at else ""
    is_given = _bare(token) in names.GIVEN
    last = at + 1
    while last < len(wording.tokens) and _goes_on(wording, last, token, has_case=has_case):
        last += 1
    is_owner = wording.tokens[last - 1].word.endswith("'s")
    if not is_owner and wording.is_before_a_thing(wording.tokens[last - 1].end):
        return at
    if before in names.TITLES and token.typed[0].isupper():
        return last
    if before in names.INTRODUCTIONS and _may_be(wording, token):
        return last
    if is_given and before not in ("a", "an", "the"):
        return last
    if not has_case or not _is_capital(wording, token) or before in _NOT_BEFORE_NAMES:
        return at
    return at if token.begins and last == at + 1 else last


def _goes_on(wording: Wording, at: int, first: Token, *, has_case: bool) -> bool:
    """Whether a name goes on with the token at `at`."""
    token = wording.tokens[at]
    between = wording.text[wording.tokens[at - 1].end : token.start]
    if between.strip(" -.") or not _may_be(wording, token):
        return False
    if has_case and first.typed[0].isupper():
        return token.typed[0].isupper()
    return wording.tokens[at - 1] is first and _bare(first) in names.GIVEN


def _is_capital(wording: Wording, token: Token) -> bool:
    is_name_like = token.typed[0].isupper() and not token.typed.isupper()
    return is_name_like and _may_be(wording, token)


def _may_be(wording: Wording, token: Token) -> bool:
    word = _bare(token)
    if word in names.GIVEN:
        return True
    is_other = word in names.OTHERS or word in doubts.PLAIN or word in _DOUBTFUL
    return wording.is_unknown(token) and word.isalpha() and not is_other


def _bare(token: Token) -> str:
    return token.word.removesuffix("'s")
