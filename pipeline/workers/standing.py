"""Standing sentences: a view of the log that tells of people while they are in view."""

import logging
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from detectors.types import TrackKey
from pipeline.clock import Clock
from pipeline.errors import StoreUnavailable
from pipeline.retry import Backoff
from pipeline.store.alerts import AlertStore
from pipeline.store.leases import LeaseStore
from pipeline.store.runs import RunStore
from pipeline.store.sighting_log import START, SightingLog, position_order
from pipeline.store.watches import WatchStore
from pipeline.store.wire import LoggedSighting
from pipeline.telemetry import Telemetry
from pipeline.workers.covering import LIVE_COLLECTION
from pipeline.workers.presence import Presence, Present
from pipeline.workers.sentences import Sentences
from pipeline.workers.service import Engine
from retrieval.search.watches import Known, SeenShot, Told, end, is_silent, judge

log = logging.getLogger(__name__)

LEASE_S: Final = 15.0
"""How long nobody tells alerts after whoever did was killed."""

READ_AT_ONCE: Final = 512
LOOK_BACK_S: Final = 3600.0
"""How far back a first start reads: whoever is in view for longer has no shots there."""

REMOVED: Final = "(removed)"
HEARTBEAT_EVERY_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where watches and their alerts lie, and what is known of cameras.

    Attributes:
        watches: what is watched for.
        alerts: what was told.
        sightings: the log.
        runs: when cameras were watched.
        cameras: every camera there is.
        presence: tells who is in view.
        lease: lets one query worker tell alerts.
        lease_name: under which name.
    """

    watches: WatchStore
    alerts: AlertStore
    sightings: SightingLog
    runs: RunStore
    cameras: Callable[[], list[str]]
    presence: Presence
    lease: LeaseStore
    lease_name: str


@dataclass(slots=True)
class _InView:
    """The shots of a track, and where in the log the first of them is."""

    position: str
    shots: dict[int, SeenShot]


class StandingWatches:
    """Reads the log while it has the lease, and tells what the watches are to be told.

    The position that is kept is that of the oldest shot of a person in view. So whoever starts
    reads again what was known of them, and finds in the store what was told already.
    """

    def __init__(
        self,
        ledger: Ledger,
        engine: Callable[[], Engine],
        clock: Clock,
        telemetry: Telemetry,
        *,
        best_of: int,
    ) -> None:
        self._ledger, self._engine_now, self._clock = ledger, engine, clock
        self._telemetry, self._best_of = telemetry, best_of
        self._engine = engine()
        self._position: str | None = None  # None: somebody else tells, or nobody yet
        self._in_view: dict[TrackKey, _InView] = {}
        self._sentences = Sentences(ledger.watches, ledger.runs, ledger.cameras, clock, best_of)
        self._beat_at = float("-inf")
        self._held = ledger.lease.held(ledger.lease_name)

    def run(self, stop: threading.Event, alarm: Callable[[Exception], None]) -> None:
        """Tell until `stop`; `alarm` hears of what ends it early."""
        backoff, away = Backoff(0.2, 5.0, random.Random()), False
        while not stop.is_set():
            try:
                self.tell_once(block_s=0.3)
                backoff.reset()
                away = False
            except StoreUnavailable as error:
                if not away:
                    log.warning("watches wait: %s", error)
                self._position, away = None, True
                stop.wait(backoff.next_wait_s())
            except Exception as error:
                alarm(error)
                raise
        if self._position is not None:
            self.leave()

    def leave(self) -> None:
        """Let another go on."""
        try:
            self._keep_position()
            self._ledger.lease.release(self._ledger.lease_name)
        except StoreUnavailable as error:
            log.warning("watches: %s", error)

    def tell_once(self, *, block_s: float) -> int:
        """Read on in the log, and tell what follows from it; how many words were told."""
        ledger = self._ledger
        if not ledger.lease.claim(ledger.lease_name):
            self._position = None
            self._clock.sleep(block_s)
            return 0
        self._begin_if_new()
        changed = self._read(block_s)
        there = self._let_go()
        told = ledger.alerts.told()
        is_fresh = self._sentences.look(self._engine)
        again = there.in_view if is_fresh else frozenset()
        words = judge(
            self._sentences.standings(),
            self._shots_of(changed | again),
            told,
            model_id=self._engine.encoder.model_id,
            best_of=self._best_of,
            left=there.left,
        )
        count = self._say(words, told)
        count += self._say(end(self._of_removed(told), ()), told)
        count += self._say(self._over(told, there), told)
        self._tidy(told)
        return count

    def _shots_of(self, tracks: set[TrackKey]) -> dict[TrackKey, list[SeenShot]]:
        known = {track: self._in_view[track] for track in tracks & self._in_view.keys()}
        return {track: list(view.shots.values()) for track, view in known.items() if view.shots}

    def _over(self, told: Known, there: Present) -> list[Told]:
        still = there.in_view | there.silent
        gone = {each.track for each in told.values() if each.is_open} - still
        return end(told, still, self._ledger.presence.seen_last(gone)) if gone else []

    def _begin_if_new(self) -> None:
        engine = self._engine_now()
        is_other = engine.encoder.model_id != self._engine.encoder.model_id
        self._engine = engine
        if is_other:
            self._sentences.clear()
        if self._position is None or is_other:
            self._in_view.clear()
            self._position = self._resume_at()

    def _resume_at(self) -> str:
        if (kept := self._ledger.alerts.read_from()) is not None:
            return kept
        return f"{max(round((self._clock.now() - LOOK_BACK_S) * 1000), 0)}-0"

    def _read(self, block_s: float) -> set[TrackKey]:
        """Take in what is new in the log; the tracks that it is of."""
        changed = set()
        while True:
            page = self._ledger.sightings.page(
                self._position or START, count=READ_AT_ONCE, block_s=block_s
            )
            for position, message in page.sightings:
                if self._take(position, message):
                    changed.add(message.shot.track)
            self._position = page.last
            if not page.is_full:
                return changed
            self._let_go()  # a long log is not kept in memory
            block_s = 0.0

    def _take(self, position: str, message: LoggedSighting) -> bool:
        if message.collection != LIVE_COLLECTION:
            return False
        # Shots of another model keep their place: they count once that model is in use.
        view = self._in_view.setdefault(message.shot.track, _InView(position, {}))
        encoder = self._engine.encoder
        if message.model_id != encoder.model_id or len(message.vector) != encoder.dimension:
            return False
        if message.replaces is not None:
            view.shots.pop(message.replaces, None)
        view.shots[message.shot.number] = SeenShot(
            number=message.shot.number,
            captured_at=message.captured_at,
            vector=message.vector,
            zones=message.zones,
            picture=message.picture,
        )
        return True

    def _let_go(self) -> Present:
        there = self._ledger.presence.look(self._in_view.keys())
        for track in self._in_view.keys() - there.known:
            del self._in_view[track]
        return there

    def _of_removed(self, told: Known) -> Known:
        return {key: each for key, each in told.items() if each.watch not in self._sentences.names}

    def _say(self, words: Sequence[Told], told: dict[tuple[str, TrackKey], Told]) -> int:
        """Tell words, each of them once; `told` is brought up to date. How many were told."""
        count = 0
        for word in words:
            key = word.watch, word.track
            silent = is_silent(word, told)
            done = self._ledger.alerts.tell(
                word,
                told.get(key),
                watch=self._sentences.names.get(word.watch, REMOVED),
                now=self._clock.now(),
                by=self._held,
                is_silent=silent,
            )
            if done:
                told[key] = word
                if not silent:
                    count += 1
                    self._telemetry.alerts.labels(word.kind).inc()
            else:  # erased, or another has the lease: look again at all that is in view
                self._position = None
        return count

    def _tidy(self, told: dict[tuple[str, TrackKey], Told]) -> None:
        """Forget what was told long ago, and say how far the log was read."""
        now = self._clock.monotonic()
        if now - self._beat_at < HEARTBEAT_EVERY_S:
            return
        self._beat_at, at = now, self._clock.now()
        kept_s = {each.watch: each.cooldown_s for each in self._sentences.standings()}
        over = [
            each
            for (watch, _), each in told.items()
            if (not each.is_open and watch not in kept_s)
            or each.is_past(at, kept_s.get(watch, 0.0))
        ]
        self._ledger.alerts.forget_told(over, by=self._held)
        self._keep_position()

    def _keep_position(self) -> None:
        if self._position is not None:
            first = min(
                (_before(view.position) for view in self._in_view.values()),
                key=position_order,
                default=self._position,
            )
            self._ledger.alerts.keep_read_from(first, by=self._held)


def _before(position: str) -> str:
    """A position that has `position` behind it."""
    instant_ms, sequence = position_order(position)
    return f"{instant_ms}-{sequence - 1}" if sequence else f"{max(instant_ms - 1, 0)}-{2**63}"
