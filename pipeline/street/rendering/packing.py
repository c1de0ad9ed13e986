"""Meshes as the bytes a graphics card reads: tables of corners, of faces and of materials."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.street.mesh import Material, Mesh
from pipeline.street.rendering.pattern_tiles import REPEATS

CORNER = np.dtype(
    [
        ("place", np.float32, 3),
        ("normal", np.uint8, 4),
        ("across_up", np.float32, 2),
        ("tint", np.uint8, 4),
        ("material", np.uint16),
        ("owner", np.uint16),
    ]
)
"""One corner, 32 bytes: a normal of 0 is 128; a tint of 1 is 127, so that meshes may brighten."""

COLOUR_FORMAT = "3f4 4f1 2f4 4f1 2u2"
PLACE_FORMAT = "3f4 20x1"
_TINT_ONE = 127.5


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A mesh to draw.

    Attributes:
        owner: 0 to 255.
        mesh: its corners and materials.
        faces: (F, 3) int32 that are seen.
        shading: (F, 3) int32 that throw shadows: fewer.
    """

    owner: int
    mesh: Mesh
    faces: NDArray[np.int32]
    shading: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Parts packed one after the other.

    Attributes:
        corners: (V,) of CORNER.
        faces: (F, 3) int32 into all corners.
        shading: (F, 3) int32, those that throw shadows.
        materials: (M, 3, 4) float32, as the shader reads them.
    """

    corners: NDArray[np.void]
    faces: NDArray[np.int32]
    shading: NDArray[np.int32]
    materials: NDArray[np.float32]


def pack(parts: Sequence[Part]) -> Packed:
    """Pack parts into one table each."""
    sizes = [len(part.mesh.vertices) for part in parts]
    firsts = np.cumsum([0, *sizes])
    corners = np.zeros(firsts[-1], CORNER)
    rows: list[list[float]] = []
    for first, size, part in zip(firsts, sizes, parts, strict=False):
        _fill(corners[first : first + size], part, first_material=len(rows))
        rows.extend(_row(material) for material in part.mesh.materials)
    shifted = list(zip(firsts, parts, strict=False))
    return Packed(
        corners,
        np.concatenate([part.faces + np.int32(first) for first, part in shifted]),
        np.concatenate([part.shading + np.int32(first) for first, part in shifted]),
        np.asarray(rows, np.float32).reshape(-1, 3, 4),
    )


def _fill(corners: NDArray[np.void], part: Part, *, first_material: int) -> None:
    mesh = part.mesh
    corners["place"] = mesh.vertices
    corners["normal"][:, :3] = mesh.normals * np.float32(127) + np.float32(128.5)
    corners["across_up"] = mesh.across_up
    corners["tint"][:, :3] = np.minimum(mesh.tint * np.float32(_TINT_ONE), 255)
    corners["material"] = mesh.material + first_material
    corners["owner"] = part.owner


def _row(material: Material) -> list[float]:
    return [
        *material.colour, float(material.pattern),
        *material.second, material.scale / REPEATS[material.pattern],
        material.gloss, material.glow, material.infrared, 0.0,
    ]  # fmt: skip
