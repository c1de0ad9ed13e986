"""A description as words beside what the lexicon reads, for those who look for doubtful ones."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Set
from dataclasses import dataclass
from itertools import pairwise

from retrieval.search.lexicon.doubts import LONGEST, Words
from retrieval.search.lexicon.kinds import PhraseKind, Role
from retrieval.search.wording import Item, items_of

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_BEFORE_THINGS = frozenset(
    {Role.COLOUR, Role.PATTERN, Role.DETAIL, Role.EITHER, Role.FILLER, Role.UNKNOWN}
)
_MOST_UNKNOWN = 2
_NO_THINGS = frozenset({PhraseKind.HAIR, PhraseKind.BUILD, PhraseKind.AGE})


@dataclass(frozen=True, slots=True)
class Token:
    """A word as typed.

    Attributes:
        typed: with its capitals.
        word: in lower case.
        start: where it begins in the sentence.
        end: where it ends.
        begins: a sentence begins with it.
    """

    typed: str
    word: str
    start: int
    end: int
    begins: bool


class Wording:
    """A cleaned sentence as its words, and as items of the lexicon."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.items, self.corrections = items_of(text)
        self._starts = [item.start for item in self.items]
        self._at = {item.start: item for item in self.items}

    def item_at(self, token: Token) -> Item | None:
        """What the lexicon makes of a word; None if it stands inside of others."""
        return self._at.get(token.start)

    def is_unknown(self, token: Token) -> bool:
        """Whether the lexicon does not know a word, and it is no slip of one that it knows."""
        item = self.item_at(token)
        return item is not None and item.role is Role.UNKNOWN and item.end >= token.end

    def item_after(self, end: int) -> Item | None:
        """What comes next behind a place in the sentence."""
        at = bisect_left(self._starts, end)
        return self.items[at] if at < len(self.items) else None

    def is_before_a_thing(self, end: int) -> bool:
        """Whether words that end here only say which garment or thing follows: "Irish cap"."""
        unknown = 0
        for item in self.items[bisect_left(self._starts, end) :]:
            if item.role in (Role.NOUN, Role.PART):
                return item.entry.kind not in _NO_THINGS
            unknown += item.role is Role.UNKNOWN
            if item.role not in _BEFORE_THINGS or unknown > _MOST_UNKNOWN:
                return False
        return False

    def runs_of(self, table: Set[Words]) -> Iterator[tuple[int, int]]:
        """First and last + 1 of the tokens that a table has, the longest first, none twice."""
        at = 0
        while at < len(self.tokens):
            for count in range(min(LONGEST, len(self.tokens) - at), 0, -1):
                if tuple(one.word for one in self.tokens[at : at + count]) in table:
                    yield at, at + count
                    at += count - 1
                    break
            at += 1

    def said(self, first: int, last: int) -> tuple[str, tuple[int, int]]:
        """Tokens `first` up to `last` as typed, and their span."""
        start, end = self.tokens[first].start, self.tokens[last - 1].end
        return self.text[start:end], (start, end)


def _tokens(text: str) -> Iterator[Token]:
    found = [*_WORD.finditer(text)]
    starts = [True, *(_parts(text[a.end() : b.start()]) for a, b in pairwise(found))]
    for match, begins in zip(found, starts, strict=False):
        typed = match.group()
        word = typed.lower().replace("’", "'")
        yield Token(typed, word, match.start(), match.end(), begins)


def _parts(between: str) -> bool:
    return not set(between).isdisjoint(".!?;:")
