"""What comes again and again is noted as it begins, and how often it came once it is over.

A wall of cameras asks for a picture of each every few seconds, and who guesses passwords asks as
often as they are let: noted one by one, both would fill the disk, and bury what people read the
audit for. A count is noted with the next event behind its time; who stops before loses the count.
"""

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from pipeline.audit_events import Event
from pipeline.errors import AuditUnavailable
from pipeline.instants import format_instant

MOST: Final = 1_000
"""Different things that are counted at once; what comes beyond them is counted as one."""


class Rule(NamedTuple):
    """What counts as the same thing again.

    Attributes:
        key: of the thing.
        first: how many of it are noted as ever.
        within_s: for how long those that come then are only counted.
    """

    key: tuple[str, ...]
    first: int
    within_s: float


@dataclass(slots=True)
class _Run:
    """One thing that comes again."""

    ends: float
    event: Event
    lock: threading.Lock = field(default_factory=threading.Lock)
    noted: int = 0
    number: int = 0
    more: int = 0
    last_at: float = 0.0
    is_over: bool = False


class Repeats:
    """Notes events, or counts them; any thread may call it."""

    def __init__(
        self,
        note: Callable[[Event], int],
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Note with `note`; `now` is Unix seconds."""
        self._note, self._now, self._monotonic = note, now, monotonic
        self._lock, self._runs = threading.Lock(), dict[tuple[str, ...], _Run]()

    def note(self, event: Event, rule: Rule | None) -> None:
        """Note `event` before this returns, unless the like of it was noted just now.

        Args:
            event: what happened.
            rule: what it is the like of; None: nothing.

        Raises:
            AuditUnavailable: it could not be noted, or the first of its like.
        """
        self.end()
        if rule is None:
            self._note(event)
            return
        while not self._count(event, rule):
            pass  # it was over between the look and the lock

    def end(self) -> None:
        """Note how often what is over came; what cannot be noted now is noted later."""
        at = self._monotonic()
        with self._lock:
            over = [(key, run) for key, run in self._runs.items() if at >= run.ends]
        for key, run in over:
            with run.lock, suppress(AuditUnavailable):
                if not run.is_over and run.more:
                    told = {"more": run.more, "until": format_instant(run.last_at)}
                    asked = {**run.event.asked, **told}
                    self._note(replace(run.event, asked=asked, of=run.number))
                run.is_over = True
                with self._lock:
                    if self._runs.get(key) is run:
                        del self._runs[key]

    def _count(self, event: Event, rule: Rule) -> bool:
        """Note the event, or count it; False: what it is the like of is over."""
        with self._lock:
            key = rule.key
            if key not in self._runs and len(self._runs) >= MOST:
                key = (event.what,)
            run = self._runs.setdefault(key, _Run(self._monotonic() + rule.within_s, event))
        with run.lock:  # whoever comes second must not be shown what is not noted yet
            if run.is_over:
                return False
            if run.noted < rule.first:
                run.number = self._note(event)
                run.noted, run.event = run.noted + 1, event
            else:
                run.more, run.last_at = run.more + 1, self._now()
        return True


def rule_of(event: Event) -> Rule | None:
    """What an event that is about to be noted is the like of; None: it is noted by itself."""
    if event.what == "camera-picture" and event.outcome.startswith("2"):
        why = (event.reason, event.case)
        return Rule((event.what, event.who, _as_text(event.asked), event.outcome, *why), 1, 300.0)
    if event.what == "sign-in" and not event.outcome.startswith("2"):
        return Rule((event.what, str(event.asked.get("address"))), 5, 60.0)
    if event.what == "refused":
        address = str(event.asked.get("address"))
        return Rule((event.what, event.who, event.outcome, address), 3, 60.0)
    return None


def _as_text(asked: Any) -> str:
    return json.dumps(asked, sort_keys=True)
