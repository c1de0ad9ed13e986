"""The erasure of tracks over HTTP, and how far it is."""

from collections.abc import Sequence
from typing import Protocol

from fastapi import APIRouter

from pipeline.answers import ErasedAnswer, EraseRequest, ErasingAnswer


class Erasing(Protocol):
    """What the routes ask (`pipeline.workers.erasing.Erasing`)."""

    def erase(self, names: Sequence[str]) -> ErasedAnswer:
        """Erase tracks."""
        ...

    def erasing(self) -> ErasingAnswer:
        """How far that is."""
        ...


def erasure_routes(erasing: Erasing) -> APIRouter:
    """The routes under `/erasures`."""
    routes = APIRouter()

    @routes.post("/erasures")
    def erase(request: EraseRequest) -> ErasedAnswer:
        """Erase tracks for good, and search the data folder for what is left of them."""
        return erasing.erase(request.tracks)

    @routes.get("/erasures")
    def at_work() -> ErasingAnswer:
        """How far the erasure is that is at work."""
        return erasing.erasing()

    return routes
