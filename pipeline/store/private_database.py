"""A file of SQLite that is ours alone: readable by us, whole after a kill, written by many."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from pipeline.errors import StoreFull, StoreUnavailable

BUSY_S: Final = 5.0
"""How long one process waits for another that writes."""


class PrivateDatabase:
    """One connection to a file, for the threads of a process; other processes have theirs.

    A change is there whole or not at all, also after a kill -9 or a power cut.
    """

    def __init__(
        self,
        path: Path,
        *,
        holds: str,
        schema: str,
        layout: int = 1,
        upgrade: Callable[[sqlite3.Connection], None] = lambda _database: None,
    ) -> None:
        """Open `path`, made at first use.

        Args:
            path: the file.
            holds: what is in it, for the lines that people read: `accounts`.
            schema: statements that make what is not there yet.
            layout: which version of Descry made it last; a newer one is refused.
            upgrade: changes tables that an older version made; run after `schema`, each time.

        Raises:
            StoreUnavailable: it cannot be read, or another version wrote it.
            StoreFull: there is no room for it.
        """
        self.path, self._holds, self._lock = path, holds, threading.Lock()
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
            self._prepare(schema, layout, upgrade)

    def _prepare(
        self, schema: str, layout: int, upgrade: Callable[[sqlite3.Connection], None]
    ) -> None:
        # Two processes may open the file for the first time at once.
        with self.change() as database:
            found = int(database.execute("PRAGMA user_version").fetchone()[0])
            if found > layout:
                raise StoreUnavailable(
                    f"{self.path} was written by a newer version of Descry: install that"
                )
            for statement in filter(str.strip, schema.split(";")):
                database.execute(statement)
            upgrade(database)
            database.execute(f"PRAGMA user_version = {layout}")

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
            raise StoreUnavailable(
                f"the {self._holds} in {self.path} do not answer: {error}"
            ) from error
        except sqlite3.DatabaseError as error:
            self._undo()
            raise StoreUnavailable(
                f"{self.path} is damaged ({error}): put a copy of it back, or remove it and set "
                f"the {self._holds} up anew"
            ) from error
        except OSError as error:
            raise StoreUnavailable(
                f"the {self._holds} cannot be opened: {self.path} ({error.strerror})"
            ) from error

    def _undo(self) -> None:
        with suppress(sqlite3.Error, AttributeError):
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
