"""Painting areas of a picture black, before anything looks at it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.areas import Area
from detectors.types import Frame, Image

FIXED_POINT_BITS: Final = 8
"""Fractions of a pixel that OpenCV draws with."""


class Blackout:
    """Hides areas of one camera: what they cover is black in every frame that leaves it."""

    def __init__(self, areas: Sequence[Area]) -> None:
        """Without areas it hides nothing."""
        self._areas = tuple(areas)
        self._covers: dict[tuple[int, int], NDArray[np.bool_]] = {}

    def over(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The same frames without what the areas hide."""
        return map(self.apply, frames)

    def apply(self, frame: Frame) -> Frame:
        """The same frame without what the areas hide; the picture given is left as it is.

        The larger picture of the frame, where there is one, hides the same.
        """
        if not self._areas:
            return frame
        closeup = frame.closeup
        return replace(
            frame,
            image=self._hide(frame.image),
            closeup=None if closeup is None else partial(self._hidden, closeup),
        )

    def _hidden(self, closeup: Callable[[], Image | None]) -> Image | None:
        image = closeup()
        return None if image is None else self._hide(image)

    def _hide(self, picture: Image) -> Image:
        height, width = picture.shape[:2]
        if (height, width) not in self._covers:
            covers = [covered(area, width, height) for area in self._areas]
            self._covers[height, width] = np.logical_or.reduce(covers)
        image = picture.copy()
        image[self._covers[height, width]] = 0
        image.flags.writeable = False
        return image


def covered(area: Area, width: int, height: int) -> NDArray[np.bool_]:
    """(height, width) the pixels of such a picture that `area` touches, and their neighbours.

    Half a pixel of somebody's window is still their window.
    """
    # OpenCV counts from the middle of the first pixel, we from its edge.
    places = np.asarray(area.corners) * (width, height) - 0.5  # (N, 2)
    fixed = np.round(places * 2**FIXED_POINT_BITS).astype(np.int32)
    drawn = np.zeros((height, width), np.uint8)
    cv2.fillPoly(drawn, [fixed], 1, shift=FIXED_POINT_BITS)
    return np.asarray(cv2.dilate(drawn, np.ones((3, 3), np.uint8)), np.bool_)
