"""Which cameras this worker reads now: those wanted, not paused, and leased to it."""

import logging
import math
import threading
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from pipeline.clock import Clock
from pipeline.errors import StoreUnavailable
from pipeline.store.leases import Claim
from pipeline.workers.tenure import Tenure

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

    ttl_s: float
    """How long one outlives its last renewal."""

    def claim(self, camera_id: str) -> Claim:
        """Take or renew one; false while another worker has it."""
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
    has; a `Tenure` says what may be told of it if another took it all the same.

    `renew` may be called by another thread than `review` is.
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
        self._tenures: dict[str, Tenure] = {}
        self._asking = threading.Lock()
        self._has_left = False
        self._free_since: dict[str, float] = {}
        self.absences: dict[str, Absence] = {}
        """Why each camera that was given up at the last review was."""

    def review(self) -> Mapping[str, WantedCamera]:
        """The cameras to read from now on; none once we left.

        Where Redis goes away in the middle, what was taken or given up until then stands.
        """
        self.absences = {}
        try:
            if not self._has_left:
                self._review()
        except StoreUnavailable:
            log.debug("the cameras could not be reviewed: Redis is away")
        return dict(self._held)

    def renew(self) -> None:
        """Renew what is held, and take nothing."""
        try:
            with self._asking:
                if self._has_left:
                    return
                self._leases.attend()
            for name in list(self._held):
                self._keep(name)
        except StoreUnavailable:
            log.debug("the leases on cameras could not be renewed: Redis is away")

    def tenure(self, camera_id: str) -> Tenure:
        """Our turn at a camera that the last review gave us."""
        return self._tenures[camera_id]

    def leave(self) -> None:
        """Give up every lease, for good; what Redis does not hear expires by itself.

        A renewal that is under way is waited for: it would take back what is given up here.
        """
        with self._asking:
            self._has_left = True
            held, self._held, self._tenures = self._held, {}, {}
            try:
                self._leases.leave(held)
            except StoreUnavailable:
                log.warning("the leases on cameras could not be given up: they expire soon")

    def _review(self) -> None:
        alive = max(self._leases.attend(), 1)
        wanted, paused = self._wanted(), frozenset(self._paused())
        for name in list(self._held):
            if name not in wanted or name in paused:
                self._give_up(name)
                self._drop(name, "paused" if name in wanted else "removed")
            elif self._keep(name):
                self._held[name] = wanted[name]
            else:
                self._drop(name, "moved")
        share = math.ceil((len(wanted) - len(paused & wanted.keys())) / alive)
        self._take({n: c for n, c in wanted.items() if n not in paused}, share)

    def _drop(self, name: str, why: Absence) -> None:
        del self._held[name]
        self.absences[name] = why

    def _take(self, wanted: Mapping[str, WantedCamera], share: int) -> None:
        """Take of `wanted` what we lack of our share, and what nobody else wants."""
        now = self._clock.monotonic()
        names = [n for n in wanted if n not in self._held and n not in self.absences]
        free = self._leases.free(names)
        self._free_since = {name: self._free_since.get(name, now) for name in free}
        for name in free:
            has_room = len(self._held) < share
            is_left = now - self._free_since[name] >= UNWANTED_AFTER_S
            if (has_room or is_left) and self._begin(name):
                self._held[name] = wanted[name]

    def _begin(self, name: str) -> bool:
        asked_at = self._clock.monotonic()
        claim = self._leases.claim(name)
        if claim:
            ttl_s = self._leases.ttl_s
            self._tenures[name] = Tenure(claim.turn, asked_at + ttl_s, ttl_s)
        return bool(claim)

    def _keep(self, name: str) -> bool:
        """Renew a lease; False if another worker had the camera meanwhile, be it ours again."""
        with self._asking:
            tenure = self._tenures.get(name)
            return tenure is not None and self._is_kept(name, tenure)

    def _is_kept(self, name: str, tenure: Tenure) -> bool:
        if tenure.over_at is not None:
            return False
        asked_at = self._clock.monotonic()
        claim = self._leases.claim(name)
        is_kept = tenure.hear(claim, asked_at)
        if claim and not is_kept:
            self._leases.release(name)
        return is_kept

    def _give_up(self, name: str) -> None:
        with self._asking:
            tenure = self._tenures.get(name)
            if tenure is not None and self._is_kept(name, tenure):
                self._leases.release(name)
                tenure.give_up()
            self._tenures.pop(name, None)
