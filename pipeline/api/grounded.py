"""Remembers what somebody was shown for a reason: its pictures need none of their own.

A browser asks for a picture by its address alone, and cannot say why: the search that gave the
address did. Each worker remembers for itself, so that after its restart a search comes first again.
"""

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final

from pipeline.audit_events import Event
from pipeline.store.audit_names import track_of

MOST: Final = 100_000
"""Tracks that are remembered, of all callers; beyond, those shown longest ago are forgotten."""

WITHIN_S: Final = 12 * 3600.0
"""For how long the reason of a search holds for what it showed."""

_OF_WATCHES: Final = frozenset({"alerts", "alerts-stream", "alerts-undelivered"})
"""What these show was watched for, and a watch needs a reason."""

_IS_SHOWN: Final = re.compile(r"2\d\d")


class Grounded:
    """What was shown to whom for a reason; any thread may call it."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, most: int = MOST) -> None:
        self._monotonic, self._most = monotonic, most
        self._lock = threading.Lock()
        self._shown: OrderedDict[tuple[str, str], float] = OrderedDict()

    def remember(self, event: Event) -> None:
        """Keep in mind what `event` showed, if it was asked for with a reason."""
        has_reason = bool(event.reason) or event.what in _OF_WATCHES
        if not (has_reason and _IS_SHOWN.match(event.outcome)):
            return
        at = self._monotonic()
        with self._lock:
            for track in _tracks(event.shown):
                self._shown[event.who, track] = at
                self._shown.move_to_end((event.who, track))
            while len(self._shown) > self._most:
                self._shown.popitem(last=False)

    def covers(self, event: Event) -> bool:
        """Whether whoever asks was shown every track that `event` names, and it names one."""
        since = self._monotonic() - WITHIN_S
        tracks = _tracks(event.shown)
        with self._lock:
            seen = [self._shown.get((event.who, track), float("-inf")) for track in tracks]
        return bool(seen) and min(seen) >= since


def _tracks(names: Iterable[str]) -> set[str]:
    return {track for name in names if (track := track_of(name)) is not None}
