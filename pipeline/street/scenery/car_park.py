"""A car park: bays with cars on both sides of a lane; under the open sky or on a deck."""

import math

import numpy as np

from pipeline.street.mesh import Material, Pattern
from pipeline.street.scenery import props, surfaces
from pipeline.street.scenery.place import Place, Stand, Walk, both_ways, hang, is_for_tests
from pipeline.street.scenery.shapes import Shapes

Rng = np.random.Generator
_LONG_M = 26.0
_BAY_M = 2.6
_CLEAR_M = 6.0


def make_car_park(seed: int) -> Place:
    """The car park of a seed. Its lane runs along x, at y = 0."""
    rng, test = np.random.default_rng((5, seed)), is_for_tests(seed)
    shapes, deck = Shapes(), bool(rng.random() < 0.4)
    lane, edge = rng.uniform(2.8, 3.4), rng.uniform(8.3, 9.2)
    ground = (
        surfaces.asphalt(rng) if rng.random() < 0.6 else surfaces.outside_ground(rng, test=test)
    )
    if deck:
        ground = Material(surfaces.grey(rng, 0.2, 0.45), (0.1, 0.1, 0.1), Pattern.ASPHALT, 0.6, 0.1)
    shapes.ground(rng, (-_LONG_M, -edge - 3), (_LONG_M, edge + 3), ground, uneven=0.1)
    gaps = _bays(shapes, rng, lane)
    lamps = (
        _deck(shapes, rng, lane, edge, test=test) if deck else _open(shapes, rng, edge, test=test)
    )
    heights = (2.5, 2.8) if deck else (3.5, 7.0)
    cameras = (
        hang(rng, "car_park-1", (-13, lane - 0.3), (rng.uniform(-7.5, -4.5), 0), heights=heights),
        hang(
            rng,
            "car_park-2",
            (rng.uniform(-1, 3), edge if not deck else lane),
            (rng.uniform(0, 2), -1.5),
            heights=heights,
        ),
        hang(rng, "car_park-3", (15, -lane + 0.3), (rng.uniform(7.0, 10), 0), heights=heights),
    )
    walks, stands = _walks(rng, lane, gaps), _stands(rng, lane, gaps)
    return Place.cleared("car_park", seed, shapes.mesh(), cameras, walks, stands, deck, lamps)


def _bays(shapes: Shapes, rng: Rng, lane: float) -> list[tuple[float, float]]:
    """Painted bays, most with a car in them; returns the middles of empty ones, x and side."""
    white = Material((0.5, 0.5, 0.48), infrared=0.7)
    gaps: list[tuple[float, float]] = []
    for side in (-1.0, 1.0):
        lines = np.arange(-18.2, 18.3, _BAY_M)
        marks = np.c_[lines, np.full(len(lines), side * (lane + 2.5)), np.full(len(lines), 0.004)]
        shapes.boxes(marks, [0.1, 5.0, 0.008], white)
        for x in lines[:-1] + _BAY_M / 2:
            middle = float(x)
            if rng.random() < 0.6:
                turn = math.pi / 2 + math.pi * int(rng.random() < 0.5) + rng.normal(0, 0.02)
                props.car(shapes, rng, (middle + rng.normal(0, 0.1), side * (lane + 2.5)), turn)
            else:
                gaps.append((middle, side))
    arrows = [[x, 0, 0.004] for x in (-9.0, 0.0, 9.0)]
    shapes.boxes(arrows, [1.6, 0.15, 0.008], white)
    return gaps


def _deck(
    shapes: Shapes, rng: Rng, lane: float, edge: float, *, test: bool
) -> tuple[tuple[float, float, float], ...]:
    """Pillars, a low ceiling with tubes, and walls."""
    tall, concrete = (
        rng.uniform(2.9, 3.2),
        Material(surfaces.grey(rng, 0.25, 0.5), (0.12, 0.12, 0.12), Pattern.ASPHALT, 0.8),
    )
    pillars = [
        [x, side * (lane + 0.35), tall / 2]
        for x in np.arange(-16.9, 18, 2 * _BAY_M)
        for side in (-1, 1)
    ]
    band = surfaces.goods(rng)
    shapes.boxes(pillars, [0.4, 0.4, tall], concrete, base=0.7)
    low = [[x, y, 0.7] for x, y, _ in pillars]
    shapes.boxes(low, [0.42, 0.42, 0.5], Material(band.colour, infrared=band.infrared))
    ends = 2 * _LONG_M
    shapes.boxes([0, 0, tall + 0.1], [ends, 2 * edge + 2, 0.2], concrete)
    beams = [[x, 0, tall - 0.12] for x in np.arange(-18.2, 19, 2 * _BAY_M)]
    shapes.boxes(beams, [0.35, 2 * edge, 0.24], concrete)
    wall = surfaces.wall(rng, test=test, indoors=True)
    shapes.wall((_LONG_M, edge), (-_LONG_M, edge), tall, wall)
    shapes.wall((-_LONG_M, -edge), (_LONG_M, -edge), tall, wall)
    shapes.wall((-_LONG_M, edge), (-_LONG_M, -edge), tall, wall)
    shapes.wall((_LONG_M, -edge), (_LONG_M, edge), tall, wall)
    tubes = [[x, 0, tall - 0.28] for x in np.arange(-15.6, 17, 2 * _BAY_M)]
    shapes.boxes(tubes, [1.4, 0.14, 0.08], surfaces.shining(rng))
    return tuple((x, 0.0, tall - 0.4) for x in (-4.0, 4.0, -10.0, 10.0))


def _open(
    shapes: Shapes, rng: Rng, edge: float, *, test: bool
) -> tuple[tuple[float, float, float], ...]:
    """Hedges and trees around, houses behind, lamps between the bays."""
    far = 60.0
    grass = surfaces.leaves(rng)
    road = surfaces.asphalt(rng)
    shapes.ground(rng, (-far, -edge - 3), (-_LONG_M, edge + 3), road, z=-0.02)
    shapes.ground(rng, (_LONG_M, -edge - 3), (far, edge + 3), road, z=-0.02)
    for y0, y1 in ((-far, -edge - 3), (edge + 3, far)):
        shapes.ground(rng, (-far, y0), (far, y1), grass, uneven=0.15, z=-0.02)
    for side in (-1.0, 1.0):
        for x in np.arange(-24, 25, rng.uniform(3.5, 7)):
            at = float(x) + rng.normal(0, 0.6), side * (edge + rng.uniform(1.5, 5))
            if side < 0 or abs(at[0] - 1.0) > _CLEAR_M:  # a camera hangs there
                props.tree(shapes, rng, at)
        hedge = [[x, side * (edge + 0.6), 0.5] for x in np.arange(-20, 21, 2.0)]
        if rng.random() < 0.7:
            shapes.boxes(hedge, [2.0, 0.8, 1.0], surfaces.leaves(rng), base=0.5)
    for start, end in (
        ((40, 26), (-40, 26)),
        ((-40, -24), (40, -24)),
        ((-38, 26), (-38, -24)),
        ((38, -24), (38, 26)),
    ):
        shapes.wall(start, end, rng.uniform(7, 13), surfaces.facade(rng, test=test))
    if rng.random() < 0.6:
        props.sign(shapes, rng, (-6.0, edge - 0.4), math.pi / 2)
    spots = [(-7.8, edge - 0.5), (7.8, edge - 0.5), (0.0, -edge + 0.5)]
    return tuple(
        props.lamp_post(shapes, rng, at, -math.copysign(math.pi / 2, at[1])) for at in spots
    )


def _walks(rng: Rng, lane: float, gaps: list[tuple[float, float]]) -> tuple[Walk, ...]:
    walks: list[Walk] = []
    for y in (-lane + 0.9, 0.0, lane - 0.9):
        first, middle, last = y + rng.normal(0, 0.15, 3)
        walks.append(((-20.0, first), (0.0, middle), (20.0, last)))
    for x, side in gaps[:: max(1, len(gaps) // 6)]:
        enter = -20.0 if rng.random() < 0.5 else 20.0
        walks.append(((enter, 0.4), (x + rng.normal(0, 1.0), 0.3 * side), (x, side * (lane + 3.5))))
    return both_ways(walks)


def _stands(rng: Rng, lane: float, gaps: list[tuple[float, float]]) -> tuple[Stand, ...]:
    by_cars = tuple(
        (x, side * (lane + rng.uniform(0, 3)), rng.uniform(-3, 3)) for x, side in gaps[:6]
    )
    on_lane = tuple(
        (float(x), rng.uniform(-lane + 0.6, lane - 0.6), rng.uniform(-3, 3))
        for x in (-7, -3, 1, 5, 9)
    )
    return by_cars + on_lane
