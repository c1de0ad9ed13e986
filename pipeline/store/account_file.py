"""The file of accounts: users, sessions and API tokens, in SQLite, readable by us alone."""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from pipeline.errors import StoreFull, StoreUnavailable

FILE: Final = "accounts.sqlite"
BUSY_S: Final = 5.0
"""How long one process waits for another that writes."""

_LAYOUT: Final = 2
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS users (
    name TEXT PRIMARY KEY,
    password TEXT NOT NULL,
    role TEXT NOT NULL,
    cameras TEXT,
    must_change INTEGER NOT NULL,
    created_at REAL NOT NULL,
    signed_in_at REAL,
    disabled INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
    digest TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    used_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    begun_at REAL
) STRICT;
CREATE INDEX IF NOT EXISTS sessions_of_users ON sessions (user);
CREATE TABLE IF NOT EXISTS tokens (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    cameras TEXT,
    created_by TEXT NOT NULL,
    created_at REAL NOT NULL,
    expires_at REAL,
    used_at REAL
) STRICT;
"""

_SINCE_LAYOUT_1: Final = (
    "ALTER TABLE users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sessions ADD COLUMN begun_at REAL",
)


class AccountFile:
    """One connection to the file, for the threads of a process; other processes have theirs.

    A change is there whole or not at all, also after a kill -9 or a power cut.
    """

    def __init__(self, path: Path) -> None:
        """Open `path`, made at first use.

        Raises:
            StoreUnavailable: it cannot be read, or another version wrote it.
            StoreFull: there is no room for it.
        """
        self.path, self._lock = path, threading.Lock()
        with self._errors():
            # SQLite would make it readable by whom the umask lets, and its journal likewise.
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
            path.chmod(0o600)
            self._database = sqlite3.connect(
                path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
            )
            self._database.row_factory = sqlite3.Row
            for pragma in ("foreign_keys = ON", "synchronous = FULL", "secure_delete = ON"):
                self._database.execute(f"PRAGMA {pragma}")
            self._prepare()

    def _prepare(self) -> None:
        # Two processes may open the file for the first time at once.
        with self.change() as database:
            layout = int(database.execute("PRAGMA user_version").fetchone()[0])
            if layout > _LAYOUT:
                raise StoreUnavailable(
                    f"{self.path} was written by a newer version of Descry: install that"
                )
            for statement in _SINCE_LAYOUT_1 if layout == 1 else ():
                database.execute(statement)
            for statement in filter(str.strip, _SCHEMA.split(";")):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {_LAYOUT}")

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """What a SELECT finds.

        Raises:
            StoreUnavailable: the file cannot be read.
        """
        with self._lock, self._errors():
            return self._database.execute(statement, values).fetchall()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """A transaction that nobody else writes in; undone where the block raises.

        Raises:
            StoreUnavailable: the file cannot be written.
            StoreFull: there is no room.
        """
        with self._lock, self._errors():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            self._undo()
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise StoreFull(f"no room to write {self.path}: make room on its disk") from error
            raise StoreUnavailable(f"the accounts in {self.path} do not answer: {error}") from error
        except sqlite3.DatabaseError as error:
            self._undo()
            raise StoreUnavailable(
                f"{self.path} is damaged ({error}): put a copy of it back, or remove it and set "
                "the accounts up anew"
            ) from error
        except OSError as error:
            raise StoreUnavailable(
                f"the accounts cannot be opened: {self.path} ({error.strerror})"
            ) from error

    def _undo(self) -> None:
        with suppress(sqlite3.Error, AttributeError):
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
