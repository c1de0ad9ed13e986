"""Every text of a case and its items that was changed, with who wrote it: no word is lost."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from detectors.types import TrackKey
from pipeline.store.forgetting import pattern_of

WITHHELD: Final = "(taken out: it named somebody who was erased)"


@dataclass(frozen=True, slots=True)
class Words:
    """A text as somebody wrote it.

    Attributes:
        item: number of the item that it is the note of; 0 for the case itself.
        field: `title` or `notes` of the case, `note` of an item.
        text: what they wrote.
        by: who.
        at: Unix seconds.
    """

    item: int
    field: str
    text: str
    by: str
    at: float


def keep_words(database: sqlite3.Connection, case_id: str, before: Words, after: Words) -> None:
    """Note that one text took the place of another, which is noted as well if it was the first."""
    (known,) = database.execute(
        "select count(*) from words where case_id = ? and item = ? and field = ?",
        (case_id, after.item, after.field),
    ).fetchone()
    for words in (after,) if known else (before, after):
        database.execute(
            "insert into words (case_id, item, field, text, by, at) values (?, ?, ?, ?, ?, ?)",
            (case_id, words.item, words.field, words.text, words.by, words.at),
        )


def words_of(database: sqlite3.Connection, case_id: str) -> list[Words]:
    """All that was changed in a case, in its order; of what never was, nothing."""
    rows = database.execute(
        "select item, field, text, by, at from words where case_id = ? order by number", (case_id,)
    )
    return [Words(*row) for row in rows]


def erase_words(database: sqlite3.Connection, tracks: Collection[TrackKey]) -> None:
    """Take earlier texts out that name erased tracks; what stands now is its author's to change."""
    named = pattern_of(tracks)
    for number, text in database.execute("select number, text from words").fetchall():
        if named.search(text.encode(errors="replace")):
            database.execute("update words set text = ? where number = ?", (WITHHELD, number))
