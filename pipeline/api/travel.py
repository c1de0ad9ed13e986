"""Travel times between cameras over HTTP: what was learnt, and learning now."""

from typing import Protocol

from fastapi import APIRouter

from pipeline.api.asking import Asking
from pipeline.api.paging import Paging
from pipeline.api.sight import travel_of
from pipeline.journey_answers import TravelAnswer


class Travel(Protocol):
    """What the routes ask (`pipeline.workers.travelling.Travelling`)."""

    def learn(self) -> int:
        """Learn from days that are over."""
        ...

    def learnt(self) -> list[TravelAnswer]:
        """What is known."""
        ...


def travel_routes(travel: Travel) -> APIRouter:
    """The routes under `/travel`."""
    routes = APIRouter()

    @routes.get("/travel")
    def learnt(asking: Asking, paging: Paging) -> list[TravelAnswer]:
        """How long people took between cameras, by pair, a page at a time; counts, of nobody."""
        found = travel_of(asking, travel.learnt())
        return paging.cut(found, lambda one: [one.from_camera, one.to_camera], (str, str))

    @routes.post("/travel/learn")
    def learn(asking: Asking) -> list[TravelAnswer]:
        """Learn now from all days that are over, as is done once an hour; then what is known."""
        travel.learn()
        return travel_of(asking, travel.learnt())

    return routes
