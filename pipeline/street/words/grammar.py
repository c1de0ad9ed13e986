"""Words on their way to a sentence, each with the claim it makes, so that truth keeps its place."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.street.words.claims import Claim, Slot


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or words that stay together.

    Attributes:
        text: as written within a sentence; `a` becomes `an` where it must.
        claim: what it claims; None for words that claim nothing.
        slot: which part of the claim it says.
    """

    text: str
    claim: Claim | None = None
    slot: Slot | None = None


Phrase = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a caption says something: `text[start:stop]` says `slot` of claim number `claim`."""

    start: int
    stop: int
    claim: int
    slot: Slot


@dataclass(frozen=True, slots=True)
class Caption:
    """A description of somebody and what it truly claims, whatever its spelling.

    Attributes:
        text: as its writer wrote it.
        claims: each once, in the order of the text.
        marks: which of its letters say what, in order.
    """

    text: str
    claims: tuple[Claim, ...]
    marks: tuple[Mark, ...]


def say(text: str) -> Phrase:
    """Words that claim nothing."""
    return tuple(Word(part) for part in text.split())


def listed(phrases: Sequence[Phrase], last: str = "and") -> Phrase:
    """`x`, `x and y`, `x, y and z`."""
    if not phrases:
        return ()
    *firsts, final = phrases
    out: Phrase = ()
    for number, phrase in enumerate(firsts):
        out += (Word(","), *phrase) if number else phrase
    return (*out, *say(last), *final) if firsts else final


def written(phrase: Phrase, *, sentences: bool = True) -> Caption:
    """The words as text: signs joined on, `a` or `an`, and capitals where a sentence begins.

    Args:
        phrase: all words, with `,` and `.` words of their own.
        sentences: whether to write capitals.
    """
    text, marks = "", []
    claims = list(dict.fromkeys(word.claim for word in phrase if word.claim is not None))
    for number, word in enumerate(phrase):
        letters = word.text
        if letters == "a" and number + 1 < len(phrase):
            letters = article(phrase[number + 1].text)
        if sentences and (not text or text.endswith(".")):
            letters = letters[0].upper() + letters[1:]
        if text and letters not in {",", ".", ";"}:
            text += " "
        if word.claim is not None and word.slot is not None:
            start = len(text)
            marks.append(Mark(start, start + len(letters), claims.index(word.claim), word.slot))
        text += letters
    return Caption(text, tuple(claims), tuple(marks))


def article(following: str) -> str:
    """`a` or `an`, by how the next word sounds.

    >>> article("olive green"), article("umbrella"), article("one-piece")
    ('an', 'an', 'a')
    """
    sounds_open = re.match(r"(?i)[aeiou]", following) and not re.match(r"(?i)one|uni|eu", following)
    return "an" if sounds_open else "a"
