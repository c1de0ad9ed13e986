"""The file of accounts: users, sessions and API tokens, in SQLite, readable by us alone."""

import sqlite3
from pathlib import Path
from typing import Final

from pipeline.store.private_database import PrivateDatabase

FILE: Final = "accounts.sqlite"

_LAYOUT: Final = 3
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
    used_at REAL,
    owner TEXT REFERENCES users (name) ON DELETE CASCADE
) STRICT;
CREATE TABLE IF NOT EXISTS searches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    search TEXT NOT NULL,
    saved_at REAL NOT NULL,
    UNIQUE (user, name)
) STRICT;
"""

_SINCE_LAYOUT_1: Final = (
    "ALTER TABLE users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sessions ADD COLUMN begun_at REAL",
)

_SINCE_LAYOUT_2: Final = (
    "ALTER TABLE tokens ADD COLUMN owner TEXT REFERENCES users (name) ON DELETE CASCADE"
)


class AccountFile(PrivateDatabase):
    """The file, opened: see `PrivateDatabase`."""

    def __init__(self, path: Path) -> None:
        """Open `path`, made at first use.

        Raises:
            StoreUnavailable: it cannot be read, or another version wrote it.
            StoreFull: there is no room for it.
        """
        super().__init__(path, holds="accounts", schema=_SCHEMA, layout=_LAYOUT, upgrade=_upgraded)


def _upgraded(database: sqlite3.Connection) -> None:
    """Give the tables of older layouts what they lacked."""
    if int(database.execute("PRAGMA user_version").fetchone()[0]) == 1:
        for statement in _SINCE_LAYOUT_1:
            database.execute(statement)
    columns = {row["name"] for row in database.execute("PRAGMA table_info(tokens)")}
    if "owner" not in columns:
        database.execute(_SINCE_LAYOUT_2)
