"""The log as one: what has left Redis for files, and behind it the stream.

A position is asked of the archive if it is before the archive's end, and of the stream otherwise;
that end and the stream are read in one transaction. So whoever reads while messages move from one
to the other meets each of them once.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import redis
from redis.client import Pipeline

from pipeline.store.connection import block_ms, store_errors
from pipeline.store.keys import Keys
from pipeline.store.log_archive import LogArchive
from pipeline.store.log_asides import LogAsides
from pipeline.store.log_catalogue import upto_of
from pipeline.store.log_chunk import Chunk, Gone, Row
from pipeline.store.positions import START, Order, position_order
from pipeline.store.stream_scan import NAMES, SCAN, Message, message_of, told_of


class _Step(NamedTuple):
    """What one look found: the rows, and where a chunk ends; None where they are the stream's."""

    rows: list[Any]
    upto: Order | None


class WholeLog:
    """Reads the log from any position, and deletes from it, wherever it lies.

    Attributes:
        archive: what has left the stream; None where nothing does, since Redis is not ours alone.
    """

    def __init__(self, client: redis.Redis, keys: Keys, archive: LogArchive | None = None) -> None:
        self.archive = archive
        self._asides = None if archive is None else LogAsides(archive)
        self._redis, self._keys = client, keys
        self._scan = client.register_script(SCAN)

    def rows(self, after: str, count: int) -> list[Row]:
        """The next messages behind a position; fewer than `count` only at the end of the log."""
        found: list[Row] = []
        while len(found) < count:
            step = self._next(after, count - len(found), self._ask_rows)
            found += step.rows[: count - len(found)]
            if step.upto is None or len(found) >= count:
                break
            after = _text(step.upto)
        return found

    def walk(self, after: str, count: int, having: re.Pattern[bytes]) -> Iterator[list[Row]]:
        """All behind a position, but for files in which `having` finds nothing."""
        return self._walk(after, count, self._ask_rows, having=having)

    def told(
        self,
        count: int,
        names: Sequence[bytes],
        *,
        wanted: Callable[[Chunk], bool] = lambda _: True,
        having: re.Pattern[bytes] | None = None,
    ) -> Iterator[list[list[Any]]]:
        """Of all messages, about `count` at a time, position, bytes, bytes of the vector, fields.

        Vectors stay where they are. Those read may be deleted on the way.

        Args:
            count: how many at a time.
            names: of the fields; one that a message lacks is empty.
            wanted: whether a file of the archive is to be opened.
            having: what a file has to contain, likewise.
        """

        def ask(pipe: Pipeline, behind: str, wanted: int) -> None:
            args: list[Any] = [f"({behind}", wanted, *names]
            self._scan(keys=[self._keys.sightings], args=args, client=pipe)

        for some in self._walk(START, count, ask, wanted, having):
            yield [
                told_of(row, names) if isinstance(row, tuple) and isinstance(row[1], dict) else row
                for row in some
            ]

    def messages(
        self,
        count: int,
        *,
        wanted: Callable[[Chunk], bool] = lambda _: True,
        having: re.Pattern[bytes] | None = None,
    ) -> Iterator[list[Message]]:
        """The same, as retention and erasures know them."""
        for rows in self.told(count, NAMES, wanted=wanted, having=having):
            yield [message_of(*row) for row in rows]

    @store_errors()
    def wait(self, after: str, block_s: float) -> bool:
        """Wait until the stream has a message behind a position; whether it has."""
        block = block_ms(self._redis, block_s)
        return bool(self._redis.xread({self._keys.sightings: after}, 1, block))

    def get(self, position: str) -> dict[bytes, bytes] | None:
        """The fields of a message; None if it is not there."""
        order = position_order(position)
        before = (order[0], order[1] - 1) if order[1] else (order[0] - 1, 2**64 - 1)
        rows = self.rows(_text(before), 1)
        return rows[0][1] if rows and rows[0][0].decode() == position else None

    def last(self) -> Row | None:
        """The last message; None if there is none."""
        word, rows = self._end()
        if rows or self.archive is None or upto_of(word) == (0, 0):
            return rows[0] if rows else None
        contents = self.archive.catalogue.now()
        for chunk in reversed(contents.chunks):
            if some := self.archive.rows_of(contents, chunk):
                return some[-1]
        return None

    def last_position(self) -> str:
        """Where the last message is, or was, if it was deleted from a file since."""
        _, rows = self._end()
        if rows:
            return str(rows[0][0].decode())
        chunks = () if self.archive is None else self.archive.catalogue.now().chunks
        return _text(chunks[-1].last) if chunks else START

    def length(self) -> int:
        """How many messages there are."""
        return self.in_redis() + self.in_files()

    @store_errors()
    def in_redis(self) -> int:
        """How many are in the stream."""
        return int(self._redis.xlen(self._keys.sightings))

    def in_files(self) -> int:
        """How many are in files."""
        return 0 if self.archive is None else self.archive.catalogue.now().messages

    def lock(self) -> AbstractContextManager[None]:
        """Nothing is deleted or moved by another meanwhile."""
        return nullcontext() if self.archive is None else self.archive.lock()

    def delete(self, positions: Collection[str]) -> int:
        """Delete messages; how many went.

        Raises:
            StoreUnavailable: Redis is away.
            StoreFull: no room to write the rest of a file.
        """
        with self.lock():
            gone = self._delete_of_stream(positions)
            if self.archive is None:
                return gone
            upto = self.archive.catalogue.now().upto
            old = [each for each in positions if position_order(each) <= upto]
            return gone + (self.archive.delete(old) if old else 0)

    def age(self, gone: Gone) -> bool:
        """Delete files that nobody reads and of which all has to go.

        Returns:
            Whether messages are lost of which tracks may know shots still.
        """
        return self._asides is not None and self._asides.age(gone)

    def erase(self, named: re.Pattern[bytes]) -> None:
        """Delete what `named` finds from files that nobody reads."""
        if self._asides is not None:
            self._asides.erase(named)

    def lost(self) -> list[Chunk]:
        """Files of the log that nobody can read."""
        return [] if self.archive is None else self.archive.lost()

    @store_errors()
    def _delete_of_stream(self, positions: Collection[str]) -> int:
        return int(self._redis.xdel(self._keys.sightings, *positions)) if positions else 0

    def _ask_rows(self, pipe: Pipeline, behind: str, count: int) -> None:
        pipe.xrange(self._keys.sightings, f"({behind}", "+", count)

    def _walk(
        self,
        after: str,
        count: int,
        ask: Callable[[Pipeline, str, int], None],
        wanted: Callable[[Chunk], bool] = lambda _: True,
        having: re.Pattern[bytes] | None = None,
    ) -> Iterator[list[Any]]:
        while True:
            step = self._next(after, count, ask, wanted, having)
            yield step.rows
            if step.upto is not None:
                after = _text(step.upto)
            elif len(step.rows) < count:
                return
            else:
                after = step.rows[-1][0].decode()

    @store_errors()
    def _next(
        self,
        after: str,
        count: int,
        ask: Callable[[Pipeline, str, int], None],
        wanted: Callable[[Chunk], bool] = lambda _: True,
        having: re.Pattern[bytes] | None = None,
    ) -> _Step:
        order = position_order(after)
        archive = self.archive
        if archive is not None and archive.catalogue.known_upto > order:
            found = archive.behind(order, wanted, having)
            if found is not None:
                return _Step(*found)
        while True:
            with self._redis.pipeline() as pipe:
                pipe.get(self._keys.log_archived)
                ask(pipe, _text(order), count)
                word, rows = pipe.execute()
            if archive is None or upto_of(word) <= order:
                return _Step(list(rows), None)
            found = archive.behind(order, wanted, having)
            if found is not None:
                return _Step(*found)
            order = upto_of(word)  # what was archived behind the position is deleted

    @store_errors()
    def _end(self) -> tuple[bytes | None, list[Row]]:
        with self._redis.pipeline() as pipe:
            pipe.get(self._keys.log_archived)
            pipe.xrevrange(self._keys.sightings, count=1)
            word, rows = pipe.execute()
        return word, list(rows)


def _text(order: Order) -> str:
    return f"{order[0]}-{order[1]}"
