"""Wrong words at a known rate: what a careless witness gets wrong, to test who learns in spite."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from pipeline.street.look import Look
from pipeline.street.wardrobe import pick
from pipeline.street.words.claims import COLOURS_MEANT, KINDS_MEANT, Claim, Slot
from pipeline.street.words.fits import holds
from pipeline.street.words.grammar import Caption, Mark, article
from pipeline.street.words.misspelling import replaced
from pipeline.street.words.synonyms import PLURAL_WORDS, colour_spellings, spellings

_COLOURS = (
    "black", "white", "grey", "blue", "light blue", "red", "green", "yellow", "orange", "pink",
    "purple", "beige", "brown",
)  # fmt: skip
_HAIR_COLOURS = ("black", "brown", "blond", "red", "grey")
#: Words that only their opposite can stand for, whichever claim they say.
_OPPOSITES: Mapping[str, str] = MappingProxyType(
    {
        "woman": "man", "lady": "gentleman", "girl": "boy", "female": "male", "she": "he",
        "her": "his", "guy": "woman", "young girl": "young boy", "little girl": "little boy",
        "young": "elderly", "elderly": "young", "old": "young", "older": "young",
        "middle-aged": "elderly", "long": "short", "short": "long", "beard": "moustache",
        "ponytail": "bun", "curly": "straight", "shoulder-length": "short",
        "medium-length": "short", "tied back": "cut short", "tied up": "cut short",
        "dark": "light", "dark-coloured": "light-coloured", "dark-colored": "light-colored",
        "slim": "heavily built", "thin": "stocky", "slender": "stocky", "skinny": "stocky",
        "heavyset": "slim", "stocky": "slim", "heavily built": "slim", "overweight": "thin",
        "large": "slim", "walking": "standing", "standing": "walking",
        "walking along": "standing still", "standing still": "walking along",
        "standing around": "walking along", "stripes": "dots", "dots": "stripes",
        "turning round": "walking along", "turning around": "walking along",
        "turning about": "walking along",
        "striped": "checked", "stripy": "checked", "checked": "striped", "checkered": "striped",
        "plaid": "striped", "tartan": "striped", "polka-dot": "striped", "spotted": "striped",
        "dotted": "striped", "camouflage": "checked", "camo": "checked",
    }
)  # fmt: skip
_BOTH_WAYS: Mapping[str, str] = MappingProxyType(
    {after: before for before, after in reversed(list(_OPPOSITES.items()))} | dict(_OPPOSITES)
)
_SWAPPED_KINDS = frozenset({"upper", "lower", "shoes", "hat", "carried"})


@dataclass(frozen=True, slots=True)
class Noisy:
    """A caption with wrong words in it.

    Attributes:
        text: as the careless witness wrote it.
        wrong: start and stop, in `text`, of each wrong word, in order.
        could_be_wrong: how many words or groups of words each had the chance.
        mistakes: how many of them are wrong; the pronouns of one person are one mistake.
        rate: the chance of each.
    """

    text: str
    wrong: tuple[tuple[int, int], ...]
    could_be_wrong: int
    mistakes: int
    rate: float


def noisy(rng: np.random.Generator, told: Caption, look: Look, rate: float) -> Noisy:
    """Swap each thing said, with chance `rate`, for another of its kind that is not true.

    Args:
        rng: draws which words and what for.
        told: a caption of `look`.
        look: whom nothing that is put in may fit.
        rate: 0 to 1, of colours, garments, things, gender, age, patterns alike.
    """
    groups = list(_groups(told))
    found = [
        (marks, words) for marks, words in ((m, _others(told, m, look)) for m in groups) if words
    ]
    swaps: list[tuple[Mark, str]] = []
    mistakes = 0
    for marks, words in found:
        if rng.random() < rate:
            mistakes += 1
            chosen = words[rng.integers(len(words))]
            swaps += [(mark, _word_for(rng, told, mark, chosen)) for mark in marks]
    text, wrong = _swapped(told, swaps)
    return Noisy(text, wrong, len(found), mistakes, rate)


def _groups(told: Caption) -> Iterator[list[Mark]]:
    """The marks that say the same of the same claim."""
    seen: dict[tuple[int, Slot], list[Mark]] = {}
    for mark in told.marks:
        seen.setdefault((mark.claim, mark.slot), []).append(mark)
    yield from seen.values()


def _others(told: Caption, marks: list[Mark], look: Look) -> list[str]:
    """Words of `KINDS_MEANT` or `COLOURS_MEANT` that would be wrong; `opposite` for a fixed one."""
    claim, slot = told.claims[marks[0].claim], marks[0].slot
    if claim.negated:
        return []
    if all(_said(told, mark) in _BOTH_WAYS for mark in marks):
        return ["opposite"]
    if slot in ("colour", "second"):
        return [word for word in _colours(claim) if _is_wrong(claim, slot, word, look)]
    if slot == "kind" and claim.part in _SWAPPED_KINDS and claim.kind not in (None, "hood"):
        return [word for word in _kinds(claim) if _is_wrong(claim, slot, word, look)]
    return []


def _said(told: Caption, mark: Mark) -> str:
    return told.text[mark.start : mark.stop].lower()


def _colours(claim: Claim) -> tuple[str, ...]:
    if claim.part == "hair":
        return _HAIR_COLOURS
    return tuple(word for word in _COLOURS if word not in (claim.colour, claim.second))


def _kinds(claim: Claim) -> list[str]:
    """Other words of the same part and number; they mean nothing that the claim's word means."""
    kind = claim.kind or ""
    meant = KINDS_MEANT[claim.part]
    if kind == "skirt":
        return ["dress"]
    return [
        word
        for word in meant
        if meant[word].isdisjoint(meant[kind])
        and (word in PLURAL_WORDS) == (kind in PLURAL_WORDS)
        and word not in ("hood", "jacket or coat", "top", "bag")
    ]


def _is_wrong(claim: Claim, slot: Slot, word: str, look: Look) -> bool:
    """Whether the claim with `word` put in is untrue of `look`, also by itself."""
    if slot == "kind":
        part = "upper" if word == "dress" else claim.part
        return not holds(Claim(part, word), look)
    changed = replace(claim, colour=word, second=None, pattern=None)
    if claim.part != "hair" and slot == "second":
        return not _overlap(word, claim.second or "")
    return not holds(changed, look)


def _overlap(word: str, other: str) -> bool:
    mine, theirs = ({one.colour for one in COLOURS_MEANT[name]} for name in (word, other))
    return not mine.isdisjoint(theirs)


def _word_for(rng: np.random.Generator, told: Caption, mark: Mark, chosen: str) -> str:
    if chosen == "opposite":
        return _BOTH_WAYS[_said(told, mark)]
    if mark.slot == "kind":
        return pick(rng, spellings(chosen))
    return pick(rng, colour_spellings(chosen))


def _swapped(
    told: Caption, swaps: list[tuple[Mark, str]]
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text with the words put in, and where they lie; `a` and `an` are set right."""
    wrong: list[tuple[int, int]] = []
    for mark, plain in sorted(swaps, key=lambda swap: -swap[0].start):
        start, before = mark.start, told
        word = _capital(told.text, start, plain)
        told = replaced(told, mark.start, mark.stop, word)
        told, moved = _article_mended(told, start, word)
        grown = len(told.text) - len(before.text)
        wrong = [(start + moved, start + moved + len(word))] + [
            (first + grown, last + grown) for first, last in wrong
        ]
    return told.text, tuple(wrong)


def _capital(text: str, start: int, word: str) -> str:
    """`word` with a capital, if what it stands for begins a sentence with one."""
    begins = start == 0 or text[:start].endswith(". ")
    return word[0].upper() + word[1:] if begins and text[start].isupper() else word


def _article_mended(told: Caption, start: int, word: str) -> tuple[Caption, int]:
    """The caption with `a` or `an` as `word` at `start` asks for, and how far the word moved."""
    found = re.search(r"(?i)\b(an?) $", told.text[:start])
    if found is None:
        return told, 0
    right = article(word)
    old = found.group(1)
    right = right.capitalize() if old[0].isupper() else right
    return replaced(told, found.start(1), found.end(1), right), len(right) - len(old)
