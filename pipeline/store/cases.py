"""Cases: hits that people put together, with notes. One SQLite file of the data folder."""

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from detectors.types import TrackKey
from pipeline.case_answers import ItemFacts
from pipeline.errors import ConfigError, NotFound
from pipeline.store.case_file import CaseFile
from pipeline.store.case_records import Case, CaseItem
from pipeline.store.case_words import Words, erase_words, keep_words, words_of

_CASE = "id, title, notes, status, created_at, created_by, closed_at, closed_by"
_COUNTED = f"{_CASE}, (select count(*) from items where case_id = id), last_item > 0"
_ITEM = "case_id, number, track, shot, facts, note, added_at, added_by"


class CaseStore:
    """Several processes may write: each call is one transaction, over when it returns."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._file = CaseFile(file)

    def create(self, case: Case) -> None:
        """Begin a case.

        Raises:
            ConfigError: there is one of that name.
        """
        with self._file.write() as database:
            try:
                database.execute(
                    f"insert into cases ({_CASE}) values (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        case.id, case.title, case.notes, case.status, case.created_at,
                        case.created_by, case.closed_at, case.closed_by,
                    ),
                )  # fmt: skip
            except sqlite3.IntegrityError as error:
                raise ConfigError(
                    f"there is a case {case.id!r} already: choose another name"
                ) from error

    def cases(self, *, count: int, after: tuple[float, str] | None = None) -> list[Case]:
        """The newest first; those behind a case begun at and called `after`, gone or not."""
        values = after or (float("inf"), "")
        with self._file.read() as database:
            rows = database.execute(
                f"select {_COUNTED} from cases where (created_at, id) < (?, ?) "
                "order by created_at desc, id desc limit ?",
                (*values, count),
            ).fetchall()
        return [_decode_case(row) for row in rows]

    def count_by_camera(self, case_ids: Collection[str]) -> Mapping[str, Mapping[str, int]]:
        """How many items of each camera are in each of these cases."""
        found: dict[str, Counter[str]] = {case_id: Counter() for case_id in case_ids}
        with self._file.read() as database:
            rows = database.execute(
                "select case_id, track, count(*) from items "
                "where case_id in (select value from json_each(?)) group by case_id, track",
                (json.dumps(list(case_ids)),),
            )
            for case_id, track, count in rows:
                found[case_id][TrackKey.parse(track).camera_id] += count
        return found

    def get(self, case_id: str) -> Case:
        """The case of that name.

        Raises:
            NotFound: there is none.
        """
        with self._file.read() as database:
            return _case(database, case_id)

    def change(self, case_id: str, *, by: str, at: float, **values: Any) -> Case:
        """Set some fields of a case; what it is then. Words that are replaced are kept.

        Raises:
            NotFound: there is none of that name.
            ConfigError: it is closed, and is not being opened.
        """
        with self._file.write() as database:
            if "status" not in values:
                _open_case(database, case_id)
            before = _case(database, case_id)
            for name, value in values.items():
                if name in ("title", "notes") and value != getattr(before, name):
                    was = Words(
                        0, name, getattr(before, name), before.created_by, before.created_at
                    )
                    keep_words(database, case_id, was, Words(0, name, value, by, at))
                database.execute(f"update cases set {name} = ? where id = ?", (value, case_id))
            return _case(database, case_id)

    def remove(self, case_id: str) -> None:
        """Forget a case with its items and its marks of holds.

        Raises:
            NotFound: there is none of that name.
            ConfigError: it is closed.
        """
        with self._file.write() as database:
            _open_case(database, case_id)
            for table in ("items", "holds", "held_cases", "words"):
                database.execute(f"delete from {table} where case_id = ?", (case_id,))
            database.execute("delete from cases where id = ?", (case_id,))

    def add(self, item: CaseItem) -> CaseItem:
        """Put a hit into a case, under the next number.

        Raises:
            NotFound: there is no such case.
            ConfigError: it is closed.
        """
        with self._file.write() as database:
            _open_case(database, item.case_id)
            database.execute(
                "update cases set last_item = last_item + 1 where id = ?", (item.case_id,)
            )
            (number,) = database.execute(
                "select last_item from cases where id = ?", (item.case_id,)
            ).fetchone()
            database.execute(
                f"insert into items ({_ITEM}) values (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    item.case_id,
                    number,
                    str(item.track),
                    item.shot,
                    item.facts.model_dump_json(),
                    item.note,
                    item.added_at,
                    item.added_by,
                ),
            )
            return _item(database, item.case_id, number)

    def items(self, case_id: str) -> list[CaseItem]:
        """The items of a case, by number.

        Raises:
            NotFound: there is no such case.
        """
        with self._file.read() as database:
            _case(database, case_id)
            rows = database.execute(
                f"select {_ITEM} from items where case_id = ? order by number", (case_id,)
            ).fetchall()
        return [_decode(row) for row in rows]

    def words(self, case_id: str) -> list[Words]:
        """Texts that were changed, as they were and became, in their order."""
        with self._file.read() as database:
            return words_of(database, case_id)

    def set_note(self, case_id: str, number: int, note: str, *, by: str, at: float) -> CaseItem:
        """Replace the note of an item; the one before is kept.

        Raises:
            NotFound: no such case or item.
            ConfigError: the case is closed.
        """
        with self._file.write() as database:
            _open_case(database, case_id)
            item = _item(database, case_id, number)
            if note != item.note:
                was = Words(number, "note", item.note, item.added_by, item.added_at)
                keep_words(database, case_id, was, Words(number, "note", note, by, at))
            database.execute(
                "update items set note = ? where case_id = ? and number = ?",
                (note, case_id, number),
            )
            return _item(database, case_id, number)

    def remove_item(self, case_id: str, number: int) -> CaseItem:
        """Take an item out; what it was. Raises as `set_note`."""
        with self._file.write() as database:
            _open_case(database, case_id)
            item = _item(database, case_id, number)
            database.execute(
                "delete from items where case_id = ? and number = ?", (case_id, number)
            )
            _forget_orphans(database)
            return item

    def mark_held(self, case_id: str, tracks: Collection[TrackKey], *, held: bool) -> None:
        """Note which tracks are held for the sake of a case, or no longer are."""
        order = "insert or ignore into holds values (?, ?)"
        if not held:
            order = "delete from holds where case_id = ? and track = ?"
        with self._file.write() as database:
            database.executemany(order, [(case_id, str(track)) for track in tracks])

    def set_held(self, case_id: str, *, held: bool) -> None:
        """Note that what is put into a case is to be held from now on, or no longer.

        Raises:
            NotFound: there is none of that name.
        """
        order = "insert or ignore into held_cases values (?)"
        if not held:
            order = "delete from held_cases where case_id = ?"
        with self._file.write() as database:
            _case(database, case_id)
            database.execute(order, (case_id,))

    def is_held(self, case_id: str) -> bool:
        """Whether what is put into a case is to be held; true of one that holds tracks already."""
        with self._file.read() as database:
            (found,) = database.execute(
                "select exists (select 1 from held_cases where case_id = :case) "
                "or exists (select 1 from holds where case_id = :case)",
                {"case": case_id},
            ).fetchone()
        return bool(found)

    def held_for(self, case_id: str) -> set[TrackKey]:
        """The tracks that are held for the sake of a case."""
        with self._file.read() as database:
            rows = database.execute("select track from holds where case_id = ?", (case_id,))
            return {TrackKey.parse(track) for (track,) in rows}

    def held_for_others(self, case_id: str, tracks: Collection[TrackKey]) -> set[TrackKey]:
        """Those of `tracks` that another case has on hold, too."""
        with self._file.read() as database:
            rows = database.execute("select track from holds where case_id <> ?", (case_id,))
            return {TrackKey.parse(track) for (track,) in rows} & set(tracks)

    def delete_tracks(self, tracks: Collection[TrackKey]) -> int:
        """Forget the items of erased tracks, leaving no byte of them; how many went."""
        if not self.file.exists():
            return 0
        names = [(str(track),) for track in tracks]
        with self._file.write() as database:
            before = database.total_changes
            database.executemany("delete from items where track = ?", names)
            gone = database.total_changes - before
            database.executemany("delete from holds where track = ?", names)
            _forget_orphans(database)
            erase_words(database, tracks)
        self._file.vacuum()
        return gone


def _forget_orphans(database: sqlite3.Connection) -> None:
    """Forget what was written of items that are gone."""
    database.execute(
        "delete from words where item > 0 and not exists "
        "(select 1 from items where items.case_id = words.case_id and number = item)"
    )


def no_case(case_id: str) -> NotFound:
    """What is said of a case that there is not, or not for whoever asks."""
    return NotFound(f"no case {case_id!r}: 'descry case list' names all")


def _case(database: sqlite3.Connection, case_id: str) -> Case:
    row = database.execute(f"select {_COUNTED} from cases where id = ?", (case_id,)).fetchone()
    if row is None:
        raise no_case(case_id)
    return _decode_case(row)


def _open_case(database: sqlite3.Connection, case_id: str) -> None:
    if _case(database, case_id).status == "closed":
        raise ConfigError(f"case {case_id!r} is closed: 'descry case open {case_id}' it first")


def _item(database: sqlite3.Connection, case_id: str, number: int) -> CaseItem:
    row = database.execute(
        f"select {_ITEM} from items where case_id = ? and number = ?", (case_id, number)
    ).fetchone()
    if row is None:
        raise NotFound(f"case {case_id!r} has no item {number}: 'descry case show' lists them")
    return _decode(row)


def _decode_case(row: tuple[Any, ...]) -> Case:
    return replace(Case(*row[:-1]), was_filled=bool(row[-1]))


def _decode(row: tuple[Any, ...]) -> CaseItem:
    case_id, number, track, shot, facts, note, added_at, added_by = row
    return CaseItem(
        case_id, number, TrackKey.parse(track), shot, ItemFacts.model_validate_json(facts),
        note, added_at, added_by,
    )  # fmt: skip
