"""Which phrases of a description a shot can be asked about."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

from retrieval.search.doubtful import Wording
from retrieval.search.lexicon import doubts
from retrieval.search.lexicon.kinds import PhraseKind, Role
from retrieval.search.notes import Note, NoteCode
from retrieval.search.phrases import Phrase, read
from retrieval.search.unseen import unseen_in

#: Parts of a phrase that is not understood which may all the same be seen.
_SAYING: Final = frozenset(
    {Role.UNKNOWN, Role.COLOUR, Role.PATTERN, Role.DETAIL, Role.PART, Role.NOUN}
)


def seen_phrases(text: str) -> tuple[Phrase, ...]:
    """The phrases of a checked description, but those that no shot shows.

    >>> [phrase.text for phrase in seen_phrases("suspicious man in a red coat with a red kite")]
    ['man', 'red coat', 'red kite']
    """
    return tuple(without_unseen(read(text).phrases, unseen_in(Wording(text))))


def without_unseen(phrases: Sequence[Phrase], notes: Sequence[Note]) -> list[Phrase]:
    """The phrases without those that say nothing but what notes are about."""
    told = words_told(notes) | doubts.PLAIN | doubts.WHERE
    places = words_told(note for note in notes if note.code is NoteCode.PLACE)
    return [
        phrase
        for phrase in phrases
        if _says_more(phrase, told if phrase.kind is PhraseKind.OTHER else places)
    ]


def _says_more(phrase: Phrase, told: set[str]) -> bool:
    """Whether a word of it that may be seen is not among those told."""
    if phrase.kind is not PhraseKind.OTHER:
        return not told.issuperset(phrase.text.split())
    items = Wording(phrase.text).items
    return any(item.role in _SAYING and item.text not in told for item in items)


def words_told(notes: Iterable[Note]) -> set[str]:
    """The words that notes are about, in lower case."""
    words = chain.from_iterable(Wording(note.words).tokens for note in notes)
    return {token.word for token in words}
