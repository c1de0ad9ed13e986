"""The part of a description that an encoder can look for: what should be seen."""

from collections.abc import Sequence

from retrieval.search.lexicon import joints
from retrieval.search.phrases import Phrase

#: What is left where a description says only what should not be seen.
ANYBODY = "a person"

_SIGNS = " ,;:()[]-–/!&"

#: Words that join what was cut out to what is left, or deny it, and mean nothing without it.
_JOINTS = frozenset(
    (
        *("and", "or", "but", "a", "an", "the", "any", "he", "she", "they", "with", "in", "of"),
        *(*joints.NO.split(), *joints.NOT.split(), *joints.BE.split(), *joints.VERBS.split()),
    )
)


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
    rest = text[end:].lstrip(_SIGNS)
    kept = " ".join(part for part in (*left, rest) if part.strip(_SIGNS + "."))
    return kept.strip(_SIGNS) if any(letter.isalpha() for letter in kept) else ANYBODY


def _trimmed(text: str) -> str:
    """`text` without what led up to the phrase behind it."""
    words = text.rstrip(_SIGNS).split(" ")
    while words and words[-1].strip(_SIGNS).casefold().replace("’", "'") in _JOINTS:
        words.pop()
    return " ".join(words).rstrip(_SIGNS)
