"""What lies beside the archive of the log: damaged files, and files of a log that Redis lost.

Nobody reads them, and they are left to whoever has a backup; but they age, and what is erased is
erased from them as well.
"""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipeline.errors import StoreFull
from pipeline.store.log_archive import LogArchive
from pipeline.store.log_chunk import (
    DAMAGED,
    SUFFIX,
    Ages,
    Chunk,
    Gone,
    ages_of,
    read_chunk,
    write_chunk,
)

log = logging.getLogger(__name__)

_TRACKS_AGE_S: Final = 86_400.0
"""So long after its last message a lost chunk is kept in mind: for pictures of its tracks."""


class LogAsides:
    """Ages and erases what nobody reads."""

    def __init__(self, archive: LogArchive) -> None:
        self._archive = archive
        self._ages: dict[Path, tuple[Ages, ...] | None] = {}
        self._told: set[Path] = set()

    def age(self, gone: Gone) -> bool:
        """Delete files of which all has to go; whether some of them were of this log, and lost.

        Then there are shots that the tracks know and the log does not.

        Raises:
            StoreUnavailable: Redis is away.
            StoreFull: a file cannot be deleted.
        """
        for path in self._strangers():
            if path.parent not in self._told:
                self._told.add(path.parent)
                log.warning(
                    "log: '%s' is of a log that Redis has no more; nobody reads it: put back the "
                    "'redis' folder that belongs to it, or delete it",
                    path.parent,
                )
            if path not in self._ages:
                self._ages[path] = _ages_in(path)
            ages = self._ages[path]
            if ages is not None and Chunk("", (0, 0), (0, 0), 0, ages).has_none_but(gone):
                path.unlink(missing_ok=True)
        return self._archive.drop_lost(gone, _TRACKS_AGE_S)

    def erase(self, named: re.Pattern[bytes]) -> None:
        """Leave no file that nobody reads and that has something of what `named` finds.

        Raises:
            StoreFull: no room to write the rest of a file.
        """
        damaged = self._archive.root.glob(f"*/*{DAMAGED}")
        with self._archive.lock():
            self._archive.tidy()
            for path in [*damaged, *self._strangers()]:
                if not path.exists() or not named.search(path.read_bytes()):
                    continue
                try:
                    _rewrite(path, named)
                except OSError as error:
                    raise StoreFull(f"'{path}' cannot be written ({error}): make room") from error

    def _strangers(self) -> Iterator[Path]:
        ours = self._archive.catalogue.now().folder
        for path in sorted(self._archive.root.glob(f"*/*{SUFFIX}")):
            if path.parent != ours:
                yield path


def _ages_in(path: Path) -> tuple[Ages, ...] | None:
    try:
        return ages_of(read_chunk(path))
    except (OSError, ValueError):
        return None


def _rewrite(path: Path, named: re.Pattern[bytes]) -> None:
    try:
        rows = read_chunk(path)
    except ValueError:  # what cannot be told apart goes altogether
        path.unlink()
        return
    write_chunk(path, [r for r in rows if not any(map(named.search, r[1].values()))])
