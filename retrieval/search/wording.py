"""A sentence as words of the lexicon, misspelt ones put right."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from retrieval.search.lexicon import doubts, names
from retrieval.search.lexicon.entries import LEXICON, LONGEST
from retrieval.search.lexicon.kinds import Entry, Role
from retrieval.search.lexicon.typos import Speller

_TOKEN = re.compile(r"(?<![^\W_])[wW]/o?(?![^\W_])|[^\W_]+(?:['’][^\W_]+)*|\S")
_UNKNOWN, _COMMA = Entry(Role.UNKNOWN, ""), Entry(Role.COMMA, ",")
_SPELLER = Speller({word for words in LEXICON for word in words if word.isalpha()})
#: Right as they are, though one slip away from a word for what is worn ("steal", "teal").
_LEFT_ALONE = doubts.words_of(
    (doubts.CHARACTER, doubts.ACTS, doubts.EMOTION, doubts.ORIGIN, doubts.FACE, doubts.TIME)
) | (
    doubts.PLACES | doubts.WHERE | doubts.BESIDE | doubts.RELATIONS | doubts.MANY | doubts.PLAIN
    | names.GIVEN | names.OTHERS
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """A word of the lexicon, or an unknown one.

    Attributes:
        entry: what it means.
        text: as read: lower case, spelled right.
        start: where it begins in the sentence.
        end: where it ends.
        negated: a colour that something does not have ("not red").
    """

    entry: Entry
    text: str
    start: int
    end: int
    negated: bool = False

    @property
    def role(self) -> Role:
        """Its part in the sentence."""
        return self.entry.role


@dataclass(frozen=True, slots=True)
class Correction:
    """A word that was read as another.

    >>> str(Correction("jaket", "jacket"))
    "read 'jaket' as 'jacket'"
    """

    typed: str
    read_as: str

    def __str__(self) -> str:
        return f"read '{self.typed}' as '{self.read_as}'"


@dataclass(frozen=True, slots=True)
class _Token:
    word: str
    start: int
    end: int


def items_of(text: str) -> tuple[list[Item], list[Correction]]:
    """The words of a cleaned sentence in order, and what was put right in them.

    Words that belong together are one item, the longest first. A word is put right only where one
    known word is a single slip away, or several that mean the same.
    """
    tokens, corrections = _corrected(_tokens(text))
    items, at = [], 0
    while at < len(tokens):
        count, entry = _longest(tokens, at)
        part = tokens[at : at + count]
        items.append(Item(entry, _as_read(text, part), part[0].start, part[-1].end))
        at += count
    return items, corrections


def _tokens(text: str) -> list[_Token]:
    """Words and signs; a hyphen inside a word parts it, and is nothing by itself."""
    found = []
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if match.group() in "-–—‐":
            if text[start - 1 : start].isalnum() and text[end : end + 1].isalnum():
                continue
            found.append(_Token(",", start, end))
        else:
            found.append(_Token(match.group().lower().replace("’", "'"), start, end))
    return found


def _corrected(tokens: list[_Token]) -> tuple[list[_Token], list[Correction]]:
    out, corrections = [], []
    for token in tokens:
        right = _right_word(token.word)
        if right != token.word:
            corrections.append(Correction(token.word, right))
        out.append(_Token(right, token.start, token.end))
    return out, list(dict.fromkeys(corrections))


def _right_word(word: str) -> str:
    if word in _SPELLER or word in _LEFT_ALONE or word.endswith("'s") or _less(word):
        return word
    found = _SPELLER.candidates(word)
    meant = {_meaning(one) for one in found}
    return found[0] if len(meant) == 1 else word


def _meaning(word: str) -> tuple[str, ...]:
    """What a word means, alike in singular and plural; itself if it means nothing alone."""
    entry = LEXICON.get((word,))
    return (word,) if entry is None else (entry.role, entry.kind, entry.meaning)


def _less(word: str) -> Entry | None:
    """What `hatless` says is absent."""
    if not word.endswith("less"):
        return None
    entry = LEXICON.get((word.removesuffix("less"),))
    if entry is None or entry.role is not Role.NOUN:
        return None
    return Entry(Role.LESS, entry.meaning, entry.kind, entry.is_plural)


def _longest(tokens: Sequence[_Token], at: int) -> tuple[int, Entry]:
    for count in range(min(LONGEST, len(tokens) - at), 0, -1):
        entry = LEXICON.get(tuple(token.word for token in tokens[at : at + count]))
        if entry is not None:
            return count, entry
    word = tokens[at].word
    possessive = LEXICON.get((word.removesuffix("'s"),)) if word.endswith("'s") else None
    return 1, possessive or _less(word) or _sign(word)


def _sign(word: str) -> Entry:
    """A sign that is no word parts what stands around it."""
    return _UNKNOWN if any(letter.isalnum() for letter in word) else _COMMA


def _as_read(text: str, part: Sequence[_Token]) -> str:
    """The words with the hyphens or spaces that stand between them."""
    out = part[0].word
    for before, token in pairwise(part):
        between = text[before.end : token.start]
        out += (between.strip() or " ") + token.word
    return out
