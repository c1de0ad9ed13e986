"""The rolling view of the sighting log that a query worker searches."""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from detectors.types import TrackKey
from pipeline.clock import Clock
from pipeline.errors import StoreUnavailable
from pipeline.retry import Backoff
from pipeline.store.retention import RetentionPolicy
from pipeline.store.sighting_log import START, SightingLog, position_order
from pipeline.store.wire import LoggedSighting
from pipeline.telemetry import Telemetry
from pipeline.workers.bookmarks import Bookmarks
from retrieval.errors import ModelMismatch
from retrieval.ports import Index
from retrieval.types import Floors, Sighting

log = logging.getLogger(__name__)

VIEW_NAME = "index"
READ_AT_ONCE = 512
HEARTBEAT_EVERY_S = 10.0


@dataclass(slots=True)
class ViewState:
    """How far the view is.

    Attributes:
        position: id of the last message taken in, or passed over because it cannot be read.
        caught_up: whether it has read all that the log held when it started.
        indexed_until: Unix seconds: everything embedded before this instant is searchable.
        skipped: sightings of other models, by model id, which are not searched.
        removed: collections that were removed, and up to which position of the log.
        floors: up to which capture a collection is forgotten, in the index as well.
        erased: of the tracks that are being erased now, those that the index has no more.
        messages: how many were read since it started.
    """

    position: str = "0-0"
    caught_up: bool = False
    indexed_until: float | None = None
    skipped: dict[str, int] = field(default_factory=dict)
    removed: dict[str, str] = field(default_factory=dict)
    floors: Floors = field(default_factory=dict)
    erased: frozenset[TrackKey] = frozenset()
    messages: int = 0


class LogView:
    """Reads the sighting log into an index for ever: from its beginning, or from a bookmark."""

    def __init__(
        self,
        sightings: SightingLog,
        index: Index,
        *,
        model_id: str,
        policy: RetentionPolicy,
        clock: Clock,
        telemetry: Telemetry,
        bookmarks: Bookmarks | None = None,
        name: str = VIEW_NAME,
        forgotten: Callable[[], None] = lambda: None,
    ) -> None:
        """Read nothing yet; `forgotten` is told when tracks leave the index before their time."""
        self._log, self._index, self._model_id = sightings, index, model_id
        self._policy, self._clock, self._telemetry = policy, clock, telemetry
        self._bookmarks, self.name = bookmarks, name
        self._forgotten = forgotten
        self._beat_at = float("-inf")
        self._target: str | None = None
        # An index in memory has nothing on disk: the log must keep everything for the next start.
        self._durable = START
        self.state = ViewState()

    def run(self, stop: threading.Event, alarm: Callable[[Exception], None]) -> None:
        """Follow the log until `stop`; `alarm` hears of what ends it early."""
        backoff = Backoff(0.2, 5.0, random.Random())
        away = False
        while not stop.is_set():
            try:
                self.follow_once(block_s=0.3)
                backoff.reset()
                away = False
            except StoreUnavailable as error:
                if not away:
                    log.warning("%s; the index stays as it is until it is back", error)
                away = True
                stop.wait(backoff.next_wait_s())
            except Exception as error:
                alarm(error)
                raise
        self.leave()

    def leave(self) -> None:
        """Leave a checkpoint of what was read, for whoever reads on."""
        if self._bookmarks is not None and self._target is not None:
            self._keep_bookmark(self._bookmarks, now=True)

    def follow_once(self, *, block_s: float) -> int:
        """Take in the next messages; how many were new to the index."""
        if self._target is None:
            self._resume()
            self._target = self._log.last_id()
        asked_at = self._clock.now()
        page = self._log.page(self.state.position, count=READ_AT_ONCE, block_s=block_s)
        # Behind the page: of a collection that was removed while it was read, nothing gets in.
        self._forget_removed()
        self._forget_over_budget()
        self._forget_erased()
        messages = [m for position, m in page.sightings if not self._is_removed(m, position)]
        erased = self._log.erased.which({m.shot.track for m in messages})
        messages = [m for m in messages if m.shot.track not in erased]
        added = self._add([s for m in messages if (s := self._admit(m)) is not None])
        self.state.position = page.last
        self.state.messages += len(page.sightings)
        if messages:
            self._observe_lag(messages[-1])
        if not page.is_full:
            self.state.indexed_until = asked_at
        # The message that was the last may be forgotten by now: then the end comes without it.
        if not page.is_full or position_order(page.last) >= position_order(self._target):
            self.state.caught_up = True
        if self._bookmarks is not None:
            self._keep_bookmark(self._bookmarks)
        self._keep_house()
        return added

    def _resume(self) -> None:
        bookmark = None if self._bookmarks is None else self._bookmarks.restore()
        if bookmark is not None:
            self.state.position = bookmark.position
            self.state.skipped = dict(bookmark.skipped)
            self.state.removed = dict(bookmark.removed)
            log.info("index: %d shots are there again, and the log goes on", len(self._index))

    def _forget_removed(self) -> None:
        removed = self._log.removed()
        for name in removed:
            if self.state.removed.get(name) != removed[name]:
                try:
                    gone = self._index.remove_collection(name)
                except OSError as error:  # found no longer; the next checkpoint writes it down
                    log.warning("collection '%s': is on disk still (%s)", name, error)
                    continue
                finally:
                    self._forgotten()  # behind it, so that nothing of it is read again
                log.info("collection '%s': was removed, %d shots with it", name, gone)
        self.state.removed = removed

    def _forget_over_budget(self) -> None:
        floors = self._log.floors.known()
        if floors != self.state.floors:
            gone = self._index.expire(self._clock.now(), floors)
            self._forgotten()
            self.state.floors = floors
            log.info("collections over their budget: %d shots left the index", gone)

    def _forget_erased(self) -> None:
        erasing = self._log.erased.at_work()
        if fresh := erasing - self.state.erased:
            try:
                if self._bookmarks is None:
                    self._index.remove(fresh)
                else:
                    self._bookmarks.erase(fresh)
            except OSError as error:  # found no longer; what is on disk is tried again
                log.warning("index: erased tracks are on disk still (%s)", error)
                erasing = self.state.erased & erasing
            finally:
                self._forgotten()  # behind it, so that nothing of them is read again
        self.state.erased = erasing

    def _is_removed(self, message: LoggedSighting, position: str) -> bool:
        until = self.state.removed.get(message.collection)
        return until is not None and position_order(position) <= position_order(until)

    def _admit(self, message: LoggedSighting) -> Sighting | None:
        if message.model_id != self._model_id:
            if not message.is_copy:
                before = self.state.skipped.get(message.model_id, 0)
                self.state.skipped[message.model_id] = before + 1
            return None
        if message.captured_at <= self.state.floors.get(message.collection, float("-inf")):
            return None
        return message.for_index(
            self._policy.expires_at(message.collection, message.captured_at, message.imported_at)
        )

    def _add(self, sightings: list[Sighting]) -> int:
        try:
            return self._index.add(sightings)
        except ModelMismatch as error:
            if len(sightings) > 1:
                return sum(self._add([sighting]) for sighting in sightings)
            log.warning("passed over: %s", error)
            return 0

    def _observe_lag(self, newest: LoggedSighting) -> None:
        if self.name == VIEW_NAME:  # that of an index which nobody searches yet is no lag
            self._telemetry.index_lag_s.set(max(self._clock.now() - newest.published_at, 0.0))

    def _keep_house(self) -> None:
        now = self._clock.monotonic()
        if now - self._beat_at < HEARTBEAT_EVERY_S:
            return
        self._beat_at = now
        self._index.expire(self._clock.now())
        if self._bookmarks is not None:
            self._bookmarks.tidy()
        if self.name == VIEW_NAME:
            self._telemetry.index_shots.set(len(self._index))
        self._log.register_view(self.name, self._durable, self._clock.now())

    def _keep_bookmark(self, bookmarks: Bookmarks, *, now: bool = False) -> None:
        state = self.state
        self._durable = bookmarks.keep(state.position, state.skipped, state.removed, now=now)
