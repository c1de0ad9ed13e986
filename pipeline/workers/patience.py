"""HTTP connections that end where nothing comes of them, so that they hold up nobody else."""

import asyncio
import resource
from functools import cache
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

ASKED_WITHIN_S: Final = 20.0
"""A request is there with all its headers so long after its connection, or the request before."""

STALLED_S: Final = 60.0
"""Whoever takes nothing of an answer for so long is gone, or asks again for the rest of a clip."""

MOST_CONNECTIONS: Final = 4096


@cache
def most_connections() -> int:
    """How many may be open: files, Redis and the accounts need descriptors as well."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return min(soft // 2, MOST_CONNECTIONS)


class PatientProtocol(H11Protocol):
    """HTTP by h11, which bounds headers, with a bound on how long and how many.

    Named and not chosen while the library loads: another parser that happens to be installed has
    no such bounds.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        """As the library does it."""
        super().__init__(*arguments, **more)
        self._until_asked: asyncio.TimerHandle | None = None
        self._until_taken: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin, unless too many have."""
        super().connection_made(transport)
        if len(self.connections) > most_connections():
            transport.abort()
            return
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Wait no more for a request that is there."""
        super().data_received(data)
        if self._is_answering:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Wait for the next request, which may be here already."""
        super().on_response_complete()
        if not self._is_answering and not self.transport.is_closing():
            self._await_request()

    def pause_writing(self) -> None:
        """Nothing is taken: wait so long for it."""
        super().pause_writing()
        self._until_taken = self.loop.call_later(STALLED_S, self.transport.abort)

    def resume_writing(self) -> None:
        """It is."""
        if self._until_taken is not None:
            self._until_taken.cancel()
            self._until_taken = None
        super().resume_writing()

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _await_request(self) -> None:
        self._stop_waiting()
        self._until_asked = self.loop.call_later(ASKED_WITHIN_S, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._until_asked is not None:
            self._until_asked.cancel()
            self._until_asked = None
