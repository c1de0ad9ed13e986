"""Travel times between cameras over HTTP: what was learnt, and learning now."""

from typing import Protocol

from fastapi import APIRouter

from pipeline.api.asking import Asking
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
    def learnt(asking: Asking) -> list[TravelAnswer]:
        """How long people took between cameras, by pair; counts only, of nobody in particular."""
        return travel_of(asking, travel.learnt())

    @routes.post("/travel/learn")
    def learn(asking: Asking) -> list[TravelAnswer]:
        """Learn now from all days that are over, as is done once an hour; then what is known."""
        travel.learn()
        return travel_of(asking, travel.learnt())

    return routes
