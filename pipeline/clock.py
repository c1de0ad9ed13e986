"""Time as something to hand in: the real clock, and one that a test moves."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where instants and spans come from."""

    def now(self) -> float:
        """Unix seconds; may leap when the machine's clock is set."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed instant; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Unix seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some fixed instant."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class ManualClock:
    """A clock that stands still until it is moved; `sleep` moves it."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now
        self._monotonic = 0.0

    def now(self) -> float:
        """Unix seconds."""
        return self._now

    def monotonic(self) -> float:
        """Seconds moved so far."""
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        """Move both hands forward."""
        self._now += seconds
        self._monotonic += seconds
