"""A log of which each look moves all into files: what passes with it needs no stream."""

from pathlib import Path

import redis

from pipeline.store.keys import Keys
from pipeline.store.log_archive import LogArchive
from pipeline.store.log_mover import LogMover
from pipeline.store.sighting_log import SightingLog
from pipeline.store.whole_log import WholeLog

IS_NAMED_IN = ("sighting_log", "log_copies", "model_change", "forgetting", "retention")
"""The modules of the store that make one for themselves where they are given none."""


def has_all(client: redis.Redis, keys: Keys, name: str = "all") -> None:
    """Register a view that has everything on disk."""
    log = SightingLog(client, keys)
    log.register_view(name, log.end(), 4e9)


def moved(client: redis.Redis, keys: Keys, archive: LogArchive, *, keep=0, chunk=3) -> int:
    """Move all that is there now but `keep`."""
    has_all(client, keys)
    return LogMover(client, keys, archive, keep=keep, chunk=chunk).move()


class _MovesAll(LogMover):
    def _slowest(self):
        return 2**64 - 1, 2**64 - 1

    def _move_some(self):
        self._chunk = max(3, self._length() // 4)
        return super()._move_some()


class FiledLog(WholeLog):
    """Moves everything, whoever has it on disk, whenever it is asked anything."""

    def __init__(self, client: redis.Redis, keys: Keys, archive: LogArchive) -> None:
        super().__init__(client, keys, archive)
        self._mover = _MovesAll(client, keys, archive, keep=0, chunk=3)

    def _next(self, *args, **more):
        self._mover.move()
        return super()._next(*args, **more)


def file_everything(monkeypatch, root: Path) -> None:
    """Have every store that is made from now on keep its log in files below `root`."""

    def make(client, keys, archive=None):
        return FiledLog(client, keys, archive or LogArchive(client, keys, root / keys.namespace))

    for module in (*(f"pipeline.store.{name}" for name in IS_NAMED_IN), "pipeline.wiring.stores"):
        monkeypatch.setattr(f"{module}.WholeLog", make)
