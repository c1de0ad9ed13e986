"""What a place is: scenery, cameras that hang in it, and where people walk and stand."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.street.camera import Camera
from pipeline.street.mesh import Mesh
from pipeline.street.scenery.clearance import Clearance, Stand, Walk

TEST_EVERY, TEST_REST = 5, 4
"""Seeds with `seed % TEST_EVERY == TEST_REST` build places for tests only: they have colours and
grounds of their own, which no other seed has."""

__all__ = ["PERSON_M", "Place", "Stand", "Walk", "both_ways", "hang", "is_for_tests"]

PERSON_M = 1.7
_LEAST_FOV, _MOST_FOV = 26.0, 75.0


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A place, the same for the same name and seed.

    Attributes:
        name: one of `PLACES`.
        seed: what it was built from.
        mesh: scenery; the ground is flat at z = 0.
        cameras: three of them, `street-1` to `street-3`.
        walks: lines of corners x, y in metres; each enters and leaves.
        stands: x, y in metres and a heading in radians.
        indoors: whether it has a ceiling and lights of its own all day.
        lamps: x, y, z of lamps, the ones that matter most first.
    """

    name: str
    seed: int
    mesh: Mesh
    cameras: tuple[Camera, ...]
    walks: tuple[Walk, ...]
    stands: tuple[Stand, ...]
    indoors: bool
    lamps: tuple[tuple[float, float, float], ...]

    @classmethod
    def cleared(
        cls,
        name: str,
        seed: int,
        mesh: Mesh,
        cameras: tuple[Camera, ...],
        walks: Sequence[Walk],
        stands: Sequence[Stand],
        indoors: bool,
        lamps: tuple[tuple[float, float, float], ...],
    ) -> "Place":
        """A place without the walks and stands that scenery is in the way of."""
        room = Clearance(mesh)
        free_walks, free_stands = room.walks(walks, cameras), room.stands(stands)
        return cls(name, seed, mesh, cameras, free_walks, free_stands, indoors, lamps)

    @property
    def light_kinds(self) -> tuple[str, ...]:
        """Kinds of light that fit, of `light.LIGHTS`."""
        if self.indoors:
            return ("indoors", "infrared")
        return ("sunny", "overcast", "dusk", "night", "infrared")


def is_for_tests(seed: int) -> bool:
    """Whether places of this seed are kept from training.

    >>> [seed for seed in range(10) if is_for_tests(seed)]
    [4, 9]
    """
    return seed % TEST_EVERY == TEST_REST


def hang(
    rng: np.random.Generator,
    camera_id: str,
    eye: tuple[float, float],
    target: tuple[float, float],
    *,
    heights: tuple[float, float] = (2.7, 5.0),
    person_px: tuple[float, float] = (85, 190),
) -> Camera:
    """A camera whose zoom makes somebody at its target about so many pixels tall.

    Args:
        rng: decides height, zoom and a little of the rest.
        camera_id: as operators know it.
        eye: x, y in metres.
        target: x, y of the ground that it looks at, metres.
        heights: of the lens, metres, from and to.
        person_px: height of a person of 1.7 m in a picture 360 pixels high, from and to.
    """
    at = np.array([*(eye + rng.normal(0, 0.15, 2)), rng.uniform(*heights)])
    aim = np.array([*(target + rng.normal(0, 0.3, 2)), rng.uniform(0.6, 1.1)])
    away = float(np.linalg.norm(at - aim))
    half = PERSON_M * 360 / (2 * away * rng.uniform(*person_px))
    zoom = float(np.clip(2 * math.degrees(math.atan(half)), _LEAST_FOV, _MOST_FOV))
    x, y, z = (float(value) for value in at)
    to_x, to_y, to_z = (float(value) for value in aim)
    return Camera(camera_id, (x, y, z), (to_x, to_y, to_z), zoom)


def both_ways(walks: Sequence[Walk]) -> tuple[Walk, ...]:
    """Each walk, and the same the other way round."""
    return tuple(walks) + tuple(walk[::-1] for walk in walks)
