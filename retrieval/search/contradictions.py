"""Phrases of a description that cannot all be true of one person."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations, islice
from types import MappingProxyType
from typing import Final

from retrieval.search.lexicon.kinds import PhraseKind
from retrieval.search.notes import Note, NoteCode
from retrieval.search.phrase_types import Phrase

_SEXES: Final = MappingProxyType(
    {"woman": "f", "girl": "f", "female": "f", "man": "m", "boy": "m", "male": "m"}
)
#: Heads of which one person has one at most.
_OPPOSITES: Final = (
    ("young", "elderly"), ("teenage", "elderly"), ("young", "middle-aged"), ("child", "elderly"),
    ("child", "pensioner"), ("baby", "pensioner"), ("young", "pensioner"), ("adult", "child"),
    ("short", "tall"), ("slim", "heavy"), ("bald", "ponytail"), ("bald", "bun"), ("bald", "plait"),
    ("bald", "dreadlocks"), ("bald", "afro"), ("bald", "fringe"), ("shorts", "trousers"),
    ("shorts", "jeans"), ("standing", "running"), ("sitting", "walking"), ("sitting", "running"),
)  # fmt: skip
_CUTS: Final = (
    ("short-sleeved", "long-sleeved"), ("sleeveless", "long-sleeved"), ("short", "long"),
    ("baggy", "tight"), ("open", "closed"),
)  # fmt: skip
#: Worn once, so that a second of another colour is a mistake.
_WORN_ONCE: Final = frozenset(
    {
        PhraseKind.UPPER, PhraseKind.LOWER, PhraseKind.FULL, PhraseKind.FOOTWEAR,
        PhraseKind.HEADWEAR, PhraseKind.HAIR,
    }
)  # fmt: skip
#: Between two phrases: either may be true, or one is worn below the other.
_BOTH = re.compile(
    r"\b(?:or|maybe|over|under|underneath|beneath|on top|then|between|turning|changed|socks)\b",
    re.IGNORECASE,
)
#: Notes of this kind about one sentence.
_MOST: Final = 3

_SLEEVES = re.compile(r"\b(short|long)[ -]sleeve[sd]?\b", re.IGNORECASE)


def contradictions_in(text: str, phrases: Sequence[Phrase]) -> list[Note]:
    """A note for each two that contradict each other, three at most.

    Args:
        text: the cleaned sentence, which the phrases' spans lie in.
        phrases: in its order.
    """
    found = (
        _note(text, first, second)
        for first, second in combinations(phrases, 2)
        if _differ(first, second) and not _BOTH.search(text[first.span[1] : second.span[0]])
    )
    return list(islice(found, _MOST)) or list(_sleeves(text, phrases))


def _note(text: str, first: Phrase, second: Phrase) -> Note:
    one, other = (text[phrase.span[0] : phrase.span[1]] for phrase in (first, second))
    if second.negated != first.negated:
        other = f"no {other}" if second.negated else other
        one = f"no {one}" if first.negated else one
    said = f"'{one}' and '{other}' cannot both be true of one person: {_next_step(first, second)}"
    return Note(NoteCode.CONTRADICTION, said, f"{one}, {other}", (first.span[0], second.span[1]))


def _next_step(first: Phrase, second: Phrase) -> str:
    are_people = first.kind is second.kind is PhraseKind.GENDER and not first.negated
    return "each person is found alone, describe one" if are_people else "leave one out"


def _differ(first: Phrase, second: Phrase) -> bool:
    if first.negated != second.negated:
        return _is_denied(*((second, first) if first.negated else (first, second)))
    if first.negated:
        return False
    sexes = {_SEXES.get(first.head), _SEXES.get(second.head)}
    if first.kind is second.kind is PhraseKind.GENDER and sexes == {"f", "m"}:
        return not any(phrase.text.endswith("'s") for phrase in (first, second))
    if (first.head, second.head) in _OPPOSITES or (second.head, first.head) in _OPPOSITES:
        return True
    if first.kind is not second.kind or first.head != second.head or first.alternatives:
        return False
    return first.kind in _WORN_ONCE and (_by_colour(first, second) or _by_cut(first, second))


def _is_denied(said: Phrase, denied: Phrase) -> bool:
    """Whether there is something, and there is no such thing."""
    is_whole = not denied.colours and not denied.details and denied.pattern is None
    return said.kind is denied.kind and said.head == denied.head and is_whole


def _by_colour(first: Phrase, second: Phrase) -> bool:
    """Two colours; not two words for one ("dark", "navy"; "blue", "light blue")."""
    vague = {"dark", "light", "bright", "multicoloured", "silver", "gold"}
    one, other = ({*phrase.colours} for phrase in (first, second))
    if not one or not other or (one | other) & vague:
        return False
    return {word.split()[-1] for word in one}.isdisjoint(word.split()[-1] for word in other)


def _by_cut(first: Phrase, second: Phrase) -> bool:
    return any(
        (a in first.details and b in second.details) or (b in first.details and a in second.details)
        for a, b in _CUTS
    )


def _sleeves(text: str, phrases: Sequence[Phrase]) -> Iterator[Note]:
    """Sleeves of both lengths on the only upper garment."""
    uppers = {phrase.head for phrase in phrases if phrase.kind is PhraseKind.UPPER}
    found = {match[1].lower(): match for match in _SLEEVES.finditer(text)}
    if len(found) < 2 or len(uppers) > 1 or _BOTH.search(text):
        return
    first, second = sorted(found.values(), key=lambda match: match.start())
    said = (
        f"'{first[0]}' and '{second[0]}' cannot both be true of one garment: leave one out, or "
        "say which is worn over the other"
    )
    yield Note(
        NoteCode.CONTRADICTION, said, f"{first[0]}, {second[0]}", (first.start(), second.end())
    )
