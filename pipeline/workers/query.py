"""The query worker: follows the log, forgets what has expired, serves HTTP."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from pipeline.errors import AuditUnavailable, Busy, DescryError, StoreFull, StoreUnavailable
from pipeline.store.audit_log import AuditLog
from pipeline.store.retention import Retention
from pipeline.workers.erasing import Erasing
from pipeline.workers.listening import Servers

log = logging.getLogger(__name__)

STOP_WITHIN_S = 3.0
RESUME_EVERY_S = 5.0
#: At most, and as often as views write down how far they are: what is moved follows from that.
MOVE_EVERY_S = 60.0
#: Travel times are learnt a day at a time, once the day is over.
LEARN_EVERY_S = 3600.0
#: So long at most the latest entries of the audit are without a signed head behind them.
TEND_AUDIT_EVERY_S = 60.0


class Follower(Protocol):
    """What follows the log: a view, or a succession of them, or what tells alerts."""

    def run(self, stop: threading.Event, alarm: Callable[[Exception], None]) -> None:
        """Follow the log until `stop`; `alarm` hears of what ends it early."""
        ...


class QueryWorker:
    """Threads around one index: one follows the log, one files it, one sweeps, others answer."""

    def __init__(
        self,
        *,
        servers: Servers,
        view: Follower,
        watches: Follower,
        retention: Retention,
        erasing: Erasing,
        now: Callable[[], float],
        sweep_s: float,
        also_sweep: Sequence[Callable[[], object]] = (),
        audit: AuditLog,
        move_log: Callable[[], object] = lambda: None,
        learn_travel: Callable[[Callable[[], bool]], object] = bool,
    ) -> None:
        self._servers = servers
        self._view, self._retention, self._erasing = view, retention, erasing
        self._watches, self._audit = watches, audit
        self._now, self._sweep_s, self._move_log = now, sweep_s, move_log
        self._also_sweep = also_sweep
        self._learn_travel = learn_travel
        self._failure: Exception | None = None
        self._ended = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop`.

        Raises:
            DescryError: a thread ended that should not have.
        """
        threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in (
                ("view", lambda: self._view.run(stop, self._fail)),
                ("watches", lambda: self._watches.run(stop, self._fail)),
                ("retention", lambda: self._sweep(stop)),
                ("log", lambda: self._move(stop)),
                ("travel", lambda: self._learn(stop)),
                ("audit", lambda: self._tend_audit(stop)),
                ("erasing", lambda: self._erasing.resume_until(stop, RESUME_EVERY_S)),
                ("http", self._serve),
            )
        ]
        for thread in threads:
            thread.start()
        while not stop.wait(0.1) and not self._ended.is_set():
            pass
        self._servers.stop()
        stop.set()
        for thread in threads:
            thread.join(STOP_WITHIN_S)
        self._seal()
        if self._failure is not None:
            raise DescryError(f"query worker: {self._failure}") from self._failure

    def _serve(self) -> None:
        # uvicorn ends its thread with SystemExit when it cannot start.
        try:
            self._servers.run()
        except SystemExit as error:
            self._fail(DescryError(f"the HTTP server did not start (exit {error.code})"))
        finally:
            self._ended.set()

    def _sweep(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                report = self._retention.sweep(self._now(), stopped=stop.is_set)
                if report:
                    log.info("retention: %s", report)
                for sweep in self._also_sweep:
                    sweep()
            except (StoreUnavailable, StoreFull) as error:
                log.warning("retention waits: %s", error)
            except Exception as error:
                self._fail(error)
                raise
            stop.wait(self._sweep_s)

    def _move(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self._move_log()
            except StoreUnavailable as error:
                log.warning("the log stays in Redis: %s", error)
            except Exception as error:
                self._fail(error)
                raise
            stop.wait(min(self._sweep_s, MOVE_EVERY_S))

    def _learn(self, stop: threading.Event) -> None:
        # Not at once: an index that is being read has nothing to learn from yet.
        while not stop.wait(LEARN_EVERY_S):
            try:
                self._learn_travel(stop.is_set)
            except (StoreUnavailable, Busy) as error:
                log.warning("travel times are learnt later: %s", error)
            except Exception as error:
                self._fail(error)
                raise

    def _tend_audit(self, stop: threading.Event) -> None:
        while not stop.wait(TEND_AUDIT_EVERY_S):
            try:
                self._audit.tend()
            except AuditUnavailable as error:
                log.warning("%s", error)
            except Exception as error:
                self._fail(error)
                raise

    def _seal(self) -> None:
        try:
            self._audit.seal()
        except AuditUnavailable as error:
            log.warning("%s", error)

    def _fail(self, error: Exception) -> None:
        self._failure = error
        self._ended.set()
