"""Answers to writes, kept for a day, so that one that is sent again is not done again.

A row is written before a request is carried out and completed by its answer. It names nobody's
key and no request, only digests; an answer is sealed by its request's key, which we do not keep.
"""

import hashlib
import hmac
import json
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipeline.callers import Caller
from pipeline.errors import StoreUnavailable
from pipeline.store.at_work import AtWork
from pipeline.store.private_database import PrivateDatabase

KEPT_S: Final = 86_400.0
"""Seconds for which a request may be sent again."""

MOST_OF_A_CALLER: Final = 5_000
MOST: Final = 50_000
"""Answers in all; the oldest go first."""

MOST_BYTES: Final = 64 * 2**20
"""Of all answers together: of the oldest nothing stays then but that they were given."""

MOST_ANSWER_BYTES: Final = 256 * 2**10
FOLDER: Final = "idempotency"
_FILE: Final = "answers.sqlite"
_HOLDS: Final = "kept answers"
_PRUNE_EVERY: Final = 32
# A key is used for one sealing: its salt is drawn with the row.
_NONCE: Final = bytes(12)
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS answers (
    id TEXT PRIMARY KEY,
    caller TEXT NOT NULL,
    salt BLOB NOT NULL,
    request BLOB NOT NULL,
    worker TEXT NOT NULL,
    at REAL NOT NULL,
    status INTEGER,
    answer BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS answers_by_age ON answers (at);
CREATE INDEX IF NOT EXISTS answers_of_callers ON answers (caller, at);
"""
_OVER_BYTES: Final = """
UPDATE answers SET answer = NULL WHERE id IN (SELECT id FROM (
    SELECT id, sum(length(answer)) OVER (ORDER BY at DESC, id) AS total
    FROM answers WHERE answer IS NOT NULL) WHERE total > ?)
"""


class Standing(Enum):
    """What is known of a request."""

    NEW = auto()
    """Nothing: it is to be carried out, and is marked as being so."""

    ANSWERED = auto()
    NOT_KEPT = auto()
    """It was answered; the answer held a secret, was too large, or has been let go."""

    UNDER_WAY = auto()
    OUTCOME_UNKNOWN = auto()
    """It was begun, and whoever carried it out ended before there was an answer."""

    ANOTHER = auto()
    """The key was sent with another request."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that may come again.

    Attributes:
        caller: who asks; keys of others are other keys.
        key: that they chose.
        request: what is asked, to the byte: method, path, query and body.
        is_secret: whether it or its answer may hold a secret, which are not kept.
    """

    caller: Caller
    key: str
    request: bytes
    is_secret: bool = False

    @property
    def id(self) -> str:
        """What it is found by."""
        return hashlib.sha256(f"{self.caller.name}\0{self.key}".encode()).hexdigest()

    def stamp(self, salt: bytes) -> bytes:
        """What tells it from another; whoever has it and no key cannot try requests."""
        request = self.request
        if self.is_secret:  # a password could be tried by whoever guesses the key: slowly, then
            request = hashlib.scrypt(request, salt=salt, n=2**14, r=8, p=1, dklen=32)
        return hmac.digest(salt + self.key.encode(), request, "sha256")

    def seal(self, salt: bytes) -> AESGCM:
        """What its answer is sealed by; another once the caller may see other cameras."""
        cameras = self.caller.cameras
        scope = [self.caller.role, None if cameras is None else sorted(cameras)]
        return AESGCM(hmac.digest(salt, json.dumps([self.key, scope]).encode(), "sha256"))


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it was given."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def packed(self) -> bytes:
        """What `unpacked` reads."""
        head = json.dumps([self.status, dict(self.headers)]).encode()
        return head + b"\n" + self.body

    @classmethod
    def unpacked(cls, data: bytes) -> "KeptAnswer":
        """Read back what `packed` wrote."""
        head, _, body = data.partition(b"\n")
        status, headers = json.loads(head)
        return cls(status, headers, body)


class KeptAnswers:
    """The answers of an installation, for every process that gives some."""

    def __init__(self, folder: Path) -> None:
        """In `folder`, which is made.

        Raises:
            StoreUnavailable: it cannot be used.
            StoreFull: there is no room for it.
        """
        try:
            self._at_work = AtWork(folder)
        except OSError as error:
            raise StoreUnavailable(f"{folder} cannot be used ({error.strerror})") from error
        self._file = PrivateDatabase(folder / _FILE, holds=_HOLDS, schema=_SCHEMA)
        self._under_way: set[str] = set()
        self._begun = 0

    def begin(self, asked: Asked, now: float) -> tuple[Standing, KeptAnswer | None]:
        """Look for a request, and mark one that is new as being carried out.

        Args:
            asked: the request.
            now: Unix seconds.

        Returns:
            What is known of it, and its answer where that is kept.

        Raises:
            StoreUnavailable: the file does not answer: do not do it.
            StoreFull: there is no room to mark it: likewise.
        """
        with self._file.change() as database:
            database.execute("DELETE FROM answers WHERE at <= ?", [now - KEPT_S])
            row = database.execute("SELECT * FROM answers WHERE id = ?", [asked.id]).fetchone()
            if row is None:
                salt = secrets.token_bytes(16)
                database.execute(
                    "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)",
                    [
                        *(asked.id, asked.caller.name, salt, asked.stamp(salt)),
                        *(self._at_work.name, now),
                    ],
                )
                self._under_way.add(asked.id)
                self._begun += 1
                if self._begun % _PRUNE_EVERY == 0:
                    _prune(database, asked.caller.name)
                return Standing.NEW, None
        return self._known(asked, row)

    def _known(self, asked: Asked, row: sqlite3.Row) -> tuple[Standing, KeptAnswer | None]:
        if not hmac.compare_digest(row["request"], asked.stamp(row["salt"])):
            return Standing.ANOTHER, None
        if row["status"] is None:
            is_ours = row["worker"] == self._at_work.name
            lives = asked.id in self._under_way if is_ours else self._at_work.lives(row["worker"])
            return (Standing.UNDER_WAY if lives else Standing.OUTCOME_UNKNOWN), None
        if row["answer"] is None:
            return Standing.NOT_KEPT, None
        try:
            data = asked.seal(row["salt"]).decrypt(_NONCE, row["answer"], None)
        except InvalidTag:
            return Standing.NOT_KEPT, None
        return Standing.ANSWERED, KeptAnswer.unpacked(data)

    def finish(self, asked: Asked, answer: KeptAnswer) -> None:
        """Keep the answer of a request that `begin` called new; not one that holds a secret.

        Raises:
            StoreUnavailable: it cannot be kept: when it comes again, its outcome is unknown.
            StoreFull: likewise.
        """
        packed = answer.packed()
        is_kept = not asked.is_secret and len(packed) <= MOST_ANSWER_BYTES
        try:
            with self._file.change() as database:
                found = database.execute("SELECT salt FROM answers WHERE id = ?", [asked.id])
                if (row := found.fetchone()) is None:
                    return
                sealed = asked.seal(row["salt"]).encrypt(_NONCE, packed, None) if is_kept else None
                database.execute(
                    "UPDATE answers SET status = ?, answer = ? WHERE id = ?",
                    [answer.status, sealed, asked.id],
                )
        finally:
            self._under_way.discard(asked.id)

    def abandon(self, asked: Asked) -> None:
        """Forget a request of which nothing was done, so that it may be tried again.

        Raises:
            StoreUnavailable: it cannot be forgotten: its outcome is unknown then.
            StoreFull: likewise.
        """
        try:
            with self._file.change() as database:
                database.execute("DELETE FROM answers WHERE id = ?", [asked.id])
        finally:
            self._under_way.discard(asked.id)

    def lose(self, asked: Asked) -> None:
        """Say that a request failed or was broken off, and nobody knows what of it was done."""
        self._under_way.discard(asked.id)

    def sweep(self, now: float) -> int:
        """Forget what is a day old at `now` (Unix seconds), or too much; how many went.

        Raises:
            StoreUnavailable: it cannot be forgotten.
            StoreFull: likewise.
        """
        with self._file.change() as database:
            gone = database.execute("DELETE FROM answers WHERE at <= ?", [now - KEPT_S]).rowcount
            return gone + _prune(database)

    def close(self) -> None:
        """Let the file go."""
        self._file.close()
        self._at_work.close()


def forget_kept_answers(folder: Path) -> None:
    """Let go of every answer in `folder`, whichever process gives some; nothing where none did.

    Raises:
        StoreUnavailable: they cannot be forgotten.
        StoreFull: likewise.
    """
    if (folder / _FILE).exists():
        file = PrivateDatabase(folder / _FILE, holds=_HOLDS, schema=_SCHEMA)
        try:
            with file.change() as database:
                database.execute("UPDATE answers SET answer = NULL WHERE answer IS NOT NULL")
        finally:
            file.close()


def _prune(database: sqlite3.Connection, caller: str | None = None) -> int:
    """Let go what is too much; how many requests are forgotten by that."""
    oldest = "DELETE FROM answers WHERE status IS NOT NULL AND id IN (SELECT id FROM answers"
    behind = "ORDER BY at DESC, id LIMIT -1 OFFSET ?)"
    gone = database.execute(f"{oldest} {behind}", [MOST]).rowcount
    if caller is not None:
        of_one = [caller, MOST_OF_A_CALLER]
        gone += database.execute(f"{oldest} WHERE caller = ? {behind}", of_one).rowcount
    database.execute(_OVER_BYTES, [MOST_BYTES])
    return gone
