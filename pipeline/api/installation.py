"""The installation itself over HTTP: how it does, and which models it has."""

from collections.abc import Callable

from fastapi import APIRouter

from pipeline.api.paging import Paging
from pipeline.system_answers import KnownModelAnswer, SystemAnswer

System = Callable[[], SystemAnswer]
Models = Callable[[], list[KnownModelAnswer]]


def installation_routes(system: System, models: Models) -> APIRouter:
    """`GET /system` and `GET /models`."""
    routes = APIRouter()

    @routes.get("/system")
    def how_it_does() -> SystemAnswer:
        """Queues, index, disk and GPUs, as they are now."""
        return system()

    @routes.get("/models")
    def list_models(paging: Paging) -> list[KnownModelAnswer]:
        """Known models by name, installed or not, a page at a time."""
        return paging.cut(models(), lambda model: [model.name])

    return routes
