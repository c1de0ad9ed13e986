"""Fewer triangles where nobody would see the difference: corners that share a cell become one."""

import numpy as np
from numpy.typing import NDArray

from pipeline.street.mesh import Mesh

_FINEST_M = 0.006  # below, hardly a triangle goes away
_SPREAD = np.uint32(2_654_435_769)  # Knuth's multiplicative hash
_TABLE_BITS = 17


def coarser(mesh: Mesh, cell_m: float, faces: NDArray[np.int32] | None = None) -> NDArray[np.int32]:
    """(F, 3) faces of `mesh` with its corners gathered in cubes of `cell_m` (vertex clustering).

    Corners keep their number, so that the mesh's tables go with the new faces; only corners of
    one material come together. Faces that vanish are left out. `faces` starts from those.
    """
    faces = mesh.faces if faces is None else faces
    if cell_m < _FINEST_M or not len(faces):
        return faces
    cells = (mesh.vertices * np.float32(1 / cell_m)).astype(np.int32)
    cells -= cells.min(axis=0)
    _, rows, layers = cells.max(axis=0) + 1
    key = (cells[:, 0] * rows + cells[:, 1]) * layers + cells[:, 2]
    key = (key * len(mesh.materials) + mesh.material).astype(np.uint32)
    slot = (key * _SPREAD) >> np.uint32(32 - _TABLE_BITS)
    own = np.arange(len(key), dtype=np.int32)
    last = np.empty(1 << _TABLE_BITS, np.int32)
    last[slot] = own
    first = last[slot]
    stands_for = np.where(
        key[first] == key, first, own
    )  # two cells in one slot: one stays as it is
    fewer = stands_for[faces]
    a, b, c = fewer.T
    return np.asarray(fewer[(a != b) & (b != c) & (a != c)], np.int32)
