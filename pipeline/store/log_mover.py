"""Moves the old part of the log from Redis to files, behind the slowest of its views."""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import redis

from pipeline.errors import StoreFull
from pipeline.store.connection import store_errors
from pipeline.store.keys import Keys
from pipeline.store.log_archive import LogArchive
from pipeline.store.log_chunk import Row
from pipeline.store.positions import Order, position_order
from pipeline.store.sighting_log import SightingLog
from pipeline.store.whole_log import WholeLog

log = logging.getLogger(__name__)

KEEP_MESSAGES: Final = 16_384
"""So many of the youngest stay: as many as a view reads between two checkpoints, 21 MB of memory.

An installation that never has more never has a file, and what is read again and again, by views,
clips of today and holds, is read from memory."""

CHUNK_MESSAGES: Final = 2048
"""In one file, 3 MB: what deleting one message writes anew, and a reader holds in memory."""


class LogMover:
    """Moves what every registered view has on disk, oldest first, and never the youngest."""

    def __init__(
        self,
        client: redis.Redis,
        keys: Keys,
        archive: LogArchive,
        *,
        keep: int = KEEP_MESSAGES,
        chunk: int = CHUNK_MESSAGES,
        before_first: Callable[[], None] = lambda: None,
    ) -> None:
        """See what may be moved.

        Args:
            client: of Redis.
            keys: of the log.
            archive: where messages go.
            keep: how many stay in Redis.
            chunk: how many a file holds at most.
            before_first: called before the first file is written.
        """
        self._redis, self._keys, self._archive = client, keys, archive
        self._log = SightingLog(client, keys, WholeLog(client, keys, archive))
        self._keep, self._chunk, self._before_first = keep, chunk, before_first
        self._is_stuck = False

    def move(self) -> int:
        """Move what may be moved; how many messages went. A full disk is told once.

        Raises:
            StoreUnavailable: Redis is away.
        """
        moved = 0
        try:
            if self._length() > self._keep + min(self._chunk, self._keep):
                self._archive.catalogue.name_log()
                while some := self._move_some():
                    moved += some
        except StoreFull as error:
            if not self._is_stuck:
                log.warning("%s; until then all that follows stays in Redis' memory", error)
            self._is_stuck = True
        else:
            self._is_stuck = False
        if moved:
            log.info("log: %d messages that every view has went from Redis to files", moved)
        if moved > KEEP_MESSAGES:
            self._rewrite_file()
        return moved

    @store_errors()
    def _rewrite_file(self) -> None:
        """Have Redis forget in its file what went: else its next start reads all of it once more.

        By itself it writes the file anew when it has doubled, which is soon enough for less.
        """
        with suppress(redis.ResponseError):  # it does already, or keeps no file
            self._redis.bgrewriteaof()

    def _move_some(self) -> int:
        """Fill a file, the last one first if it has room."""
        slowest = self._slowest()
        if slowest is None or self._length() <= self._keep:
            return 0
        with self._archive.lock():
            self._archive.tidy()
            contents = self._archive.catalogue.now()
            if not contents.chunks:
                self._announce()
            last = contents.chunks[-1] if contents.chunks else None
            begun: list[Row] | None = None
            if last is not None and last.messages < self._chunk:
                begun = self._archive.rows_of(contents, last)
            room = self._chunk - len(begun or ())
            rows = self._oldest(slowest, min(room, self._length() - self._keep))
            if not rows:
                return 0
            first, upto = (position_order(row[0].decode()) for row in (rows[0], rows[-1]))
            if last is None or begun is None:
                done = self._archive.put(rows, first, upto, trim=True)
            else:
                whole = [*begun, *rows]
                done = self._archive.put(whole, last.first, upto, instead_of=last, trim=True)
            return len(rows) if done else 0

    def _announce(self) -> None:
        try:
            self._before_first()
        except OSError as error:
            raise StoreFull(f"the data folder cannot be written ({error}): make room") from error

    def _slowest(self) -> Order | None:
        """How far the slowest view has the log on disk; None where nobody has registered."""
        views = self._log.views().values()
        return min((position_order(view.position) for view in views), default=None)

    @store_errors()
    def _oldest(self, upto: Order, count: int) -> list[Row]:
        if count <= 0:
            return []
        rows: Any = self._redis.xrange(self._keys.sightings, "-", f"{upto[0]}-{upto[1]}", count)
        return list(rows)

    @store_errors()
    def _length(self) -> int:
        return int(self._redis.xlen(self._keys.sightings))
