"""A lobby: a hall with a desk, columns, lifts, seats and plants."""

import math

import numpy as np

from pipeline.street.mesh import Material
from pipeline.street.scenery import props, surfaces
from pipeline.street.scenery.place import Place, Stand, Walk, both_ways, hang, is_for_tests
from pipeline.street.scenery.room import ceiling, doorway, walls
from pipeline.street.scenery.shapes import Shapes

Rng = np.random.Generator


def make_lobby(seed: int) -> Place:
    """The lobby of a seed, its middle at 0, 0; the entrance is where y is least."""
    rng, test = np.random.default_rng((2, seed)), is_for_tests(seed)
    shapes = Shapes()
    wide, deep, tall = rng.uniform(13, 17), rng.uniform(11, 14), rng.uniform(3.6, 4.4)
    half_x, half_y = wide / 2, deep / 2
    shapes.ground(rng, (-half_x, -half_y), (half_x, half_y), surfaces.floor(rng, test=test))
    walls(shapes, rng, (half_x, half_y), tall, test=test)
    lamps = ceiling(shapes, rng, (half_x, half_y), tall)
    doors = [rng.uniform(-2.5, -1.0), rng.uniform(1.0, 2.5)]
    for x in doors:
        doorway(shapes, rng, (x, -half_y + 0.03), along_x=True, wide=1.8)
    _lifts(shapes, rng, half_x, half_y)
    _furniture(shapes, rng, half_x, half_y, tall)
    cameras = (
        hang(rng, "lobby-1", (-half_x + 0.4, half_y - 0.4), (-0.8, -0.8), heights=(2.7, 3.5)),
        hang(rng, "lobby-2", (half_x - 0.4, -half_y + 0.4), (1.2, 0.8), heights=(2.6, 3.4)),
        hang(
            rng,
            "lobby-3",
            (0.3, half_y - 0.4),
            (rng.uniform(-0.8, 0.8), half_y - rng.uniform(3.2, 4.6)),
            heights=(2.6, 3.2),
            person_px=(130, 270),
        ),
    )
    walks, stands = _walks(rng, half_x, half_y, doors), _stands(rng, half_y)
    return Place.cleared("lobby", seed, shapes.mesh(), cameras, walks, stands, True, lamps)


def _lifts(shapes: Shapes, rng: Rng, half_x: float, half_y: float) -> None:
    metal, frame = surfaces.metal(rng), surfaces.paint(rng, gloss=0.2)
    for x in (-1.6, 0.4, 2.4):
        shapes.boxes([x, half_y - 0.03, 1.1], [1.4, 0.08, 2.3], frame)
        leaves = [[x - 0.28, half_y - 0.07, 1.08], [x + 0.28, half_y - 0.07, 1.08]]
        shapes.boxes(leaves, [0.53, 0.06, 2.1], metal)
    for x in (-half_x + 2.4, half_x - 2.6):
        size = rng.uniform(1.0, 2.2), rng.uniform(0.8, 1.4)
        props.picture(shapes, rng, (x, half_y - 0.03, 1.7), size, along_x=True)
    for y in (-half_y / 2, half_y / 3):
        size = rng.uniform(0.8, 2.5), rng.uniform(0.7, 1.3)
        props.picture(shapes, rng, (half_x - 0.03, y, 1.7), size, along_x=False)


def _furniture(shapes: Shapes, rng: Rng, half_x: float, half_y: float, tall: float) -> None:
    desk = half_x - 1.6, rng.uniform(1.0, half_y - 2.4)
    props.counter(shapes, rng, desk, (0.8, rng.uniform(2.2, 3.5)))
    stone = surfaces.wall(rng, test=False, indoors=True)
    radius = rng.uniform(0.18, 0.32)
    columns = [[x, y, 0.0] for x in (-3.4, 3.4) for y in (-2.6, 2.4)]
    shapes.posts(columns, radius, tall, stone, sides=14)
    for y in (-2.6, -0.6):
        if rng.random() < 0.8:
            props.sofa(shapes, rng, (-half_x + 1.0, y), 0.0)
    if rng.random() < 0.6:
        table = [-half_x + 2.1, -1.6, 0.2]
        shapes.boxes(table, [0.6, 1.2, 0.4], surfaces.wood(rng), base=0.6)
    corners = [(half_x - 0.7, half_y - 0.7), (-half_x + 0.7, -half_y + 0.9), (3.4, -half_y + 0.6)]
    for spot in corners:
        if rng.random() < 0.8:
            props.plant(shapes, rng, spot)
    _middle(shapes, rng, half_y)
    if rng.random() < 0.5:
        props.bin_(shapes, rng, (3.7, half_y - 0.5))


def _middle(shapes: Shapes, rng: Rng, half_y: float) -> None:
    """A rug at the entrance, and gates."""
    if rng.random() < 0.6:
        size = rng.uniform(2.0, 4.0, 2)
        rug = Material(surfaces.goods(rng).colour, infrared=0.5)
        shapes.boxes([0, -half_y + 2.0, 0.004], [size[0], size[1] / 2, 0.008], rug)
    if rng.random() < 0.5:
        gates = [[x, -1.2, 0.5] for x in (-1.5, 0.0, 1.5)]
        shapes.boxes(gates, [0.25, 1.1, 1.0], surfaces.metal(rng), base=0.7)


def _walks(rng: Rng, half_x: float, half_y: float, doors: list[float]) -> tuple[Walk, ...]:
    lift_y, walks = half_y - 0.8, list[Walk]()
    for door in doors:
        for lift in (-1.6, 0.4, 2.4):
            middle = 0.75 * (1 if lift > 0 else -1), rng.uniform(-1.5, 1.0)
            walks.append(((door, -half_y + 0.7), (middle[0], -2.0), middle, (lift, lift_y)))
        walks.append(((door, -half_y + 0.7), (0.75, -1.2), (half_x - 2.6, half_y / 3)))
    walks.append(((-half_x + 1.9, 0.6), (-2.2, 1.0), (-1.6, lift_y)))
    return both_ways(walks)


def _stands(rng: Rng, half_y: float) -> tuple[Stand, ...]:
    spots = [
        (-1.6, half_y - 1.4),
        (0.4, half_y - 1.5),
        (2.2, 0.4),
        (-2.0, -1.4),
        (1.8, -2.4),
        (-4.2, 1.0),
    ]
    return tuple((x, y, rng.uniform(-math.pi, math.pi)) for x, y in spots)
