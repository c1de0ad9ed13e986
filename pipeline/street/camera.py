"""A camera of the street: where it hangs, what it sees, and where a point lands in its picture."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEAR_M, FAR_M = 0.3, 150.0


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera in the coordinates of its place.

    Attributes:
        camera_id: as operators know it.
        eye: x, y, z in metres.
        target: the point in the middle of the picture.
        field_of_view: vertical, degrees.
        width: of the picture, pixels.
        height: of the picture, pixels.
    """

    camera_id: str
    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    field_of_view: float = 45.0
    width: int = 640
    height: int = 360

    def matrix(self) -> NDArray[np.float64]:
        """(4, 4) from place to clip coordinates, as OpenGL has them."""
        forward = np.subtract(self.target, self.eye)
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, (0.0, 0.0, 1.0))
        right /= np.linalg.norm(right)
        up = np.cross(right, forward)
        view = np.eye(4)
        view[:3, :3] = right, up, -forward
        view[:3, 3] = -view[:3, :3] @ np.asarray(self.eye)
        zoom = 1 / math.tan(math.radians(self.field_of_view) / 2)
        lens = np.zeros((4, 4))
        lens[0, 0], lens[1, 1] = zoom * self.height / self.width, zoom
        lens[2, 2] = (FAR_M + NEAR_M) / (NEAR_M - FAR_M)
        lens[2, 3] = 2 * FAR_M * NEAR_M / (NEAR_M - FAR_M)
        lens[3, 2] = -1.0
        return lens @ view

    def project(self, points: NDArray[np.float32]) -> NDArray[np.float64]:
        """(N, 3) pixels x, y (from the top left) and metres before the lens, of (N, 3) points.

        Points behind the lens have a depth below 0, and pixels that mean nothing.
        """
        clip = np.c_[points, np.ones(len(points))] @ self.matrix().T  # (N, 4)
        depth = clip[:, 3]
        safe = np.where(np.abs(depth) < 1e-9, 1e-9, depth)
        x = (clip[:, 0] / safe + 1) / 2 * self.width
        y = (1 - clip[:, 1] / safe) / 2 * self.height
        return np.stack([x, y, depth], axis=1)
