"""Is there something to see: black, blank and frozen pictures of a camera."""

from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.types import Image

SceneFault = Literal["black", "blank", "frozen"]

SMALL: Final = (96, 54)
"""Width and height that a picture is judged at: coding noise averages out, people do not."""

BLACK_BELOW: Final = 20.0
"""Of 255. Where 98 of 100 spots are darker, not even a lamp shows: a lens cap, or no light."""

BRIGHT_SHARE: Final = 98.0

BLANK_BELOW: Final = 4.0
"""Standard deviation, of 255. Fog leaves about 10, a hand or paint on the lens 1 or 2."""


class SceneWatch:
    """Judges the pictures of one connection, in order.

    A fault must last before it counts, as a flash or a change of exposure does not; and a picture
    that is well again must stay so for a second.
    """

    def __init__(
        self, *, dark_after_s: float = 2.0, frozen_after_s: float = 30.0, clear_after_s: float = 1.0
    ) -> None:
        """Start with a good opinion.

        Args:
            dark_after_s: how long a picture is black or blank before it counts.
            frozen_after_s: how long not one spot may change; sensors are never that quiet, but a
                frugal encoder repeats a still scene until its next key frame.
            clear_after_s: how long a fault must be gone before it is over.
        """
        self._dark_after_s, self._frozen_after_s = dark_after_s, frozen_after_s
        self._clear_after_s = clear_after_s
        self.fault: SceneFault | None = None
        self._suspected: SceneFault | None = None
        self._since: float | None = None
        self._still: NDArray[np.uint8] | None = None
        self._still_since = 0.0

    def judge(self, image: Image, at: float) -> SceneFault | None:
        """What is wrong with the camera's picture as of now.

        Args:
            image: (H, W, 3) RGB.
            at: Unix seconds, rising.

        Returns:
            None while people could be seen.
        """
        found = self._look(image, at)
        if found != self._suspected or self._since is None:
            self._suspected, self._since = found, at
        lasted_s = at - self._since
        if found is None:
            if lasted_s >= self._clear_after_s:
                self.fault = None
        elif found == "frozen" or lasted_s >= self._dark_after_s:
            self.fault = found
        return self.fault

    def _look(self, image: Image, at: float) -> SceneFault | None:
        """What this one picture looks like."""
        grey = cv2.cvtColor(
            cv2.resize(image, SMALL, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY
        )
        small = np.asarray(grey, np.uint8)
        if self._still is None or not np.array_equal(small, self._still):
            self._still, self._still_since = small, at
        if float(np.percentile(small, BRIGHT_SHARE)) < BLACK_BELOW:
            return "black"
        if float(small.std()) < BLANK_BELOW:
            return "blank"
        return "frozen" if at - self._still_since >= self._frozen_after_s else None
