"""Arithmetic on boxes: overlap, clipping, padding."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.types import Box

Boxes = NDArray[np.float64]
"""(N, 4) x1 y1 x2 y2 in pixels."""

EDGE_PX: Final = 2.0
EDGE_SHARE: Final = 0.01
"""A box nearer to the frame's edge than this many pixels, or than this share of the frame's side,
is taken to go on beyond it: detectors stop a little short."""

PERSON_ASPECT: Final = 0.4
"""Width over height of someone upright: what tells how much an edge has cut off."""


def to_array(boxes: Sequence[Box]) -> Boxes:
    """(N, 4) array of `boxes`; (0, 4) for none."""
    return np.asarray(boxes, np.float64).reshape(-1, 4)


def area(boxes: Boxes) -> NDArray[np.float64]:
    """(N,) square pixels; 0 for a box turned inside out."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0.0)  # (N, 2)
    return np.asarray(sides.prod(axis=1), np.float64)


def shared_area(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """(N, M) square pixels that each box of `a` has in common with each of `b`."""
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])  # (N, M, 2)
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])  # (N, M, 2)
    return np.asarray(np.maximum(bottom_right - top_left, 0.0).prod(axis=2), np.float64)


def iou(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """Overlap of every box in `a` with every box in `b`.

    Two boxes with no area between them overlap by 0, not by NaN.

    Args:
        a: (N, 4) boxes.
        b: (M, 4) boxes.

    Returns:
        (N, M) intersection over union, each in [0, 1].
    """
    shared = shared_area(a, b)
    union = area(a)[:, None] + area(b)[None, :] - shared
    return _ratio(shared, union)


def covered_shares(box: Box, others: Sequence[Box]) -> NDArray[np.float64]:
    """(M,) share of `box` that each of `others` lies over, in [0, 1]; 0 for a box with no area."""
    one = to_array([box])
    shared = shared_area(one, to_array(others))  # (1, M)
    return np.asarray(_ratio(shared, np.broadcast_to(area(one)[:, None], shared.shape))[0])


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    share = np.zeros(part.shape, np.float64)
    np.divide(part, whole, out=share, where=whole > 0)
    return np.minimum(share, 1.0)


def clip_box(box: Box, width: int, height: int) -> Box:
    """The part of `box` inside a frame; one outside shrinks to a line or a point."""
    x1, x2 = (min(max(x, 0.0), float(width)) for x in (box.x1, box.x2))
    y1, y2 = (min(max(y, 0.0), float(height)) for y in (box.y1, box.y2))
    return Box(x1, y1, x2, y2)


def pad_box(box: Box, fraction: float, width: int, height: int) -> Box:
    """`box` grown on each side by `fraction` of its own width or height, inside the frame."""
    right, down = box.width * fraction, box.height * fraction
    return clip_box(
        Box(box.x1 - right, box.y1 - down, box.x2 + right, box.y2 + down), width, height
    )


def pixel_window(box: Box, width: int, height: int) -> tuple[slice, slice]:
    """Rows and columns of every pixel that `box` touches, for indexing an (H, W, …) picture.

    >>> pixel_window(Box(1.2, 3.0, 4.5, 7.9), 10, 10)
    (slice(3, 8, None), slice(1, 5, None))
    """
    inside = clip_box(box, width, height)
    rows = slice(math.floor(inside.y1), math.ceil(inside.y2))
    columns = slice(math.floor(inside.x1), math.ceil(inside.x2))
    return rows, columns


def touches(low: float, high: float, limit_px: int) -> bool:
    """Whether a span from `low` to `high` comes to either end of a side of `limit_px`."""
    edge_px = _edge_px(limit_px)
    return low <= edge_px or high >= limit_px - edge_px


class CutOff(NamedTuple):
    """Where the frame ends before the person does.

    Attributes:
        above: whether the box reaches the upper edge.
        below: whether it reaches the lower edge.
        share_left: of the height of somebody upright, what the shape of the box says is left.
    """

    above: bool
    below: bool
    share_left: float


def cut_off(box: Box, width: int, height: int) -> CutOff:
    """How a frame of `width` × `height` pixels cuts a person off above and below."""
    inside = clip_box(box, width, height)
    edge_px = _edge_px(height)
    above, below = inside.y1 <= edge_px, inside.y2 >= height - edge_px
    whole_px = inside.width / PERSON_ASPECT
    share = min(inside.height / whole_px, 1.0) if (above or below) and whole_px > 0 else 1.0
    return CutOff(above, below, share)


def _edge_px(limit_px: int) -> float:
    return max(EDGE_PX, EDGE_SHARE * limit_px)
