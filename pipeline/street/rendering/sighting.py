"""What a frame shows of each person: boxes, and how much of them is hidden."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.types import Box
from pipeline.street.camera import NEAR_M, Camera
from pipeline.street.mesh import Mesh


@dataclass(frozen=True, slots=True)
class Outline:
    """Where a whole body lies in a picture, whatever stands before it.

    Attributes:
        full: box around it, pixels; it may lie partly or wholly outside the picture.
        box: `full` cut at the edges of the picture.
    """

    full: Box
    box: Box

    @property
    def inside(self) -> float:
        """Share of the area of `full` that lies in the picture."""
        area = (self.full.x2 - self.full.x1) * (self.full.y2 - self.full.y1)
        kept = (self.box.x2 - self.box.x1) * (self.box.y2 - self.box.y1)
        return min(kept / area, 1.0) if area > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One person in one frame.

    Attributes:
        owner: their number in the frame's map of owners.
        outline: where the whole body lies.
        visible_box: around the pixels that show; None where none does.
        visible: share of the body that shows: neither behind something nor outside the frame.
        pixels: how many show.
    """

    owner: int
    outline: Outline
    visible_box: Box | None
    visible: float
    pixels: int

    @property
    def height_px(self) -> float:
        """Height of the whole body, also where the frame cuts it."""
        return self.outline.full.y2 - self.outline.full.y1


def outline_of(camera: Camera, mesh: Mesh) -> Outline | None:
    """Where `mesh` lies in the picture of `camera`; None if no part of it does."""
    points = camera.project(mesh.vertices)
    points = points[points[:, 2] > NEAR_M]
    if not len(points):
        return None
    (x1, y1), (x2, y2) = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    full = Box(float(x1), float(y1), float(x2), float(y2))
    box = Box(max(full.x1, 0.0), max(full.y1, 0.0), min(full.x2, float(camera.width)),
              min(full.y2, float(camera.height)))  # fmt: skip
    return Outline(full, box) if box.x2 - box.x1 >= 1 and box.y2 - box.y1 >= 1 else None


def might_see(camera: Camera, x: float, y: float, *, margin_m: float = 1.0) -> bool:
    """Whether somebody who stands at `x`, `y` can be in the picture at all.

    Args:
        camera: who looks.
        x: metres.
        y: metres.
        margin_m: how far arms, bags and umbrellas reach.
    """
    away_m = math.hypot(x - camera.eye[0], y - camera.eye[1])
    if away_m < 2 * margin_m:
        return True
    low, high = -margin_m, margin_m
    corners = [(x + dx, y + dy, z) for dx in (low, high) for dy in (low, high) for z in (0.0, 2.3)]
    points = camera.project(np.asarray(corners, np.float32))
    points = points[points[:, 2] > NEAR_M]
    if not len(points):
        return False
    (left, top), (right, bottom) = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    return bool(left < camera.width and right > 0 and top < camera.height and bottom > 0)


def sight(
    outlines: Mapping[int, Outline], owners: NDArray[np.integer], alone: Mapping[int, int]
) -> list[Seen]:
    """What shows of each person.

    Args:
        outlines: by owner.
        owners: (H, W) who is in front; 0 is nobody.
        alone: pixels that each owner would have if nothing stood before them.

    Returns:
        A record each, in the order of their numbers.
    """
    spans = _spans(owners, max(outlines, default=0))
    found = []
    for owner, outline in sorted(outlines.items()):
        visible_box, pixels = spans.get(owner, (None, 0))
        share = min(pixels / max(alone.get(owner, 0), 1), 1.0) * outline.inside
        found.append(Seen(owner, outline, visible_box, round(share, 4), pixels))
    return found


def _spans(owners: NDArray[np.integer], most: int) -> dict[int, tuple[Box, int]]:
    """The box and the count of each owner's pixels."""
    counts = np.bincount(owners.ravel(), minlength=most + 1)
    spans = {}
    for owner in np.flatnonzero(counts[: most + 1]):
        if owner == 0:
            continue
        mask = owners == owner
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        box = Box(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
        spans[int(owner)] = box, int(counts[owner])
    return spans
