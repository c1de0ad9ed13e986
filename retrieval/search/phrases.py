"""A description as phrases: one thing each, its colours, and whether it should not be there."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from retrieval.search.phrase_words import (
    COLOURS,
    FILLING,
    LACKING,
    MODIFIERS,
    NEGATORS,
    THINGS,
    PhraseKind,
)

__all__ = ["Phrase", "PhraseKind", "phrases_of"]

#: Words of the longest spelling.
_LONGEST = 3

_WORDS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|[,.;]")

#: What ends a negation that was begun before it.
_ENDS_NEGATION = frozenset({",", ".", ";", "but", "and", "with"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """One thing that a description says.

    Attributes:
        text: as it reads, in lower case, without article and negation: `red coat`.
        kind: what it speaks of; `OTHER` where it is not understood.
        colours: usual words of its colours, in order.
        head: the usual word of the thing: `rucksack` of a backpack.
        negated: that there is no such thing.
        span: where it stands in the description, from and up to; of a negated one, with its `no`.
    """

    text: str
    kind: PhraseKind
    colours: tuple[str, ...]
    head: str
    negated: bool
    span: tuple[int, int]


class _Word(NamedTuple):
    text: str
    start: int
    end: int


def phrases_of(text: str) -> tuple[Phrase, ...]:
    """The phrases of a cleaned description, in order.

    A colour that stands before the first of two things joined by `and` is of both: `black shoes
    and trousers`. `no hat or bag` negates both.

    >>> [(p.text, p.kind.value, p.negated) for p in phrases_of("a woman in a red coat, no hat")]
    [('woman', 'gender', False), ('red coat', 'upper garment', False), ('hat', 'headwear', True)]
    """
    words = [_Word(m[0].casefold(), *m.span()) for m in _WORDS.finditer(text)]
    return tuple(_read(words))


class _Reader:
    """What was read since the last thing."""

    def __init__(self) -> None:
        self.before: list[str] = []
        self.colours: list[str] = []
        self.start: int | None = None
        self.end = 0
        self.negated_from: int | None = None
        self.shared: tuple[str, ...] = ()

    def add(self, words: Sequence[_Word], colour: str | None = None) -> None:
        """A colour, or another word that may stand before a thing."""
        self.before.append(" ".join(word.text for word in words))
        self.colours += [] if colour is None else [colour]
        self.start = words[0].start if self.start is None else self.start
        self.end = words[-1].end

    def phrase(self, words: Sequence[_Word], kind: PhraseKind, head: str) -> Phrase:
        """What was read, with the thing that it was said of."""
        own = " ".join(word.text for word in words)
        colours = tuple(self.colours)
        shared = self.shared if not self.before else ()
        said = " ".join([*shared, *self.before, own]).strip()
        start = self.start if self.start is not None else words[0].start
        negated = self.negated_from is not None
        if self.negated_from is not None:
            start, self.negated_from = min(self.negated_from, start), words[-1].end
        self.before, self.colours, self.start, self.shared = [], [], None, ()
        return Phrase(said, kind, colours or shared, head, negated, (start, words[-1].end))


def _read(words: Sequence[_Word]) -> Iterator[Phrase]:
    reader, at = _Reader(), 0
    while at < len(words):
        some, found = _longest(words[at:])
        word = words[at].text
        if found in THINGS:
            kind, head = THINGS[found]
            phrase = reader.phrase(some, kind, head)
            yield phrase
            joined = [one.text for one in words[at + len(some) :][:1]] == ["and"]
            reader.shared = phrase.colours if joined else ()
        elif found in COLOURS:
            reader.add(some, COLOURS[found])
        elif word in MODIFIERS:
            reader.add(some)
        elif word in LACKING:
            reader.negated_from = words[at].start
            yield reader.phrase([words[at]._replace(text=LACKING[word])], *THINGS[LACKING[word]])
            reader.negated_from = None
        elif word in NEGATORS:
            reader.negated_from, reader.shared = words[at].start, ()
        else:
            yield from _other(reader, some)
        at += len(some)
    if reader.before:
        yield _unnamed(reader)


def _other(reader: _Reader, some: Sequence[_Word]) -> Iterator[Phrase]:
    """A word that names nothing known: one that joins, or one that is not understood."""
    word = some[0].text
    if word in ("and", "or") and reader.before:
        return  # `red and white`
    if word in _ENDS_NEGATION:
        if reader.before:
            yield _unnamed(reader)
        reader.negated_from = None
    if word != "and":
        reader.shared = ()
    if word not in FILLING and word not in _ENDS_NEGATION:
        yield reader.phrase(some, PhraseKind.OTHER, word)


def _unnamed(reader: _Reader) -> Phrase:
    """Colours of nothing, as in `a person in red`."""
    last = reader.before.pop()
    start = reader.end - len(last)
    if not reader.before:
        start = reader.start if reader.start is not None else start
    return reader.phrase([_Word(last, start, reader.end)], PhraseKind.OTHER, last)


def _longest(words: Sequence[_Word]) -> tuple[Sequence[_Word], str]:
    """The longest spelling that the words begin with, else the first word; in the singular."""
    for count in range(min(_LONGEST, len(words)), 0, -1):
        some = words[:count]
        joined = " ".join(word.text for word in some)
        for spelling in (joined, joined.removesuffix("s")):
            if spelling in THINGS or spelling in COLOURS:
                return some, spelling
    return words[:1], words[0].text
