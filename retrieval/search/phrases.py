"""What a description says, phrase by phrase: by rules over a lexicon, and nothing dropped."""

from dataclasses import dataclass

from retrieval.search.lexicon.kinds import PhraseKind
from retrieval.search.phrase_reading import Reader
from retrieval.search.phrase_types import Phrase
from retrieval.search.query import clean
from retrieval.search.wording import Correction, items_of

__all__ = ["Phrase", "PhraseKind", "Reading", "phrases_of", "read"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence as it was understood.

    Attributes:
        text: the cleaned sentence, which spans lie in.
        phrases: in its order.
        corrections: words that were read as others.
        unknown: words that no lexicon knows, as they were typed, in order.
    """

    text: str
    phrases: tuple[Phrase, ...]
    corrections: tuple[Correction, ...]
    unknown: tuple[str, ...]


def read(text: str) -> Reading:
    """The phrases of a description in English, and how its words were read.

    Never raises: what is not understood becomes a phrase of kind OTHER, or a detail of the thing
    that it stands before.
    """
    cleaned = clean(text)
    items, corrections = items_of(cleaned)
    unknown = tuple(dict.fromkeys(item.text for item in items if item.role == "unknown"))
    return Reading(cleaned, tuple(Reader(items).phrases()), tuple(corrections), unknown)


def phrases_of(text: str) -> tuple[Phrase, ...]:
    """The phrases of a description, in its order; their spans lie in `clean(text)`.

    >>> [phrase.text for phrase in phrases_of("A woman in a red coat and black shoes, no hat")]
    ['woman', 'red coat', 'black shoes', 'hat']
    """
    return read(text).phrases
