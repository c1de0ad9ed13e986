"""The view of several query workers in one index: one of them fills it, all of them search it."""

import logging
from collections.abc import Callable
from typing import Any, Final

from pipeline.errors import StoreUnavailable
from pipeline.store.leases import LeaseStore
from pipeline.store.sighting_log import START, SightingLog, position_order
from pipeline.workers.bookmarks import Bookmarks
from pipeline.workers.view import HEARTBEAT_EVERY_S, VIEW_NAME, LogView
from retrieval.errors import IndexBehind
from retrieval.ports import SharedIndex
from retrieval.types import NO_FLOORS

log = logging.getLogger(__name__)

LEASE_S: Final = 15.0
"""How long nobody fills the index after whoever did was killed."""

CHECKPOINT_EVERY_S: Final = 5.0
"""A checkpoint is a few bytes here, and says to the other workers how far the index is."""


class SharedView(LogView):
    """Reads the log into the index while it has the lease; else it looks how far another is.

    The lease saves work and no more: who lost it without knowing is found out by the index, which
    takes nothing from whoever does not know what it was told last.
    """

    def __init__(
        self,
        sightings: SightingLog,
        index: SharedIndex,
        *,
        bookmarks: Bookmarks,
        lease: LeaseStore,
        lease_name: str,
        is_given_up: Callable[[], bool],
        **more: Any,
    ) -> None:
        """Hold no lease yet; `is_given_up` says whether the index is that of a past model."""
        super().__init__(sightings, index, bookmarks=bookmarks, **more)
        self._shared, self._kept = index, bookmarks
        self._lease, self._lease_name = lease, lease_name
        self._is_given_up = is_given_up
        self._fills = False

    def follow_once(self, *, block_s: float) -> int:
        """Take in the next messages, or look how far they were; how many were new to the index."""
        if not self._lease.claim(self._lease_name):
            self._fills = False
            self._look_on(block_s)
            return 0
        if not self._fills:
            if self._is_given_up():  # whoever dropped it is not to find it there again
                self._lease.release(self._lease_name)
                self._look_on(block_s)
                return 0
            self._begin()
        try:
            return super().follow_once(block_s=block_s)
        except IndexBehind as error:
            log.warning("%s; the log is read again, from the last checkpoint on", error)
            self._fills = False
            return 0

    def leave(self) -> None:
        """Leave a checkpoint of what was read, and the lease to whoever reads on."""
        if not self._fills:
            return
        try:
            super().leave()
            self._lease.release(self._lease_name)
        except (StoreUnavailable, IndexBehind) as error:
            log.warning("index: no last checkpoint (%s)", error)

    def _begin(self) -> None:
        self._shared.begin()
        self._target, self.state.position, self.state.floors = None, START, NO_FLOORS
        self._fills = True
        log.info("index: this worker fills it")

    def _look_on(self, wait_s: float) -> None:
        asked_at, end, last = self._clock.now(), self._log.last_id(), self._kept.last()
        if self._target is None:
            self._target = end
        state = self.state
        if last is not None:
            state.position = last.position
            if last.removed != state.removed:
                self._forgotten()
            state.skipped, state.removed = dict(last.skipped), dict(last.removed)
            # Ids of the log begin with the millisecond in which they were given.
            state.indexed_until = position_order(last.position)[0] / 1000
        if position_order(state.position) >= position_order(end):
            state.indexed_until = asked_at
        if position_order(state.position) >= position_order(self._target):
            state.caught_up = True
        self._forget_erased()  # anybody may; who fills the index takes out what it adds meanwhile
        now = self._clock.monotonic()
        if now - self._beat_at >= HEARTBEAT_EVERY_S:
            self._beat_at = now
            if self.name == VIEW_NAME:
                self._telemetry.index_shots.set(len(self._index))
        self._clock.sleep(wait_s)
