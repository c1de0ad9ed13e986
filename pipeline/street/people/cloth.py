"""A piece of surface on its way from a body to a mesh: cut, moved, coloured, still at rest.

All is done in rest coordinates, once a look; a pose only multiplies what is left with the bones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.street.mesh import Material
from pipeline.street.people import cutting

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A surface and what is known of its vertices.

    Attributes:
        home: (V, 3) place on the average body; cuts are made in these coordinates.
        rest: (V, 3) place on this person's body at rest, metres.
        normal: (V, 3) outward, of length 1, at rest.
        arm: (V, 2) how far along the arm (0 shoulder, 1 elbow, 2 wrist; below 0 on the trunk) and
            how much of an arm it is, 0 to 1.
        across_up: (V, 2) pattern coordinates, metres on the cloth.
        tint: (V, 3) factor of the material's colour.
        ruck: (V,) strength of the wrinkles; 0 is smooth.
        skin: (V, B) weights of the bones.
        faces: (F, 3) triangles.
        material: how it looks.
    """

    home: Floats
    rest: Floats
    normal: Floats
    arm: Floats
    across_up: Floats
    tint: Floats
    ruck: Floats
    skin: sparse.csr_matrix
    faces: Ints
    material: Material

    def mixed(self, faces: Ints, mixes: sparse.csr_matrix) -> "Piece":
        """This piece with other triangles, of vertices that are mixes of its own."""
        dense = np.concatenate([self.home, self.rest, self.normal, self.arm, self.across_up,
                                self.tint, self.ruck[:, None]], 1)  # fmt: skip
        home, rest, normal, arm, across_up, tint, ruck = np.split(
            mixes @ dense, [3, 6, 9, 11, 13, 16], 1
        )
        return replace(
            self, home=home, rest=rest, normal=unit(normal), arm=arm, across_up=across_up,
            tint=tint, ruck=ruck[:, 0], skin=(mixes @ self.skin).tocsr(), faces=faces,
        )  # fmt: skip

    def clipped(self, values: Floats) -> "Piece":
        """The part where `values` (V,) are at least 0."""
        return self.mixed(*cutting.clip(self.faces, values))

    def refined(self) -> "Piece":
        """The same surface in four times as many triangles."""
        return self.mixed(*cutting.refine(self.faces, len(self.home)))

    def without(self, hidden: NDArray[np.bool_]) -> "Piece":
        """This piece less the triangles whose three corners are all `hidden` (V,)."""
        a, b, c = hidden[self.faces].T
        kept = self.faces[~(a & b & c)]
        if len(kept) == len(self.faces):
            return self
        return self.mixed(*cutting.without_loose(kept, sparse.identity(len(self.home), "d", "csr")))

    def moved(self, by: Floats) -> "Piece":
        """Vertices moved `by` (V, 3) metres, with the normals that follow from it."""
        rest = self.rest + by
        return replace(self, rest=rest, normal=normals(rest, self.faces, self.normal))

    def thickened(self, by_m: Floats | float) -> "Piece":
        """Vertices moved outwards `by_m` metres, one for all or (V,)."""
        return self.moved(self.normal * np.reshape(by_m, (-1, 1)))

    def tinted(self, factor: Floats | float, where: NDArray[np.bool_] | Floats) -> "Piece":
        """Colour multiplied by `factor` (a number or (3,)) as far as `where` (V,) says, 0 to 1."""
        share = np.asarray(where, np.float64).reshape(-1, 1)
        return replace(self, tint=self.tint * (1 - share + share * np.reshape(factor, (1, -1))))

    def of(self, material: Material) -> "Piece":
        """The same in another material."""
        return replace(self, material=material)

    def seamed(self, values: Floats, half_width: float, factor: float, where: Floats) -> "Piece":
        """A crisp line of another tint where `values` (V,) are 0 and `where` (V,) is above 0."""
        both, piece = np.stack([values, where], 1), self
        for offset in (-half_width, 0.0, half_width):
            faces, _, mixes = cutting.split(piece.faces, both[:, 0] + offset)
            piece, both = piece.mixed(faces, mixes), mixes @ both
        return piece.tinted(factor, (np.abs(both[:, 0]) < half_width * 0.7) & (both[:, 1] > 0))


def joined(pieces: Sequence[Piece]) -> Piece:
    """Pieces of one material as one piece.

    Raises:
        ValueError: there is none.
    """
    starts = np.cumsum([0, *(len(piece.home) for piece in pieces[:-1])])
    stacked = {
        name: np.concatenate([getattr(piece, name) for piece in pieces])
        for name in ("home", "rest", "normal", "arm", "across_up", "tint", "ruck")
    }
    faces = np.vstack([piece.faces + start for piece, start in zip(pieces, starts, strict=True)])
    skin = sparse.vstack([piece.skin for piece in pieces], format="csr")
    return Piece(**stacked, skin=skin, faces=faces, material=pieces[0].material)


def unit(vectors: Floats) -> Floats:
    """(N, 3) vectors brought to length 1; those of no length point up."""
    x, y, z = vectors.T
    lengths = np.sqrt(x * x + y * y + z * z)[:, None]
    return np.where(lengths < 1e-12, [0.0, 0.0, 1.0], vectors / np.maximum(lengths, 1e-12))


def normals(points: Floats, faces: Ints, like: Floats | None = None) -> Floats:
    """(V, 3) normals of a surface, each the mean of its triangles' by their size.

    Args:
        points: (V, 3) vertices.
        faces: (F, 3) triangles, counter-clockwise from outside.
        like: (V, 3) for vertices without a triangle of any size.
    """
    corners = points[faces]
    one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    across = one[:, [1, 2, 0]] * other[:, [2, 0, 1]] - one[:, [2, 0, 1]] * other[:, [1, 2, 0]]
    sums = np.zeros_like(points)
    for axis in range(3):
        for corner in range(3):
            sums[:, axis] += np.bincount(faces[:, corner], across[:, axis], len(points))
    flat = np.linalg.norm(sums, axis=1) < 1e-12
    if like is not None:
        sums[flat] = like[flat]
    return unit(sums)


def smooth(start: float, end: float, values: Floats) -> Floats:
    """0 before `start`, 1 after `end`, an S between (Hermite's 3t² - 2t³)."""
    share = np.clip((values - start) / (end - start), 0.0, 1.0)
    return share * share * (3 - 2 * share)


CELLS = 32
_LATTICE = np.random.default_rng(20).uniform(-1, 1, (CELLS**3, 3)).astype(np.float32)


def noise(points: Floats, seed: int) -> Floats:
    """(N, 3) value noise of -1 to 1 at (N, 3) points: smooth between random whole places."""
    shifted = points + np.array([seed % 97, seed % 89, seed % 83]) * 1.37
    cell = np.floor(shifted).astype(np.int64)
    share = (shifted - cell).astype(np.float32)
    share = share * share * (3 - 2 * share)
    lines = [[axis % CELLS * step, (axis + 1) % CELLS * step]
             for axis, step in zip(cell.T, (CELLS * CELLS, CELLS, 1), strict=True)]  # fmt: skip
    along, across, up = (share[:, axis, None] for axis in range(3))
    total = np.zeros((len(points), 3), np.float32)
    for i, j, k in np.ndindex(2, 2, 2):
        weight = (along if i else 1 - along) * (across if j else 1 - across) * (up if k else 1 - up)
        total += weight * _LATTICE[lines[0][i] + lines[1][j] + lines[2][k]]
    return total.astype(np.float64)
