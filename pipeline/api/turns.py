"""Work that keeps a thread busy, done by few at once, so that other requests find threads."""

from collections.abc import Callable
from typing import TypeVar

import anyio

from pipeline.errors import Busy

T = TypeVar("T")


class Turns:
    """So many at once on threads of their own; others wait in the order in which they came."""

    def __init__(self, what: str, *, at_once: int, most: int) -> None:
        """Let `at_once` work and the rest of `most` wait; `what` they do is told to others."""
        self._what, self._most = what, most
        self._threads = anyio.CapacityLimiter(at_once)
        self._here = 0

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns, once it is its turn.

        Raises:
            Busy: as many as may wait already.
        """
        if self._here >= self._most:
            raise Busy(f"{self._most} {self._what} wait already: ask again in a moment")
        self._here += 1
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._threads)
        finally:
            self._here -= 1
