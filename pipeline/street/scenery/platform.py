"""A platform: tracks, perhaps a train, columns, benches; open to the sky or below ground."""

import math

import numpy as np

from pipeline.street.mesh import Material, Pattern
from pipeline.street.scenery import props, surfaces
from pipeline.street.scenery.place import Place, Stand, Walk, both_ways, hang, is_for_tests
from pipeline.street.scenery.shapes import Shapes

Rng = np.random.Generator
_LONG_M = 30.0


def make_platform(seed: int) -> Place:
    """The platform of a seed. It runs along x; its edge is where y is least."""
    rng, test = np.random.default_rng((3, seed)), is_for_tests(seed)
    shapes, below = Shapes(), bool(rng.random() < 0.4)
    half, tall = rng.uniform(2.8, 3.8), rng.uniform(4.0, 5.0)
    ground = surfaces.floor(rng, test=test) if below else surfaces.outside_ground(rng, test=test)
    shapes.ground(rng, (-_LONG_M, -half), (_LONG_M, half), ground)
    _edge(shapes, rng, half)
    _tracks(shapes, rng, half, test=test, below=below)
    if rng.random() < 0.4:
        _train(shapes, rng, -half - 1.6)
    lamps = _roof(shapes, rng, half, tall, below=below)
    _back(shapes, rng, half, tall, test=test)
    _furniture(shapes, rng, half)
    back = half - 0.5
    cameras = (
        hang(rng, "platform-1", (-12, back), (rng.uniform(-6.5, -4), -0.5), heights=(2.7, 3.4)),
        hang(
            rng,
            "platform-2",
            (rng.uniform(2, 4), back),
            (rng.uniform(-2, 0.5), -0.8),
            heights=(2.7, 3.4),
            person_px=(110, 240),
        ),
        hang(
            rng, "platform-3", (14.5, -half + 0.9), (rng.uniform(7, 9.5), 0.4), heights=(2.7, 3.4)
        ),
    )
    walks, stands = _walks(rng, half), _stands(rng, half)
    return Place.cleared("platform", seed, shapes.mesh(), cameras, walks, stands, below, lamps)


def _edge(shapes: Shapes, rng: Rng, half: float) -> None:
    yellow = Material((0.6, 0.42, 0.03), (0.3, 0.2, 0.02), Pattern.DOTS, 12.0, infrared=0.6)
    pale = Material(surfaces.grey(rng, 0.4, 0.6), infrared=0.6)
    shapes.boxes([0, -half + 0.8, 0.004], [2 * _LONG_M, rng.uniform(0.1, 0.4), 0.008], yellow)
    shapes.boxes([0, -half + 0.2, 0.003], [2 * _LONG_M, 0.4, 0.006], pale)


def _tracks(shapes: Shapes, rng: Rng, half: float, *, test: bool, below: bool) -> None:
    stones = Material(
        surfaces.grey(rng, 0.08, 0.2), pattern=Pattern.ASPHALT, scale=4.0, infrared=0.3
    )
    far = -half - 7.5
    shapes.ground(rng, (-_LONG_M, far), (_LONG_M, -half), stones, z=-1.0, uneven=0.15)
    shapes.wall((_LONG_M, -half), (-_LONG_M, -half), 1.0, Material((0.08, 0.08, 0.08)), z=-1.0)
    rail, sleeper = (
        Material((0.2, 0.17, 0.15), gloss=0.4, infrared=0.4),
        Material((0.12, 0.1, 0.09)),
    )
    for middle in (-half - 1.6, -half - 5.4):
        sides = [[0, middle - 0.72, -0.88], [0, middle + 0.72, -0.88]]
        shapes.boxes(sides, [2 * _LONG_M, 0.08, 0.16], rail)
        ties = [[x, middle, -0.97] for x in np.arange(-20, 20, 0.7)]
        shapes.boxes(ties, [0.24, 2.4, 0.08], sleeper)
    if below:
        shapes.wall((_LONG_M, far), (-_LONG_M, far), 5.5, surfaces.wall(rng, test=test), z=-1.0)
        for x in np.arange(-18, 19, 4.5):
            props.picture(shapes, rng, (x, far + 0.05, 1.6), (2.6, 1.6), along_x=True)
    else:
        shapes.ground(rng, (-60, far - 40), (60, far), surfaces.leaves(rng), z=-0.6, uneven=0.15)
        shapes.wall((_LONG_M, far - 0.2), (-_LONG_M, far - 0.2), 2.6, surfaces.metal(rng), z=-1.0)
        for x in np.arange(-24, 25, rng.uniform(3, 7)):
            props.tree(shapes, rng, (float(x), far - rng.uniform(1.5, 7)))
        shapes.wall((40, far - 16), (-40, far - 16), 9, surfaces.facade(rng, test=test))


def _train(shapes: Shapes, rng: Rng, middle: float) -> None:
    body, stripe = surfaces.paint(rng, gloss=0.4), surfaces.goods(rng)
    pane = Material((0.05, 0.06, 0.07), gloss=0.8, glow=0.0, infrared=0.1)
    lit = Material((0.5, 0.45, 0.35), glow=1.0, infrared=0.4)
    side = middle + 1.4
    for first in (-24.0, -8.0, 8.0):
        shapes.boxes([first + 8, middle, 1.35], [15.6, 2.8, 3.3], body, base=0.7)
        shapes.boxes([first + 8, side, 0.55], [15.6, 0.03, 0.35], stripe)
        for x in np.arange(first + 1.2, first + 15, 1.9):
            shapes.boxes([x, side, 1.85], [1.3, 0.04, 0.85], lit if rng.random() < 0.6 else pane)
        for x in (first + 4.0, first + 12.0):
            shapes.boxes([x, side + 0.01, 1.2], [1.5, 0.05, 2.2], stripe)


def _roof(
    shapes: Shapes, rng: Rng, half: float, tall: float, *, below: bool
) -> tuple[tuple[float, float, float], ...]:
    """A roof over the platform, on columns; returns where its lamps are."""
    far = -half - 8 if below else -half + rng.uniform(0, 1.5)
    colour = Material(surfaces.grey(rng, 0.2, 0.6), infrared=0.5)
    if below or rng.random() < 0.5:
        long = _LONG_M if below else rng.uniform(6, 16)
        shapes.boxes([0, (far + half) / 2, tall + 0.15], [2 * long, half - far, 0.3], colour)
    tubes = [[x, 0.5, tall - 0.05] for x in np.arange(-16, 17, 4.0)]
    shapes.boxes(tubes, [1.5, 0.16, 0.08], surfaces.shining(rng))
    steel = surfaces.paint(rng, gloss=0.2)
    columns = [[x, half * 0.45, 0.0] for x in np.arange(-18, 19, rng.uniform(5, 8))]
    shapes.posts(columns, rng.uniform(0.1, 0.28), tall, steel, sides=10)
    return tuple((x, 0.5, tall - 0.3) for x in (-4.0, 4.0, -10.0, 10.0))


def _back(shapes: Shapes, rng: Rng, half: float, tall: float, *, test: bool) -> None:
    shapes.wall((_LONG_M, half), (-_LONG_M, half), tall, surfaces.wall(rng, test=test))
    for x in np.arange(-17, 18, rng.uniform(3.5, 6)):
        size = rng.uniform(1.0, 2.4), rng.uniform(0.8, 1.5)
        props.picture(shapes, rng, (float(x), half - 0.04, 1.7), size, along_x=True)


def _furniture(shapes: Shapes, rng: Rng, half: float) -> None:
    for x in np.arange(-13, 14, 4.6):
        at = float(x) + rng.uniform(-0.6, 0.6), half - 0.5
        kind = rng.choice(5)
        if kind < 2:
            props.bench(shapes, rng, at, -math.pi / 2)
        elif kind == 2:
            props.bin_(shapes, rng, at)
        elif kind == 3:
            machine = surfaces.goods(rng)
            shapes.boxes([at[0], at[1] + 0.1, 0.95], [0.9, 0.7, 1.9], machine, base=0.7)
    board = Material((0.02, 0.02, 0.03), (0.6, 0.35, 0.05), Pattern.STRIPES_ACROSS, 6.0, glow=0.6)
    shapes.boxes([rng.uniform(-4, 4), 0, 3.3], [0.15, 1.6, 0.5], board)


def _walks(rng: Rng, half: float) -> tuple[Walk, ...]:
    walks: list[Walk] = []
    for y in (-half + 1.4, -0.4, half * 0.45 + 0.8):
        first, middle, last = y + rng.normal(0, 0.12, 3)
        walks.append(((-18.0, first), (0.0, middle), (18.0, last)))
    walks.append(((-18.0, -0.3), (-2.0, -0.6), (rng.uniform(2, 6), -half + 1.3)))
    walks.append(((18.0, 0.0), (6.0, -0.2), (rng.uniform(-4, 2), -half + 1.3)))
    return both_ways(walks)


def _stands(rng: Rng, half: float) -> tuple[Stand, ...]:
    return tuple(
        (x + rng.uniform(-1, 1), -half + rng.uniform(1.3, 2.4), -math.pi / 2 + rng.normal(0, 0.5))
        for x in (-8.0, -5.0, -2.5, 0.0, 2.5, 5.5, 8.5)
    )
