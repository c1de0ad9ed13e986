"""Small solids that things are made of: boxes with round edges, tubes, domes and discs."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.street.mesh import Material
from pipeline.street.people.cloth import Piece, normals

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Solid = tuple[Floats, Ints]
"""(N, 3) points and (F, 3) triangles, counter-clockwise from outside."""


def sheet(points: Floats) -> Solid:
    """A surface through a grid of points (rows, columns, 3)."""
    rows, columns = points.shape[:2]
    cell = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)[None, :]).ravel()
    a, b, c, d = cell, cell + 1, cell + columns, cell + columns + 1
    return points.reshape(-1, 3), np.vstack([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])


def rounded_box(size: tuple[float, float, float], roundness: float = 0.35) -> Solid:
    """A box of `size` metres about the origin: an ellipsoid at `roundness` 1, sharp at 0.1."""
    rise = np.linspace(-np.pi / 2, np.pi / 2, 13)[:, None]
    around = np.linspace(-np.pi, np.pi, 29)[None, :]
    ball = np.stack(
        [np.cos(rise) * np.cos(around), np.cos(rise) * np.sin(around), np.sin(rise) + 0 * around], 2
    )
    box = np.sign(ball) * np.abs(ball) ** roundness
    return sheet(box * np.asarray(size) / 2)


def dome(size: tuple[float, float, float], lowest: float = 0.0, sides: int = 28) -> Solid:
    """The part of an ellipsoid of half axes `size` above `lowest` (share of its height)."""
    rise = np.linspace(np.arcsin(lowest), np.pi / 2, 9)[:, None]
    around = np.linspace(-np.pi, np.pi, sides + 1)[None, :]
    grid = [np.cos(rise) * np.cos(around), np.cos(rise) * np.sin(around), np.sin(rise) + 0 * around]
    return sheet(np.stack(grid, 2) * np.asarray(size))


def ring(inner: tuple[float, float], outer: tuple[float, float], drop: float) -> Solid:
    """A flat ring between two ellipses, its outer edge `drop` metres lower: the brim of a hat."""
    around = np.linspace(-np.pi, np.pi, 33)
    edge = np.stack([np.cos(around), np.sin(around)], 1)
    rows = []
    for share in np.linspace(1, 0, 4):
        radii = np.add(np.multiply(inner, 1 - share), np.multiply(outer, share))
        rows.append(np.c_[edge * radii, np.full(len(edge), -drop * share**1.5)])
    return sheet(np.stack(rows))


def tube(path: Floats, radius_m: float, sides: int = 7) -> Solid:
    """A tube along (N, 3) points."""
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    away = np.where(np.abs(along[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    side = np.cross(along, away)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    other = np.cross(along, side)
    angle = np.linspace(0, -2 * np.pi, sides + 1)[None, :, None]
    circle = np.cos(angle) * side[:, None] + np.sin(angle) * other[:, None]
    return sheet(path[:, None] + radius_m * circle)


def at(solid: Solid, place: Floats | tuple[float, float, float]) -> Solid:
    """The solid moved to `place`."""
    return solid[0] + np.asarray(place), solid[1]


def merged(*solids: Solid) -> Solid:
    """Several solids as one."""
    starts = np.cumsum([0, *(len(points) for points, _ in solids[:-1])])
    faces = [triangles + start for (_, triangles), start in zip(solids, starts, strict=True)]
    return np.vstack([points for points, _ in solids]), np.vstack(faces)


def hung_on(solid: Solid, weights: sparse.csr_matrix, material: Material) -> Piece:
    """A solid as a piece; `weights` (V, B) say which bones carry it."""
    points, faces = solid
    count = len(points)
    return Piece(
        home=np.tile([0.0, 0.0, 0.2], (count, 1)), rest=points, normal=normals(points, faces),
        arm=np.zeros((count, 2)), across_up=points[:, 1:].copy(), tint=np.ones((count, 3)),
        ruck=np.zeros(count), skin=weights, faces=faces, material=material,
    )  # fmt: skip
