"""Words of a description for what no shot shows: names, intent, mood, faces, when and where."""

import re
from collections.abc import Callable, Iterator, Set
from typing import Final

from retrieval.search.doubtful import Token, Wording
from retrieval.search.lexicon import doubts, names
from retrieval.search.lexicon.kinds import PhraseKind, Role
from retrieval.search.notes import Note, NoteCode
from retrieval.search.unseen_names import names_in

_CLOCK = re.compile(
    r"(?<!\w)(?:(?:at |around |about )?\d{1,2}[:.]\d{2}(?: ?[ap]m)?"
    r"|(?:at )?\d{1,2} ?(?:[ap]m|o'clock)"
    r"|\d{1,3} (?:minute|min|hour|day|week)s? (?:ago|earlier)"
    r"|at \d{1,2})(?! ?(?:years?|yrs?)\b)(?!\w)",
    re.IGNORECASE,
)

_CAMERA = re.compile(r"cam(?:era)?\d{1,4}")

#: How far before a place its "at" or "near" may stand.
_WHERE_WITHIN: Final = 4

SENTENCES: Final = {
    NoteCode.NAME: "{} is a name, and nobody is known by name here: say what the person looks like",
    NoteCode.RELATION: "{} says who somebody is to you, which no picture shows: say what the "
    "person looks like",
    NoteCode.ORIGIN: "{} is left out: Descry does not search for origin, religion or colour of "
    "skin, and no picture tells them; say what is worn and carried",
    NoteCode.INTENT: "{} is a judgement or an intention, which no picture shows: say what can be "
    "seen, clothes and things carried",
    NoteCode.EMOTION: "{} is a mood, and faces are too small to show it: say what is worn and "
    "carried",
    NoteCode.FACE: "{} is too small to be seen in a picture of a whole person: say what is worn "
    "and carried",
    NoteCode.TIME: "{} is not searched as a time: ask with --since and --until",
    NoteCode.PLACE: "{} is not searched as a place: ask with --camera or --zone",
    NoteCode.QUANTITY: "{} are several people, and each is found by itself: describe one of them",
}


def unseen_in(wording: Wording) -> list[Note]:
    """A note for each of these words, in the order of the sentence; none about a word twice."""
    found: list[Note] = []
    finders: tuple[Callable[[Wording], Iterator[Note]], ...] = (
        _origin, _skin, _times, _clocks, _acts, _judgements, _moods, _faces, _eyes, _relations,
        _names, _many, _places,
    )  # fmt: skip
    taken: set[int] = set()
    for finder in finders:
        for note in finder(wording):
            span = range(*(note.span or (0, 0)))
            if taken.isdisjoint(span):
                found.append(note)
                taken.update(span)
    return sorted(found, key=lambda note: note.span or (0, 0))


def note_of(code: NoteCode, wording: Wording, first: int, last: int) -> Note:
    """A note about tokens `first` up to `last`."""
    words, span = wording.said(first, last)
    return Note(code, SENTENCES[code].format(f"'{words}'"), words, span)


def _of_table(wording: Wording, table: Set[doubts.Words], code: NoteCode) -> Iterator[Note]:
    """Words of a table, unless they only say which thing follows them."""
    for first, last in wording.runs_of(table):
        if not wording.is_before_a_thing(wording.tokens[last - 1].end):
            yield note_of(code, wording, first, last)


def _origin(wording: Wording) -> Iterator[Note]:
    yield from _of_table(wording, doubts.ORIGIN, NoteCode.ORIGIN)


def _skin(wording: Wording) -> Iterator[Note]:
    """`a black man`, `white elderly woman`; not `in black, man` and not `a white man's coat`."""
    for at, token in enumerate(wording.tokens):
        if token.word not in doubts.SKIN or (at and _is_worn(wording, wording.tokens[at - 1])):
            continue
        ahead = wording.tokens[at + 1 : at + 4]
        for ahead_by, other in enumerate(ahead, start=1):
            between = wording.text[wording.tokens[at + ahead_by - 1].end : other.start]
            item = wording.item_at(other)
            if between.strip(" -") or item is None or other.word.endswith("'s"):
                break
            if item.role is Role.PERSON and not wording.is_before_a_thing(item.end):
                yield note_of(NoteCode.ORIGIN, wording, at, at + 1)
            if item.role not in (Role.EITHER, Role.TRAIT):
                break


def _is_worn(wording: Wording, before: Token) -> bool:
    item = wording.item_at(before)
    joints = (Role.IN, Role.WITH, Role.VERB, Role.AND, Role.OR, Role.COLOUR)
    return item is not None and item.role in (*joints, Role.FILLER)


def _acts(wording: Wording) -> Iterator[Note]:
    """What somebody is about to do, with the next word, which says what."""
    for first, last in wording.runs_of(doubts.ACTS):
        more = last < len(wording.tokens) and wording.tokens[last - 1].word in ("to", "for")
        yield note_of(NoteCode.INTENT, wording, first, last + more)


def _judgements(wording: Wording) -> Iterator[Note]:
    for note in _of_table(wording, doubts.CHARACTER, NoteCode.INTENT):
        following = wording.item_after(note.span[1]) if note.span else None
        # "pretty long hair" praises nobody.
        is_adverb = note.words.lower() == "pretty" and (
            following is not None and following.role is not Role.PERSON
        )
        if not is_adverb:
            yield note


def _moods(wording: Wording) -> Iterator[Note]:
    yield from _of_table(wording, doubts.EMOTION, NoteCode.EMOTION)


def _faces(wording: Wording) -> Iterator[Note]:
    yield from _of_table(wording, doubts.FACE, NoteCode.FACE)


def _eyes(wording: Wording) -> Iterator[Note]:
    """`blue eyes`, `green-eyed`; not what lies over the eyes."""
    for at, token in enumerate(wording.tokens[1:], start=1):
        if token.word not in ("eyes", "eyed"):
            continue
        item = wording.item_at(wording.tokens[at - 1])
        if item is not None and item.role in (Role.COLOUR, Role.EITHER):
            yield note_of(NoteCode.FACE, wording, at - 1, at + 1)


def _times(wording: Wording) -> Iterator[Note]:
    for first, last in wording.runs_of(doubts.TIME):
        yield note_of(NoteCode.TIME, wording, first, last)
    for at, token in enumerate(wording.tokens[1:], start=1):
        before = wording.tokens[at - 1].word
        is_month = token.word in doubts.MONTHS and token.typed[0].isupper()
        if is_month and (before in ("in", "on", "since", "of", "last") or before.isdigit()):
            yield note_of(NoteCode.TIME, wording, at - 1, at + 1)


def _clocks(wording: Wording) -> Iterator[Note]:
    for match in _CLOCK.finditer(wording.text):
        words = match.group()
        text = SENTENCES[NoteCode.TIME].format(f"'{words}'")
        yield Note(NoteCode.TIME, text, words, match.span())


def _relations(wording: Wording) -> Iterator[Note]:
    for at, token in enumerate(wording.tokens[1:], start=1):
        owner = wording.tokens[at - 1].word
        if token.word in doubts.RELATIONS and owner in doubts.OWNERS:
            yield note_of(NoteCode.RELATION, wording, at - 1, at + 1)


def _names(wording: Wording) -> Iterator[Note]:
    for first, last in names_in(wording):
        before = wording.tokens[first - 1].word if first else ""
        begin = first - (before in names.TITLES)
        yield note_of(NoteCode.NAME, wording, begin, last)


def _many(wording: Wording) -> Iterator[Note]:
    """`two men`, `people`, `a group of`; not `ladies handbag`."""
    yield from _of_table(wording, doubts.GROUPS, NoteCode.QUANTITY)
    for at, token in enumerate(wording.tokens):
        before = wording.tokens[at - 1].word if at else ""
        if token.word not in doubts.MANY or wording.is_before_a_thing(token.end):
            continue
        if before in doubts.OWNERS or (before == "of" and token.word == "people"):
            continue
        first = at
        while first and at - first < _WHERE_WITHIN and _counts(wording, first - 1):
            first -= 1
        has_count = any(one.word in doubts.COUNTS for one in wording.tokens[first:at])
        yield note_of(NoteCode.QUANTITY, wording, first if has_count else at, at + 1)


def _counts(wording: Wording, at: int) -> bool:
    item = wording.item_at(wording.tokens[at])
    is_trait = item is not None and item.role in (Role.TRAIT, Role.EITHER)
    return is_trait or wording.tokens[at].word in doubts.COUNTS


def _places(wording: Wording) -> Iterator[Note]:
    """`by the north door`; not `in a school uniform`."""
    for at, token in enumerate(wording.tokens):
        last = _end_of_place(wording, at)
        is_place = token.word in doubts.PLACES or bool(_CAMERA.fullmatch(token.word))
        is_numbered = wording.tokens[last - 1].word.isdigit()
        if not is_place or wording.is_before_a_thing(token.end):
            continue
        if _is_carried(wording, token) and not is_numbered:
            continue
        for first in range(at - 1, max(at - 1 - _WHERE_WITHIN, -1), -1):
            if wording.tokens[first].word in doubts.WHERE:
                yield note_of(NoteCode.PLACE, wording, first, last)
                break
            item = wording.item_at(wording.tokens[first])
            if item is not None and item.role in (Role.NOUN, Role.PERSON, Role.COLOUR):
                break


def _is_carried(wording: Wording, token: Token) -> bool:
    item = wording.item_at(token)
    return item is not None and item.role is Role.NOUN and item.entry.kind is PhraseKind.CARRIED


def _end_of_place(wording: Wording, at: int) -> int:
    """Past `car park` and `camera 3`."""
    last = at + 1
    while last < len(wording.tokens):
        word = wording.tokens[last].word
        if word not in doubts.PLACES and not word.isdigit():
            break
        last += 1
    return last
