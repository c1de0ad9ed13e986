"""Searches that users keep under names; they go with the user."""

import re
from typing import Final

from pipeline.errors import ConfigError, NotFound
from pipeline.instants import format_instant
from pipeline.saved_answers import SavedAnswer, SavedSearch, SaveRequest
from pipeline.store.account_file import AccountFile

MOST: Final = 200
"""Searches of one user."""


class SavedSearches:
    """The kept searches of an installation."""

    def __init__(self, file: AccountFile) -> None:
        """In `file`."""
        self._file = file

    def of(self, user: str) -> list[SavedAnswer]:
        """Those of one user, by name."""
        rows = self._file.rows("SELECT * FROM searches WHERE user = ? ORDER BY name, id", [user])
        return [
            SavedAnswer(
                id=row["id"],
                name=row["name"],
                search=SavedSearch.model_validate_json(row["search"]),
                saved_at=format_instant(row["saved_at"]),
            )
            for row in rows
        ]

    def save(self, user: str, request: SaveRequest, now: float) -> SavedAnswer:
        """Keep a search of a user, in place of one of the same name.

        Raises:
            ConfigError: they have as many as can be.
            NotFound: there is no such user.
        """
        with self._file.change() as database:
            if not database.execute("SELECT 1 FROM users WHERE name = ?", [user]).fetchone():
                raise NotFound(f"no user {user!r}")
            database.execute(
                "DELETE FROM searches WHERE user = ? AND name = ?", [user, request.name]
            )
            kept = database.execute("SELECT count(*) FROM searches WHERE user = ?", [user])
            if kept.fetchone()[0] >= MOST:
                raise ConfigError(f"{MOST} searches are saved: remove some first")
            added = database.execute(
                "INSERT INTO searches (user, name, search, saved_at) VALUES (?, ?, ?, ?)",
                [user, request.name, request.search.model_dump_json(), now],
            )
            number = int(added.lastrowid or 0)
        return SavedAnswer(
            id=number, saved_at=format_instant(now), name=request.name, search=request.search
        )

    def erase_words(self, pattern: re.Pattern[bytes]) -> int:
        """Forget every search, of whoever, whose name or words `pattern` finds; how many."""
        with self._file.change() as database:
            rows = database.execute("SELECT id, name, search FROM searches").fetchall()
            gone = [
                row["id"] for row in rows
                if pattern.search(f"{row['name']}\n{row['search']}".encode())
            ]  # fmt: skip
            database.executemany("DELETE FROM searches WHERE id = ?", [[each] for each in gone])
        return len(gone)

    def remove(self, user: str, number: int) -> None:
        """Forget a search of a user.

        Raises:
            NotFound: they have none of that number.
        """
        with self._file.change() as database:
            gone = database.execute(
                "DELETE FROM searches WHERE user = ? AND id = ?", [user, number]
            )
            if not gone.rowcount:
                raise NotFound(f"no saved search {number}")
