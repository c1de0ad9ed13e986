"""Slips of hurried writers: letters swapped, lost, doubled, or taken from the next key."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from pipeline.street.words.grammar import Caption

#: Words that many people misspell, and how.
KNOWN = MappingProxyType(
    {
        "wearing": ("wering", "waering"), "carrying": ("carying", "carring"),
        "beige": ("biege", "beidge"), "burgundy": ("burgandy",), "trousers": ("trowsers",),
        "rucksack": ("rucksac", "ruck sack"), "backpack": ("bakpack", "back-pack"),
        "umbrella": ("umberella", "umbrela"), "jeans": ("jeens",), "trainers": ("trainors",),
        "cardigan": ("cardigen", "cardi"), "sweater": ("sweter",), "hoodie": ("hoody", "hoddie"),
        "suitcase": ("suit case",), "glasses": ("glases",), "jacket": ("jaket", "jackett"),
        "helmet": ("helmit",), "striped": ("stripped",), "ponytail": ("pony tail", "poneytail"),
        "purple": ("purpel",), "leggings": ("legings",), "elderly": ("eldery",),
        "sneakers": ("sneekers",), "beanie": ("beany", "beenie"), "yellow": ("yelow",),
    }
)  # fmt: skip
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SHORTEST = 4


def misspelt(rng: np.random.Generator, told: Caption) -> Caption:
    """The caption with one word, sometimes two, misspelt; its marks still lie on their words."""
    for _ in range(1 + int(rng.random() < 0.2)):
        told = _once(rng, told)
    return told


def _once(rng: np.random.Generator, told: Caption) -> Caption:
    spans, start = [], 0
    for word in told.text.split(" "):
        letters = word.rstrip(".,")
        if len(letters) >= _SHORTEST and letters.isalpha():
            spans.append((start, start + len(letters)))
        start += len(word) + 1
    if not spans:
        return told
    first, last = spans[rng.integers(len(spans))]
    return replaced(told, first, last, _slip(rng, told.text[first:last]))


def _slip(rng: np.random.Generator, word: str) -> str:
    known = KNOWN.get(word)
    if known and rng.random() < 0.6:
        return known[rng.integers(len(known))]
    place = int(rng.integers(1, len(word) - 1))
    before, letter, after = word[:place], word[place], word[place + 1 :]
    slips = (
        before + after,
        before + letter + letter + after,
        before + after[0] + letter + after[1:],
        before + _neighbour(rng, letter) + after,
    )
    return slips[rng.integers(len(slips))]


def _neighbour(rng: np.random.Generator, letter: str) -> str:
    for row in _ROWS:
        place = row.find(letter)
        if place >= 0:
            near = row[max(place - 1, 0) : place] + row[place + 1 : place + 2]
            return near[rng.integers(len(near))]
    return letter


def replaced(told: Caption, start: int, stop: int, letters: str) -> Caption:
    """The caption with `text[start:stop]` written otherwise, and the marks moved along."""
    grown = len(letters) - (stop - start)
    marks = tuple(
        replace(
            mark,
            start=mark.start + (grown if mark.start >= stop else 0),
            stop=mark.stop + (grown if mark.stop >= stop else 0),
        )
        for mark in told.marks
    )
    text = told.text[:start] + letters + told.text[stop:]
    return replace(told, text=text, marks=marks)
