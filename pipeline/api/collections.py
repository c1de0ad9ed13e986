"""Collections over HTTP: what they hold, and their end."""

from typing import Protocol

from fastapi import APIRouter

from pipeline.answers import CollectionAnswer, RemovedAnswer


class Collections(Protocol):
    """What the routes ask (`pipeline.workers.collecting.Collections`)."""

    def collections(self) -> list[CollectionAnswer]:
        """Every collection."""
        ...

    def remove_collection(self, name: str) -> RemovedAnswer:
        """Forget a collection."""
        ...


def collection_routes(collections: Collections) -> APIRouter:
    """The routes under `/collections`."""
    routes = APIRouter()

    @routes.get("/collections")
    def list_collections() -> list[CollectionAnswer]:
        """Every collection, with what it holds."""
        return collections.collections()

    @routes.delete("/collections/{name}")
    def remove_collection(name: str) -> RemovedAnswer:
        """Forget a collection: pictures, tracks, runs, and all that can be found of it."""
        return collections.remove_collection(name)

    return routes
