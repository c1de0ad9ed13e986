"""The places of the street, by name: each is built from a seed, the same every time."""

from collections.abc import Callable, Mapping

from pipeline.street.scenery.car_park import make_car_park
from pipeline.street.scenery.lobby import make_lobby
from pipeline.street.scenery.park import make_park
from pipeline.street.scenery.place import TEST_EVERY, TEST_REST, Place, Stand, Walk, is_for_tests
from pipeline.street.scenery.platform import make_platform
from pipeline.street.scenery.shop import make_shop
from pipeline.street.scenery.street import make_street

__all__ = [
    "PLACES",
    "TEST_EVERY",
    "TEST_REST",
    "Place",
    "PlaceMaker",
    "Stand",
    "Walk",
    "is_for_tests",
]

PlaceMaker = Callable[[int], Place]

PLACES: Mapping[str, PlaceMaker] = {
    "street": make_street,
    "lobby": make_lobby,
    "platform": make_platform,
    "shop": make_shop,
    "car_park": make_car_park,
    "park": make_park,
}
"""Makers by name; each takes a seed of 0 or more."""
