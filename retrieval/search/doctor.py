"""The query doctor: what of a description is searched, what is not, and how to say it better."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from retrieval.errors import QueryRefused
from retrieval.search.captioning import caption_of, is_shown, says_the_same
from retrieval.search.contradictions import contradictions_in
from retrieval.search.doubtful import Wording
from retrieval.search.lexicon import doubts, names
from retrieval.search.lexicon.kinds import PhraseKind, Role
from retrieval.search.notes import Note, NoteCode
from retrieval.search.phrases import Phrase, Reading, read
from retrieval.search.query import CONTEXT_TOKENS, CheckedQuery, check_query, clean
from retrieval.search.seen import without_unseen, words_told
from retrieval.search.wording import Correction

#: Phrases that make a list of words worth writing as a sentence.
_FEWEST_LISTED = 2

#: Notes after which a better sentence is more than the same in other words.
_REPLACED = frozenset(
    {
        NoteCode.NAME, NoteCode.RELATION, NoteCode.ORIGIN, NoteCode.INTENT, NoteCode.EMOTION,
        NoteCode.FACE, NoteCode.TIME, NoteCode.PLACE, NoteCode.TYPO,
    }
)  # fmt: skip
#: Notes after which it is not known what is meant.
_UNCLEAR = frozenset(
    {
        NoteCode.SCRIPT, NoteCode.LANGUAGE, NoteCode.CONTRADICTION, NoteCode.QUANTITY,
        NoteCode.UNKNOWN, NoteCode.ONLY_NEGATION,
    }
)  # fmt: skip
#: Words that the lexicon of clothes lacks, and that need no note: they join, or are makes and
#: kinds of things.
_FAMILIAR = (
    doubts.words_of(
        (doubts.CHARACTER, doubts.EMOTION, doubts.ORIGIN, doubts.FACE, doubts.TIME, doubts.GROUPS)
    )
    | doubts.PLAIN
    | doubts.PLACES
    | names.OTHERS
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is to be known of a description before, or beside, a search.

    Attributes:
        text: the cleaned description; spans of the notes lie in it.
        notes: what of it cannot be seen, or is doubtful, each with the next step.
        suggestion: the same as a caption; None where it is well said, or not understood.
        phrases: what shots are asked about; empty where nothing is searched.
        corrections: words that were read as others.
        is_searchable: whether a search takes it.
    """

    text: str
    notes: tuple[Note, ...] = ()
    suggestion: str | None = None
    phrases: tuple[Phrase, ...] = ()
    corrections: tuple[Correction, ...] = ()
    is_searchable: bool = True


def diagnose(text: str, *, count_tokens: Callable[[str], int]) -> Diagnosis:
    """What to know of a description; never raises.

    Args:
        text: as typed; of more than a search takes nothing is read.
        count_tokens: how many tokens a text becomes, its start and end mark included.
    """
    try:
        checked = check_query(text, count_tokens=count_tokens)
    except QueryRefused as refusal:
        note = Note(NoteCode.REFUSED, str(refusal))
        return Diagnosis(clean(text), (note,), is_searchable=False)
    return examine(checked, count_tokens=count_tokens)


def examine(
    checked: CheckedQuery, *, count_tokens: Callable[[str], int], beside_likeness: bool = False
) -> Diagnosis:
    """What to know of a description that is searched.

    Args:
        checked: the description.
        count_tokens: as of `diagnose`.
        beside_likeness: it only says what is different from a picture, so it may be short, may say
            what is missing, and is no whole caption.
    """
    phrases = tuple(without_unseen(read(checked.text).phrases, checked.notes))
    if checked.is_foreign:
        return Diagnosis(checked.typed, checked.notes, None, phrases)
    reading = read(checked.typed)
    told = _notes(checked, phrases, reading)
    if beside_likeness:
        of_the_whole = (NoteCode.SINGLE_WORD, NoteCode.ONLY_NEGATION)
        told = tuple(note for note in told if note.code not in of_the_whole)
    better = None if beside_likeness else _suggestion(checked, phrases, told, count_tokens)
    return Diagnosis(checked.typed, told, better, phrases, reading.corrections)


def _notes(checked: CheckedQuery, phrases: Sequence[Phrase], reading: Reading) -> tuple[Note, ...]:
    notes = [
        *checked.notes,
        *contradictions_in(reading.text, reading.phrases),
        *_only_negation(phrases),
        *_typos(reading),
    ]
    return (*notes, *_unknown(reading, notes))


def _only_negation(phrases: Sequence[Phrase]) -> list[Note]:
    if not phrases or not all(phrase.negated for phrase in phrases):
        return []
    said = "it only says what is absent, which fits most people: say what is worn or carried, too"
    return [Note(NoteCode.ONLY_NEGATION, said)]


def _typos(reading: Reading) -> list[Note]:
    return [
        Note(NoteCode.TYPO, f"{one}: write it so, as the encoder reads what is typed", one.typed)
        for one in reading.corrections
    ]


def _unknown(reading: Reading, notes: Sequence[Note]) -> list[Note]:
    """A note that names the words of which nothing is known, those of other notes aside."""
    told = words_told(notes)
    is_mixed = any(note.code is NoteCode.SCRIPT for note in notes)
    left = [
        word
        for word in reading.unknown
        if word not in _FAMILIAR | told and not word.isdigit() and (word.isascii() or not is_mixed)
    ]
    if not left:
        return []
    words = ", ".join(f"'{word}'" for word in left)
    verb, pronoun = ("is no word", "it") if len(left) == 1 else ("are no words", "them")
    said = (
        f"{words} {verb} that Descry knows: the search reads {pronoun}, but no shot is asked about "
        f"{pronoun}; a common word for what is worn or carried does more"
    )
    return [Note(NoteCode.UNKNOWN, said, " ".join(left))]


def _suggestion(
    checked: CheckedQuery,
    phrases: Sequence[Phrase],
    notes: Sequence[Note],
    count_tokens: Callable[[str], int],
) -> str | None:
    """A caption that says all that can be seen, and nothing else; None where none is better."""
    codes = {note.code for note in notes}
    is_understood = all(phrase.kind is not PhraseKind.OTHER for phrase in phrases)
    if not is_understood or not any(is_shown(one) and not one.negated for one in phrases):
        return None
    if not codes.isdisjoint(_UNCLEAR) or _has_what_is_beside(checked, notes):
        return None
    is_list = len(phrases) >= _FEWEST_LISTED and _is_list(checked.text)
    if codes.isdisjoint(_REPLACED) and not is_list:
        return None
    caption = caption_of(phrases)
    if caption is None or count_tokens(caption) > CONTEXT_TOKENS:
        return None
    again, reading = check_query(caption), read(caption)
    has_notes = bool(_notes(again, reading.phrases, reading))
    if has_notes or _is_list(caption) or not says_the_same(phrases, reading.phrases):
        return None
    return None if _has_unseen_details(phrases, notes) else caption


def _has_unseen_details(phrases: Sequence[Phrase], notes: Sequence[Note]) -> bool:
    """Whether a word of a note was taken for a quality of a thing, as one of an unknown make."""
    told = words_told(note for note in notes if note.code is not NoteCode.TYPO)
    words = {word for phrase in phrases for detail in phrase.details for word in detail.split()}
    return not told.isdisjoint(words)


def _has_what_is_beside(checked: CheckedQuery, notes: Sequence[Note]) -> bool:
    """Whether something is named that is not of the person: what is stolen, stood at, followed."""
    spans = [note.span for note in notes if note.span is not None]
    wording = Wording(checked.typed)
    for token in wording.tokens:
        is_told = any(start <= token.start < end for start, end in spans)
        if token.word in doubts.BESIDE and not is_told:
            return True
    return any(True for _ in wording.runs_of(doubts.ACTS))


def _is_list(text: str) -> bool:
    """Whether it has no word that makes a sentence of it: a verb, "in", "with"."""
    joints = (Role.VERB, Role.IN, Role.WITH, Role.BE, Role.NO)
    return all(item.role not in joints for item in Wording(text).items)
