"""The SQLite file of cases: opened anew for each call, which is one transaction."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pipeline.errors import Busy, DescryError, StoreFull

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
create table if not exists words (
  number integer primary key, case_id text not null, item integer not null, field text not null,
  text text not null, by text not null, at real not null);
create table if not exists held_cases (case_id text primary key) without rowid;
"""


class CaseFile:
    """No write-ahead log is kept: what was deleted must lie in no second file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The file, to be read.

        Raises:
            Busy: others write for too long.
            StoreFull: no room.
            DescryError: it is damaged.
        """
        with self._errors(), closing(self._connect()) as database:
            yield database

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """The file, in a transaction that is undone where the body fails. Raises as `read`."""
        with self.read() as database:
            database.execute("begin immediate")
            try:
                yield database
            except BaseException:
                database.execute("rollback")
                raise
            database.execute("commit")

    def vacuum(self) -> None:
        """Write it anew without what was deleted. Raises as `read`."""
        with self.read() as database:
            database.execute("vacuum")

    def _connect(self) -> sqlite3.Connection:
        if not self.file.exists():
            # So that it is nobody else's from its first byte on; the journal is like it.
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
