"""Where there is room to walk and stand: what scenery leaves free, and cameras see."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.street.camera import Camera
from pipeline.street.mesh import Mesh

_CELL_M = 0.1
_ANKLE_M, _HEAD_M = 0.3, 1.7
_ROOM_M = 0.3  # beside the middle of somebody: half a pair of shoulders
_PERSON_MIDDLE_M = 0.9
_REACH_M = 30.0

Walk = tuple[tuple[float, float], ...]
Stand = tuple[float, float, float]


class Clearance:
    """The room that scenery leaves at the height of a body.

    Args:
        mesh: scenery; only what lies between ankle and head of a person is in the way.
    """

    def __init__(self, mesh: Mesh) -> None:
        size = round(2 * _REACH_M / _CELL_M)
        free = np.full((size, size), 255, np.uint8)
        corners = mesh.vertices[mesh.faces]
        heights = corners[..., 2]
        in_the_way = (heights.min(axis=1) < _HEAD_M) & (heights.max(axis=1) > _ANKLE_M)
        cells = np.round((corners[in_the_way][..., :2] + _REACH_M) / _CELL_M).astype(np.int32)
        for triangle in np.clip(cells, -1, size):
            cv2.fillConvexPoly(free, triangle, 0)
        self._room = np.asarray(cv2.distanceTransform(free, cv2.DIST_L2, 3), np.float32) * _CELL_M

    def room_m(self, points: NDArray[np.float64]) -> NDArray[np.float32]:
        """(N,) metres from (N, 2) points to the nearest thing in the way."""
        cells = np.round((points + _REACH_M) / _CELL_M).astype(int)
        x, y = np.clip(cells, 0, len(self._room) - 1).T
        return np.asarray(self._room[y, x], np.float32)

    def walks(self, walks: Sequence[Walk], cameras: Sequence[Camera]) -> tuple[Walk, ...]:
        """Those that run into nothing and that some camera sees."""
        open_ones = []
        for walk in walks:
            points = along(walk)
            if self.room_m(points).min() > _ROOM_M and _is_seen(points, cameras):
                open_ones.append(walk)
        return tuple(open_ones)

    def stands(self, stands: Sequence[Stand]) -> tuple[Stand, ...]:
        """Those with room around them."""
        points = np.array(stands, float).reshape(-1, 3)[:, :2]
        room = self.room_m(points)
        return tuple(one for one, free in zip(stands, room, strict=True) if free > _ROOM_M)


def along(walk: Walk, step_m: float = 0.2) -> NDArray[np.float64]:
    """(N, 2) points of a walk, about so far apart."""
    legs = []
    for start, end in pairwise(np.asarray(walk, float)):
        count = max(2, round(float(np.linalg.norm(end - start)) / step_m))
        legs.append(np.linspace(start, end, count))
    return np.concatenate(legs)


def _is_seen(points: NDArray[np.float64], cameras: Sequence[Camera]) -> bool:
    middles = np.c_[points, np.full(len(points), _PERSON_MIDDLE_M)].astype(np.float32)
    for camera in cameras:
        x, y, depth = camera.project(middles).T
        inside = (depth > 0) & (x > 0) & (x < camera.width) & (y > 0) & (y < camera.height)
        if inside.mean() > 0.1:
            return True
    return False
