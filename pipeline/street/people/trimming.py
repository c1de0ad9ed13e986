"""What is on a garment: collars, lapels, zips and buttons, prints, blocks of colour, bands."""

import numpy as np
from numpy.typing import NDArray

from pipeline.street.look import Body, Garment, prints_behind
from pipeline.street.mesh import Material
from pipeline.street.people import tailoring
from pipeline.street.people.atlas import Atlas
from pipeline.street.people.bodies import Shape
from pipeline.street.people.cloth import Piece, smooth
from pipeline.street.people.fabrics import second_fabric

Floats = NDArray[np.float64]

REFLECTIVE = Material((0.55, 0.56, 0.56), gloss=0.4, glow=0.35, infrared=1.0)
PRINT_Z = 0.30  # home height of the middle of a chest print

COLLARS = {  # home metres below and above the neckline, thickness in metres
    "shirt": (0.030, 0.022, 0.008),
    "polo shirt": (0.026, 0.018, 0.007),
    "coat": (0.050, 0.030, 0.010),
    "jacket": (0.030, 0.032, 0.009),
    "blazer": (0.045, 0.018, 0.007),
    "puffer jacket": (0.015, 0.050, 0.014),
    "vest": (0.012, 0.040, 0.010),
}
LINED = {"shirt", "polo shirt", "blouse", "coat", "jacket", "hoodie", "puffer jacket", "vest",
         "cardigan", "blazer", "high-visibility vest"}  # fmt: skip
LAPELS = {"blazer", "coat"}


def trimmed(pieces: list[Piece], garment: Garment, body: Body, opened: bool) -> list[Piece]:
    """A garment's pieces with what its kind and pattern put on them."""
    if garment.kind in LINED and not opened:
        pieces = [_front_line(piece, garment.kind) for piece in pieces]
    if garment.kind in LAPELS:
        pieces = [_lapels(piece) for piece in pieces]
    if garment.pattern == "print":
        return [part for piece in pieces for part in _printed(piece, garment, body)]
    if garment.pattern == "block":
        return [part for piece in pieces for part in _blocked(piece, garment)]
    if garment.kind == "high-visibility vest":
        return [part for piece in pieces for part in _banded(piece)]
    return pieces


def collar(
    atlas: Atlas, shape: Shape, garment: Garment, neck: float, ease_m: float, opened: bool
) -> list[Piece]:
    """The collar of a garment that has one, around the neck."""
    if garment.kind not in COLLARS:
        return []
    below, above, thick = COLLARS[garment.kind]
    piece = atlas.surface("tights", shape)
    piece = piece.without((piece.home[:, 2] < 0.42) | (piece.arm[:, 1] > 0.3))
    piece = piece.clipped(tailoring.neck_ends(piece, neck - above, 0.0))
    piece = piece.clipped(-tailoring.neck_ends(piece, neck + below, 0.0))
    gap = 0.040 if opened else 0.006
    piece = piece.clipped(tailoring.opening(piece, gap, gap))
    if not len(piece.faces):
        return []
    edge = smooth(0.012, 0.0, tailoring.neck_ends(piece, neck - above, 0.0))
    low = smooth(0.012, 0.0, -tailoring.neck_ends(piece, neck + below, 0.0))
    piece = piece.thickened(ease_m + thick * (0.55 + 0.25 * low + 0.2 * edge))
    return [piece.tinted(0.86, np.ones(len(piece.home))).tinted(0.8, low)]


def _front_line(piece: Piece, kind: str) -> Piece:
    """A row of buttons or a zip, down the middle of the front."""
    width = 0.005 if kind in ("shirt", "blouse", "polo shirt", "cardigan") else 0.008
    longest = 0.40 if kind == "polo shirt" else -2.0
    x, y, z = piece.home.T
    front = np.minimum.reduce([x - 0.03, z - longest, 0.3 - piece.arm[:, 1]])
    return piece.seamed(y, width, 0.5, front)


def _lapels(piece: Piece) -> Piece:
    x, y, z = piece.home.T
    edge = np.abs(y) - 0.035 - 0.28 * np.maximum(0.0, z - 0.30)
    on = (x > 0.02) & (z > 0.28) & (piece.arm[:, 1] < 0.3)
    return piece.tinted(0.72, smooth(0.014, 0.006, np.abs(edge)) * on)


def _printed(piece: Piece, garment: Garment, body: Body) -> list[Piece]:
    """A picture or words on the chest or on the back."""
    behind = prints_behind(body)
    wide, tall = 0.055 + 0.04 * garment.shape, 0.04 + 0.045 * garment.tone

    def box(one: Piece) -> Floats:
        x, y, z = one.home.T
        side = -(x - 0.0) if behind else x - 0.02
        ends = [wide - np.abs(y), tall - np.abs(z - PRINT_Z), side, 0.3 - one.arm[:, 1]]
        return np.asarray(np.minimum.reduce(ends))

    patch = piece.clipped(box(piece))
    if not len(patch.faces):
        return [piece]
    around = piece.clipped(-box(piece))
    fine = patch.refined()
    ink = _ink(fine, body.seed, wide, tall)
    return [around, fine.clipped(-ink), fine.clipped(ink).of(second_fabric(garment))]


def _ink(piece: Piece, seed: int, wide: float, tall: float) -> Floats:
    """At least 0 where a print has colour: a disc, a block, lines of words, or a picture."""
    y, z = piece.home[:, 1] / wide, (piece.home[:, 2] - PRINT_Z) / tall
    kind = (seed // 5) % 4
    if kind == 0:
        return 0.9 - np.hypot(y, z)
    if kind == 1:
        return np.minimum(0.95 - np.abs(y), 0.8 - np.abs(z))
    if kind == 2:
        words = np.sin(y * 9 + np.floor(z * 2) * 2.0 + seed) + 0.6
        return np.minimum(words, 0.75 - np.abs((z * 2) % 1.0 - 0.5) * 2.4)
    return np.sin(y * 3.1 + seed) + np.cos(z * 2.7 + seed * 1.7) + 0.3 - 0.5 * np.hypot(y, z)


def _blocked(piece: Piece, garment: Garment) -> list[Piece]:
    level = 0.20 + 0.14 * garment.tone
    height = np.where(piece.arm[:, 1] > 0.5, piece.across_up[:, 1], piece.home[:, 2]) - level
    sleeved = garment.shape > 0.5
    above = height if sleeved else np.where(piece.arm[:, 1] > 0.5, 0.1, height)
    second = second_fabric(garment)
    return [
        part for part in (piece.clipped(above), piece.clipped(-above).of(second)) if len(part.faces)
    ]


def _banded(piece: Piece) -> list[Piece]:
    """Reflective bands around the trunk and over the shoulders."""
    _, y, z = piece.home.T
    around = np.maximum(0.018 - np.abs(z - 0.10), 0.018 - np.abs(z - 0.21))
    over = np.minimum(0.018 - np.abs(np.abs(y) - 0.105), z - 0.21)
    band = np.maximum(around, over)
    return [
        part
        for part in (piece.clipped(-band), piece.clipped(band).of(REFLECTIVE))
        if len(part.faces)
    ]
