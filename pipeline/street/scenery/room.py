"""What rooms share: walls, a ceiling with lights, doorways."""

import numpy as np

from pipeline.street.mesh import Material
from pipeline.street.scenery import surfaces
from pipeline.street.scenery.shapes import Shapes

Rng = np.random.Generator


def walls(shapes: Shapes, rng: Rng, half: tuple[float, float], tall: float, *, test: bool) -> None:
    """Four walls seen from inside, one in another colour, with skirting."""
    x, y = half
    corners = [(-x, -y), (x, -y), (x, y), (-x, y)]
    usual, other = (surfaces.wall(rng, test=test, indoors=True) for _ in range(2))
    odd = rng.integers(4)
    for number in range(4):
        material = other if number == odd else usual
        shapes.wall(corners[number], corners[(number + 1) % 4], tall, material, base=0.8)
    skirting = surfaces.paint(rng, gloss=0.1)
    shapes.boxes([[0, -y, 0.06], [0, y, 0.06]], [2 * x, 0.04, 0.12], skirting)
    shapes.boxes([[-x, 0, 0.06], [x, 0, 0.06]], [0.04, 2 * y, 0.12], skirting)


def ceiling(
    shapes: Shapes, rng: Rng, half: tuple[float, float], tall: float
) -> tuple[tuple[float, float, float], ...]:
    """A ceiling with lit panels; returns where four of them are."""
    x, y = half
    white = Material(surfaces.grey(rng, 0.5, 0.8), infrared=0.7)
    shapes.quads([[[-x, y, tall], [x, y, tall], [x, -y, tall], [-x, -y, tall]]], white, tint=0.8)
    panel = surfaces.shining(rng, warm=rng.random() < 0.3)
    size = [(0.6, 0.6, 0.04), (0.3, 1.4, 0.04), (1.4, 0.3, 0.04)][rng.integers(3)]
    spots = [
        [px, py, tall - 0.02]
        for px in np.arange(-x + 1.5, x, 2.6)
        for py in np.arange(-y + 1.5, y, 2.6)
    ]
    shapes.boxes(spots, size, panel)
    return tuple((sx * x / 2, sy * y / 2, tall - 0.3) for sx in (-1, 1) for sy in (-1, 1))


def doorway(
    shapes: Shapes, rng: Rng, at: tuple[float, float], *, along_x: bool, wide: float = 1.2
) -> None:
    """A door of glass or wood in a wall that runs along x, or along y."""
    leaf = Material((0.6, 0.68, 0.75), gloss=0.6, glow=0.4, infrared=0.3)
    if rng.random() < 0.4:
        leaf = surfaces.wood(rng)
    frame = surfaces.paint(rng, gloss=0.2)
    for material, grow, thick in ((frame, 0.16, 0.06), (leaf, 0.0, 0.1)):
        size = [wide + grow, thick, 2.2 + grow / 2]
        shapes.boxes([*at, 1.1], size if along_x else [size[1], size[0], size[2]], material)
