"""One sweep of retention: what must go, and what went."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields

from pipeline.store.stream_scan import Message


@dataclass(slots=True)
class SweepReport:
    """What one sweep forgot, false if nothing; `finished` is False when it was asked to stop."""

    sightings: int = 0
    crops: int = 0
    tracks: int = 0
    runs: int = 0
    pictures: int = 0
    leftovers: int = 0
    views: int = 0
    videos: int = 0
    alerts: int = 0
    finished: bool = True

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self) if each.name != "finished")


class Stopped(Exception):
    """Asked to stop; never leaves retention."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """`gone(collection, captured_at, imported_at)` says whether what belongs to them must go.

    `expired` says it of runs that are being read, which no budget takes; `stays` hears the rest.
    """

    gone: Callable[[str, float, float | None], bool]
    expired: Callable[[str, float, float | None], bool]
    stopped: Callable[[], bool]
    stays: Callable[[Message], object] = lambda _: None
    report: SweepReport = field(default_factory=SweepReport)

    def check(self) -> None:
        """Go on, unless it was asked to stop.

        Raises:
            Stopped: it was.
        """
        if self.stopped():
            raise Stopped
