"""Making people in a picture unrecognisable: heads or whole figures, so that nothing comes back."""

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np

from detectors.boxes import clip_box, pixel_window
from detectors.types import Box, Image

HEAD_SHARE: Final = 0.25
"""Of the height of somebody upright that the head takes, generously."""

HEAD_WIDTHS: Final = 0.55
"""Of the width of a box: a head is no lower than that where the frame cuts the body off below."""

MARGIN: Final = 0.08
"""Of its sides by which a part is grown, since detectors stop a little short."""

CELLS: Final = 4
"""A part keeps so many averages from side to side, and from top to bottom if it is a head."""


def head_of(box: Box) -> Box:
    """The part of a person's box that the head is in: the top quarter, or more of a cut-off one.

    >>> head_of(Box(0, 0, 100, 400))
    Box(x1=-8.0, y1=-8.0, x2=108.0, y2=108.0)
    """
    height = min(max(HEAD_SHARE * box.height, HEAD_WIDTHS * box.width), box.height)
    side, up = MARGIN * box.width, MARGIN * height
    return Box(box.x1 - side, box.y1 - up, box.x2 + side, box.y1 + height + up)


def figure_of(box: Box) -> Box:
    """The whole person, grown a little."""
    side, up = MARGIN * box.width, MARGIN / 2 * box.height
    return Box(box.x1 - side, box.y1 - up, box.x2 + side, box.y2 + up)


def blurred(image: Image, parts: Iterable[Box]) -> Image:
    """A copy of `image` in which nothing can be made out in `parts` any more.

    Each part becomes a few averages, and the steps between those are smoothed: what was finer is
    not in the picture any more, so no filter brings it back.

    Args:
        image: (H, W, 3) RGB.
        parts: pixels of the picture; what lies outside it is nothing.
    """
    out = image.copy()
    height, width = image.shape[:2]
    for part in parts:
        rows, columns = pixel_window(clip_box(part, width, height), width, height)
        window = out[rows, columns]
        if window.size:
            # From the picture itself: where two parts overlap the second must undo nothing.
            out[rows, columns] = _coarse(window)
    return out


def wholly_blurred(image: Image) -> Image:
    """A copy of `image` in which nobody can be made out, wherever they are."""
    height, width = image.shape[:2]
    return blurred(image, [Box(0, 0, width, height)])


def _coarse(window: Image) -> Image:
    height, width = window.shape[:2]
    across = min(CELLS, width)
    down = min(max(round(CELLS * height / width), 1), 2 * CELLS, height) if width else 1
    small = cv2.resize(window, (across, down), interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)
    cell = max(width / across, height / down)
    smooth = cv2.GaussianBlur(large, (0, 0), max(cell / 3, 0.5), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(smooth, np.uint8)
