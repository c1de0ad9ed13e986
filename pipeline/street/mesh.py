"""Surfaces to draw: what people, places and things are made of before they are a picture.

Metres, z up, right-handed. A person stands at the origin on z = 0 and faces +x; +y is their left.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Colour = tuple[float, float, float]
"""Linear RGB, 0 to 1."""


class Pattern(IntEnum):
    """What is drawn on a material, in its pattern coordinates (across, up), metres on the cloth."""

    PLAIN = 0
    STRIPES_ACROSS = 1  # bands of `colour` and `second`, one above the other
    STRIPES_DOWN = 2
    CHECKS = 3
    DOTS = 4
    CAMOUFLAGE = 5
    SPECKLED = 6  # denim, tweed: fine noise around `colour`
    BRICKS = 7  # `second` is the mortar
    TILES = 8
    WINDOWS = 9  # panes of `second` in a wall of `colour`
    ASPHALT = 10
    LINES = 11  # a road's or platform's painted line of `second`
    STRANDS = 12  # hair
    BOARDS = 13  # a floor of wood; `second` is the gap between two boards


@dataclass(frozen=True, slots=True)
class Material:
    """How a surface looks.

    Attributes:
        colour: main colour.
        second: the pattern's other colour.
        pattern: what is drawn.
        scale: repeats of the pattern in a metre.
        gloss: 0 is cloth, 1 is glass.
        glow: light of its own, added after lighting: lamps, screens, reflective bands at night.
        infrared: how bright it is under infrared light, 0 to 1: dyes are mostly bright there.
    """

    colour: Colour
    second: Colour = (0.0, 0.0, 0.0)
    pattern: Pattern = Pattern.PLAIN
    scale: float = 10.0
    gloss: float = 0.05
    glow: float = 0.0
    infrared: float = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles with everything a shader needs; a person is one mesh, so is a place.

    Attributes:
        vertices: (V, 3) float32, metres.
        normals: (V, 3) float32 of length 1, wrinkles and folds already in them.
        across_up: (V, 2) float32 pattern coordinates, metres on the cloth.
        tint: (V, 3) float32 that multiplies the material's colour: lips, seams, dirt, occlusion.
        material: (V,) int32, index into `materials`; the three corners of a face agree.
        faces: (F, 3) int32, counter-clockwise seen from outside; both sides are drawn.
        materials: what `material` points to.
    """

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    across_up: NDArray[np.float32]
    tint: NDArray[np.float32]
    material: NDArray[np.int32]
    faces: NDArray[np.int32]
    materials: tuple[Material, ...]

    def moved(self, *, at: tuple[float, float], heading: float) -> "Mesh":
        """This mesh turned to face `heading` (radians from +x, to the left) and put `at` (x, y)."""
        cos, sin = np.cos(heading), np.sin(heading)
        turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], np.float32)
        vertices = self.vertices @ turn.T + np.array([*at, 0], np.float32)
        return Mesh(
            vertices.astype(np.float32), (self.normals @ turn.T).astype(np.float32),
            self.across_up, self.tint, self.material, self.faces, self.materials,
        )  # fmt: skip
