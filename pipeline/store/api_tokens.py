"""Tokens by which programs ask: shown once, only digests of them are kept."""

import secrets
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from pipeline.callers import FOLDER_HOLDER, Caller, Role
from pipeline.errors import ConfigError, NotFound
from pipeline.names import check_name
from pipeline.store.account_file import AccountFile
from pipeline.store.accounts import check_scope, read_cameras, write_cameras
from pipeline.store.login_sessions import NOTE_USE_EVERY_S, digest_of

PREFIX: Final = "descry_"
"""So that a token is known for one where it should not be: in a log, in a repository."""

_TOKEN: Final = "token:"
MOST_TOKENS: Final = 10_000


@dataclass(frozen=True, slots=True)
class ApiToken:
    """What is known of a token; the token itself is not.

    Attributes:
        id: names it, and opens nothing.
        name: what it is for.
        role: what its holder may do.
        cameras: which they may see; None for all.
        created_by: the caller who made it.
        created_at: Unix seconds.
        expires_at: Unix seconds; None: never.
        used_at: when it last was, to half a minute, Unix seconds; None: never.
        owner: the user whose it is, and who bounds what it may do; None: nobody's, as one that was
            made on the command line.
    """

    id: str
    name: str
    role: Role
    cameras: frozenset[str] | None
    created_by: str
    created_at: float
    expires_at: float | None
    used_at: float | None
    owner: str | None = None

    @property
    def caller(self) -> Caller:
        """As who its holder asks."""
        return Caller(f"{_TOKEN}{self.name}", self.role, self.cameras)


class ApiTokens:
    """The tokens of an installation."""

    def __init__(self, file: AccountFile) -> None:
        """In `file`."""
        self._file = file

    def create(
        self,
        name: str,
        role: Role,
        cameras: Collection[str] | None,
        *,
        created_by: str,
        now: float,
        expires_at: float | None,
    ) -> tuple[ApiToken, str]:
        """A new token, and its text, which nobody can show again.

        Raises:
            ConfigError: the name is taken or none, it would have expired, or the cameras make
                no sense.
        """
        check_name("token", name)
        if expires_at is not None and expires_at <= now:
            raise ConfigError("the token would have expired already: name a later end")
        scope = check_scope(role, cameras)
        known = ApiToken(
            secrets.token_hex(4), name, role, scope, created_by, now, expires_at, used_at=None
        )
        text = PREFIX + secrets.token_urlsafe(32)
        with self._file.change() as database:
            if database.execute("SELECT 1 FROM tokens WHERE name = ?", [name]).fetchone():
                raise ConfigError(f"there is a token {name!r} already: revoke it, or name another")
            if database.execute("SELECT count(*) FROM tokens").fetchone()[0] >= MOST_TOKENS:
                raise ConfigError(f"there are {MOST_TOKENS} tokens: revoke some first")
            known = replace(known, owner=_owner_of(database, created_by))
            database.execute(
                "INSERT INTO tokens (id, digest, name, role, cameras, created_by, created_at,"
                " expires_at, owner) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    *(known.id, digest_of(text), name, role, write_cameras(scope)),
                    *(created_by, now, expires_at, known.owner),
                ],
            )
        return known, text

    def find(self, text: str, now: float) -> ApiToken | None:
        """The token of that text, as far as its owner may now; None where it opens nothing.

        It opens nothing while its owner is disabled, has a password for one use, or may see none
        of its cameras.
        """
        digest = digest_of(text)
        rows = self._file.rows(
            "SELECT tokens.*, users.role AS owner_role, users.cameras AS owner_cameras"
            " FROM tokens LEFT JOIN users ON users.name = owner"
            " WHERE digest = ? AND (expires_at IS NULL OR expires_at > ?)"
            " AND (owner IS NULL OR (disabled = 0 AND must_change = 0))",
            [digest, now],
        )
        if not rows:
            return None
        known = _bounded(_token(rows[0]), rows[0])
        if known is None:
            return None
        if known.used_at is None or now - known.used_at > NOTE_USE_EVERY_S:
            with self._file.change() as database:
                database.execute("UPDATE tokens SET used_at = ? WHERE digest = ?", [now, digest])
        return known

    def tokens(self) -> list[ApiToken]:
        """All of them, the expired too, by name."""
        return [_token(row) for row in self._file.rows("SELECT * FROM tokens ORDER BY name")]

    def count_of(self, owner: str) -> int:
        """How many tokens are a user's."""
        found = self._file.rows("SELECT count(*) AS n FROM tokens WHERE owner = ?", [owner])
        return int(found[0]["n"])

    def revoke(self, token_id: str) -> ApiToken:
        """Let a token open nothing from now on.

        Raises:
            NotFound: there is none of that id.
        """
        with self._file.change() as database:
            row = database.execute("SELECT * FROM tokens WHERE id = ?", [token_id]).fetchone()
            if row is None:
                raise NotFound(f"no token has the id {token_id!r}: 'descry token list' tells all")
            database.execute("DELETE FROM tokens WHERE id = ?", [token_id])
        return _token(row)


def _token(row: sqlite3.Row) -> ApiToken:
    return ApiToken(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        cameras=read_cameras(row["cameras"]),
        created_by=row["created_by"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
        owner=row["owner"],
    )


def _owner_of(database: sqlite3.Connection, maker: str) -> str | None:
    """Whose a token is that `maker` makes: a token's are its owner's, or it would outgrow them.

    Raises:
        ConfigError: the maker is gone.
    """
    if maker == FOLDER_HOLDER.name or maker.startswith("local:"):
        return None
    if maker.startswith(_TOKEN):
        name, found = maker.removeprefix(_TOKEN), "SELECT owner FROM tokens WHERE name = ?"
    else:
        name, found = maker, "SELECT name FROM users WHERE name = ?"
    row = database.execute(found, [name]).fetchone()
    if row is None:
        raise ConfigError(f"{maker} is gone, and makes no token any more")
    return None if row[0] is None else str(row[0])


def _bounded(token: ApiToken, row: sqlite3.Row) -> ApiToken | None:
    """The lesser of what a token and its owner may; None if that is nothing."""
    if token.owner is None:
        return token
    theirs = Role(row["owner_role"])
    role = theirs if token.role.includes(theirs) else token.role
    bounds = [each for each in (token.cameras, read_cameras(row["owner_cameras"])) if each]
    if not bounds:
        return replace(token, role=role, cameras=None)
    cameras = frozenset.intersection(*bounds)
    return replace(token, role=role, cameras=cameras) if cameras else None
