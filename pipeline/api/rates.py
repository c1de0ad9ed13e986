"""How often a caller may ask: so many requests a minute, and as many at once after a pause."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

MOST_KEPT: Final = 20_000
"""Callers that are remembered; the one that asked longest ago is forgotten first."""


class Rates:
    """Counts requests, in bounded memory; for one thread, that of the event loop."""

    def __init__(self, per_minute: int | None, monotonic: Callable[[], float]) -> None:
        """Let everybody ask.

        Args:
            per_minute: requests of each caller; None for no limit.
            monotonic: seconds since some fixed instant.
        """
        self._per_minute, self._monotonic = per_minute, monotonic
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> float:
        """Count a request; seconds until one is let in again, 0 if this one is."""
        if self._per_minute is None:
            return 0.0
        now, most = self._monotonic(), float(self._per_minute)
        left, at = self._left.pop(caller, (most, now))
        left = min(most, left + (now - at) * most / 60)
        wait = 0.0 if left >= 1 else (1 - left) * 60 / most
        self._left[caller] = (left if wait else left - 1, now)
        while len(self._left) > MOST_KEPT:
            self._left.popitem(last=False)
        return wait

    def __len__(self) -> int:
        return len(self._left)
