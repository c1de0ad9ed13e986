"""The street that the demo's people walk through: drawn, the same for the same seed."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.types import Image
from tests.drawn_street.figures import shade
from tests.drawn_street.looks import Colour

#: Drawn for this size and this much larger, then shrunk to what is wanted.
WIDTH, HEIGHT, OVERSAMPLING = 640, 360, 2

FACADE_Y, KERB_Y, ROAD_Y = 196, 336, 344
"""Where walls meet pavement, pavement meets kerb, kerb meets road."""

HOUSES: tuple[tuple[int, int, int, Colour, Colour], ...] = (
    # left, right, roof, wall, awning
    (-10, 178, 26, (176, 122, 100), (52, 98, 92)),
    (178, 330, -10, (206, 196, 176), (158, 66, 62)),
    (330, 500, 40, (132, 142, 150), (210, 168, 80)),
    (500, 650, 10, (190, 160, 132), (70, 88, 132)),
)


class _Brush:
    """Draws in pixels of the small picture, on the large one."""

    def __init__(self) -> None:
        self.canvas: Image = np.zeros((HEIGHT * OVERSAMPLING, WIDTH * OVERSAMPLING, 3), np.uint8)

    def box(self, x1: float, y1: float, x2: float, y2: float, colour: Colour) -> None:
        self.shape([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], colour)

    def shape(self, corners: Sequence[tuple[float, float]], colour: Colour) -> None:
        points = np.round(np.array(corners) * OVERSAMPLING).astype(np.int32)
        cv2.fillPoly(self.canvas, [points], colour, cv2.LINE_AA)

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: Colour, px: int) -> None:
        start = round(x1 * OVERSAMPLING), round(y1 * OVERSAMPLING)
        end = round(x2 * OVERSAMPLING), round(y2 * OVERSAMPLING)
        cv2.line(self.canvas, start, end, colour, px, cv2.LINE_AA)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        middle = round(x * OVERSAMPLING), round(y * OVERSAMPLING)
        cv2.circle(self.canvas, middle, round(radius * OVERSAMPLING), colour, -1, cv2.LINE_AA)


def draw_street(width: int, height: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(H, W, 3) RGB 0 to 255: houses with shops, a pavement, the edge of a road; no people."""
    brush = _Brush()
    _draw_sky(brush)
    for house in HOUSES:
        _draw_house(brush, *house)
    _draw_ground(brush)
    _draw_furniture(brush, rng)
    large = brush.canvas.astype(np.float32) + _texture(brush.canvas.shape, rng)
    street = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
    lit: NDArray[np.float32] = np.clip(street * _vignette(width, height), 0, 255)
    return lit.astype(np.float32)


def _draw_sky(brush: _Brush) -> None:
    top, low = np.array([142.0, 178, 208]), np.array([222.0, 230, 232])
    for y in range(0, 60, 2):
        red, green, blue = (int(part) for part in top + (low - top) * y / 60)
        brush.box(0, y, WIDTH, y + 3, (red, green, blue))


def _draw_house(
    brush: _Brush, left: int, right: int, roof: int, wall: Colour, awning: Colour
) -> None:
    brush.box(left, roof, right, FACADE_Y, wall)
    brush.box(left, roof, right, roof + 5, shade(wall, 1.15))
    brush.box(right - 3, roof, right, FACADE_Y, shade(wall, 0.8))
    span = (right - left) / 4
    for floor_y in range(roof + 16, 92, 42):
        for column in range(4):
            _draw_window(brush, left + span * (column + 0.5), floor_y, wall)
    brush.box(left, 108, right, 112, shade(wall, 0.78))
    _draw_shop(brush, left + 10, right - 12, awning)


def _draw_window(brush: _Brush, middle: float, y: float, wall: Colour) -> None:
    brush.box(middle - 11, y - 2, middle + 11, y + 26, shade(wall, 1.2))
    brush.box(middle - 9, y, middle + 9, y + 24, (86, 104, 118))
    brush.shape([(middle - 9, y), (middle + 5, y), (middle - 9, y + 18)], (122, 144, 158))
    brush.line(middle, y, middle, y + 24, shade(wall, 1.2), 2)
    brush.box(middle - 12, y + 25, middle + 12, y + 28, shade(wall, 0.75))


def _draw_shop(brush: _Brush, left: float, right: float, awning: Colour) -> None:
    door = right - 34
    brush.box(left, 132, right, FACADE_Y, (66, 62, 60))
    brush.box(left + 3, 136, door - 4, FACADE_Y - 12, (112, 124, 126))
    glare = [(left + 8, 184), (left + 40, 136), (left + 62, 136), (left + 30, 184)]
    brush.shape(glare, (142, 154, 156))
    for step, tone in enumerate((0.9, 1.25, 1.1, 0.8, 1.2)):
        x = left + 14 + step * (door - left - 30) / 5
        brush.box(x, 166 - 4 * (step % 3), x + 12, FACADE_Y - 12, shade(awning, tone))
    brush.box(door, 138, right - 4, FACADE_Y, shade(awning, 0.62))
    brush.box(door + 5, 144, right - 9, 178, (124, 136, 138))
    brush.disc(door + 5, 184, 1.6, (220, 200, 130))
    stripes = 12
    for stripe in range(stripes):
        x1, x2 = (left - 4 + (right - left + 8) * n / stripes for n in (stripe, stripe + 1))
        colour = awning if stripe % 2 else (232, 226, 214)
        drop = 6.0
        brush.shape([(x1, 114), (x2, 114), (x2 + drop, 134), (x1 + drop, 134)], colour)
        brush.box(x1 + drop, 134, x2 + drop, 138, shade(colour, 0.85))


def _draw_ground(brush: _Brush) -> None:
    for y in range(FACADE_Y, KERB_Y, 2):
        tone = 0.86 + 0.18 * (y - FACADE_Y) / (KERB_Y - FACADE_Y)
        brush.box(0, y, WIDTH, y + 3, shade((166, 161, 152), tone))
    seam = (142, 137, 129)
    for n in range(1, 8):
        y = FACADE_Y + (KERB_Y - FACADE_Y) * (n / 8) ** 1.5
        brush.line(0, y, WIDTH, y, seam, 2)
    for n in range(-14, 15):  # towards a point above the street, as parallels do
        brush.line(320 + n * 44, FACADE_Y, 320 + n * 84, KERB_Y, seam, 2)
    brush.box(0, FACADE_Y, WIDTH, FACADE_Y + 5, (120, 115, 108))
    brush.box(0, KERB_Y, WIDTH, ROAD_Y, (196, 192, 184))
    brush.box(0, ROAD_Y - 3, WIDTH, ROAD_Y, (132, 129, 124))
    brush.box(0, ROAD_Y, WIDTH, HEIGHT, (86, 88, 92))


def _draw_furniture(brush: _Brush, rng: np.random.Generator) -> None:
    _draw_tree(brush, 92, 214, rng)
    _draw_tree(brush, 548, 214, rng)
    iron = (58, 62, 66)
    brush.line(322, 60, 322, 212, iron, 7)
    brush.box(316, 206, 328, 214, iron)
    brush.box(312, 46, 332, 62, (250, 240, 206))
    brush.box(310, 43, 334, 47, iron)
    brush.box(214, 198, 268, 202, (132, 96, 66))  # a bench
    brush.box(214, 186, 268, 193, (120, 86, 58))
    for x in (219, 261):
        brush.box(x, 202, x + 3, 214, iron)
    brush.box(424, 186, 444, 216, (62, 92, 78))  # a bin
    brush.box(422, 184, 446, 189, (46, 70, 60))


def _draw_tree(brush: _Brush, x: float, y: float, rng: np.random.Generator) -> None:
    brush.shape([(x - 5, y), (x + 5, y), (x + 3, 110), (x - 3, 110)], (96, 74, 56))
    brush.shape(
        [(x - 20, y - 14), (x + 20, y - 14), (x + 16, y + 4), (x - 16, y + 4)], (110, 92, 80)
    )
    for tone in (0.72, 0.88, 1.0, 1.14):
        for _ in range(16):
            dx, dy = rng.normal(0, 19), rng.normal(0, 15)
            lit = tone * 6
            leaf = shade((88, 122, 72), tone)
            brush.disc(x + dx - lit, 82 + dy - lit, rng.uniform(6, 12), leaf)


def _texture(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """(H, W, 1) fine grain over broad stains, so that no surface is one flat colour."""
    grain = rng.normal(0, 4, shape[:2])
    stains = cv2.resize(rng.normal(0, 3, (24, 42)), shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return (grain + stains)[:, :, None].astype(np.float32)


def _vignette(width: int, height: int) -> NDArray[np.float32]:
    """(H, W, 1) a little less light towards the corners, as a lens gives."""
    x, y = np.linspace(-1, 1, width), np.linspace(-1, 1, height)
    return (1.02 - 0.10 * (x[None, :] ** 2 + y[:, None] ** 2))[:, :, None].astype(np.float32)
