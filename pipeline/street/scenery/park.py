"""A park: paths across lawns, trees, benches and lamps, houses behind; seen from high up."""

import math

import numpy as np

from pipeline.street.mesh import Colour, Material, Pattern
from pipeline.street.scenery import props, surfaces
from pipeline.street.scenery.place import Place, Stand, Walk, both_ways, hang, is_for_tests
from pipeline.street.scenery.shapes import Shapes

Rng = np.random.Generator
_FAR_M = 60.0
_TREES_FROM_M = 8.0  # from the middle: nearer ones would hide the paths


def make_park(seed: int) -> Place:
    """The park of a seed. Its path runs along x at y = 0; another joins it from -y at x = 0."""
    rng, test = np.random.default_rng((6, seed)), is_for_tests(seed)
    shapes, half = Shapes(), rng.uniform(1.8, 3.2)
    lawn = _lawn(rng)
    shapes.ground(rng, (-_FAR_M, -_FAR_M), (_FAR_M, _FAR_M), lawn, z=-0.02, uneven=0.12)
    path = surfaces.outside_ground(rng, test=test)
    shapes.ground(rng, (-_FAR_M, -half), (_FAR_M, half), path)
    shapes.ground(rng, (-half * 0.7, -_FAR_M), (half * 0.7, -half), path)
    for start, end in (((40, 22), (-40, 22)), ((-34, 30), (-34, -30)), ((34, -30), (34, 30))):
        shapes.wall(start, end, rng.uniform(6, 12), surfaces.facade(rng, test=test))
    lamps = _furniture(shapes, rng, half)
    _trees(shapes, rng)
    high, small = (4.0, 7.0), (60.0, 140.0)
    cameras = (
        hang(rng, "park-1", (-13, -6), (-4, -0.5), heights=high, person_px=small),
        hang(rng, "park-2", (4.5, -12), (0.3, -1.5), heights=high, person_px=small),
        hang(rng, "park-3", (17, 4.2), (8, 0), heights=high, person_px=small),
    )
    walks, stands = _walks(rng, half), _stands(rng, half)
    return Place.cleared("park", seed, shapes.mesh(), cameras, walks, stands, False, lamps)


def _lawn(rng: Rng) -> Material:
    colour: Colour = surfaces.hue(rng, (0.2, 0.24, 0.28), (0.4, 0.75), (0.1, 0.3))
    dry: Colour = surfaces.hue(rng, (0.14, 0.18), (0.3, 0.6), (0.2, 0.35))
    return Material(colour, dry, Pattern.ASPHALT, rng.uniform(0.6, 2.0), 0.0, infrared=0.7)


def _furniture(shapes: Shapes, rng: Rng, half: float) -> tuple[tuple[float, float, float], ...]:
    """Benches, bins, signs and bollards beside the path; returns where the lamps are."""
    edge = half + 0.6
    for x in np.arange(-16, 17, 4.0):
        side = 1.0 if rng.random() < 0.6 else -1.0
        at = float(x) + rng.uniform(-0.8, 0.8), side * edge
        if side < 0 and abs(at[0]) < half + 0.5:
            continue
        kind = rng.choice(6)
        if kind < 2:
            props.bench(shapes, rng, at, -side * math.pi / 2)
        elif kind == 2:
            props.bin_(shapes, rng, at)
        elif kind == 3:
            props.sign(shapes, rng, at, rng.uniform(0, math.pi))
        elif kind == 4:
            props.bollards(shapes, rng, [(at[0] + step, at[1]) for step in (-1.2, 0.0, 1.2)])
    spots = (-6.0, 7.0, 15.0)
    return tuple(props.lamp_post(shapes, rng, (x, edge + 0.8), -math.pi / 2) for x in spots)


def _trees(shapes: Shapes, rng: Rng) -> None:
    """Some along the houses, a few on the far lawn."""
    for x in np.arange(-30, 31, rng.uniform(4, 8)):
        props.tree(shapes, rng, (float(x) + rng.normal(0, 0.8), rng.uniform(12, 20)))
    for _ in range(int(rng.integers(1, 5))):
        props.tree(shapes, rng, (rng.uniform(-10, 12), rng.uniform(_TREES_FROM_M, 11)))


def _walks(rng: Rng, half: float) -> tuple[Walk, ...]:
    walks: list[Walk] = []
    for y in (-half + 0.8, 0.0, half - 0.7):
        first, middle, last = y + rng.normal(0, 0.15, 3)
        walks.append(((-20.0, first), (0.0, middle), (20.0, last)))
    walks.append(((0.2, -18.0), (0.0, -1.0), (-20.0, 0.3)))
    walks.append(((-0.3, -18.0), (0.3, -0.6), (20.0, 0.4)))
    walks.append(((-18.0, -1.0), (-4.0, -3.8), (2.0, -7.0), (0.0, -16.0)))
    walks.append(((20.0, -0.4), (9.0, -0.6), (4.0, -4.2), (0.4, -15.0)))
    return both_ways(walks)


def _stands(rng: Rng, half: float) -> tuple[Stand, ...]:
    spots = [
        (-7.0, 0.3),
        (-4.0, -0.6),
        (-1.5, -2.6),
        (0.4, 0.2),
        (3.0, -3.4),
        (6.5, 0.0),
        (9.0, 0.8),
    ]
    return tuple(
        (x + rng.uniform(-0.8, 0.8), y * half / 2.5, rng.uniform(-math.pi, math.pi))
        for x, y in spots
    )
