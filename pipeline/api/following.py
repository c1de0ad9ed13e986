"""Streams of alerts: how many there may be, and one look for all who follow from the same place."""

import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import anyio
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from pipeline.api.asking import Still
from pipeline.errors import Busy, StoreFull, StoreUnavailable, TooManyOpen
from pipeline.watch_answers import AlertAnswer

LOOK_EVERY_S: Final = 0.25
HEARTBEAT_EVERY_S: Final = 5.0
"""A connection that says nothing for longer than this may be taken for dead."""

LOOKING_AT_ONCE: Final = 4
"""Threads that all who follow share: a Redis that hangs must not hold those of other requests."""

FOLLOWING_AT_ONCE: Final = 512
"""Streams that are open at the same time; each has a connection and a little memory."""

FOLLOWING_OF_ONE: Final = 32
"""And of one caller: nobody takes the places of all others."""

PAGE: Final = 100
_FORGET_AFTER_S: Final = 8 * LOOK_EVERY_S


class Places:
    """Who follows, and how often; for any thread."""

    def __init__(self, most: int = FOLLOWING_AT_ONCE, most_of_one: int = FOLLOWING_OF_ONE) -> None:
        """Let so many follow in all, and so many streams of one caller be open."""
        self._most, self._most_of_one = most, most_of_one
        self._open: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, name: str) -> None:
        """A place for the caller of that name, who has to `leave` it.

        Raises:
            TooManyOpen: they have as many as one may.
            Busy: there is none left for anybody.
        """
        with self._lock:
            if self._open[name] >= self._most_of_one:
                raise TooManyOpen(
                    f"{name} follows the alerts {self._most_of_one} times already: close some, or "
                    "ask by pages"
                )
            if self._open.total() >= self._most:
                raise Busy(f"{self._most} follow the alerts already: try again, or ask by pages")
            self._open[name] += 1

    def leave(self, name: str) -> None:
        """Free it again."""
        with self._lock:
            self._open[name] -= 1
            if not self._open[name]:
                del self._open[name]


@dataclass(frozen=True, slots=True)
class Told:
    """A word, and the event that everybody is sent who may see its camera."""

    word: AlertAnswer
    event: str


@dataclass(slots=True)
class _Look:
    lock: anyio.Lock = field(default_factory=anyio.Lock)
    at: float = float("-inf")
    told: Sequence[Told] = ()


class Teller:
    """Asks for words behind a position once for all who are there, and so often at most."""

    def __init__(self, words: Callable[[str, int], Sequence[AlertAnswer]]) -> None:
        """Ask `words` for those behind a position, so many at most."""
        self._words = words
        self._threads = anyio.CapacityLimiter(LOOKING_AT_ONCE)
        self._looks: dict[str, _Look] = {}

    async def behind(self, after: str) -> tuple[Sequence[Told], float]:
        """What is told behind `after`, a page at most, and when it was looked for.

        Raises:
            StoreUnavailable: Redis is away.
        """
        look = self._looks.setdefault(after, _Look())
        async with look.lock:
            if anyio.current_time() - look.at >= LOOK_EVERY_S:
                words = await anyio.to_thread.run_sync(
                    self._words, after, PAGE, limiter=self._threads
                )
                look.told, look.at = [Told(word, _event_of(word)) for word in words], _now()
                self._forget_old(look.at)
        return look.told, look.at

    def _forget_old(self, now: float) -> None:
        """Drop places that everybody has left."""
        for after in [a for a, look in self._looks.items() if now - look.at > _FORGET_AFTER_S]:
            if not self._looks[after].lock.locked():
                del self._looks[after]


def _now() -> float:
    return anyio.current_time()


def _event_of(word: AlertAnswer) -> str:
    return f"id: {word.id}\nevent: {word.type}\ndata: {word.model_dump_json()}\n\n"


class _Gone(Exception):
    """Whoever follows may follow no more."""


async def events(
    teller: Teller, after: str, asking: Still, is_closed: Callable[[], bool]
) -> AsyncIterator[str]:
    """Server-sent events behind `after`, and a comment now and then, until `is_closed`.

    The first says where the stream begins, so that whoever saw none can resume as well. Who asks
    is looked up again before they are told anything, and every few seconds: the stream ends once
    they may ask no more, and tells what they may see now.
    """
    yield f"id: {after}\nevent: begin\ndata: {{}}\n\n"
    said_at = asked_at = _now()
    while not is_closed():
        is_due = _now() - asked_at >= HEARTBEAT_EVERY_S
        try:
            told, looked_at = await _look(teller, after, asking, is_due=is_due)
        except _Gone:
            return
        asked_at = _now() if told or is_due else asked_at
        for position, event in told:
            if event:
                yield event
                said_at = _now()
            after = position
        if len(told) < PAGE:
            await anyio.sleep(max(looked_at + LOOK_EVERY_S - _now(), 0.0))
        if _now() - said_at >= HEARTBEAT_EVERY_S:
            yield ": still here\n\n"
            said_at = _now()


async def _look(
    teller: Teller, after: str, asking: Still, *, is_due: bool
) -> tuple[list[tuple[str, str]], float]:
    """Ids behind `after`, with the events of those that may be seen, and when that was.

    Raises:
        _Gone: who asks may ask no more; looked up where there is something to tell, or `is_due`.
    """
    try:
        told, at = await teller.behind(after)
        if not told and not is_due:
            return [], at
        caller = await asking()
    except (StoreUnavailable, StoreFull):  # Redis, or the accounts: nobody is told unasked
        return [], _now()
    if caller is None:
        raise _Gone
    return [(one.word.id, one.event if caller.may_see(one.word.camera) else "") for one in told], at


class Followed(StreamingResponse):
    """A stream of alerts; its place is free again once whoever follows it is gone."""

    def __init__(self, told: AsyncIterator[str], leave: Callable[[], None]) -> None:
        """Send `told`, and call `leave` once at the end."""
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(told, media_type="text/event-stream", headers=headers)
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, as long as somebody takes it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()
