"""Which word a misspelt one was meant to be."""

from collections import defaultdict
from collections.abc import Iterable

#: Shorter words have too many neighbours.
SHORTEST = 5


class Speller:
    """Corrects words that are one slip away from one known word, and from no other.

    A slip is a letter left out, put in, taken for another, or swapped with the next. Known words
    are found by what is left of them without one letter, as in SymSpell (Garbe 2012).
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._known = frozenset(words)
        self._near: dict[str, set[str]] = defaultdict(set)
        for word in self._known:
            for left in {word, *_without_one(word)}:
                self._near[left].add(word)

    def __contains__(self, word: str) -> bool:
        return word in self._known

    def candidates(self, typed: str) -> list[str]:
        """The known words that are one slip away, in alphabetical order; none of a short word.

        >>> Speller(["jacket", "coat"]).candidates("jaket")
        ['jacket']
        """
        if len(typed) < SHORTEST or not typed.isalpha():
            return []
        found: set[str] = set()
        for left in {typed, *_without_one(typed)}:
            found |= self._near.get(left, set())
        return sorted(word for word in found if is_slip(typed, word))


def _without_one(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


def is_slip(typed: str, word: str) -> bool:
    """Whether one slip, or none, makes `typed` of `word`.

    >>> [is_slip(typed, "beige") for typed in ("biege", "beigge", "bege", "baige", "bieg")]
    [True, True, True, True, False]
    """
    at = next((n for n, (a, b) in enumerate(zip(typed, word, strict=False)) if a != b), None)
    if at is None:
        return abs(len(typed) - len(word)) <= 1
    mine, its = typed[at:], word[at:]
    swapped = len(its) > 1 and mine == its[1] + its[0] + its[2:]
    return swapped or mine[1:] == its[1:] or mine[1:] == its or mine == its[1:]
