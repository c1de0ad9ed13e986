"""Pictures of single people, cut from a frame as a detector would cut them."""

import math
from dataclasses import dataclass

import numpy as np

from detectors.types import Box
from pipeline.street.camera import Camera
from pipeline.street.rendering.sighting import Seen
from pipeline.street.words.views import Side

#: Smaller people, and those who hide, get no crop.
LEAST_HEIGHT_PX, LEAST_VISIBLE = 40.0, 0.4
#: Shares of a box by which a detector's edges are off, and how often it loses feet or head.
_EDGE_SHARE, _LOSES_FEET, _LOSES_HEAD = 0.035, 0.06, 0.03


@dataclass(frozen=True, slots=True)
class Cut:
    """One crop of a frame.

    Attributes:
        box: whole pixels of the frame.
        above: share of the body's height that lies above the crop.
        below: share of the body's height that lies below it.
    """

    box: Box
    above: float
    below: float


def cut_of(rng: np.random.Generator, seen: Seen, camera: Camera) -> Cut | None:
    """A crop of somebody; None where they are too small, too hidden, or nothing is left."""
    box = seen.visible_box
    if box is None or seen.visible < LEAST_VISIBLE or box.height < LEAST_HEIGHT_PX:
        return None
    left, right = rng.normal(0, _EDGE_SHARE, 2) * 1.5 * box.width
    top, bottom = rng.normal(0, _EDGE_SHARE, 2) * box.height
    loses = rng.random()
    if loses < _LOSES_FEET:
        bottom -= rng.uniform(0.05, 0.25) * box.height
    elif loses < _LOSES_FEET + _LOSES_HEAD:
        top += rng.uniform(0.03, 0.12) * box.height
    kept = Box(
        float(max(math.floor(box.x1 + left), 0)),
        float(max(math.floor(box.y1 + top), 0)),
        float(min(math.ceil(box.x2 + right), camera.width)),
        float(min(math.ceil(box.y2 + bottom), camera.height)),
    )
    if kept.width < 8 or kept.height < LEAST_HEIGHT_PX / 2:
        return None
    full, tall = seen.outline.full, max(seen.height_px, 1.0)
    return Cut(
        kept,
        round(min(max((kept.y1 - full.y1) / tall, 0.0), 1.0), 3),
        round(min(max((full.y2 - kept.y2) / tall, 0.0), 1.0), 3),
    )


def side_of(camera: Camera, x: float, y: float, heading: float) -> Side:
    """Which side of somebody a camera sees.

    >>> side_of(Camera("door", (10.0, 0.0, 3.0), (0.0, 0.0, 1.0)), 0.0, 0.0, 0.0)
    'front'
    """
    turn = turned_away(camera, x, y, heading)
    if abs(turn) < math.pi / 4:
        return "front"
    if abs(turn) > 3 * math.pi / 4:
        return "back"
    return "left" if turn > 0 else "right"


def turned_away(camera: Camera, x: float, y: float, heading: float) -> float:
    """Radians from where somebody faces to the camera, to their left; 0 looks into the lens."""
    towards = math.atan2(camera.eye[1] - y, camera.eye[0] - x)
    return math.remainder(towards - heading, 2 * math.pi)
