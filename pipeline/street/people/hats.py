"""What is worn on the head: hats, caps, helmets, hoods and glasses."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.street.look import Garment
from pipeline.street.mesh import Material
from pipeline.street.people import solids
from pipeline.street.people.atlas import Atlas
from pipeline.street.people.bodies import Shape
from pipeline.street.people.cloth import Piece, smooth
from pipeline.street.people.hair import HEAD_X, head_frame
from pipeline.street.people.solids import Solid

Floats = NDArray[np.float64]

HALF_AXES = np.array([0.106, 0.082, 0.080])  # home: of the skull, from its middle
MIDDLE = np.array([HEAD_X - 0.003, 0.0, 0.735])
RIMS = {"cap": 0.742, "beanie": 0.728, "hat": 0.742, "helmet": 0.725, "hood": 0.60}
"""Home height above which each hides the hair."""


def on_head(atlas: Atlas, shape: Shape, hat: Garment, material: Material) -> list[Piece]:
    """A hat of its kind on a head; unknown kinds are caps."""
    makers = {"beanie": _beanie, "hat": _hat, "helmet": _helmet, "hood": _hood}
    solid = makers.get(hat.kind, _cap)(hat.shape)
    piece = _worn(atlas, shape, solid, material)
    if hat.kind == "beanie":
        piece = piece.tinted(0.8, smooth(0.004, 0.0, np.abs(piece.home[:, 2] - 0.757)))
    elif hat.kind == "hat":
        band = (piece.home[:, 2] > 0.742) & (piece.home[:, 2] < 0.765)
        piece = piece.tinted(0.45 if hat.tone > 0.4 else 1.0, band)
    elif hat.kind == "hood":
        piece = piece.clipped(_face_hole(piece))
        low = smooth(0.60, 0.53, piece.home[:, 2])[:, None]
        head, chest = (atlas.weights(bone, len(low)) for bone in ("head", "spine01"))
        carried = (head.multiply(1 - low) + chest.multiply(low)).tocsr()
        piece = replace(piece, skin=carried).tinted(0.8, smooth(0.012, 0.004, _face_hole(piece)))
    return [piece]


def _worn(atlas: Atlas, shape: Shape, solid: Solid, material: Material) -> Piece:
    scale, foot = head_frame(atlas, shape)
    points, faces = solid
    piece = solids.hung_on(
        (points * scale + foot, faces), atlas.weights("head", len(points)), material
    )
    return replace(piece, home=points)


def _skull(thick: float, lowest: float, higher: float = 0.0) -> Solid:
    size = HALF_AXES + thick + np.array([0.0, 0.0, higher])
    return solids.at(solids.dome(tuple(size), lowest), MIDDLE)


def _cap(shape: float) -> Solid:
    share, side = np.linspace(0, 1, 7)[:, None], np.linspace(-1, 1, 15)[None, :]
    y = 0.074 * np.sin(side * np.pi / 2)
    reach = (0.058 + 0.02 * shape) * np.sqrt(np.clip(1 - 0.75 * side**2, 0, 1))
    start = 0.100 * np.sqrt(np.clip(1 - (y / 0.098) ** 2, 0, 1))
    x = MIDDLE[0] + start + reach * share
    z = 0.744 - 0.016 * share - 0.012 * side**2
    peak = solids.sheet(np.stack([x, y + 0 * share, z], 2))
    return solids.merged(_skull(0.011, 0.06, 0.003), peak)


def _beanie(shape: float) -> Solid:
    cuff = [
        np.c_[
            MIDDLE[0] + (HALF_AXES[0] + thick) * np.cos(angle),
            (HALF_AXES[1] + thick) * np.sin(angle),
            np.full(33, height) - 0.012 * np.cos(angle + np.pi),
        ]
        for angle in [np.linspace(-np.pi, np.pi, 33)]
        for thick, height in ((0.014, 0.722), (0.020, 0.726), (0.021, 0.752), (0.012, 0.760))
    ]
    return solids.merged(_skull(0.012, -0.05, 0.004 + 0.025 * shape), solids.sheet(np.stack(cuff)))


def _hat(shape: float) -> Solid:
    edge = HALF_AXES[:2] + 0.008
    brim = 0.045 + 0.05 * shape
    lower = solids.ring(tuple(edge), tuple(edge + brim), 0.008 + 0.02 * shape)
    return solids.merged(_skull(0.013, 0.04, 0.016), solids.at(lower, (MIDDLE[0], 0, 0.745)))


def _helmet(shape: float) -> Solid:
    shell = _skull(0.030, -0.12 if shape < 0.5 else -0.05, 0.012)
    if shape < 0.5:
        return shell
    edge = HALF_AXES[:2] + 0.026
    return solids.merged(
        shell,
        solids.at(
            solids.ring(tuple(edge), tuple(edge + 0.022), 0.004), (MIDDLE[0] + 0.008, 0, 0.732)
        ),
    )


def _hood(shape: float) -> Solid:
    rise = np.linspace(-1.35, np.pi / 2, 22)[:, None]
    around = np.linspace(-np.pi, np.pi, 45)[None, :]
    wide = 1 + 0.25 * smooth(-0.6, -1.3, rise)
    roomy = 0.004 + 0.014 * shape
    size = np.array([0.128, 0.104, 0.150]) + roomy
    grid = [
        np.cos(rise) * np.cos(around) * wide,
        np.cos(rise) * np.sin(around) * wide,
        np.sin(rise) + 0 * around,
    ]
    points = np.stack(grid, 2) * size + np.array([0.045, 0.0, 0.685])
    return solids.sheet(points)


def hood_behind(atlas: Atlas, shape: Shape, share: float) -> Piece:
    """A hood that hangs down behind the neck; `share` is the cut of the garment, 0 to 1."""
    scale = shape.height_m / 1.72
    neck = shape.heads[atlas.bones["neck01"]]
    size = (0.11 * scale, (0.20 + 0.05 * share) * scale, (0.12 + 0.04 * share) * scale)
    place = neck + np.array([-0.058, 0.0, -0.045]) * scale
    solid = solids.at(solids.rounded_box(size, 0.8), place)
    return solids.hung_on(solid, atlas.weights("spine01", len(solid[0])), Material((0.1, 0.1, 0.1)))


def _face_hole(piece: Piece) -> Floats:
    """At least 0 on the hood beside the face."""
    x, y, z = piece.home.T
    face = np.hypot(y / 0.078, (z - 0.672) / 0.108) - 1
    return np.asarray(np.maximum(face * 0.08, 0.10 - x))


def glasses(atlas: Atlas, shape: Shape, kind: str, seed: int) -> list[Piece]:
    """Spectacles: rims, a bridge, temples; sunglasses have dark panes."""
    angle = np.linspace(0, 2 * np.pi, 17)
    square = 0.7 if seed % 3 else 1.0
    parts, panes = [], []
    for sign in (1, -1):
        flat = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** square
        high = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** square
        rim = np.stack([0.15 + 0 * flat, sign * 0.032 + 0.024 * flat, 0.697 + 0.019 * high], 1)
        rim[:, 0] = 0.151 - 6.0 * rim[:, 1] ** 2
        parts.append(solids.tube(rim, 0.0022, 5))
        hinge = [
            [0.142, sign * 0.056, 0.702],
            [0.10, sign * 0.076, 0.702],
            [0.045, sign * 0.080, 0.700],
        ]
        parts.append(solids.tube(np.array(hinge), 0.0022, 5))
        middle = rim.mean(0)
        panes.append(solids.sheet(np.stack([rim, np.broadcast_to(middle, rim.shape)])))
    parts.append(
        solids.tube(
            np.array([[0.149, 0.010, 0.702], [0.152, 0, 0.704], [0.149, -0.010, 0.702]]), 0.0022, 5
        )
    )
    dark = Material((0.015, 0.015, 0.017), gloss=0.5, infrared=0.3)
    pieces = [_worn(atlas, shape, solids.merged(*parts), dark)]
    if kind == "sunglasses":
        pieces.append(_worn(atlas, shape, solids.merged(*panes), dark))
    return pieces
