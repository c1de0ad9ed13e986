"""The phrase, and how one grows from words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.search.lexicon.kinds import PhraseKind, Role
from retrieval.search.wording import Item


@dataclass(frozen=True, slots=True)
class Phrase:
    """One thing that a description says of a person.

    Attributes:
        text: as it reads: "red coat". What is negated reads without its "no".
        kind: what it is about.
        colours: canonical words ("gray" is "grey"); several are all there, or alternatives.
        head: the canonical noun or trait ("rucksack" of "backpacks").
        negated: that there is no such thing.
        span: start and end in the cleaned sentence, of all words from the first to the last.
        pattern: canonical ("striped"); None if none is said.
        details: other qualities, as they read: material, length, words unknown here.
        either: the colours are alternatives ("red or orange").
        alternatives: other heads that would do as well ("jacket or coat").
        is_plural: the head stands in the plural.
    """

    text: str
    kind: PhraseKind
    colours: tuple[str, ...]
    head: str
    negated: bool
    span: tuple[int, int]
    pattern: str | None = None
    details: tuple[str, ...] = ()
    either: bool = False
    alternatives: tuple[str, ...] = ()
    is_plural: bool = False


@dataclass(frozen=True, slots=True)
class Qualities:
    """What words before a noun, or after it, say of it."""

    colours: tuple[str, ...]
    pattern: str | None
    details: tuple[str, ...]
    either: bool
    text: str


_WORDS = frozenset(
    {Role.COLOUR, Role.PATTERN, Role.DETAIL, Role.EITHER, Role.UNKNOWN, Role.PART, Role.TRAIT}
)


def qualities(words: Sequence[Item]) -> Qualities:
    """The words, with what joins them, as qualities."""
    patterns = [word.entry.meaning for word in words if word.role is Role.PATTERN]
    others = (Role.DETAIL, Role.EITHER, Role.UNKNOWN, Role.PART)
    return Qualities(
        colours=tuple(
            dict.fromkeys(word.entry.meaning for word in words if word.role is Role.COLOUR)
        ),
        pattern=patterns[0] if patterns else None,
        details=tuple(
            word.entry.meaning if word.role is Role.DETAIL else word.text
            for word in words
            if word.role in others
        ),
        either=any(word.role is Role.OR for word in words),
        text=joined(words),
    )


def joined(words: Sequence[Item]) -> str:
    """The words as one reads them: a comma clings to the word before it."""
    return " ".join(word.text for word in words).replace(" ,", ",")


def is_word(item: Item) -> bool:
    """Whether an item says something, and does not only join."""
    return item.role in _WORDS


def with_qualities(phrase: Phrase, found: Qualities, end: int) -> Phrase:
    """The phrase of a thing of which more is said after it: `her shoes are white`."""
    return replace(
        phrase,
        text=f"{found.text} {phrase.text}".strip(),
        colours=tuple(dict.fromkeys((*phrase.colours, *found.colours))),
        pattern=phrase.pattern or found.pattern,
        details=(*phrase.details, *found.details),
        either=phrase.either or found.either,
        span=(phrase.span[0], end),
    )
