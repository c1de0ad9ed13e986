"""Which files hold a part of the log: a word in Redis, replaced together with what it says."""

from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import redis

from pipeline.store.connection import store_errors
from pipeline.store.keys import Keys
from pipeline.store.log_chunk import Chunk
from pipeline.store.positions import Order, position_order

_NOWHERE: Final = b"0-0 0"

# The stream is trimmed, a file counts and another no more: all of it, or nothing.
_REPLACE = """
if (redis.call('GET', KEYS[1]) or '0-0 0') ~= ARGV[1] then return 0 end
if redis.call('GET', KEYS[4]) ~= ARGV[7] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
if ARGV[3] ~= '' then redis.call('XTRIM', KEYS[3], 'MINID', '=', ARGV[3]) end
if ARGV[4] ~= '' then redis.call('HDEL', KEYS[2], ARGV[4]) end
if ARGV[5] ~= '' then redis.call('HSET', KEYS[2], ARGV[5], ARGV[6]) end
return 1
"""


@dataclass(frozen=True, slots=True)
class Contents:
    """What the archive of the log holds at an instant.

    Attributes:
        word: what Redis says of it; another as soon as anything is another.
        log_id: of which log; empty before it has an identity.
        folder: where the files lie.
        chunks: by position.
    """

    word: bytes
    log_id: str
    folder: Path
    chunks: tuple[Chunk, ...]

    @property
    def upto(self) -> Order:
        """The position that all in the archive is before or at, and all in the stream behind."""
        return upto_of(self.word)

    @property
    def change(self) -> int:
        """How often it changed."""
        return int(self.word.partition(b" ")[2])

    @property
    def messages(self) -> int:
        """How many there are."""
        return sum(chunk.messages for chunk in self.chunks)

    def behind(self, after: Order) -> Chunk | None:
        """The first chunk that may have a message behind a position."""
        found = bisect_right(self.chunks, after, key=lambda chunk: chunk.last)
        return self.chunks[found] if found < len(self.chunks) else None


def upto_of(word: bytes | None) -> Order:
    """The position in the word.

    >>> upto_of(b"17-3 5"), upto_of(None)
    ((17, 3), (0, 0))
    """
    return position_order((word or _NOWHERE).partition(b" ")[0].decode())


class LogCatalogue:
    """Reads what counts, and replaces it."""

    def __init__(self, client: redis.Redis, keys: Keys, root: Path) -> None:
        self._redis, self._keys, self._root = client, keys, root
        self._replace = client.register_script(_REPLACE)
        self._nothing = Contents(b"", "", root, ())
        self._known = self._nothing

    @property
    def known_upto(self) -> Order:
        """`Contents.upto` as it was last seen: it only rises, in one log."""
        return upto_of(self._known.word)

    @store_errors()
    def now(self) -> Contents:
        """What counts now."""
        word: Any = self._redis.get(self._keys.log_archived)
        known = self._known
        if (word or _NOWHERE) == known.word:
            return known
        with self._redis.pipeline() as pipe:
            pipe.get(self._keys.log_archived)
            pipe.get(self._keys.log_id)
            pipe.hgetall(self._keys.log_chunks)
            word, log_id, told = pipe.execute()
        chunks = [Chunk.known(name.decode(), facts) for name, facts in told.items()]
        chunks.sort(key=lambda chunk: chunk.last)
        name = log_id.decode() if log_id else ""
        self._known = Contents(word or _NOWHERE, name, self._root / name, tuple(chunks))
        return self._known

    @store_errors()
    def name_log(self) -> None:
        """See that the log has an identity: its folder is named by that."""
        self._redis.set(self._keys.log_id, uuid4().hex, nx=True)
        self._known = self._nothing

    @store_errors()
    def replace(
        self, before: Contents, *, old: str, new: Chunk | None, trim_to: Order | None = None
    ) -> bool:
        """Have a file count, and another no more; False where something else counts by now.

        Args:
            before: what counted.
            old: the file that does no more; empty for none.
            new: the one that does.
            trim_to: up to which position messages leave the stream.
        """
        upto = before.upto if trim_to is None else max(before.upto, trim_to)
        word = f"{upto[0]}-{upto[1]} {before.change + 1}"
        kept_from = "" if trim_to is None else f"{upto[0]}-{upto[1] + 1}"
        added = ("", "") if new is None else (new.name, new.told())
        keys = [self._keys.log_archived, self._keys.log_chunks, self._keys.sightings]
        args: list[Any] = [before.word, word, kept_from, old, *added, before.log_id]
        if self._replace(keys=[*keys, self._keys.log_id], args=args):
            return True
        self._known = self._nothing
        return False
