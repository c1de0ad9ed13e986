"""Collections over HTTP: what they hold, and their end."""

from collections.abc import Collection
from typing import Protocol

from fastapi import APIRouter

from pipeline.answers import CollectionAnswer, RemovedAnswer
from pipeline.api.asking import Asking
from pipeline.api.paging import Paging
from pipeline.api.sight import shelf_of


class Collections(Protocol):
    """What the routes ask (`pipeline.workers.collecting.Collections`)."""

    def collections(self, among: Collection[str] | None = None) -> list[CollectionAnswer]:
        """Every collection, or what these cameras have in each."""
        ...

    def remove_collection(self, name: str) -> RemovedAnswer:
        """Forget a collection."""
        ...


def collection_routes(collections: Collections) -> APIRouter:
    """The routes under `/collections`."""
    routes = APIRouter()

    @routes.get("/collections")
    def list_collections(asking: Asking, paging: Paging) -> list[CollectionAnswer]:
        """Collections by name, a page at a time, with what the caller may see of each."""
        found = shelf_of(asking, collections.collections(among=asking.cameras))
        return paging.cut(found, lambda one: [one.collection])

    @routes.delete("/collections/{name}")
    def remove_collection(name: str) -> RemovedAnswer:
        """Forget a collection: pictures, tracks, runs, and all that can be found of it."""
        return collections.remove_collection(name)

    return routes
