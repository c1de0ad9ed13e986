"""Users: their names, roles, cameras, and what is kept of their passwords."""

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from pipeline.callers import Caller, Role
from pipeline.errors import ConfigError, NotFound
from pipeline.names import check_name
from pipeline.store.account_file import AccountFile
from pipeline.store.passwords import LOCKED

FIRST: Final = "admin"
"""The administrator that is there from the first start on."""

MOST_USERS: Final = 10_000
_RESERVED: Final = frozenset({"data-folder", "local", "token"})


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs in.

    Attributes:
        name: as check_name lets it be.
        role: what they may do.
        cameras: which they may see; None for all.
        must_change: whether the password was given to them and only lets them choose their own.
        created_at: Unix seconds.
        signed_in_at: when they last did, Unix seconds; None: never.
        is_disabled: whether they are kept from signing in until an administrator lets them again.
    """

    name: str
    role: Role
    cameras: frozenset[str] | None
    must_change: bool
    created_at: float
    signed_in_at: float | None
    is_disabled: bool = False

    @property
    def caller(self) -> Caller:
        """As who they ask."""
        return Caller(self.name, self.role, self.cameras)


def check_user(name: str) -> str:
    """Return `name` if a user may have it: it stands in the audit and in headers.

    Raises:
        ConfigError: it may not.
    """
    if name in _RESERVED:
        raise ConfigError(f"{name!r} is no user's name: it stands for other callers in the audit")
    return check_name("user", name)


def check_scope(role: Role, cameras: Collection[str] | None) -> frozenset[str] | None:
    """The cameras that somebody of `role` may see.

    Raises:
        ConfigError: an administrator cannot be kept from cameras; or a name is no camera's.
    """
    if cameras is None:
        return None
    if role is Role.ADMINISTRATOR:
        raise ConfigError("an administrator sees every camera: leave the cameras out")
    if not cameras:
        raise ConfigError("name one camera at least, or leave the cameras out for all")
    return frozenset(check_name("camera", name) for name in cameras)


class Accounts:
    """The users of an installation."""

    def __init__(self, file: AccountFile) -> None:
        """Of `file`."""
        self._file = file

    def is_set_up(self) -> bool:
        """Whether there is an administrator with a password of their own."""
        found = self._file.rows(
            "SELECT 1 FROM users WHERE role = ? AND must_change = 0 LIMIT 1", [Role.ADMINISTRATOR]
        )
        return bool(found)

    def begin(self, password: str, now: float) -> bool:
        """Make the first administrator, or give them a password; whether there was none before.

        Args:
            password: what is kept of their one-time password; LOCKED for none.
            now: Unix seconds.
        """
        with self._file.change() as database:
            if not database.execute("SELECT 1 FROM users LIMIT 1").fetchone():
                _insert(database, FIRST, password, Role.ADMINISTRATOR, None, now)
                return True
            given = database.execute(
                "UPDATE users SET password = ? WHERE name = ? AND password = ? AND password <> ?",
                [password, FIRST, LOCKED, password],
            )
            return given.rowcount > 0

    def users(self) -> list[User]:
        """All of them, by name."""
        return [read_user(row) for row in self._file.rows("SELECT * FROM users ORDER BY name")]

    def get(self, name: str) -> User:
        """The user of that name.

        Raises:
            NotFound: there is none.
        """
        for row in self._file.rows("SELECT * FROM users WHERE name = ?", [name]):
            return read_user(row)
        raise NotFound(f"no user {name!r}: 'descry user list' tells all")

    def kept(self, name: str) -> str | None:
        """What is kept of the password of `name`; None where no such user may sign in."""
        rows = self._file.rows("SELECT password FROM users WHERE name = ? AND disabled = 0", [name])
        return str(rows[0]["password"]) if rows else None

    def add(
        self, name: str, password: str, role: Role, cameras: Collection[str] | None, now: float
    ) -> User:
        """Add a user, who has to choose a password of their own at first.

        Raises:
            ConfigError: the name is taken or none, or the cameras make no sense.
        """
        check_user(name)
        scope = check_scope(role, cameras)
        with self._file.change() as database:
            if database.execute("SELECT 1 FROM users WHERE name = ?", [name]).fetchone():
                raise ConfigError(f"there is a user {name!r} already")
            if database.execute("SELECT count(*) FROM users").fetchone()[0] >= MOST_USERS:
                raise ConfigError(f"there are {MOST_USERS} users: remove some first")
            _insert(database, name, password, role, scope, now)
        return self.get(name)

    def change(self, name: str, role: Role, cameras: Collection[str] | None) -> User:
        """Give a user another role, or other cameras; at once, also where they are signed in.

        Raises:
            NotFound: there is no such user.
            ConfigError: nobody would be left to administer, or the cameras make no sense.
        """
        scope = check_scope(role, cameras)
        with self._file.change() as database:
            _find(database, name)
            if role is not Role.ADMINISTRATOR:
                _refuse_last(database, name)
            database.execute(
                "UPDATE users SET role = ?, cameras = ? WHERE name = ?",
                [role, write_cameras(scope), name],
            )
        return self.get(name)

    def disable(self, name: str, *, is_disabled: bool = True) -> User:
        """Keep a user from signing in, and end every session of theirs; or let them again.

        Raises:
            NotFound: there is no such user.
            ConfigError: nobody would be left to administer.
        """
        with self._file.change() as database:
            _find(database, name)
            if is_disabled:
                _refuse_last(database, name)
                database.execute("DELETE FROM sessions WHERE user = ?", [name])
            database.execute(
                "UPDATE users SET disabled = ? WHERE name = ?", [int(is_disabled), name]
            )
        return self.get(name)

    def set_password(self, name: str, password: str, *, must_change: bool) -> None:
        """Put another password in place, and end every session of the user.

        Args:
            name: whose.
            password: what is kept of it.
            must_change: whether they have to choose their own.

        Raises:
            NotFound: there is no such user.
            ConfigError: nobody would be left to administer.
        """
        with self._file.change() as database:
            _find(database, name)
            if must_change:
                _refuse_last(database, name)
            database.execute(
                "UPDATE users SET password = ?, must_change = ? WHERE name = ?",
                [password, int(must_change), name],
            )
            database.execute("DELETE FROM sessions WHERE user = ?", [name])

    def rehash(self, name: str, before: str, password: str) -> None:
        """Keep the same password by newer parameters, unless it was changed meanwhile."""
        with self._file.change() as database:
            database.execute(
                "UPDATE users SET password = ? WHERE name = ? AND password = ?",
                [password, name, before],
            )

    def remove(self, name: str) -> User:
        """Remove a user and their sessions.

        Raises:
            NotFound: there is no such user.
            ConfigError: nobody would be left to administer.
        """
        with self._file.change() as database:
            user = _find(database, name)
            _refuse_last(database, name)
            database.execute("DELETE FROM users WHERE name = ?", [name])
        return user


def _find(database: sqlite3.Connection, name: str) -> User:
    row = database.execute("SELECT * FROM users WHERE name = ?", [name]).fetchone()
    if row is None:
        raise NotFound(f"no user {name!r}: 'descry user list' tells all")
    return read_user(row)


def _refuse_last(database: sqlite3.Connection, name: str) -> None:
    """See that an administrator is left who can sign in, if there is one now."""
    rows = database.execute(
        "SELECT name FROM users WHERE role = ? AND must_change = 0 AND disabled = 0",
        [Role.ADMINISTRATOR],
    )
    if [row["name"] for row in rows] == [name]:
        raise ConfigError(
            f"{name!r} is the only administrator who can sign in: have another one do so first"
        )


def _insert(
    database: sqlite3.Connection,
    name: str,
    password: str,
    role: Role,
    cameras: frozenset[str] | None,
    now: float,
) -> None:
    database.execute(
        "INSERT INTO users (name, password, role, cameras, must_change, created_at)"
        " VALUES (?, ?, ?, ?, 1, ?)",
        [name, password, role, write_cameras(cameras), now],
    )


def write_cameras(cameras: frozenset[str] | None) -> str | None:
    """Cameras as `read_cameras` reads them."""
    return None if cameras is None else json.dumps(sorted(cameras))


def read_cameras(text: str | None) -> frozenset[str] | None:
    """Cameras as they stand in the file."""
    return None if text is None else frozenset(json.loads(text))


def read_user(row: sqlite3.Row) -> User:
    """A user as they stand in the file."""
    return User(
        name=row["name"],
        role=Role(row["role"]),
        cameras=read_cameras(row["cameras"]),
        must_change=bool(row["must_change"]),
        created_at=row["created_at"],
        signed_in_at=row["signed_in_at"],
        is_disabled=bool(row["disabled"]),
    )
