"""Passwords as they are kept: Argon2id (RFC 9106), never in clear."""

import secrets
import threading
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from pipeline.errors import Busy, ConfigError

SHORTEST: Final = 12
LONGEST: Final = 256
"""Letters. A limit, since what is hashed is what a stranger sent."""

AT_ONCE: Final = 2
"""Each takes 64 MiB and a core for a tenth of a second or so."""

WAIT_S: Final = 5.0

LOCKED: Final = ""
"""Kept in place of a hash where no password lets anybody in."""


def check_password(name: str, password: str, before: str | None = None) -> str:
    """Return `password` if the user `name` may have it, and had `before` until now.

    Raises:
        ConfigError: it is too short, too long, easily guessed, or no other.
    """
    if password == before:
        raise ConfigError("the new password is the old one: choose another")
    shown = unicodedata.normalize("NFKC", password)
    if not SHORTEST <= len(shown) <= LONGEST:
        raise ConfigError(f"a password has {SHORTEST} to {LONGEST} letters: a few words, say")
    if name in shown.lower() and len(shown) - len(name) < SHORTEST // 2:
        raise ConfigError("a password that is hardly more than the name is soon guessed")
    if len(set(shown)) < 5:
        raise ConfigError("a password of so few different letters is soon guessed")
    return password


def one_time_password() -> str:
    """A password for a person to type once: 80 random bits in groups of four.

    >>> len(one_time_password())
    24
    """
    letters = "abcdefghijkmnpqrstuvwxyz23456789"  # without l and o, which look like 1 and 0
    drawn = [secrets.choice(letters) for _ in range(20)]
    return "-".join("".join(drawn[at : at + 4]) for at in range(0, 20, 4))


class Passwords:
    """Hashes passwords and compares them, a few at a time."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """With the parameters of RFC 9106 for little memory, unless others are given."""
        self._hasher = hasher or PasswordHasher()
        self._places = threading.BoundedSemaphore(AT_ONCE)
        # Compared with where there is no such user, so that the delay does not tell.
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    def hash(self, password: str) -> str:
        """What is kept of `password`.

        Raises:
            Busy: too many passwords are being compared.
        """
        with self._place():
            return self._hasher.hash(_normal(password))

    def fits(self, kept: str | None, password: str) -> bool:
        """Whether `password` is the one of which `kept` was kept; None: there is no such user.

        It takes the same time whether the user exists, has no password, or another.

        Raises:
            Busy: too many passwords are being compared.
        """
        given = _normal(password[: LONGEST + 1])
        with self._place():
            try:
                fitting = self._hasher.verify(kept or self._nobody, given)
            except (Argon2Error, InvalidHashError):
                return False
        return fitting and bool(kept)

    def is_dated(self, kept: str) -> bool:
        """Whether `kept` was made by other parameters than are used now."""
        return self._hasher.check_needs_rehash(kept)

    def _place(self) -> "_Place":
        return _Place(self._places)


class _Place:
    """A place among those who hash."""

    def __init__(self, places: threading.Semaphore) -> None:
        self._places = places

    def __enter__(self) -> None:
        if not self._places.acquire(timeout=WAIT_S):
            raise Busy("many are signing in: try again in a moment")

    def __exit__(self, *_: object) -> None:
        self._places.release()


def _normal(password: str) -> bytes:
    # Keyboards write one letter in several ways; lone surrogates, which JSON can carry, too.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "backslashreplace")
