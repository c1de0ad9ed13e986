"""A log of sightings in memory, for tests of what reads one."""

from detectors.types import TrackKey
from pipeline.store.sighting_log import LogPage
from tests.store_messages import logged, published


class Erased:
    """Which tracks are erased, and which of them just now."""

    def __init__(self) -> None:
        self.tracks: set[TrackKey] = set()
        self.now: set[TrackKey] = set()

    def which(self, tracks):
        return self.tracks & set(tracks)

    def at_work(self) -> frozenset[TrackKey]:
        return frozenset(self.now)


class Floors:
    """What is over its budget."""

    def __init__(self) -> None:
        self.now: dict[str, float] = {}

    def known(self) -> dict[str, float]:
        return dict(self.now)


class Log:
    """A log in memory; a message may be unreadable (None)."""

    def __init__(self, readable: list[bool]) -> None:
        self.rows = [
            (f"{n}-0", logged(published(n)) if r else None) for n, r in enumerate(readable, 1)
        ]

        self.removals: dict[str, str] = {}
        self.erased, self.floors = Erased(), Floors()
        self.log_id = "log-1"

    def identity(self) -> str:
        return self.log_id

    def end(self) -> str:
        return self.last_id()

    def last_id(self) -> str:
        return self.rows[-1][0] if self.rows else "0-0"

    def page(self, after: str, *, count: int, block_s: float) -> LogPage:
        at = int(after.partition("-")[0])
        rows = self.rows[at : at + count]
        good = [(entry_id, message) for entry_id, message in rows if message is not None]
        return LogPage(good, rows[-1][0] if rows else after, len(rows) == count)

    def register_view(self, name: str, position: str, now: float) -> None:
        self.registered = position

    def removed(self) -> dict[str, str]:
        return dict(self.removals)
