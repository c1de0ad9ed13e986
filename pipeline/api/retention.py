"""What is kept and for how long, over HTTP."""

from typing import Protocol

from fastapi import APIRouter

from pipeline.api.asking import Asking
from pipeline.callers import Caller
from pipeline.workers.retained import RetentionAnswer


class Retention(Protocol):
    """What the route asks (`pipeline.workers.retained.Retained`)."""

    def tell(self, caller: Caller) -> RetentionAnswer: ...


def retention_routes(retention: Retention) -> APIRouter:
    """`GET /retention`."""
    routes = APIRouter()

    @routes.get("/retention")
    def tell(caller: Asking) -> RetentionAnswer:
        """Of each collection how long and how much is kept, and what goes next."""
        return retention.tell(caller)

    return routes
