"""Sessions of users who are signed in: only digests of their ids are kept."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from pipeline.errors import NotFound
from pipeline.store.account_file import AccountFile
from pipeline.store.accounts import User, read_user

MOST_OF_A_USER: Final = 32
"""Sessions; the one unused for longest goes first."""

NOTE_USE_EVERY_S: Final = 30.0
"""A use is written down so often at most: pages ask many times a second."""


@dataclass(frozen=True, slots=True)
class LoginSession:
    """A session, as its holder has it.

    Attributes:
        user: who is signed in.
        secret: the value of the cookie.
    """

    user: User
    secret: str

    @property
    def csrf(self) -> str:
        """What a write has to show beside the cookie; only who can read the cookie knows it."""
        return hmac.new(self.secret.encode(), b"csrf", hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a user is signed in; all instants are Unix seconds.

    Attributes:
        begun_at: when they signed in; None: before this was noted.
        used_at: when they last asked something, to half a minute.
        expires_at: when it ends, however it is used.
        is_this: whether it is the one that asks.
    """

    begun_at: float | None
    used_at: float
    expires_at: float
    is_this: bool


def digest_of(secret: str) -> str:
    """What is kept of a secret of 256 random bits: too many to be guessed, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


class LoginSessions:
    """Begins and ends sessions."""

    def __init__(self, file: AccountFile, *, lasts_s: float, idle_s: float) -> None:
        """In `file`.

        Args:
            file: where they are kept.
            lasts_s: seconds after which a session ends, however it is used.
            idle_s: seconds without use after which it ends.
        """
        self._file = file
        self._lasts_s, self._idle_s = lasts_s, idle_s

    @property
    def lasts_s(self) -> float:
        """Seconds after which a session ends, however it is used."""
        return self._lasts_s

    def begin(self, name: str, kept: str, now: float) -> LoginSession:
        """Sign a user in, under an id that nobody can have known before.

        Args:
            name: who.
            kept: what is kept of the password that they showed.
            now: Unix seconds.

        Raises:
            NotFound: there is no such user with that password, not any more.
        """
        secret = secrets.token_urlsafe(32)
        with self._file.change() as database:
            row = database.execute(
                "SELECT * FROM users WHERE name = ? AND password = ? AND disabled = 0",
                [name, kept],
            ).fetchone()
            if row is None:  # the password was changed while this one was being compared
                raise NotFound(f"no user {name!r} with that password")
            database.execute(
                "DELETE FROM sessions WHERE expires_at <= ? OR used_at <= ?",
                [now, now - self._idle_s],
            )
            database.execute(
                "DELETE FROM sessions WHERE user = ? AND digest NOT IN ("
                "SELECT digest FROM sessions WHERE user = ? ORDER BY used_at DESC LIMIT ?)",
                [name, name, MOST_OF_A_USER - 1],
            )
            database.execute(
                "INSERT INTO sessions (digest, user, used_at, expires_at, begun_at)"
                " VALUES (?, ?, ?, ?, ?)",
                [digest_of(secret), name, now, now + self._lasts_s, now],
            )
            database.execute("UPDATE users SET signed_in_at = ? WHERE name = ?", [now, name])
        return LoginSession(read_user(row), secret)

    def find(self, secret: str, now: float, *, is_use: bool = True) -> LoginSession | None:
        """The session of a cookie, with the user as they are now; None where it has ended.

        It is used by that, unless `is_use` says otherwise.
        """
        rows = self._file.rows(
            "SELECT users.*, used_at FROM sessions JOIN users ON users.name = sessions.user"
            " WHERE digest = ? AND expires_at > ? AND used_at > ? AND disabled = 0",
            [digest_of(secret), now, now - self._idle_s],
        )
        if not rows:
            return None
        if is_use and now - rows[0]["used_at"] > NOTE_USE_EVERY_S:
            with self._file.change() as database:
                database.execute(
                    "UPDATE sessions SET used_at = ? WHERE digest = ?", [now, digest_of(secret)]
                )
        return LoginSession(read_user(rows[0]), secret)

    def seats(self, session: LoginSession, now: float) -> list[Seat]:
        """Where the user of `session` is signed in now, the latest used first."""
        rows = self._file.rows(
            "SELECT * FROM sessions WHERE user = ? AND expires_at > ? AND used_at > ?"
            " ORDER BY used_at DESC, digest",
            [session.user.name, now, now - self._idle_s],
        )
        mine = digest_of(session.secret)
        return [
            Seat(row["begun_at"], row["used_at"], row["expires_at"], row["digest"] == mine)
            for row in rows
        ]

    def end_others(self, session: LoginSession) -> int:
        """End every session of the user but this one; how many that were."""
        with self._file.change() as database:
            return database.execute(
                "DELETE FROM sessions WHERE user = ? AND digest <> ?",
                [session.user.name, digest_of(session.secret)],
            ).rowcount

    def end(self, secret: str) -> None:
        """Sign out."""
        with self._file.change() as database:
            database.execute("DELETE FROM sessions WHERE digest = ?", [digest_of(secret)])
