"""Delivers what watches told: at least once, and each alert's words in their order."""

import logging
import math
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Final

from pipeline.clock import Clock
from pipeline.errors import AuditUnavailable, StoreUnavailable
from pipeline.retry import JITTER, Backoff
from pipeline.store.alerts import AlertStore, Word
from pipeline.store.deliveries import MOST_WAITING, Delivery, DeliveryStore
from pipeline.store.leases import LeaseStore
from pipeline.store.sighting_log import position_order
from pipeline.store.watches import WatchStore
from pipeline.watch_answers import AlertAnswer
from pipeline.webhook_urls import shown
from pipeline.workers.alert_words import alert_answer
from pipeline.workers.webhook import DeliveryFailed

log = logging.getLogger(__name__)

LEASE_S: Final = 15.0
"""How long nothing is delivered after whoever did was killed."""

LOOK_EVERY_S: Final = 0.2
FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 60.0
AT_ONCE: Final = 32
"""Receivers that may hang at a time, and hold nobody up."""

TIDY_EVERY_S: Final = 60.0
_PAGE = 200

UNNAMED_FOR_S: Final = 12 * 3600.0
"""How long what waits for a kind of receiver is kept that the settings name no more."""

Send = Callable[[str, AlertAnswer], None]
"""Delivers a word to a target, or raises DeliveryFailed."""

Note = Callable[[Delivery, AlertAnswer], None]
"""Notes that a word is about to be sent; where it raises AuditUnavailable, that waits."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """What delivers to one kind of receiver.

    Attributes:
        send: delivers.
        retry_s: how long a receiver that fails is tried.
        attend: hears at each look whether this process delivers; it must not wait for anybody.
    """

    send: Send
    retry_s: float
    attend: Callable[[bool], None] | None = None


@dataclass(frozen=True, slots=True)
class DeliveryLedger:
    """Where watches, what they told, and deliveries lie.

    Attributes:
        watches: say which alerts go where.
        alerts: what was told.
        deliveries: what is on its way.
        lease: lets one process deliver.
        lease_name: under which name.
    """

    watches: WatchStore
    alerts: AlertStore
    deliveries: DeliveryStore
    lease: LeaseStore
    lease_name: str


@dataclass(slots=True)
class _Lane:
    """One receiver: one thing at a time is sent to it, and while it fails it is left alone."""

    backoff: Backoff
    rests_until: float = 0.0  # by the monotonic clock
    work: "Future[None] | None" = None
    is_failing: bool = False

    @property
    def is_busy(self) -> bool:
        return self.work is not None and not self.work.done()


@dataclass(slots=True)
class Deliverer:
    """Writes down who gets which word, sends, and strikes it off; if killed, it sends again.

    Attributes:
        ledger: where things lie.
        everywhere: targets of every alert.
        carriers: by the kind of a target.
        clock: tells instants and spans.
        note: hears of a word before it is sent.
    """

    ledger: DeliveryLedger
    everywhere: tuple[str, ...]
    carriers: Mapping[str, Carrier]
    clock: Clock
    note: Note
    _rng: random.Random = field(default_factory=random.Random)
    _lanes: dict[str, _Lane] = field(default_factory=dict)
    _position: str | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)
    _tidied_at: float = float("-inf")
    _removed: set[str] = field(default_factory=set)

    def run(self, stop: threading.Event) -> None:
        """Deliver until `stop`."""
        backoff, away_since = Backoff(0.2, 5.0, random.Random()), math.inf
        with_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="receiver")
        while not stop.is_set():
            try:
                self.look_once(with_threads)
                backoff.reset()
                away_since = math.inf
                stop.wait(LOOK_EVERY_S)
            except StoreUnavailable as error:
                self._position, now = None, self.clock.monotonic()
                if away_since == math.inf:
                    log.warning("deliveries wait: %s", error)
                    away_since = now
                if now - away_since >= LEASE_S:  # another delivers by now, or nobody
                    self._attend(is_ours=False)
                stop.wait(backoff.next_wait_s())
        self.leave(with_threads)

    def leave(self, threads: ThreadPoolExecutor, within_s: float = 2.0) -> None:
        """Let another go on; what is being sent has `within_s` seconds, or is sent again."""
        self._stopping.set()
        self._attend(is_ours=False)
        wait([lane.work for lane in self._lanes.values() if lane.work], timeout=within_s)
        threads.shutdown(wait=False, cancel_futures=True)
        try:
            self.ledger.lease.release(self.ledger.lease_name)
        except StoreUnavailable as error:
            log.warning("deliveries: %s", error)

    def look_once(self, threads: ThreadPoolExecutor) -> None:
        """Write down who gets what was told since, and have sent what can be."""
        is_ours = bool(self.ledger.lease.claim(self.ledger.lease_name))
        self._attend(is_ours=is_ours)
        if not is_ours:
            self._position = None
            return
        waiting = self.ledger.deliveries.waiting()
        self._route(Counter(one.target for one in waiting))
        self._tidy()
        by_target: dict[str, list[Delivery]] = {}
        for one in sorted(waiting, key=lambda one: position_order(one.word)):
            by_target.setdefault(one.target, []).append(one)
        for target, theirs in by_target.items():
            lane = self._lanes.setdefault(
                target, _Lane(Backoff(FIRST_WAIT_S, LONGEST_WAIT_S, self._rng))
            )
            if not lane.is_busy and self.clock.monotonic() >= lane.rests_until:
                lane.work = threads.submit(self._serve, lane, theirs)
        for target in self._lanes.keys() - by_target.keys():
            if not self._lanes[target].is_busy:
                del self._lanes[target]

    def _attend(self, *, is_ours: bool) -> None:
        for carrier in self.carriers.values():
            if carrier.attend is not None:
                carrier.attend(is_ours)

    def _route(self, waiting: Counter[str]) -> None:
        """Write down who gets each word behind the position, and move that, a word at a time."""
        ledger = self.ledger
        if self._position is None:
            self._position = ledger.deliveries.position(first=ledger.alerts.last())
        while words := ledger.alerts.page(self._position, _PAGE):
            receivers = ledger.watches.receivers()
            for word in words:
                targets = dict.fromkeys((*self.everywhere, *receivers.get(word.watch_id, ())))
                to = [self._queued(word, target, waiting) for target in targets]
                if not ledger.deliveries.route(self._position, word.position, to):
                    self._position = None  # somebody else does, and we had not noticed
                    return
                self._position = word.position

    def _queued(self, word: Word, target: str, waiting: Counter[str]) -> tuple[Delivery, bool]:
        now, is_too_much = self.clock.now(), waiting[target] >= MOST_WAITING
        waiting[target] += not is_too_much
        one = Delivery(word.position, word.alert, target, queued_at=now)
        if is_too_much:
            one = replace(one, failed_at=now, reason=f"{MOST_WAITING} others wait for it already")
        return one, is_too_much

    def _serve(self, lane: _Lane, theirs: list[Delivery]) -> None:
        """Send to one receiver what may be sent; what goes wrong with us is not its fault."""
        try:
            self._send_in_turn(lane, theirs)
        except (StoreUnavailable, AuditUnavailable) as error:
            lane.rests_until = self.clock.monotonic() + lane.backoff.next_wait_s()
            log.warning("deliveries: %s", error)
        except Exception:  # a thread's outermost loop
            lane.rests_until = self.clock.monotonic() + lane.backoff.longest_wait_s()
            log.exception("a delivery failed for a fault of ours")

    def _send_in_turn(self, lane: _Lane, theirs: list[Delivery]) -> None:
        """Send each alert's words in their order, until the receiver fails."""
        by_alert: dict[str, list[Delivery]] = {}
        for one in theirs:
            by_alert.setdefault(one.alert, []).append(one)
        # What failed less often first: a word that is refused for ever holds up its own alert.
        for alert in sorted(by_alert.values(), key=lambda queue: queue[0].attempts):
            for one in alert:
                if self._stopping.is_set() or self._position is None:
                    return
                if not self._is_due(one):
                    break
                if not self._deliver(lane, one):
                    return

    def _is_due(self, one: Delivery) -> bool:
        now = self.clock.now()
        # An instant that lies further ahead than any wait is of a clock that was set back.
        return not now < one.next_at <= now + 2 * LONGEST_WAIT_S

    def _deliver(self, lane: _Lane, one: Delivery) -> bool:
        """Send one; whether the receiver may be sent another now."""
        word = self.ledger.alerts.word(one.word)
        if word is None:  # it was erased, or is too old
            self.ledger.deliveries.drop(one)
            return True
        try:
            carrier, told = self._carrier(one), alert_answer(word)
            self.note(one, told)
            carrier.send(one.target, told)
        except DeliveryFailed as error:
            self._failed(one, str(error))
            lane.rests_until = self.clock.monotonic() + lane.backoff.next_wait_s()
            if not lane.is_failing:
                log.warning("%s: %s; it is tried again", shown(one.target), error)
            lane.is_failing = True
            return False
        self.ledger.deliveries.done(one)
        if lane.is_failing:
            log.info("%s: delivered again", shown(one.target))
        lane.is_failing = False
        lane.backoff.reset()
        return True

    def _carrier(self, one: Delivery) -> Carrier:
        if one.kind not in self.carriers:
            raise DeliveryFailed(f"the settings name no {one.kind} any more")
        return self.carriers[one.kind]

    def _failed(self, one: Delivery, reason: str) -> None:
        now = self.clock.now()
        wait_s = min(FIRST_WAIT_S * 2.0 ** min(one.attempts, 10), LONGEST_WAIT_S)
        again = replace(
            one,
            attempts=one.attempts + 1,
            reason=reason,
            failed_at=now,
            next_at=now + wait_s * self._rng.uniform(*JITTER),
        )
        carrier = self.carriers.get(one.kind)
        if now - one.queued_at >= (UNNAMED_FOR_S if carrier is None else carrier.retry_s):
            self.ledger.deliveries.give_up(again)
        else:
            self.ledger.deliveries.failed(again)

    def _tidy(self) -> None:
        """Forget the receivers of removed watches whose alerts have ended, and are on their way."""
        now, ledger = self.clock.monotonic(), self.ledger
        if now - self._tidied_at < TIDY_EVERY_S:
            return
        self._tidied_at = now
        # Whoever tells may not have seen it when it was removed a moment ago.
        before, self._removed = self._removed, ledger.watches.removed_with_receiver()
        if removed := before & self._removed:
            still = {each.watch for each in ledger.alerts.told().values() if each.is_open}
            self._route(Counter(one.target for one in ledger.deliveries.waiting()))
            if self._position is not None:
                ledger.watches.forget_receivers(removed - still)
