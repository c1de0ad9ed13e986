"""Held tracks over HTTP."""

from typing import Protocol

from fastapi import APIRouter

from pipeline.api.paging import Paging
from pipeline.hold_answers import HoldAnswer


class Holds(Protocol):
    """What the routes ask (`pipeline.workers.holding.Holding`)."""

    def holds(self) -> list[HoldAnswer]:
        """Every held track."""
        ...

    def hold(self, name: str) -> HoldAnswer:
        """Hold a track."""
        ...

    def release(self, name: str) -> HoldAnswer:
        """Hold it no longer."""
        ...


def hold_routes(holds: Holds) -> APIRouter:
    """The routes under `/holds`."""
    routes = APIRouter()

    @routes.get("/holds")
    def list_holds(paging: Paging) -> list[HoldAnswer]:
        """Held tracks by name, a page at a time, with where their pictures lie."""
        return paging.cut(holds.holds(), lambda held: [held.track])

    @routes.put("/holds/{track:path}")
    def hold(track: str) -> HoldAnswer:
        """Keep a track past retention, and refuse to erase it."""
        return holds.hold(track)

    @routes.delete("/holds/{track:path}")
    def release(track: str) -> HoldAnswer:
        """Hold a track no longer, and delete its copy."""
        return holds.release(track)

    return routes
