"""Alerts that could not be delivered, over HTTP."""

from collections.abc import Sequence
from typing import Protocol

from fastapi import APIRouter

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
    def undelivered() -> list[UndeliveredAnswer]:
        """Alerts that no webhook or broker took in all the time there was, the oldest first."""
        return desk.undelivered()

    @routes.post("/alerts/undelivered/resend")
    def resend(request: ResendRequest) -> ResentAnswer:
        """Send them again, tried as long as if they were new."""
        return desk.resend(request.ids)

    return routes
