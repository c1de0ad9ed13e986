"""Alerts that could not be delivered, over HTTP."""

from collections.abc import Sequence
from typing import Protocol

from fastapi import APIRouter

from pipeline.api.asking import Asking
from pipeline.api.paging import Paging
from pipeline.callers import Caller
from pipeline.errors import NotFound
from pipeline.watch_answers import ResendRequest, ResentAnswer, UndeliveredAnswer


class Deliveries(Protocol):
    """What the routes ask (`pipeline.workers.delivery_desk.DeliveryDesk`)."""

    def undelivered(self) -> list[UndeliveredAnswer]:
        """What was given up."""
        ...

    def resend(self, ids: Sequence[str]) -> ResentAnswer:
        """Send it again."""
        ...


def delivery_routes(desk: Deliveries) -> APIRouter:
    """The routes under `/alerts/undelivered`."""
    routes = APIRouter()

    @routes.get("/alerts/undelivered")
    def undelivered(asking: Asking, paging: Paging) -> list[UndeliveredAnswer]:
        """Alerts that nobody took in all the time there was, the oldest first, a page at a time."""
        return paging.cut(_seen_by(asking, desk.undelivered()), _place_of, (int, int))

    @routes.post("/alerts/undelivered/resend")
    def resend(request: ResendRequest, asking: Asking) -> ResentAnswer:
        """Send them again, tried as long as if they were new."""
        if asking.cameras is None:
            return desk.resend(request.ids)
        seen = [one.id for one in _seen_by(asking, desk.undelivered())]
        for name in request.ids:
            if name not in seen:
                raise NotFound(f"nothing undelivered has the id {name!r}")
        wanted = request.ids or seen
        return desk.resend(wanted) if wanted else ResentAnswer(count=0)  # none asked for are all

    return routes


def _place_of(one: UndeliveredAnswer) -> list[int]:
    """Where it stands: ids are those of a stream, `1772446063000-0`."""
    at, _, number = one.id.partition("-")
    return [int(at), int(number)]


def _seen_by(caller: Caller, found: Sequence[UndeliveredAnswer]) -> list[UndeliveredAnswer]:
    return [one for one in found if caller.may_see(one.alert.camera)]
