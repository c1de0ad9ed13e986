"""Meshes on the graphics card, drawn in one call."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.street.rendering.packing import COLOUR_FORMAT, PLACE_FORMAT, Part, pack

_NAMES = ("in_place", "in_normal", "in_across_up", "in_tint", "in_material_owner")


class Drawable:
    """Parts that were loaded together; loading again reuses the room on the card."""

    def __init__(self, context: Any, colour: Any, places: Any) -> None:
        """Args: the context, the program of colours and the program of places alone."""
        self._context, self._programs = context, (colour, places)
        self._buffers: list[Any] = []
        self._arrays: list[Any] = []
        self._materials: Any = None
        self._counts = (0, 0)

    def load(self, parts: Sequence[Part]) -> None:
        """Replace what was loaded before."""
        packed = pack(parts)
        tables: list[NDArray[Any]] = [packed.corners, packed.faces, packed.shading]
        self._counts = packed.faces.size, packed.shading.size
        held = self._buffers
        if held and all(t.nbytes <= b.size for t, b in zip(tables, held, strict=True)):
            for table, buffer in zip(tables, held, strict=True):
                buffer.orphan()
                buffer.write(table.view(np.uint8))
        else:
            self.release()
            self._make(tables)
        if self._materials is not None:
            self._materials.release()
        self._materials = self._context.texture(
            (3, len(packed.materials)), 4, packed.materials.tobytes(), dtype="f4"
        )

    def _make(self, tables: Sequence[NDArray[Any]]) -> None:
        corners, faces, shading = self._buffers = [
            self._context.buffer(table.tobytes() or bytes(12)) for table in tables
        ]
        colour, places = self._programs
        self._arrays = [
            self._context.vertex_array(colour, [(corners, COLOUR_FORMAT, *_NAMES)], faces),
            self._context.vertex_array(places, [(corners, PLACE_FORMAT, "in_place")], shading),
        ]

    def draw_colours(self, unit: int) -> None:
        """Draw what is seen; its materials go to a texture unit."""
        self._materials.use(unit)
        self._arrays[0].render(vertices=self._counts[0])

    def draw_places(self) -> None:
        """Draw what throws shadows."""
        if self._counts[1]:
            self._arrays[1].render(vertices=self._counts[1])

    def release(self) -> None:
        """Give the card its memory back."""
        materials = [] if self._materials is None else [self._materials]
        for held in (*self._arrays, *self._buffers, *materials):
            held.release()
        self._buffers, self._arrays, self._materials = [], [], None
