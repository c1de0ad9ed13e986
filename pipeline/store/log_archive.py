"""The part of the log that has left Redis: files in the data folder.

A file is written once and never changed; one that takes its place has another name. Which count
is said in Redis (`log_catalogue`); what nobody counts is a leftover of somebody who was killed.
"""

import fcntl
import logging
import os
import re
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import redis

from pipeline.errors import StoreFull, StoreUnavailable
from pipeline.store.keys import Keys
from pipeline.store.log_catalogue import Contents, LogCatalogue
from pipeline.store.log_chunk import DAMAGED, Chunk, Gone, NewerChunk, Row, read_chunk, write_chunk
from pipeline.store.positions import Order, position_order
from retrieval.whole_files import flush

log = logging.getLogger(__name__)

LOCK: Final = "lock"


class LogArchive:
    """Reads and changes the files; whoever changes, deleting from the stream included, has `lock`.

    Each log has a folder of its own, named by its identity: that of a Redis that was replaced by
    an empty one is not mixed with the new one's.

    Attributes:
        root: the folder of these.
        catalogue: which files count.
    """

    def __init__(self, client: redis.Redis, keys: Keys, root: Path) -> None:
        self.root, self.catalogue = root, LogCatalogue(client, keys, root)
        self._read: tuple[Path, list[Row]] | None = None
        self._lost: set[str] = set()
        self._turn, self._depth = threading.RLock(), 0

    def behind(
        self,
        after: Order,
        wanted: Callable[[Chunk], bool] = lambda _: True,
        having: re.Pattern[bytes] | None = None,
    ) -> tuple[list[Row], Order] | None:
        """The messages of the first chunk that has some behind a position, and where it ends.

        Args:
            after: the position.
            wanted: whether a chunk is to be opened; of another there are no messages.
            having: what a chunk has to contain, likewise.

        Returns:
            None where no chunk is behind it.

        Raises:
            StoreUnavailable: Redis is away, or a file cannot be read now.
        """
        while True:
            contents = self.catalogue.now()
            chunk = contents.behind(after)
            if chunk is None:
                return None
            if not wanted(chunk):
                return [], chunk.last
            rows = self.rows_of(contents, chunk, having)
            if rows is not None:
                return [row for row in rows if position_order(row[0].decode()) > after], chunk.last
            if chunk.name in self._lost:
                return [], chunk.last

    def rows_of(
        self, contents: Contents, chunk: Chunk, having: re.Pattern[bytes] | None = None
    ) -> list[Row] | None:
        """The messages of a chunk; None where it cannot be read, or counts no more.

        Raises:
            StoreUnavailable: not now.
        """
        path, read = contents.folder / chunk.name, self._read
        if read is not None and read[0] == path:
            return read[1]
        if chunk.name in self._lost:
            return None
        try:
            rows = read_chunk(path, having)
        except FileNotFoundError:
            if any(each.name == chunk.name for each in self.catalogue.now().chunks):
                self._lose(path, chunk, "is missing")
            return None
        except OSError as error:
            raise StoreUnavailable(f"a file of the log cannot be read ({error})") from error
        except ValueError as error:
            self._set_aside(path, chunk, error)
            return None
        if having is None:
            self._read = path, rows
        return rows

    def _set_aside(self, path: Path, chunk: Chunk, error: ValueError) -> None:
        if isinstance(error, NewerChunk):
            self._lose(path, chunk, f"cannot be read: {error}")
            return
        aside = path.with_name(chunk.name + DAMAGED)
        with suppress(OSError):
            path.replace(aside)
        self._lose(aside, chunk, f"is damaged and set aside: {error}")

    def _lose(self, path: Path, chunk: Chunk, why: str) -> None:
        self._lost.add(chunk.name)
        log.warning(
            "log: '%s' %s; its %d messages are passed over, the rest is read: put '%s' back from a "
            "backup and build the index again ('descry index rebuild'), or live without them",
            *(path, why, chunk.messages, chunk.name),
        )

    def lost(self) -> list[Chunk]:
        """Chunks that nobody can read: damaged and set aside, or missing."""
        contents = self.catalogue.now()
        return [c for c in contents.chunks if not (contents.folder / c.name).exists()]

    def problems(self) -> Iterator[str]:
        """Read every byte of the files that count; a line for each that is not what was written."""
        for chunk in self.catalogue.now().chunks:
            path = self.catalogue.now().folder / chunk.name
            try:
                read_chunk(path)
                continue
            except FileNotFoundError:
                if chunk not in self.catalogue.now().chunks:
                    continue  # another took its place meanwhile
                is_aside = path.with_name(chunk.name + DAMAGED).exists()
                why = "is damaged and set aside" if is_aside else "is missing"
            except (OSError, ValueError) as error:
                why = f"cannot be read: {error}"
            yield f"'{path}' {why} ({chunk.messages} messages)"

    def delete(self, positions: Collection[str]) -> int:
        """Delete messages, leaving no byte of them, if they are there; how many went.

        Raises:
            StoreFull: no room to write the rest of a file.
        """
        gone = 0
        with self.lock():
            self.tidy()
            orders = sorted(map(position_order, positions))
            for chunk in self.catalogue.now().chunks:
                if bisect_left(orders, chunk.first) < bisect_right(orders, chunk.last):
                    gone += self._delete_of(chunk, set(orders))
        return gone

    def _delete_of(self, chunk: Chunk, orders: Collection[Order]) -> int:
        rows = self.rows_of(self.catalogue.now(), chunk)
        if rows is None:
            return 0
        kept = [row for row in rows if position_order(row[0].decode()) not in orders]
        if len(kept) < len(rows):
            self.put(kept, chunk.first, chunk.last, instead_of=chunk)
        return len(rows) - len(kept)

    def put(
        self,
        rows: Sequence[Row],
        first: Order,
        last: Order,
        *,
        instead_of: Chunk | None = None,
        trim: bool = False,
    ) -> bool:
        """Have `rows` in the archive as the stretch from `first` to `last`; call it with `lock`.

        Args:
            rows: the messages; with none, no file is written.
            first: where the stretch begins.
            last: where it ends.
            instead_of: the chunk that this takes the place of.
            trim: whether the messages leave the stream, all up to `last`.

        Returns:
            Whether it counts; False where Redis has another log by now.

        Raises:
            StoreFull: it cannot be written; nothing has changed.
        """
        contents, old = self.catalogue.now(), "" if instead_of is None else instead_of.name
        chunk = Chunk.of(rows, first, last, contents.change + 1)
        self._write(contents.folder / chunk.name, rows)
        new, trim_to = (chunk if rows else None), (last if trim else None)
        done = self.catalogue.replace(contents, old=old, new=new, trim_to=trim_to)
        self._read = None
        useless = [chunk.name] if not done else [old, old + DAMAGED] if old else []
        self._unlink(contents.folder / name for name in useless)
        return done

    def _write(self, path: Path, rows: Sequence[Row]) -> None:
        """Write a file, if it has anything in it.

        Raises:
            StoreFull: it cannot be written.
        """
        try:
            if not path.parent.exists():
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                flush(self.root)
                flush(self.root.parent)
            if rows:
                write_chunk(path, rows)
        except OSError as error:
            raise _full(path.parent, error) from error

    def drop_lost(self, gone: Gone, late_s: float) -> bool:
        """Forget chunks that nobody can read, once they had to go `late_s` ago; whether any did."""
        with self.lock():
            some = [c for c in self.lost() if c.has_none_but(gone, late_s=late_s)]
            for chunk in some:
                self.put([], chunk.first, chunk.last, instead_of=chunk)
        return bool(some)

    def tidy(self) -> None:
        """Delete files that count for nothing; call it with `lock`."""
        contents = self.catalogue.now()
        if contents.folder == self.root or not contents.folder.exists():
            return
        counted = {chunk.name for chunk in contents.chunks}
        files = list(contents.folder.iterdir())
        self._unlink(path for path in files if path.name.removesuffix(DAMAGED) not in counted)

    def _unlink(self, paths: Iterable[Path]) -> None:
        try:
            for path in paths:
                if path.exists():
                    path.unlink(missing_ok=True)
                    flush(path.parent)
        except OSError as error:
            raise _full(self.root, error) from error

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only one who changes the archive or deletes messages, of threads and processes.

        Raises:
            StoreFull: the folder cannot be written to.
        """
        with self._turn:
            if self._depth:
                yield
                return
            try:
                self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
                path, flags = self.root / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
                descriptor = os.open(path, flags, 0o600)
            except OSError as error:
                raise _full(self.root, error) from error
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                self._depth += 1
                yield
            finally:
                self._depth = 0
                os.close(descriptor)


def _full(folder: Path, error: OSError) -> StoreFull:
    why = error.strerror or error
    return StoreFull(
        f"the log cannot be written to '{folder}' ({why}): make room, or make it writable"
    )
