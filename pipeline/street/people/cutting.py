"""Cutting of surfaces: triangles split where a value crosses zero, so that every hem is a line.

A cut makes new vertices on edges of the old surface, each a mix of the edge's two ends. So a cut
surface is a sparse matrix of mixes beside its triangles, and whatever is known of the old vertices
(place, weights, pattern coordinates) is known of the new ones by one product.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEAR = 1e-6  # a vertex this near to the line lies on it


def split(faces: Ints, values: Floats) -> tuple[Ints, Floats, sparse.csr_matrix]:
    """Split every triangle that the line `values == 0` crosses, keeping both sides.

    Args:
        faces: (F, 3) triangles.
        values: (V,) of each vertex.

    Returns:
        (F', 3) triangles, (V',) values (exactly 0 on the line), and (V', V) mixes.
    """
    values = np.where(np.abs(values) < NEAR, 0.0, values)
    below, above = (values < 0)[faces], (values > 0)[faces]
    crossed = _any(below) & _any(above)
    whole, torn = faces[~crossed], faces[crossed]
    if not len(torn):
        return faces, values, sparse.identity(len(values), format="csr")
    edges = np.sort(torn[:, [[0, 1], [1, 2], [2, 0]]], axis=2)  # (T, 3, 2)
    cut = values[edges[..., 0]] * values[edges[..., 1]] < 0
    pairs, where = _distinct(edges[cut], len(values))
    new = np.full(edges.shape[:2], -1)
    new[cut] = len(values) + where
    pieces = _split_one(torn, values, new) + _split_two(torn, values, new)
    first, second = values[pairs[:, 0]], values[pairs[:, 1]]
    share = first / (first - second)
    mixes = _mixes(pairs, share, len(values))
    return np.vstack([whole, *pieces]), np.r_[values, np.zeros(len(pairs))], mixes


def clip(faces: Ints, values: Floats) -> tuple[Ints, sparse.csr_matrix]:
    """The part of a surface where `values` are at least 0.

    Returns:
        (F', 3) triangles and (V', V) mixes; vertices without a triangle are gone.
    """
    faces = faces[_any((values > NEAR)[faces])]
    faces, values, mixes = split(faces, values)
    kept = faces[~_any((values < 0)[faces]) & _any((values > 0)[faces])]
    return without_loose(kept, mixes)


def without_loose(faces: Ints, mixes: sparse.csr_matrix) -> tuple[Ints, sparse.csr_matrix]:
    """Drop the vertices that no triangle has."""
    there = np.zeros(mixes.shape[0], bool)
    there[faces.ravel()] = True
    renamed = np.cumsum(there) - 1
    return renamed[faces], mixes[np.flatnonzero(there)]


def refine(faces: Ints, count: int) -> tuple[Ints, sparse.csr_matrix]:
    """Every triangle in four, by the middles of its edges.

    Args:
        faces: (F, 3) triangles.
        count: of vertices.
    """
    edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]], axis=2)
    pairs, where = _distinct(edges.reshape(-1, 2), count)
    middle = count + where.reshape(-1, 3)
    a, b, c = faces.T
    ab, bc, ca = middle.T
    quarters = [(a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca)]
    return (
        np.vstack([np.stack(one, 1) for one in quarters]),
        _mixes(pairs, np.full(len(pairs), 0.5), count),
    )


def _any(corners: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether any of the three is true; much faster than a reduction along so short an axis."""
    first, second, third = corners.T
    return np.asarray(first | second | third)


def _distinct(edges: Ints, count: int) -> tuple[Ints, Ints]:
    """(E, 2) edges without repeats, and for each edge given which of them it is."""
    keys, where = np.unique(edges[:, 0] * count + edges[:, 1], return_inverse=True)
    return np.stack([keys // count, keys % count], 1), where


def _split_one(torn: Ints, values: Floats, new: Ints) -> list[Ints]:
    """Triangles with a corner on the line: in two, along the line through that corner."""
    pieces = []
    for turn in range(3):
        a, b, c = (torn[:, (turn + step) % 3] for step in range(3))
        on = values[a] == 0
        middle = new[:, (turn + 1) % 3]  # of the edge opposite to a
        pieces += [np.stack([a, b, middle], 1)[on], np.stack([a, middle, c], 1)[on]]
    return pieces


def _split_two(torn: Ints, values: Floats, new: Ints) -> list[Ints]:
    """Triangles with two edges crossed: a corner and a quadrilateral."""
    pieces = []
    for turn in range(3):
        a, b, c = (torn[:, (turn + step) % 3] for step in range(3))
        alone = (values[a] * values[b] < 0) & (values[a] * values[c] < 0)
        ab, ca = new[:, turn], new[:, (turn + 2) % 3]
        threes = ((a, ab, ca), (ab, b, c), (ab, c, ca))
        pieces += [np.stack(corners, 1)[alone] for corners in threes]
    return pieces


def _mixes(pairs: Ints, share: Floats, count: int) -> sparse.csr_matrix:
    rows = np.repeat(np.arange(len(pairs)), 2)
    data = np.stack([1 - share, share], 1).ravel()
    new = sparse.csr_matrix((data, (rows, pairs.ravel())), shape=(len(pairs), count))
    return sparse.vstack([sparse.identity(count, format="csr"), new], format="csr")
