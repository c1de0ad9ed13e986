"""Whether a sentence can be searched, and what its author should know about the answer."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from retrieval.errors import QueryRefused
from retrieval.search.languages import foreign_language

MAX_CHARACTERS = 1000

#: What the text tower reads of a sentence, and how much of it the start and the end mark take.
CONTEXT_TOKENS, MARKS = 77, 2

EXAMPLE = 'such as "a woman in a red coat with a black rucksack"'

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
        text: without control characters, single-spaced, in Unicode's compatible form.
        notes: what may make the answer worse than hoped, a line each.
    """

    text: str
    notes: tuple[str, ...] = ()


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
    foreign = _refuse_foreign_script(cleaned)
    notes = [*foreign, *_doubts(cleaned)]
    if count_tokens is not None and (tokens := count_tokens(cleaned)) > CONTEXT_TOKENS:
        notes.append(
            f"only the first {CONTEXT_TOKENS - MARKS} tokens are read, "
            f"and the query has {tokens - MARKS}"
        )
    return CheckedQuery(cleaned, tuple(notes))


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


def _refuse_foreign_script(text: str) -> list[str]:
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
    return [f"the words written in {name} are not understood: the encoder reads English only"]


def _script(letter: str) -> str:
    return unicodedata.name(letter, "an unknown script").split()[0]


def _doubts(text: str) -> list[str]:
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", text.casefold())
    notes = []
    if len(words) == 1:
        notes.append("a single word: a fuller description finds more")
    if language := foreign_language(words):
        notes.append(f"this looks like {language}: the encoder reads English only")
    return notes
