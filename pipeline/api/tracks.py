"""One track by its name."""

from typing import Protocol

from fastapi import APIRouter

from pipeline.answers import TrackAnswer
from pipeline.api.asking import Asking
from pipeline.api.sight import refuse_unseen


class KnownTracks(Protocol):
    """What the route asks (`pipeline.workers.catalogue.Catalogue`)."""

    def track(self, name: str) -> TrackAnswer:
        """The track of that name."""
        ...


def track_routes(known: KnownTracks) -> APIRouter:
    """`GET /tracks/{key}`; it goes behind the longer paths that begin in the same way."""
    routes = APIRouter()

    @routes.get("/tracks/{key:path}")
    def track(key: str, asking: Asking) -> TrackAnswer:
        """What is known of a track: when and where it was seen, and its best picture."""
        refuse_unseen(asking, key)
        return known.track(key)

    return routes
