"""What is kept and for how long, over HTTP."""

from typing import Protocol

from fastapi import APIRouter

from pipeline.api.asking import Asking
from pipeline.api.paging import Paging
from pipeline.callers import Caller
from pipeline.workers.retained import RetentionAnswer


class Retention(Protocol):
    """What the route asks (`pipeline.workers.retained.Retained`)."""

    def tell(self, caller: Caller) -> RetentionAnswer: ...


def retention_routes(retention: Retention) -> APIRouter:
    """`GET /retention`."""
    routes = APIRouter()

    @routes.get("/retention")
    def tell(caller: Asking, paging: Paging) -> RetentionAnswer:
        """How long and how much is kept of collections, by name, a page at a time; what is next."""
        told = retention.tell(caller)
        page = paging.cut(told.collections, lambda one: [one.collection])
        return told.model_copy(update={"collections": page})

    return routes
