"""Watches and their alerts over HTTP; alerts as pages, and as a stream of server-sent events."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from pipeline.api.asking import Asking, Staying
from pipeline.api.following import Followed, Places, Teller, events
from pipeline.api.openapi import answers_with
from pipeline.api.paging import Paging
from pipeline.api.sight import Known, narrowed, refuse_unseen_watch, seen_by, watches_of
from pipeline.watch_answers import (
    AlertAnswer,
    AlertsAnswer,
    TrialAnswer,
    TrialRequest,
    WatchAnswer,
    WatchRequest,
)
from pipeline.workers.watch_desk import check_position


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


def watch_routes(desk: Watches, known: Known, places: Places | None = None) -> APIRouter:
    """The routes under `/watches` and `/alerts`; `places` are of those who follow."""
    routes = APIRouter()
    places, teller = places or Places(), Teller(desk.words)

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
        asking: Asking, still: Staying, last_event_id: Annotated[str | None, Header()] = None
    ) -> StreamingResponse:
        """Server-sent events `new`, `update` and `end`, from now on or from `Last-Event-ID` on.

        It ends once whoever asked may ask no more: signed out, removed, revoked, expired. 429
        where they follow too often, 503 where too many do.
        """
        after = desk.last() if last_event_id is None else check_position(last_event_id)
        places.take(asking.name)
        told = events(teller, after, still, lambda: desk.is_closed)
        return Followed(told, lambda: places.leave(asking.name))

    return routes
