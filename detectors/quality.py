"""How useful a sighting is for telling people apart."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.boxes import PERSON_ASPECT, clip_box, covered_shares, pixel_window, touches
from detectors.types import Box, Image, Quality

FULL_HEIGHT_PX: Final = 192
"""Half of the 384 lines the encoder sees: above it, more pixels tell little more."""

SHARPNESS_HEIGHT_PX: Final = 64
"""Every crop is judged at this height, so that a near person is not sharper for being near.
It is the height of the smallest crop worth publishing, so no such crop is scaled up."""

SHARPNESS_HALF: Final = 600.0
"""Variance of the Laplacian (8-bit grey levels) that scores one half: real crops in focus
measure 1,000 to 6,000, motion blur over a tenth of the body's height less than 300."""

CUT_FACTOR: Final = 0.7
"""What touching an edge costs even if the visible part has the shape of a whole person."""

BEHIND_FACTOR: Final = 0.5
"""Weight of an overlap by somebody further away, who hides nothing but adds clothes to the crop."""

BLACK_AT, LIT_FROM = 20.0, 90.0
"""Grey level of the brightest tenth: nothing to see, good from. Not the mean, which would call a
black coat bad light; skin, hands or a collar show how much light there was."""

LIT_TO, BURNT_AT = 180.0, 240.0
"""Grey level of the darkest tenth: good to, nothing to see; for a white coat the same."""

CLIPPED_LEVELS: Final = (2, 253)
"""Grey levels at or beyond these carry no detail."""

CLIPPED_FREE: Final = 0.5
"""Share of such pixels that clothes alone may cause."""

GREY_LEVELS: Final = 10
"""Between the channels of a picture without colours, however it was compressed."""

GREY_PERCENTILE: Final = 99.0
"""Of the pixels, so that an overlay of a camera in a corner does not count."""

WEIGHTS: Final = {
    "height": 0.30,
    "sharpness": 0.15,
    "completeness": 0.25,
    "clearness": 0.20,
    "exposure": 0.10,
}
"""Exponents of the geometric mean, 1 in all. Geometric, because a sighting that fails in one way is
not saved by the others: a sharp, large, well-lit picture of a stranger's back is no use."""


def sighting_quality(image: Image, box: Box, others: Sequence[Box]) -> Quality:
    """Judge one sighting.

    Args:
        image: (H, W, 3) RGB, the full frame.
        box: where the person is; may reach beyond the frame.
        others: boxes of the other people in the frame, without `box` itself.
    """
    height_limit, width_limit = image.shape[:2]
    inside = clip_box(box, width_limit, height_limit)
    rows, columns = pixel_window(inside, width_limit, height_limit)
    crop = image[rows, columns]
    if inside.area == 0.0 or crop.size == 0:
        return Quality(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    grey = _grey(crop)  # (h, w)
    parts = {
        "height": min(inside.height / FULL_HEIGHT_PX, 1.0),
        "sharpness": _sharpness(grey),
        "completeness": _completeness(inside, width_limit, height_limit),
        "clearness": _clearness(inside, others),
        "exposure": _exposure(grey),
    }
    return Quality(
        height_px=inside.height,
        sharpness=parts["sharpness"],
        completeness=parts["completeness"],
        clearness=parts["clearness"],
        exposure=parts["exposure"],
        overall=_overall(parts),
    )


def is_colourless(crop: Image) -> bool:
    """Whether a picture (H, W, 3) has no colours, as a camera in infrared light delivers it."""
    if crop.size == 0:
        return False
    spread = crop.max(axis=-1).astype(np.int16) - crop.min(axis=-1)  # (H, W)
    return float(np.percentile(spread, GREY_PERCENTILE)) <= GREY_LEVELS


def _grey(crop: Image) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(crop), cv2.COLOR_RGB2GRAY), np.uint8)


def _overall(parts: dict[str, float]) -> float:
    product = 1.0
    for name, weight in WEIGHTS.items():
        product *= parts[name] ** weight
    return min(product, 1.0)


def _sharpness(grey: NDArray[np.uint8]) -> float:
    """Fine detail at a fixed scale: the variance of the Laplacian, squeezed into 0 to 1."""
    height, width = grey.shape
    scaled_width = max(round(width * SHARPNESS_HEIGHT_PX / height), 1)
    shrinks = height >= SHARPNESS_HEIGHT_PX
    scaled = cv2.resize(
        grey,
        (scaled_width, SHARPNESS_HEIGHT_PX),
        interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
    )
    detail = float(cv2.Laplacian(scaled, cv2.CV_32F).var())
    return detail / (detail + SHARPNESS_HALF)


def _completeness(box: Box, width: int, height: int) -> float:
    """1 inside the frame; where an edge cuts the box, the share its shape says is left."""
    share = 1.0
    if touches(box.y1, box.y2, height):
        share *= CUT_FACTOR * min(box.height * PERSON_ASPECT / box.width, 1.0)
    if touches(box.x1, box.x2, width):
        share *= CUT_FACTOR * min(box.width / (box.height * PERSON_ASPECT), 1.0)
    return share


def _clearness(box: Box, others: Sequence[Box]) -> float:
    """1 less the largest share another box covers; the lower edge tells who is nearer."""
    if not others:
        return 1.0
    weights = [1.0 if other.y2 >= box.y2 else BEHIND_FACTOR for other in others]
    return 1.0 - float((covered_shares(box, others) * weights).max())


def _exposure(grey: NDArray[np.uint8]) -> float:
    """How much light fell on the middle half of the crop, where the person is and not the wall."""
    width = grey.shape[1]
    middle = grey[:, width // 4 : max(width - width // 4, width // 4 + 1)]
    dim, bright = np.percentile(middle, (10, 90))
    lit = min((bright - BLACK_AT) / (LIT_FROM - BLACK_AT), 1.0)
    held = min((BURNT_AT - dim) / (BURNT_AT - LIT_TO), 1.0)
    black, white = CLIPPED_LEVELS
    clipped = float(((middle <= black) | (middle >= white)).mean())
    kept = 1.0 - max(clipped - CLIPPED_FREE, 0.0) / (1.0 - CLIPPED_FREE)
    return float(max(min(lit, held), 0.0) * kept)
