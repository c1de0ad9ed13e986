"""Watches and their alerts over HTTP; alerts as pages, and as a stream of server-sent events."""

import threading
from collections.abc import AsyncIterator
from typing import Annotated, Final, Protocol

import anyio
from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from pipeline.api.asking import Asking, Staying, Still
from pipeline.api.openapi import answers_with
from pipeline.api.paging import Paging
from pipeline.api.sight import Known, narrowed, refuse_unseen_watch, seen_by, watches_of
from pipeline.callers import Caller
from pipeline.errors import Busy, StoreUnavailable
from pipeline.watch_answers import (
    AlertAnswer,
    AlertsAnswer,
    TrialAnswer,
    TrialRequest,
    WatchAnswer,
    WatchRequest,
)
from pipeline.workers.watch_desk import check_position

LOOK_EVERY_S: Final = 0.25
HEARTBEAT_EVERY_S: Final = 5.0
"""A connection that says nothing for longer than this may be taken for dead."""

LOOKING_AT_ONCE: Final = 4
"""Threads that all who follow share: a Redis that hangs must not hold those of other requests."""

FOLLOWING_AT_ONCE: Final = 64
"""Streams that are open at the same time: each looks four times a second."""

_PAGE = 100


class Watches(Protocol):
    """What the routes ask (`pipeline.workers.watch_desk.WatchDesk`)."""

    @property
    def is_closed(self) -> bool:
        """Whether nobody should wait for more."""
        ...

    def add(self, request: WatchRequest) -> WatchAnswer:
        """Watch for a sentence."""
        ...

    def test(self, request: TrialRequest) -> TrialAnswer:
        """What a watch would have told."""
        ...

    def watches(self) -> list[WatchAnswer]:
        """Every watch."""
        ...

    def remove(self, watch_id: str) -> WatchAnswer:
        """Watch for it no longer."""
        ...

    def alerts(self, after: str | None, count: int) -> AlertsAnswer:
        """A page of what was told."""
        ...

    def words(self, after: str, count: int) -> list[AlertAnswer]:
        """What was told behind `after`."""
        ...

    def last(self) -> str:
        """The position of the last word."""
        ...


def watch_routes(desk: Watches, known: Known) -> APIRouter:
    """The routes under `/watches` and `/alerts`."""
    routes = APIRouter()
    looking = anyio.CapacityLimiter(LOOKING_AT_ONCE)
    places = threading.BoundedSemaphore(FOLLOWING_AT_ONCE)

    @routes.post("/watches", status_code=201)
    def add(request: WatchRequest, asking: Asking) -> WatchAnswer:
        """Watch for a sentence from now on."""
        return desk.add(narrowed(asking, request, known))

    @routes.post("/watches/test")
    def test(request: TrialRequest, asking: Asking) -> TrialAnswer:
        """What a watch would have told of what live cameras saw; nothing is told or kept."""
        return desk.test(narrowed(asking, request, known))

    @routes.get("/watches")
    def watches(asking: Asking, paging: Paging) -> list[WatchAnswer]:
        """Watches over cameras that the caller may see, the oldest first, a page at a time."""
        found = watches_of(asking, desk.watches())
        return paging.cut(found, lambda watch: [watch.created_at, watch.id], (str, str))

    @routes.delete("/watches/{watch_id}")
    def remove(watch_id: str, asking: Asking) -> WatchAnswer:
        """Watch for it no longer; what it told stays, and an open alert ends."""
        refuse_unseen_watch(asking, watch_id, desk.watches)
        return desk.remove(watch_id)

    @routes.get("/alerts")
    def alerts(asking: Asking, paging: Paging) -> AlertsAnswer:
        """What watches told, the oldest first, a page at a time; pages of some cameras are short.

        `next` goes on behind what the caller may not see, too.
        """
        page = desk.alerts(paging.after, paging.count)
        paging.tell(page.next)
        return page.model_copy(update={"alerts": seen_by(asking, page.alerts)})

    @routes.get(
        "/alerts/stream",
        response_class=StreamingResponse,
        responses=answers_with("text/event-stream"),
    )
    def stream(
        asking: Staying, last_event_id: Annotated[str | None, Header()] = None
    ) -> StreamingResponse:
        """Server-sent events `new`, `update` and `end`, from now on or from `Last-Event-ID` on.

        It ends once whoever asked may ask no more: signed out, removed, expired.
        """
        after = desk.last() if last_event_id is None else check_position(last_event_id)
        if not places.acquire(blocking=False):
            raise Busy(f"{FOLLOWING_AT_ONCE} follow the alerts already: try again, or ask by pages")
        return _Followed(_events(desk, after, looking, asking), places)

    return routes


class _Followed(StreamingResponse):
    """A stream of alerts; its place is free again once whoever follows it is gone."""

    def __init__(self, events: AsyncIterator[str], places: threading.Semaphore) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(events, media_type="text/event-stream", headers=headers)
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._places.release()


async def _events(
    desk: Watches, after: str, looking: anyio.CapacityLimiter, asking: Still
) -> AsyncIterator[str]:
    """Server-sent events behind `after`, and a comment now and then, until the worker ends.

    The first says where the stream begins, so that whoever saw none can resume as well.
    """
    yield f"id: {after}\nevent: begin\ndata: {{}}\n\n"
    said_at = looked_at = anyio.current_time()
    caller: Caller | None = await asking()
    while caller is not None and not desk.is_closed:
        try:
            words = await anyio.to_thread.run_sync(desk.words, after, _PAGE, limiter=looking)
        except StoreUnavailable:
            words = []
        for word in words:
            if not caller.may_see(word.camera):
                after = word.id
                continue
            yield f"id: {word.id}\nevent: {word.type}\ndata: {word.model_dump_json()}\n\n"
            after, said_at = word.id, anyio.current_time()
        if len(words) < _PAGE:
            await anyio.sleep(LOOK_EVERY_S)
        if anyio.current_time() - looked_at >= HEARTBEAT_EVERY_S:
            caller, looked_at = await asking(), anyio.current_time()
        if anyio.current_time() - said_at >= HEARTBEAT_EVERY_S:
            yield ": still here\n\n"
            said_at = anyio.current_time()
