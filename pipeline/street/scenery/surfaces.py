"""Materials of places, drawn: walls, grounds, paints, wood, glass, leaves."""

import colorsys

import numpy as np

from pipeline.street.mesh import Colour, Material, Pattern

Rng = np.random.Generator

_WALL_HUES = (0.0, 0.03, 0.06, 0.09, 0.12, 0.15, 0.58, 0.62)
_TEST_WALL_HUES = (0.3, 0.42, 0.5, 0.75, 0.9)
_OUTSIDE_GROUNDS = (
    (Pattern.ASPHALT, 1.2),
    (Pattern.TILES, 1.6),
    (Pattern.TILES, 2.5),
    (Pattern.BRICKS, 1.2),
    (Pattern.PLAIN, 6.0),
)
_TEST_OUTSIDE_GROUNDS = ((Pattern.TILES, 0.8), (Pattern.SPECKLED, 3.0))
_FLOORS = (
    (Pattern.TILES, 1.2),
    (Pattern.TILES, 2.2),
    (Pattern.PLAIN, 5.0),
    (Pattern.SPECKLED, 4.0),
    (Pattern.BOARDS, 9.0),
    (Pattern.BOARDS, 14.0),
)
_TEST_FLOORS = ((Pattern.CHECKS, 1.2), (Pattern.BRICKS, 1.0))


def hue(
    rng: Rng, hues: tuple[float, ...], depth: tuple[float, float], level: tuple[float, float]
) -> Colour:
    """Linear RGB near one of `hues` (0 to 1), with saturation and value between two figures."""
    one = float(rng.choice(hues)) + rng.normal(0, 0.012)
    red, green, blue = colorsys.hsv_to_rgb(one % 1, rng.uniform(*depth), rng.uniform(*level))
    return red, green, blue


def grey(rng: Rng, low: float, high: float) -> Colour:
    """Nearly grey, a little warm or cold."""
    level, warm = rng.uniform(low, high), rng.normal(0, 0.04)
    return level * (1 + warm), level, level * (1 - warm)


def wall(rng: Rng, *, test: bool, indoors: bool = False) -> Material:
    """Plaster, brick, tiles or concrete; `test` has hues of its own."""
    hues = _TEST_WALL_HUES if test else _WALL_HUES
    pale = rng.random() < (0.75 if indoors else 0.4)
    colour = (
        hue(rng, hues, (0.0, 0.15), (0.5, 0.9)) if pale else hue(rng, hues, (0.2, 0.6), (0.15, 0.5))
    )
    pattern, scale = (
        (Pattern.PLAIN, 3.0), (Pattern.BRICKS, 3.0), (Pattern.TILES, 1.5), (Pattern.ASPHALT, 1.0)
    )[rng.choice(4, p=(0.55, 0.1, 0.2, 0.15) if indoors else (0.4, 0.35, 0.1, 0.15))]  # fmt: skip
    second = _scaled(colour, rng.uniform(0.5, 1.3))
    return Material(colour, second, pattern, scale, infrared=rng.uniform(0.3, 0.8))


def facade(rng: Rng, *, test: bool) -> Material:
    """A wall with windows, of one storey to each repeat."""
    hues = _TEST_WALL_HUES if test else _WALL_HUES
    colour = hue(rng, hues, (0.05, 0.5), (0.2, 0.7))
    return Material(
        colour, grey(rng, 0.02, 0.1), Pattern.WINDOWS, rng.uniform(0.28, 0.42), infrared=0.5
    )


def outside_ground(rng: Rng, *, test: bool) -> Material:
    """Asphalt, slabs, setts or concrete."""
    kinds = _TEST_OUTSIDE_GROUNDS if test else _OUTSIDE_GROUNDS
    pattern, scale = kinds[rng.integers(len(kinds))]
    colour = grey(rng, 0.12, 0.38)
    if pattern is Pattern.BRICKS and rng.random() < 0.6:
        colour = hue(rng, (0.02, 0.06), (0.2, 0.5), (0.2, 0.4))
    return Material(
        colour, _scaled(colour, rng.uniform(0.5, 0.8)), pattern, scale * rng.uniform(0.8, 1.25),
        gloss=rng.uniform(0, 0.06), infrared=rng.uniform(0.25, 0.5),
    )  # fmt: skip


def floor(rng: Rng, *, test: bool) -> Material:
    """Tiles, carpet, boards or stone."""
    kinds = _TEST_FLOORS if test else _FLOORS
    pattern, scale = kinds[rng.integers(len(kinds))]
    warm = rng.random() < 0.5 or pattern is Pattern.BOARDS
    colour = hue(rng, (0.05, 0.08), (0.25, 0.75), (0.15, 0.55)) if warm else grey(rng, 0.1, 0.6)
    return Material(
        colour, _scaled(colour, rng.uniform(0.45, 0.85)), pattern, scale,
        gloss=rng.uniform(0.02, 0.3), infrared=rng.uniform(0.3, 0.6),
    )  # fmt: skip


def asphalt(rng: Rng) -> Material:
    """A road."""
    colour = grey(rng, 0.05, 0.16)
    return Material(
        colour, _scaled(colour, 0.6), Pattern.ASPHALT, rng.uniform(0.7, 1.5), infrared=0.25
    )


def paint(rng: Rng, *, gloss: float = 0.5) -> Material:
    """Car paint: mostly grey, black and white, else anything."""
    if rng.random() < 0.65:
        level = float(rng.choice([0.015, 0.06, 0.2, 0.4, 0.75]))
        colour = grey(rng, level * 0.8, level * 1.1)
    else:
        colour = hue(rng, (0.0, 0.08, 0.35, 0.55, 0.6, 0.65), (0.5, 0.9), (0.1, 0.5))
    return Material(colour, gloss=gloss, infrared=rng.uniform(0.1, 0.8))


def goods(rng: Rng) -> Material:
    """A packet on a shelf, a poster, a sign."""
    colour = hue(
        rng, (0.0, 0.05, 0.1, 0.15, 0.3, 0.4, 0.55, 0.65, 0.8, 0.95), (0.1, 0.9), (0.15, 0.75)
    )
    second = hue(rng, (0.0, 0.12, 0.33, 0.6), (0.0, 0.7), (0.3, 0.9))
    pattern = Pattern(int(rng.choice([0, 1, 2, 4, 5])))
    return Material(
        colour, second, pattern, rng.uniform(2, 8), gloss=0.15, infrared=rng.uniform(0.3, 0.8)
    )


def wood(rng: Rng) -> Material:
    colour = hue(rng, (0.05, 0.08, 0.1), (0.35, 0.65), (0.1, 0.45))
    return Material(colour, _scaled(colour, 0.6), Pattern.STRANDS, 2.0, infrared=0.5)


def metal(rng: Rng) -> Material:
    return Material(grey(rng, 0.08, 0.5), gloss=0.3, infrared=rng.uniform(0.2, 0.6))


def glass(rng: Rng) -> Material:
    return Material(grey(rng, 0.01, 0.06), gloss=0.9, infrared=0.08)


def leaves(rng: Rng) -> Material:
    colour = hue(rng, (0.2, 0.25, 0.3), (0.4, 0.7), (0.06, 0.22))
    return Material(colour, _scaled(colour, 0.4), Pattern.CAMOUFLAGE, 3.0, infrared=0.85)


def shining(rng: Rng, *, warm: bool = False) -> Material:
    """A lamp's glass or a lit panel."""
    colour: Colour = (1.0, 0.8, 0.55) if warm else (0.9, 0.97, 1.0)
    return Material(_scaled(colour, rng.uniform(0.7, 1.0)), glow=3.0, infrared=0.7)


def _scaled(colour: Colour, level: float) -> Colour:
    return colour[0] * level, colour[1] * level, colour[2] * level
