"""A shop: shelves full of goods, aisles between them, tills and a door."""

import math

import numpy as np

from pipeline.street.mesh import Material
from pipeline.street.scenery import props, surfaces
from pipeline.street.scenery.place import Place, Stand, Walk, both_ways, hang, is_for_tests
from pipeline.street.scenery.room import ceiling, doorway, walls
from pipeline.street.scenery.shapes import Shapes

Rng = np.random.Generator


def make_shop(seed: int) -> Place:
    """The shop of a seed, its middle at 0, 0; aisles run along x, from the tills at its least."""
    rng, test = np.random.default_rng((4, seed)), is_for_tests(seed)
    shapes = Shapes()
    half_x, tall = rng.uniform(7.0, 8.5), rng.uniform(3.1, 3.7)
    rows = int(rng.integers(2, 4))
    gap = rng.uniform(2.5, 3.0)
    half_y = gap * (rows + 1) / 2 + 0.4
    shapes.ground(rng, (-half_x, -half_y), (half_x, half_y), surfaces.floor(rng, test=test))
    walls(shapes, rng, (half_x, half_y), tall, test=test)
    lamps = ceiling(shapes, rng, (half_x, half_y), tall)
    shelves = [gap * (row - (rows - 1) / 2) for row in range(rows)]
    span = -half_x + 4.6, half_x - 2.4
    for y in shelves:
        middle, long = (span[0] + span[1]) / 2, span[1] - span[0]
        props.shelf(shapes, rng, (middle, y), long, tall=rng.uniform(1.25, 1.75))
    _sides(shapes, rng, half_x, half_y)
    door = rng.uniform(-half_y + 1.6, half_y - 1.6)
    doorway(shapes, rng, (-half_x + 0.03, door), along_x=False, wide=1.8)
    _front(shapes, rng, half_x, door, half_y)
    aisles = [gap * (row - rows / 2) for row in range(rows + 1)]
    cameras = (
        hang(
            rng,
            "shop-1",
            (-half_x + 0.4, half_y - 0.4),
            (-half_x + 3.6, -0.6),
            heights=(2.6, 3.0),
            person_px=(110, 260),
        ),
        hang(
            rng,
            "shop-2",
            (half_x - 0.4, aisles[1] + 0.3),
            (span[1] - 2.6, aisles[1]),
            heights=(2.6, 3.0),
            person_px=(95, 230),
        ),
        hang(
            rng,
            "shop-3",
            (half_x - 0.4, -half_y + 0.4),
            (span[1] - 2.8, aisles[0]),
            heights=(2.6, 3.0),
            person_px=(95, 230),
        ),
    )
    walks = _walks(rng, (-half_x, span[0], half_x), door, aisles)
    stands = _stands(rng, span, half_x, aisles)
    return Place.cleared("shop", seed, shapes.mesh(), cameras, walks, stands, True, lamps)


def _sides(shapes: Shapes, rng: Rng, half_x: float, half_y: float) -> None:
    """Fridges or shelves along the back wall and one side."""
    fridge = rng.random() < 0.6
    long = 2 * half_x - 7.0
    if fridge:
        cold = Material((0.5, 0.6, 0.7), (0.2, 0.2, 0.25), glow=0.7, gloss=0.4, infrared=0.3)
        shapes.boxes([1.6, half_y - 0.25, 1.0], [long, 0.4, 2.0], surfaces.metal(rng))
        doors = [
            [x, half_y - 0.46, 1.05] for x in np.arange(1.6 - long / 2 + 0.4, 1.6 + long / 2, 0.8)
        ]
        shapes.boxes(doors, [0.7, 0.04, 1.75], cold)
    else:
        props.shelf(shapes, rng, (1.6, half_y - 0.2), long, tall=2.0)
    props.shelf(shapes, rng, (1.6, -half_y + 0.2), long, tall=rng.uniform(1.6, 2.1))


def _front(shapes: Shapes, rng: Rng, half_x: float, door: float, half_y: float) -> None:
    """Tills, baskets, a stand of offers, posters."""
    for y in np.arange(-half_y + 1.2, half_y - 0.6, 2.4):
        if abs(y - door) > 1.5:
            props.counter(shapes, rng, (-half_x + 2.0, float(y)), (0.7, 1.5), tall=0.95)
    if rng.random() < 0.7:
        at = [-half_x + 0.7, door + (1.7 if door < 0 else -1.7)]
        stand = [[*at, z] for z in (0.25, 0.6)]
        shapes.boxes(stand, [[0.8, 0.8, 0.5], [0.55, 0.55, 0.3]], surfaces.goods(rng))
    for y in (-half_y / 2, half_y / 2):
        props.picture(shapes, rng, (half_x - 0.04, y, 2.3), (1.6, 0.7), along_x=False)
    hung = [[x, 0.0, 2.75] for x in (-1.5, 2.0)]
    shapes.boxes(hung, [0.04, 1.1, 0.35], surfaces.goods(rng))


def _walks(
    rng: Rng, x: tuple[float, float, float], door: float, aisles: list[float]
) -> tuple[Walk, ...]:
    """From the door up one aisle and back down another."""
    least, shelves, most = x
    enter, front, back = least + 0.5, shelves - 0.75, most - 1.3
    walks: list[Walk] = []
    for up, down in zip(aisles, [*aisles[1:], aisles[0]], strict=True):
        first, second = up + rng.normal(0, 0.08), down + rng.normal(0, 0.08)
        walks.append((
            (enter, door), (front, door), (front, first), (back, first),
            (back, second), (front, second), (front, door), (enter, door),
        ))  # fmt: skip
        walks.append(((enter, door), (front, door), (front, first), (back - 3.0, first)))
    return both_ways(walks)


def _stands(
    rng: Rng, span: tuple[float, float], half_x: float, aisles: list[float]
) -> tuple[Stand, ...]:
    stands = [
        (
            rng.uniform(span[0] + 0.5, span[1] - 0.5),
            aisle + rng.uniform(-0.3, 0.3),
            side * math.pi / 2,
        )
        for aisle in aisles
        for side in (-1, 1)
    ]
    tills = [(-half_x + 2.9, rng.uniform(-1.5, 1.5), math.pi) for _ in range(2)]
    return (*stands, *tills)
