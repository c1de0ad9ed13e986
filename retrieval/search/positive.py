"""The part of a description that an encoder can look for: what should be seen."""

from collections.abc import Sequence

from retrieval.search.phrases import Phrase

#: What is left where a description says only what should not be seen.
ANYBODY = "a person"

#: Words that join what was cut out to what is left, and mean nothing without it.
_JOINTS = frozenset(
    {
        "with", "without", "wearing", "carrying", "and", "or", "but", "a", "an", "is", "he", "she",
        "they", "has", "have",
    }
)  # fmt: skip


def without_negations(text: str, phrases: Sequence[Phrase]) -> str:
    """`text` without its negated phrases: an encoder reads "no hat" as a hat.

    >>> from retrieval.search.phrases import phrases_of
    >>> text = "a woman in a red coat without a hat"
    >>> without_negations(text, phrases_of(text))
    'a woman in a red coat'
    """
    left, end = [], 0
    for start, stop in sorted(phrase.span for phrase in phrases if phrase.negated):
        left.append(_trimmed(text[end:start]))
        end = stop
    if not left:
        return text
    rest = text[end:].lstrip(" ,;")
    kept = " ".join(part for part in (*left, rest) if part.strip(" .,;"))
    return kept.strip(" ,;") if any(letter.isalpha() for letter in kept) else ANYBODY


def _trimmed(text: str) -> str:
    """`text` without what led up to the phrase behind it."""
    words = text.rstrip(" ,;").split(" ")
    while words and words[-1].strip(",;").casefold() in _JOINTS:
        words.pop()
    return " ".join(words).rstrip(" ,;")
