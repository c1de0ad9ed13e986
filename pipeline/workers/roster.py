"""Which cameras this worker reads now: those wanted, not paused, and leased to it."""

import logging
import math
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from pipeline.clock import Clock
from pipeline.errors import StoreUnavailable

log = logging.getLogger(__name__)

LEASE_S: Final = 6.0
"""How long a dead worker's cameras wait: with a review a second they move within seven."""

UNWANTED_AFTER_S: Final = 2.0
"""A lease that is free for so long is taken beyond one's share: nobody else seems to want it."""

Absence = Literal["paused", "removed", "moved", "changed"]


@dataclass(frozen=True, slots=True)
class WantedCamera:
    """A camera of the settings.

    Attributes:
        source: its address without credentials.
        version: differs where anything of its settings does.
    """

    source: str
    version: Hashable


class Leases(Protocol):
    """What a roster asks of the leases (`pipeline.store.leases`)."""

    def claim(self, camera_id: str) -> bool:
        """Take or renew one; False while another worker has it."""
        ...

    def release(self, camera_id: str) -> None:
        """Give one up."""
        ...

    def free(self, cameras: Collection[str]) -> list[str]:
        """Those that nobody holds."""
        ...

    def attend(self) -> int:
        """Say that we are alive; how many workers are."""
        ...

    def leave(self, cameras: Collection[str]) -> None:
        """Give up everything."""
        ...


class Roster:
    """The cameras of one worker, reviewed about once a second.

    A worker takes no more than its share of the cameras at first, so that two that start together
    divide them; what nobody took for a while it takes as well. While Redis is away it keeps what it
    has: nobody else can take it then.
    """

    def __init__(
        self,
        leases: Leases,
        *,
        wanted: Callable[[], Mapping[str, WantedCamera]],
        paused: Callable[[], Collection[str]],
        clock: Clock,
    ) -> None:
        """Read nothing yet.

        Args:
            leases: this worker's.
            wanted: the cameras of the settings as they are now.
            paused: those that an operator paused.
            clock: ours.
        """
        self._leases, self._clock = leases, clock
        self._wanted, self._paused = wanted, paused
        self._held: dict[str, WantedCamera] = {}
        self._free_since: dict[str, float] = {}
        self.absences: dict[str, Absence] = {}
        """Why each camera that was given up at the last review was."""

    def review(self) -> Mapping[str, WantedCamera]:
        """The cameras to read from now on."""
        try:
            self._held = self._review()
        except StoreUnavailable:
            self.absences = {}
        return self._held

    def leave(self) -> None:
        """Give up every lease; what Redis does not hear expires by itself."""
        try:
            self._leases.leave(self._held)
        except StoreUnavailable:
            log.warning("the leases on cameras could not be given up: they expire by themselves")
        self._held = {}

    def _review(self) -> dict[str, WantedCamera]:
        alive = max(self._leases.attend(), 1)
        wanted, paused = self._wanted(), frozenset(self._paused())
        held: dict[str, WantedCamera] = {}
        absences: dict[str, Absence] = {}
        for name in self._held:
            if name not in wanted or name in paused:
                absences[name] = "paused" if name in wanted else "removed"
                self._leases.release(name)
            elif self._leases.claim(name):
                held[name] = wanted[name]
            else:
                absences[name] = "moved"
        open_to_us = [name for name in wanted if name not in held and name not in paused]
        share = math.ceil((len(wanted) - len(paused & wanted.keys())) / alive)
        held |= {name: wanted[name] for name in self._take(open_to_us, share - len(held))}
        self.absences = absences
        return held

    def _take(self, names: Collection[str], room: int) -> list[str]:
        """Leases on some of `names`: `room` at most, and what nobody wants."""
        now = self._clock.monotonic()
        free = self._leases.free(names)
        self._free_since = {name: self._free_since.get(name, now) for name in free}
        taken: list[str] = []
        for name in free:
            has_room = len(taken) < room
            is_left = now - self._free_since[name] >= UNWANTED_AFTER_S
            if (has_room or is_left) and self._leases.claim(name):
                taken.append(name)
        return taken
