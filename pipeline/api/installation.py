"""The installation itself over HTTP: how it does, and which models it has."""

from collections.abc import Callable

from fastapi import APIRouter

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
    def list_models() -> list[KnownModelAnswer]:
        """Every known model, installed or not."""
        return models()

    return routes
