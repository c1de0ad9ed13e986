"""Who goes where: journeys that lead people from camera to camera."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.street.camera import Camera
from pipeline.street.footage.crowd import Leg, Pause
from pipeline.street.footage.walking import Route
from pipeline.street.rendering.sighting import might_see
from pipeline.street.scenery.place import Place

_SPEED_M_S, _SPEED_SPREAD = 1.25, 0.14
#: Seconds between two legs, and how far somebody may keep from the line of a walk.
_GAP_S, _ASIDE_M = (1.5, 7.0), 0.8
_IN_PAIRS, _PAUSES, _PHONES = 0.2, 0.3, 0.1
#: What people do when they stop, and how fast they turn about, once round at most.
_STOPS = {"standing": 0.5, "phoning": 0.3, "turning": 0.2}
_TURNING_RAD_S = 1.4
#: Share of the time in which newcomers come; the first are on their way when it begins.
_FIRST, _LAST = -0.15, 0.7
_MOST_LEGS = 40
#: A walk counts for a camera from where it sees so much of it, and no farther away than this.
_LEAST_SEEN_M, _FARTHEST_M = 3.0, 28.0


@dataclass(frozen=True, slots=True)
class SeenWalk:
    """A walk that a camera sees.

    Attributes:
        place: index of the place.
        route: the walk.
        seen_m: metres of it in view.
    """

    place: int
    route: Route
    seen_m: float


def seen_walks(place: Place, number: int, camera: Camera) -> list[SeenWalk]:
    """The walks of a place, number `number`, that a camera sees; the best one at least."""
    found = []
    for walk in place.walks:
        route = Route(walk)
        spots = [route.at(metres) for metres in np.arange(0.0, route.length_m, 0.5)]
        seen = sum(
            math.dist((x, y), camera.eye[:2]) < _FARTHEST_M
            and might_see(camera, x, y, margin_m=-0.1)
            for x, y, _ in spots
        )
        found.append(SeenWalk(number, route, 0.5 * seen))
    best = max(found, key=lambda one: one.seen_m)
    return [one for one in found if one.seen_m >= _LEAST_SEEN_M] or [best]


def plan_legs(
    rng: np.random.Generator, walks: Sequence[Sequence[SeenWalk]], people: int, seconds: float,
    *, visits: int | None = None,
) -> list[Leg]:  # fmt: skip
    """The legs of everybody, each past another camera than the last where there is one.

    Newcomers come as a Poisson process does, given how many there are in all; some come in pairs.

    Args:
        rng: draws everything.
        walks: those that each camera sees.
        people: how many.
        seconds: how long the story is.
        visits: legs of each journey; None for as many as fit.
    """
    most = _MOST_LEGS if visits is None else min(visits, _MOST_LEGS)
    arrives_s = np.sort(rng.uniform(_FIRST * seconds, _LAST * seconds, people))
    legs: list[Leg] = []
    person = 0
    while person < people:
        journey = _journey(rng, walks, person, float(arrives_s[person]), seconds, most)
        legs += journey
        person += 1
        if person < people and rng.random() < _IN_PAIRS:
            legs += [_companion(leg, person) for leg in journey]
            person += 1
    return legs


def _companion(leg: Leg, person: int) -> Leg:
    aside = leg.aside_m - math.copysign(0.7, leg.aside_m)
    return replace(leg, person=person, aside_m=aside, beside=leg.person)


def _journey(
    rng: np.random.Generator, walks: Sequence[Sequence[SeenWalk]], person: int,
    arrives_s: float, seconds: float, most: int,
) -> list[Leg]:  # fmt: skip
    speed = float(np.clip(rng.normal(_SPEED_M_S, _SPEED_SPREAD), 0.8, 1.8))
    activity = "phoning" if rng.random() < _PHONES else "walking"
    legs: list[Leg] = []
    at_s, camera, last = arrives_s, -1, None
    while at_s < seconds and len(legs) < most:
        others = [number for number in range(len(walks)) if number != camera]
        camera = int(rng.choice(others or [camera]))
        walk = _choose(rng, walks[camera])
        gap_s = rng.uniform(*_GAP_S)
        if last is not None and last.place == walk.place:
            gap_s += math.dist(last.route.corners[-1], walk.route.corners[0]) / (1.3 * speed)
        pauses = _pauses(rng, walk.route)
        aside = float(np.clip(rng.normal(0, 0.4), -_ASIDE_M, _ASIDE_M))
        legs.append(
            Leg(person, walk.place, walk.route, arrives_s, float(gap_s) if legs else 0.0, speed,
                aside, pauses, activity)
        )  # fmt: skip
        at_s += gap_s + walk.route.length_m / speed + sum(one.seconds for one in pauses)
        last = walk
    return legs


def _choose(rng: np.random.Generator, walks: Sequence[SeenWalk]) -> SeenWalk:
    weights = np.array([one.seen_m + 0.1 for one in walks])
    return walks[int(rng.choice(len(walks), p=weights / weights.sum()))]


def _pauses(rng: np.random.Generator, route: Route) -> tuple[Pause, ...]:
    if rng.random() >= _PAUSES or route.length_m < 4:
        return ()
    activity = str(rng.choice(list(_STOPS), p=list(_STOPS.values())))
    at_m = float(rng.uniform(0.25, 0.75)) * route.length_m
    seconds, turn = float(rng.uniform(1.5, 6.0)), float(rng.normal(0, 1.0))
    if activity == "turning":
        turn = math.copysign(min(_TURNING_RAD_S * seconds, 2 * math.pi), turn)
    return (Pause(at_m, seconds, turn, activity),)
