"""Whether a sentence can be searched, and what its author should know about the answer."""

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from retrieval.errors import QueryRefused
from retrieval.search.doubtful import Wording
from retrieval.search.languages import foreign_language
from retrieval.search.left_out import without_words
from retrieval.search.notes import Note, NoteCode
from retrieval.search.unseen import unseen_in

MAX_CHARACTERS = 1000

#: What the text tower reads of a sentence, and how much of it the start and the end mark take.
CONTEXT_TOKENS, MARKS = 77, 2

EXAMPLE = 'such as "a woman in a red coat with a black rucksack"'

#: Letters of what is cut off that a note repeats.
_MOST_SHOWN = 60

#: Letters whose script Unicode names otherwise than people do.
SCRIPT_NAMES = {
    "CJK": "Chinese characters",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "KATAKANA-HIRAGANA": "Japanese",
}


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A sentence fit to be encoded.

    Attributes:
        text: without control characters, single-spaced, in Unicode's compatible form, and without
            words for origin, which nobody is searched by.
        notes: what may make the answer worse than hoped.
        typed: the same with all words; spans of the notes lie in it.
    """

    text: str
    notes: tuple[Note, ...] = ()
    typed: str = ""

    @property
    def is_foreign(self) -> bool:
        """Whether it is evidently in another language."""
        return any(note.code is NoteCode.LANGUAGE for note in self.notes)


def check_query(text: str, *, count_tokens: Callable[[str], int] | None = None) -> CheckedQuery:
    """Clean `text` and say what is doubtful about it.

    Args:
        text: as typed. It describes a person, so it is never logged.
        count_tokens: how many tokens a text becomes, its start and end mark included.

    Raises:
        QueryRefused: there is nothing in it that the encoder can read.
    """
    # What Python makes of bytes that are no text; nothing that is sent can hold it.
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise QueryRefused(
            f"the query is no text in UTF-8: type what the person looks like, {EXAMPLE}"
        )
    cleaned = clean(text)
    if not cleaned:
        raise QueryRefused(f"the query is empty: type what the person looks like, {EXAMPLE}")
    if len(cleaned) > MAX_CHARACTERS:
        raise QueryRefused(
            f"the query has {len(cleaned):,} characters and at most {MAX_CHARACTERS:,} are taken: "
            f"type one sentence, {EXAMPLE}"
        )
    _refuse_wordless(cleaned)
    notes = [*_refuse_foreign_script(cleaned), *_doubts(cleaned)]
    searched = cleaned
    if all(note.code is not NoteCode.LANGUAGE for note in notes):
        unseen = unseen_in(Wording(cleaned))
        notes += unseen
        searched = _without_origin(cleaned, unseen)
    if count_tokens is not None:
        notes += _cut_off(searched, count_tokens)
    return CheckedQuery(searched, tuple(notes), cleaned)


def clean(text: str) -> str:
    r"""Drop control, invisible and unassigned characters; fold full-width and styled letters.

    >>> clean("  ｒｅｄ\x00  coat\u200b\n")
    'red coat'
    """
    spaced = " ".join(text.split())
    visible = "".join(c for c in spaced if not unicodedata.category(c).startswith("C"))
    return " ".join(unicodedata.normalize("NFKC", visible).split())


def _refuse_wordless(text: str) -> None:
    if any(c.isalpha() for c in text):
        return
    kinds = {unicodedata.category(c)[0] for c in text if not c.isspace()}
    if kinds <= {"N"}:
        what = "digits"
    elif kinds <= {"P"}:
        what = "punctuation"
    else:
        what = "digits, signs or emoji"
    raise QueryRefused(
        f"the query has no words, only {what}: type what the person looks like, {EXAMPLE}"
    )


def _refuse_foreign_script(text: str) -> list[Note]:
    """A note if some letters are not Latin; refused if most are not."""
    scripts = Counter(_script(c) for c in text if c.isalpha())
    letters, latin = scripts.total(), scripts.pop("LATIN", 0)
    if not scripts:
        return []
    # Japanese mixes three scripts; kana is what tells it from Chinese.
    kana = [name for name in scripts if SCRIPT_NAMES.get(name) == "Japanese"]
    main = kana[0] if kana else scripts.most_common(1)[0][0]
    name = SCRIPT_NAMES.get(main, main.capitalize())
    if latin * 2 < letters:
        raise QueryRefused(
            f"the query is written in {name}: the encoder reads English only; "
            f"type it in English, {EXAMPLE}"
        )
    said = f"the words written in {name} are not understood: the encoder reads English only"
    return [Note(NoteCode.SCRIPT, said)]


def _script(letter: str) -> str:
    return unicodedata.name(letter, "an unknown script").split()[0]


def _doubts(text: str) -> list[Note]:
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", text.casefold())
    notes = []
    if len(words) == 1:
        said = "a single word: a fuller description finds more"
        notes.append(Note(NoteCode.SINGLE_WORD, said, text))
    if language := foreign_language(words):
        said = f"this looks like {language}: the encoder reads English only"
        notes.append(Note(NoteCode.LANGUAGE, said))
    return notes


def _without_origin(text: str, unseen: list[Note]) -> str:
    """The rest of the sentence; refused if there is none."""
    spans = [note.span for note in unseen if note.code is NoteCode.ORIGIN and note.span]
    if not spans:
        return text
    rest = without_words(text, spans)
    if not any(letter.isalpha() for letter in rest):
        raise QueryRefused(
            "Descry does not search for origin, religion or colour of skin, and the query says "
            f"nothing else: type what the person wears and carries, {EXAMPLE}"
        )
    return rest


def _cut_off(text: str, count_tokens: Callable[[str], int]) -> list[Note]:
    """A note that names what lies behind the encoder's last token."""
    tokens = count_tokens(text)
    if tokens <= CONTEXT_TOKENS:
        return []
    ends = [match.end() for match in re.finditer(r"\S+", text)]
    count = bisect_right(ends, CONTEXT_TOKENS, key=lambda end: count_tokens(text[:end]))
    start = ends[count - 1] if count else 0
    rest = text[start:].strip()
    shown = rest if len(rest) <= _MOST_SHOWN else f"{rest[:_MOST_SHOWN].rstrip()}…"
    said = (
        f"only the first {CONTEXT_TOKENS - MARKS} tokens are read, and the query has "
        f"{tokens - MARKS}: leave something out before '{shown}', which is not read"
    )
    return [Note(NoteCode.TOKENS, said, rest)]
