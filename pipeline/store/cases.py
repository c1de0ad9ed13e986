"""Cases: hits that people put together, with notes. One SQLite file of the data folder."""

import os
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from detectors.types import TrackKey
from pipeline.case_answers import ItemFacts
from pipeline.errors import Busy, ConfigError, DescryError, NotFound, StoreFull
from pipeline.store.case_records import Case, CaseItem

_WAIT_S = 10.0
_TABLES = """
create table if not exists cases (
  id text primary key, title text not null, notes text not null, status text not null,
  created_at real not null, created_by text not null, closed_at real, closed_by text,
  last_item integer not null default 0) without rowid;
create table if not exists items (
  case_id text not null, number integer not null, track text not null, shot integer,
  facts text not null, note text not null, added_at real not null, added_by text not null,
  primary key (case_id, number)) without rowid;
create index if not exists items_by_track on items (track);
create table if not exists holds (
  case_id text not null, track text not null, primary key (case_id, track)) without rowid;
"""
_CASE = "id, title, notes, status, created_at, created_by, closed_at, closed_by"
_ITEM = "case_id, number, track, shot, facts, note, added_at, added_by"


class CaseStore:
    """Several processes may write: each call is one transaction, over when it returns.

    No write-ahead log is kept: what was deleted must lie in no second file.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    def create(self, case: Case) -> None:
        """Begin a case.

        Raises:
            ConfigError: there is one of that name.
        """
        with self._write() as database:
            try:
                database.execute(
                    f"insert into cases ({_CASE}) values (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        case.id,
                        case.title,
                        case.notes,
                        case.status,
                        case.created_at,
                        case.created_by,
                        case.closed_at,
                        case.closed_by,
                    ),
                )
            except sqlite3.IntegrityError as error:
                raise ConfigError(
                    f"there is a case {case.id!r} already: choose another name"
                ) from error

    def cases(self, *, count: int, after: tuple[float, str] | None = None) -> list[Case]:
        """The newest first; those behind a case begun at and called `after`, gone or not."""
        values = after or (float("inf"), "")
        with self._read() as database:
            rows = database.execute(
                f"select {_CASE}, (select count(*) from items where case_id = id) from cases "
                "where (created_at, id) < (?, ?) order by created_at desc, id desc limit ?",
                (*values, count),
            ).fetchall()
        return [Case(*row) for row in rows]

    def get(self, case_id: str) -> Case:
        """The case of that name.

        Raises:
            NotFound: there is none.
        """
        with self._read() as database:
            return _case(database, case_id)

    def change(self, case_id: str, **values: Any) -> Case:
        """Set some fields of a case; what it is then.

        Raises:
            NotFound: there is none of that name.
            ConfigError: it is closed, and is not being opened.
        """
        with self._write() as database:
            if "status" not in values:
                _open_case(database, case_id)
            _case(database, case_id)
            for name, value in values.items():
                database.execute(f"update cases set {name} = ? where id = ?", (value, case_id))
            return _case(database, case_id)

    def remove(self, case_id: str) -> None:
        """Forget a case with its items and its marks of holds.

        Raises:
            NotFound: there is none of that name.
        """
        with self._write() as database:
            _case(database, case_id)
            for table, key in (("items", "case_id"), ("holds", "case_id"), ("cases", "id")):
                database.execute(f"delete from {table} where {key} = ?", (case_id,))

    def add(self, item: CaseItem) -> CaseItem:
        """Put a hit into a case, under the next number.

        Raises:
            NotFound: there is no such case.
            ConfigError: it is closed.
        """
        with self._write() as database:
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
        with self._read() as database:
            _case(database, case_id)
            rows = database.execute(
                f"select {_ITEM} from items where case_id = ? order by number", (case_id,)
            ).fetchall()
        return [_decode(row) for row in rows]

    def set_note(self, case_id: str, number: int, note: str) -> CaseItem:
        """Replace the note of an item.

        Raises:
            NotFound: no such case or item.
            ConfigError: the case is closed.
        """
        with self._write() as database:
            _open_case(database, case_id)
            _item(database, case_id, number)
            database.execute(
                "update items set note = ? where case_id = ? and number = ?",
                (note, case_id, number),
            )
            return _item(database, case_id, number)

    def remove_item(self, case_id: str, number: int) -> CaseItem:
        """Take an item out; what it was. Raises as `set_note`."""
        with self._write() as database:
            _open_case(database, case_id)
            item = _item(database, case_id, number)
            database.execute(
                "delete from items where case_id = ? and number = ?", (case_id, number)
            )
            return item

    def mark_held(self, case_id: str, tracks: Collection[TrackKey], *, held: bool) -> None:
        """Note which tracks are held for the sake of a case, or no longer are."""
        order = "insert or ignore into holds values (?, ?)"
        if not held:
            order = "delete from holds where case_id = ? and track = ?"
        with self._write() as database:
            database.executemany(order, [(case_id, str(track)) for track in tracks])

    def held_for(self, case_id: str) -> set[TrackKey]:
        """The tracks that are held for the sake of a case."""
        with self._read() as database:
            rows = database.execute("select track from holds where case_id = ?", (case_id,))
            return {TrackKey.parse(track) for (track,) in rows}

    def held_for_others(self, case_id: str, tracks: Collection[TrackKey]) -> set[TrackKey]:
        """Those of `tracks` that another case has on hold, too."""
        with self._read() as database:
            rows = database.execute("select track from holds where case_id <> ?", (case_id,))
            return {TrackKey.parse(track) for (track,) in rows} & set(tracks)

    def delete_tracks(self, tracks: Collection[TrackKey]) -> int:
        """Forget the items of erased tracks, leaving no byte of them; how many went."""
        if not self.file.exists():
            return 0
        names = [(str(track),) for track in tracks]
        with self._write() as database:
            before = database.total_changes
            database.executemany("delete from items where track = ?", names)
            gone = database.total_changes - before
            database.executemany("delete from holds where track = ?", names)
        with self._errors(), closing(self._connect()) as database:
            database.execute("vacuum")
        return gone

    def _connect(self) -> sqlite3.Connection:
        is_new = not self.file.exists()
        if is_new:  # so that it is nobody else's from its first byte on; the journal is like it
            os.close(os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        database = sqlite3.connect(self.file, timeout=_WAIT_S, isolation_level=None)
        try:
            database.execute("pragma secure_delete = on")
            database.execute("pragma synchronous = full")
            database.executescript(_TABLES)
        except sqlite3.Error:
            database.close()
            raise
        return database

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        with self._errors(), closing(self._connect()) as database:
            yield database

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._read() as database:
            database.execute("begin immediate")
            try:
                yield database
            except BaseException:
                database.execute("rollback")
                raise
            database.execute("commit")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code == sqlite3.SQLITE_FULL or isinstance(error, OSError):
                raise StoreFull(f"{self.file} cannot be written ({error}): make room") from error
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise Busy(f"{self.file} is being written by others: try again") from error
            raise DescryError(f"{self.file} cannot be used ({error}): see to that file") from error


def _case(database: sqlite3.Connection, case_id: str) -> Case:
    row = database.execute(
        f"select {_CASE}, (select count(*) from items where case_id = id) from cases where id = ?",
        (case_id,),
    ).fetchone()
    if row is None:
        raise NotFound(f"no case {case_id!r}: 'descry case list' names all")
    return Case(*row)


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


def _decode(row: tuple[Any, ...]) -> CaseItem:
    case_id, number, track, shot, facts, note, added_at, added_by = row
    return CaseItem(
        case_id, number, TrackKey.parse(track), shot, ItemFacts.model_validate_json(facts),
        note, added_at, added_by,
    )  # fmt: skip
