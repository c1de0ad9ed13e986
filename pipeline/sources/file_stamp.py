"""Tells whether a file is still the one that was looked at."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import SourceUnreadable


class FileStamp(NamedTuple):
    """What changes when a file is written to, or another takes its place."""

    size_bytes: int
    mtime_ns: int
    inode: int


def stamp_file(path: Path) -> FileStamp:
    """The stamp of `path` as it is now.

    Raises:
        SourceUnreadable: it is not there, or nobody lets us look.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise SourceUnreadable(
            f"{path}: is not there any more ({error.strerror}); import it again when it is back"
        ) from None
    return FileStamp(status.st_size, status.st_mtime_ns, status.st_ino)


def check_unchanged(path: Path, stamp: FileStamp) -> None:
    """See that `path` is still what it was when `stamp` was taken.

    Raises:
        SourceUnreadable: it is not.
    """
    if stamp_file(path) != stamp:
        raise SourceUnreadable(
            f"{path}: was changed while it was imported; import it again when it is whole"
        )


YOUNG_S = 10.0
"""A file that was written to so lately may be growing still."""

REST_S = 1.0
"""One that did not change for so long is taken for whole."""


class GrowingFiles:
    """Tells which files somebody still writes, by looking at them twice.

    All are looked at before the first is asked about, so that nobody waits for each of them.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now, self._seen = now, dict[Path, tuple[FileStamp, float]]()

    def look(self, path: Path) -> None:
        """Remember a file if it is young; what is gone is somebody else's to tell."""
        try:
            stamp = stamp_file(path)
        except SourceUnreadable:
            return
        if abs(self._now() - stamp.mtime_ns / 1e9) < YOUNG_S:
            self._seen[path] = stamp, time.monotonic()

    def refuse(self, path: Path, stop: Callable[[], bool]) -> None:
        """See that a file which was young has come to rest; waits until `REST_S` after the look.

        Raises:
            SourceUnreadable: it is still being written.
        """
        if path not in self._seen:
            return
        stamp, looked_at = self._seen.pop(path)
        while (left_s := looked_at + REST_S - time.monotonic()) > 0 and not stop():
            time.sleep(min(left_s, 0.1))
        if stamp_file(path) != stamp:
            raise SourceUnreadable(
                f"{path}: is still being written; import it again when it is whole"
            )
