"""Things that stand about in places: cars, trees, benches, shelves, counters, signs, lamps."""

import math
from collections.abc import Sequence

import numpy as np

from pipeline.street.mesh import Material, Pattern
from pipeline.street.scenery import surfaces
from pipeline.street.scenery.shapes import Shapes

Rng = np.random.Generator
Spot = tuple[float, float]
_RUBBER = Material((0.02, 0.02, 0.02), infrared=0.1)
_DARK = Material((0.03, 0.03, 0.03), gloss=0.3, infrared=0.2)
_RED_LAMP = Material((0.35, 0.02, 0.02), glow=0.3, gloss=0.3)


def _placed(
    at: Spot, turn: float, offsets: Sequence[tuple[float, float, float]]
) -> list[list[float]]:
    """Offsets of a thing, turned with it."""
    cos, sin = math.cos(turn), math.sin(turn)
    return [[at[0] + x * cos - y * sin, at[1] + x * sin + y * cos, z] for x, y, z in offsets]


def car(shapes: Shapes, rng: Rng, at: Spot, turn: float) -> None:
    """A parked car, about 4.3 m long, its nose towards `turn`; or a van."""
    body, van = surfaces.paint(rng), rng.random() < 0.2
    long, wide, tall = rng.uniform(3.9, 4.7), rng.uniform(1.7, 1.85), rng.uniform(0.62, 0.75)
    waist = 0.28 + tall
    roof = rng.uniform(0.9, 1.2) if van else rng.uniform(0.48, 0.6)
    shapes.boxes(
        _placed(at, turn, [(0, 0, 0.28 + tall / 2)]), [long, wide, tall], body, turn=turn, base=0.5
    )
    back, front = (-long / 2 + 0.05, 0.28 * long) if van else (-0.36 * long, 0.2 * long)
    _cabin(shapes, at, turn, (back, front, wide), (waist, waist + roof), body, surfaces.glass(rng))
    wheels = [(x, y, 0.32) for x in (-0.3 * long, 0.31 * long) for y in (-wide / 2, wide / 2)]
    shapes.boxes(_placed(at, turn, wheels), [0.62, 0.16, 0.6], _RUBBER, turn=turn)
    shapes.boxes(
        _placed(at, turn, [(0, 0, 0.2)]), [long * 0.96, wide * 0.94, 0.3], _DARK, turn=turn
    )
    lights = [(long / 2, y, waist - 0.25) for y in (-0.33 * wide, 0.33 * wide)]
    shapes.boxes(_placed(at, turn, lights), [0.04, 0.35, 0.14], surfaces.metal(rng), turn=turn)
    tails = [(-long / 2, y, waist - 0.22) for y in (-0.36 * wide, 0.36 * wide)]
    shapes.boxes(_placed(at, turn, tails), [0.04, 0.28, 0.18], _RED_LAMP, turn=turn)


def _cabin(
    shapes: Shapes, at: Spot, turn: float, span: tuple[float, float, float],
    levels: tuple[float, float], body: Material, panes: Material,
) -> None:  # fmt: skip
    """Sloping panes under a roof: `span` is back, front and width; `levels` waist and roof."""
    (back, front, wide), (waist, roof) = span, levels
    side, top = wide / 2 - 0.03, wide / 2 - 0.16
    low = [(back, -side, waist), (front, -side, waist), (front, side, waist), (back, side, waist)]
    high = [
        (back + 0.25, -top, roof),
        (front - 0.55, -top, roof),
        (front - 0.55, top, roof),
        (back + 0.25, top, roof),
    ]
    a, b = _placed(at, turn, low), _placed(at, turn, high)
    sides = [[a[i], a[(i + 1) % 4], b[(i + 1) % 4], b[i]] for i in range(4)]
    shapes.quads(sides, panes)
    shapes.quads([b], body)


def tree(shapes: Shapes, rng: Rng, at: Spot) -> None:
    """A street tree, 4 to 7 m."""
    trunk, crown = rng.uniform(1.9, 2.8), rng.uniform(1.0, 1.9)
    shapes.posts([*at, 0], rng.uniform(0.09, 0.18), trunk + 0.6, surfaces.wood(rng), sides=7)
    leaves = surfaces.leaves(rng)
    for _ in range(3):
        off = rng.normal(0, 0.45, 3)
        centre = [at[0] + off[0], at[1] + off[1], trunk + crown + off[2]]
        shapes.blob(rng, centre, [crown * 0.8, crown * 0.8, crown], leaves)


def plant(shapes: Shapes, rng: Rng, at: Spot) -> None:
    """A plant in a pot."""
    shapes.posts([*at, 0], 0.2, 0.45, surfaces.goods(rng), top=0.27, sides=9)
    tall = rng.uniform(0.3, 0.7)
    shapes.blob(rng, [*at, 0.45 + tall * 0.8], [0.38, 0.38, tall], surfaces.leaves(rng), rough=0.3)


def lamp_post(shapes: Shapes, rng: Rng, at: Spot, towards: float) -> tuple[float, float, float]:
    """A street lamp; returns where its light is."""
    tall = rng.uniform(4.8, 6.2)
    shapes.posts([*at, 0], 0.07, tall, surfaces.metal(rng), top=0.04, sides=8)
    head = _placed(at, towards, [(0.6, 0, tall)])
    shapes.boxes(
        _placed(at, towards, [(0.3, 0, tall)]), [0.7, 0.06, 0.06], surfaces.metal(rng), turn=towards
    )
    shapes.boxes(head, [0.5, 0.22, 0.1], surfaces.shining(rng, warm=True), turn=towards)
    x, y, z = head[0]
    return x, y, z - 0.2


def bench(shapes: Shapes, rng: Rng, at: Spot, turn: float) -> None:
    """A bench 1.7 m long; one sits on it facing `turn`."""
    seat, legs = (
        surfaces.wood(rng) if rng.random() < 0.6 else surfaces.metal(rng),
        surfaces.metal(rng),
    )
    shapes.boxes(_placed(at, turn, [(0, 0, 0.44)]), [0.45, 1.7, 0.06], seat, turn=turn)
    shapes.boxes(_placed(at, turn, [(-0.22, 0, 0.7)]), [0.05, 1.7, 0.3], seat, turn=turn)
    shapes.boxes(
        _placed(at, turn, [(0, -0.7, 0.21), (0, 0.7, 0.21)]), [0.4, 0.06, 0.42], legs, turn=turn
    )


def bin_(shapes: Shapes, rng: Rng, at: Spot) -> None:
    """A litter bin."""
    if rng.random() < 0.5:
        shapes.posts([*at, 0], 0.24, rng.uniform(0.8, 1.0), surfaces.metal(rng), sides=10)
    else:
        shapes.boxes([*at, 0.5], [0.5, 0.5, 1.0], surfaces.paint(rng, gloss=0.1), base=0.7)


def bollards(shapes: Shapes, rng: Rng, spots: Sequence[Spot]) -> None:
    """A row of posts a metre high."""
    metal = surfaces.metal(rng)
    shapes.posts(
        [[x, y, 0] for x, y in spots],
        rng.uniform(0.06, 0.12),
        rng.uniform(0.7, 1.0),
        metal,
        sides=8,
    )


def sign(shapes: Shapes, rng: Rng, at: Spot, turn: float) -> None:
    """A board on a post, or one that stands on the pavement."""
    if rng.random() < 0.5:
        shapes.posts([*at, 0], 0.035, 2.6, surfaces.metal(rng), sides=6)
        shapes.boxes([*at, 2.3], [0.04, 0.6, 0.6], surfaces.goods(rng), turn=turn)
    else:
        shapes.boxes([*at, 0.5], [0.3, 0.6, 1.0], surfaces.goods(rng), turn=turn)


def shelf(shapes: Shapes, rng: Rng, at: Spot, long: float, *, tall: float) -> None:
    """A double row of shelves along x, 0.8 m deep, full of goods."""
    frame, boards = surfaces.metal(rng), max(2, round(tall / 0.42))
    levels = np.linspace(0.12, tall - 0.3, boards)
    shapes.boxes([*at, tall / 2], [long, 0.06, tall], frame)
    shapes.boxes([[*at, z] for z in levels], [long, 0.8, 0.04], frame)
    kinds = [surfaces.goods(rng) for _ in range(14)]
    centres, sizes, materials = [], [], []
    for z in levels:
        for side in (-0.22, 0.22):
            x, kind = -long / 2 + 0.1, rng.integers(14)
            while x < long / 2 - 0.25:
                wide, high = rng.uniform(0.18, 0.45), rng.uniform(0.14, 0.34)
                if rng.random() < 0.92:
                    centres.append([at[0] + x + wide / 2, at[1] + side, z + 0.02 + high / 2])
                    sizes.append([wide * 0.94, rng.uniform(0.25, 0.34), high])
                    materials.append(kinds[kind])
                x, kind = x + wide, kind if rng.random() < 0.45 else rng.integers(14)
    shapes.boxes(centres, sizes, materials, base=0.8)


def counter(
    shapes: Shapes, rng: Rng, at: Spot, size: tuple[float, float], *, tall: float = 1.05
) -> None:
    """A desk or a till, with a screen on it."""
    front, top = surfaces.wall(rng, test=False, indoors=True), surfaces.wood(rng)
    shapes.boxes([*at, tall / 2], [*size, tall], front, base=0.7)
    shapes.boxes([*at, tall], [size[0] + 0.1, size[1] + 0.1, 0.05], top)
    shapes.boxes([at[0] + size[0] * 0.2, at[1], tall + 0.28], [0.45, 0.06, 0.32], _DARK)


def sofa(shapes: Shapes, rng: Rng, at: Spot, turn: float) -> None:
    """A sofa of two seats that faces `turn`."""
    cloth = surfaces.goods(rng) if rng.random() < 0.4 else surfaces.paint(rng, gloss=0.05)
    shapes.boxes(_placed(at, turn, [(0, 0, 0.22)]), [0.8, 1.7, 0.44], cloth, turn=turn, base=0.6)
    shapes.boxes(_placed(at, turn, [(-0.32, 0, 0.6)]), [0.18, 1.7, 0.5], cloth, turn=turn)
    shapes.boxes(
        _placed(at, turn, [(0, -0.8, 0.5), (0, 0.8, 0.5)]), [0.8, 0.16, 0.3], cloth, turn=turn
    )


def picture(
    shapes: Shapes,
    rng: Rng,
    at: tuple[float, float, float],
    size: tuple[float, float],
    *,
    along_x: bool,
) -> None:
    """A poster or screen flat on a wall that runs along x, or along y."""
    wide, high = size
    glowing = rng.random() < 0.25
    surface = surfaces.goods(rng)
    if glowing:
        surface = Material(
            surface.colour, surface.second, Pattern.TILES, 1.5, glow=0.8, infrared=0.4
        )
    shapes.boxes([*at], [wide, 0.05, high] if along_x else [0.05, wide, high], surface)
