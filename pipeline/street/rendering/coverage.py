"""How much of each person can be seen, by where the corners of their mesh fall.

A second drawing of each person alone would be exact and take as long as the picture. A body has
some twenty thousand corners: those mark the cells of a coarse grid that it would cover, and a cell
counts as seen where the picture shows the person in it or right beside it.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.street.camera import NEAR_M, Camera

_CELLS_TALL = 72
_CORNERS_ENOUGH = 8000


def count_alone(camera: Camera, vertices: NDArray[np.float32], is_seen: NDArray[np.bool_]) -> int:
    """Pixels somebody would cover with nobody and nothing before them, within the picture.

    Args:
        camera: who looks.
        vertices: (V, 3) of everything that is theirs, metres.
        is_seen: (H, W) where the picture shows them.
    """
    places = camera.project(vertices[:: max(1, len(vertices) // _CORNERS_ENOUGH)])
    inside = (places[:, 2] > NEAR_M) & (places[:, :2] >= 0).all(axis=1)
    inside &= (places[:, 0] < camera.width) & (places[:, 1] < camera.height)
    x, y = places[inside, :2].T
    if not len(x):
        return 0
    left, top = int(x.min()), int(y.min())
    cell = max(1.0, (y.max() - top) / _CELLS_TALL)
    columns, rows = ((x - left) / cell).astype(int), ((y - top) / cell).astype(int)
    covered = np.zeros((rows.max() + 1, columns.max() + 1), bool)
    covered[rows, columns] = True
    near = is_seen[top : int(y.max()) + 3, left : int(x.max()) + 3]
    shown = _any_in_cells(near, cell, covered.shape)
    cells, seen_cells = np.count_nonzero(covered), np.count_nonzero(covered & shown)
    seen = int(np.count_nonzero(is_seen))
    if not seen_cells:
        return max(round(float(cells * cell * cell)), int(seen))
    return round(seen * int(cells) / int(seen_cells))


def _any_in_cells(
    mask: NDArray[np.bool_], cell: float, shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Whether the mask holds anywhere in each cell, or a pixel beside it."""
    sums = np.pad(np.cumsum(np.cumsum(mask, axis=0, dtype=np.int32), axis=1), ((1, 0), (1, 0)))
    edges = []
    for count, size in zip(shape, mask.shape, strict=True):
        low = np.floor(np.arange(count) * cell).astype(int) - 1
        high = np.ceil((np.arange(count) + 1) * cell).astype(int) + 1
        edges.append((np.clip(low, 0, size), np.clip(high, 0, size)))
    (top, bottom), (left, right) = edges
    inside = sums[np.ix_(bottom, right)] - sums[np.ix_(top, right)]
    inside = inside - sums[np.ix_(bottom, left)] + sums[np.ix_(top, left)]
    return np.asarray(inside > 0)
