"""Which part of a frame is worth searching, where a look costs as much as what it looks at.

A part lies on the network's own grid, at the same scale: what is found there is what the whole
picture would give but for last digits, except along its edges.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from detectors.boxes import shared_area, to_array
from detectors.types import Box

REVISION: Final = 1
"""Raised when the same frame and reasons come to be searched elsewhere."""

BESIDE: Final = 0.25
"""A person walks a sixth of their height between two frames of a fifth of a second."""

ABOVE: Final = 0.12
"""Of the height: what a step towards the camera adds, or what rests of somebody who moves."""

CONTEXT_PX: Final = 96
"""Around it, in the network's picture: what a person is told from."""

WORTH_IT: Final = 0.8
"""A part of more than this share of the picture saves too little."""

EDGE_PX: Final = 12.0
"""A box so near an edge inside the picture may go on beyond it; half a person was seen to end 8 px
before it."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the network's picture that is searched for a part of it; all in its pixels.

    Attributes:
        part: what it is searched for.
        left, top, right, bottom: where it lies; the last two are exclusive.
        width, height: of the whole picture.
    """

    part: Box
    left: int
    top: int
    right: int
    bottom: int
    width: int
    height: int

    @property
    def area(self) -> int:
        """Square pixels."""
        return (self.right - self.left) * (self.bottom - self.top)

    def is_cut(self, box: Box) -> bool:
        """Whether a box in the picture ends where the window does, though the picture goes on."""
        return (
            (self.left > 0 and box.x1 < self.left + EDGE_PX)
            or (self.top > 0 and box.y1 < self.top + EDGE_PX)
            or (self.right < self.width and box.x2 > self.right - EDGE_PX)
            or (self.bottom < self.height and box.y2 > self.bottom - EDGE_PX)
        )

    def whole_ones(self, boxes: Sequence[Box]) -> list[bool] | None:
        """Which boxes in the picture are whole.

        One that the window cuts is of somebody who neither moves nor is followed: the next look
        at the whole picture finds them. Unless it reaches into the part.

        Returns:
            None where one does, and the whole picture is to be searched.
        """
        is_cut = [self.is_cut(box) for box in boxes]
        cut = to_array([box for box, one in zip(boxes, is_cut, strict=True) if one])
        if shared_area(to_array([self.part]), cut).any():
            return None
        return [not one for one in is_cut]


def part_to_search(moving: Iterable[Box], followed: Iterable[Box]) -> Box | None:
    """What holds all that moves and all who are followed, with room to walk.

    Args:
        moving: where something moved a moment ago.
        followed: where those are expected who are followed, out of sight or not.

    Returns:
        Pixels of the frame, possibly beyond its edges; None where there is no reason to look at
        one place more than at another.
    """
    grown = [_grown(box) for box in (*moving, *followed)]
    if not grown:
        return None
    lefts, tops, rights, bottoms = zip(*grown, strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


def window_of(part: Box, width: int, height: int, stride_px: int) -> Window | None:
    """The part of the network's picture that holds `part` and what it is told from.

    Args:
        part: pixels of the network's picture, possibly beyond its edges.
        width: of the network's picture, a multiple of `stride_px`.
        height: of it, likewise.
        stride_px: the coarsest grid of the network, which the sides of a window keep to.

    Returns:
        None where the whole is as cheap.
    """
    left, right = _on_grid(part.x1, part.x2, width, stride_px)
    top, bottom = _on_grid(part.y1, part.y2, height, stride_px)
    window = Window(part, left, top, right, bottom, width, height)
    return window if window.area <= WORTH_IT * width * height else None


def _grown(box: Box) -> Box:
    # Of somebody far to the side only an arm may move, of somebody with a still back the legs.
    beside, above = BESIDE * max(box.height, box.width), ABOVE * max(box.height, box.width)
    return Box(box.x1 - beside, box.y1 - above, box.x2 + beside, box.y2 + above)


def _on_grid(low: float, high: float, length: int, step: int) -> tuple[int, int]:
    """Where a stretch of `length` begins and ends that holds `low` to `high` and its context."""
    first = max(math.floor((low - CONTEXT_PX) / step) * step, 0)
    last = min(math.ceil((high + CONTEXT_PX) / step) * step, length)
    # Beyond the picture on one side: what is nearest to it there.
    return min(first, max(length - step, 0)), max(last, min(step, length))
