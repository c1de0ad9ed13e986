"""Footwear: uppers cut from the tights' feet, with a toe box, on soles of their own."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import ConvexHull

from pipeline.street.mesh import Material
from pipeline.street.people.atlas import Atlas
from pipeline.street.people.bodies import Shape
from pipeline.street.people.cloth import Piece, joined, normals, smooth

Floats = NDArray[np.float64]

SOLE_Z = -0.823  # home: the bottom of a bare foot
TOE_X = 0.12  # home: where toes begin


@dataclass(frozen=True, slots=True)
class ShoeCut:
    """A cut of footwear.

    Attributes:
        top: home height of the upper's edge.
        thick_m: of the upper.
        sole_m: thickness of the sole.
        heel_m: how much the sole is thicker under the heel.
        rim_m: how far the sole stands out.
        toe_m: how much the toe box stands up.
        low: how much lower the edge is on the instep, home metres.
        strappy: whether bare feet show between straps.
        pale: tint of the sole: above 0.5 a white one.
    """

    top: float
    thick_m: float = 0.006
    sole_m: float = 0.022
    heel_m: float = 0.0
    rim_m: float = 0.006
    toe_m: float = 0.006
    low: float = 0.0
    strappy: bool = False
    pale: bool = False


def shoe_cut(kind: str, shape: float) -> ShoeCut:
    """How footwear of `kind` is cut; unknown kinds are cut as shoes."""
    cuts = {
        "trainers": ShoeCut(-0.755, 0.009, 0.028, 0.006, 0.007, 0.010, pale=shape < 0.7),
        "shoes": ShoeCut(-0.765, 0.006, 0.016, 0.010, 0.004, 0.006),
        "boots": ShoeCut(-0.70 + 0.22 * shape**2, 0.010, 0.028, 0.012, 0.005, 0.010),
        "sandals": ShoeCut(-0.75, 0.005, 0.014, 0.004, 0.004, 0.0, strappy=True),
        "heels": ShoeCut(-0.785, 0.003, 0.010, 0.010, 0.001, 0.0, low=0.02),
    }
    return cuts.get(kind, cuts["shoes"])


def shod(atlas: Atlas, shape: Shape, cut: ShoeCut, upper: Material, sole: Material) -> list[Piece]:
    """Both shoes on a body: uppers and soles."""
    feet = atlas.surface("tights", shape)
    feet = feet.clipped(cut.top - feet.home[:, 2])
    feet = feet.clipped(0.3 - feet.arm[:, 1])
    whole = feet.thickened(cut.thick_m * 0.5)
    if cut.strappy:
        x, _, z = feet.home.T
        feet = feet.clipped(np.maximum(0.020 - np.abs(x - 0.105), 0.011 - np.abs(z + 0.764)))
    toes = smooth(TOE_X - 0.05, TOE_X + 0.03, feet.home[:, 0])
    lift = np.zeros_like(feet.rest)
    high = smooth(SOLE_Z, SOLE_Z + 0.03, feet.home[:, 2])
    lift[:, 2] = toes * cut.toe_m * high
    feet = feet.thickened(cut.thick_m * (0.4 + 0.6 * high)).moved(lift)
    x, _, z = feet.home.T
    feet = feet.tinted(0.72, smooth(cut.top - 0.012, cut.top - 0.008, z))
    laces = (x > 0.03) & (x < 0.10) & (np.sin(x * 420) > 0.2) & (feet.normal[:, 2] > 0.45)
    feet = feet.tinted(1.6 if cut.pale else 0.7, laces)
    feet = replace(feet, across_up=np.stack([x, z], 1))
    soles = [_sole(whole.clipped(sign * whole.home[:, 1]), cut).of(sole) for sign in (1, -1)]
    return [feet.of(upper), joined(soles)]


def _sole(foot: Piece, cut: ShoeCut) -> Piece:
    """A prism under one foot; its corners move as the foot's nearest vertices do."""
    low = foot.rest[:, 2] < foot.rest[:, 2].min() + 0.035
    ground = foot.rest[low]
    outline = ground[ConvexHull(ground[:, :2]).vertices][:, :2]
    middle = outline.mean(0)
    away = outline - middle
    outline = middle + away * (1 + cut.rim_m / np.linalg.norm(away, axis=1, keepdims=True))
    count, base = len(outline), ground[:, 2].min()
    heel = smooth(middle[0] - 0.0, middle[0] - 0.06, outline[:, 0]) * cut.heel_m
    levels = [base + 0.010, base + 0.004, base - cut.sole_m, base - cut.sole_m]
    insets = [1.0, 1.02, 1.0, 0.0]
    rings = [
        np.c_[middle + (outline - middle) * inset, np.full(count, level) - heel * (level < base)]
        for level, inset in zip(levels, insets, strict=True)
    ]
    rest = np.vstack(rings)
    ring = np.arange(count)
    after = (ring + 1) % count
    faces = []
    for upper in range(len(rings) - 1):
        a, b = upper * count, (upper + 1) * count
        faces += [
            np.stack([a + ring, b + ring, b + after], 1),
            np.stack([a + ring, b + after, a + after], 1),
        ]
    triangles = np.vstack(faces)
    nearest = np.argmin(((rest[:, None, :2] - foot.rest[None, low, :2]) ** 2).sum(2), 1)
    nearest = np.flatnonzero(low)[nearest]
    chosen = sparse.identity(len(foot.home), format="csr")[nearest]
    piece = foot.mixed(triangles, chosen)
    return replace(
        piece, rest=rest, normal=normals(rest, triangles), tint=np.ones((len(rest), 3)),
        ruck=np.zeros(len(rest)), across_up=rest[:, :2],
    )  # fmt: skip
