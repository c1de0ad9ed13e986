"""Which frames to look at when a source has more than are wanted."""

import math

# Containers round times to a millisecond: at 30 fps a frame is due at 0.033 s, not 0.0333.
# This part of a period forgives that up to 120 fps, and no common ratio of rates lands on it.
FORGIVEN = 0.07


class RatePicker:
    """Picks about `fps` frames a second by their times alone.

    The choice at one frame depends on its time and the time before it, never on when
    the reading started, so that a reader that starts over picks the same frames.
    """

    def __init__(self, fps: float | None) -> None:
        """`fps` above 0; None picks every frame."""
        if fps is not None and not (math.isfinite(fps) and fps > 0):
            raise ValueError(f"cannot pick {fps} frames a second")
        self._fps = fps
        self._slot = -math.inf

    def is_due(self, time_s: float) -> bool:
        """Whether to look at the next frame; `time_s` counts from the first and never falls."""
        if self._fps is None:
            return True
        slot = math.floor(time_s * self._fps + FORGIVEN)
        is_due = slot > self._slot
        self._slot = max(slot, self._slot)
        return is_due
