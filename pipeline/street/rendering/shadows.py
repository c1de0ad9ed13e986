"""Where shadows are worked out: the part of a place before a camera, seen from the light."""

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.street.camera import Camera
from pipeline.street.rendering.light import Light

NEAREST_M, FARTHEST_M = 9.0, 24.0
_ABOVE_M = 30.0
_INDOORS_ABOVE_M = 2.3


def shadow_matrix(camera: Camera, light: Light) -> NDArray[np.float64]:
    """(4, 4) from place to the clip coordinates of the shadow map.

    It covers a disc of ground around what the camera looks at: the same for all frames of a
    camera, so that shadows keep still. Indoors only what stands below the ceiling counts.
    """
    away = math.dist(camera.eye, camera.target)
    radius = min(max(0.9 * away, NEAREST_M), FARTHEST_M)
    focus = np.array([camera.target[0], camera.target[1], 0.0])
    forward = -np.asarray(light.to_sun, float)
    beside = (0.0, 1.0, 0.0) if abs(forward[2]) > 0.95 else (0.0, 0.0, 1.0)
    right = np.cross(forward, beside)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(right, forward), forward])
    above = _INDOORS_ABOVE_M if light.indoors else _ABOVE_M
    rise = max(light.to_sun[2], 0.2)
    near, far = -above / rise - (0 if light.indoors else radius), radius + 2.0
    scale = np.array([1 / radius, 1 / radius, 2 / (far - near)])
    matrix = np.eye(4)
    matrix[:3, :3] = axes * scale[:, None]
    matrix[:3, 3] = -(axes @ focus) * scale
    matrix[2, 3] -= (far + near) / (far - near)
    return matrix
