"""Whether anything moves: which frames deserve the detector, and where in them."""

import hashlib
import json
import math
from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.types import Box, Frame, Glance, Image

Grey = NDArray[np.uint8]
"""(h, w) the frame in small and without colour."""

LONG_SIDE_PX: Final = 160
"""Of the small picture: somebody of 16 px in the detector's 640 still covers a few of these."""

SLOT_S: Final = 1.0
"""One small picture is remembered of each slot of capture time."""

BACKGROUND_SLOTS: Final = 15
"""The background is the median of so many: who stands for less than half of them is no part."""

LEARN_SLOTS: Final = 3
"""Slots before there is a background; until then every frame is looked at."""

WHOLE_EVERY_S: Final = 2.0
"""All of a frame is looked at so often while something moves, for whoever else is there."""

RESTLESS_S: Final = 10.0
"""Motion that does not pause for so long (rain, leaves, water) is looked at once a slot."""

MEMORY_SLOTS: Final = BACKGROUND_SLOTS + math.ceil(RESTLESS_S / SLOT_S) + 2
"""What an answer may depend on: the backgrounds of all frames of the last `RESTLESS_S`."""

CONTRAST: Final = 12.0
"""The least difference that counts, of 255; sensor noise in the small picture is 1 to 3."""

STEPS: Final = 3.0
"""So many times its usual step must a pixel differ: what always flickers does not count."""

AREA_PX: Final = 5
"""Pixels that a moving thing covers at least, in the small picture."""


@dataclass(frozen=True, slots=True)
class _Slot:
    """What is remembered of one slot of capture time: its first frame."""

    index: int
    frame_number: int
    picture: Grey


class _Reference(NamedTuple):
    """(h, w) float32 what a picture is compared with, and its brightness."""

    picture: NDArray[np.float32]
    brightness: float

    @classmethod
    def of(cls, picture: Grey) -> "_Reference":
        return cls(picture.astype(np.float32), _brightness(picture))


@dataclass(frozen=True, slots=True)
class _Background:
    """How the scene looks, and how it looked a moment ago.

    Attributes:
        middle: the median of the remembered pictures.
        before: the newest of them.
        tolerance: (h, w) float32 difference from which on a pixel has changed.
    """

    middle: _Reference
    before: _Reference
    tolerance: NDArray[np.float32]


class BackgroundGate:
    """Compares each frame with how the scene looked in the last seconds.

    A pixel has changed if it differs from the background (the median of the remembered pictures)
    and from the slot before: who left leaves no ghost, and light that was switched on is old news
    two slots later. The brightness of the whole picture is evened out first. The gate is open for
    a while after each change, at an even beat whatever happens, and until it has learnt what the
    scene looks like. It knows nothing of tracks: whoever follows somebody looks at every frame.

    What it says depends on the frames of the last `MEMORY_SLOTS` slots alone, not on what it said
    before: a fresh gate that is shown these (`needs_from`) goes on like this one. A running mean
    would be shorter to write, but never quite forgets.
    """

    def __init__(self, *, hold_s: float = 1.0, look_every_s: float = 2.0) -> None:
        """Start with no background.

        Args:
            hold_s: how long frames are looked at after a change; at most `RESTLESS_S`.
            look_every_s: a frame is looked at so often though nothing moves, for whoever has been
                standing there from the beginning.
        """
        if not (0 <= hold_s <= RESTLESS_S and look_every_s > 0):
            raise ValueError(
                f"hold_s {hold_s} is not within 0 to {RESTLESS_S:g}, or look_every_s "
                f"{look_every_s} not above 0"
            )
        self._hold_s, self._look_every_s = hold_s, look_every_s
        self._start_over()

    def _start_over(self) -> None:
        self._slots: deque[_Slot] = deque()
        self._background: _Background | None = None
        self._now = -math.inf
        self._moved_at = self._still_at = -math.inf
        self._recent: deque[tuple[float, tuple[Box, ...]]] = deque()
        self._size: tuple[int, int] | None = None

    @property
    def fingerprint(self) -> str:
        """A short digest of every setting that changes the answer."""
        numbers = [self._hold_s, self._look_every_s, LONG_SIDE_PX, SLOT_S, BACKGROUND_SLOTS]
        numbers += [LEARN_SLOTS, RESTLESS_S, CONTRAST, STEPS, AREA_PX, WHOLE_EVERY_S]
        return hashlib.sha256(json.dumps(numbers).encode()).hexdigest()[:16]

    @property
    def needs_from(self) -> int:
        """The first frame that a fresh gate must be shown to go on like this one; 0 for none."""
        return self._slots[0].frame_number if self._slots else 0

    def watch(self, frame: Frame) -> Glance:
        """Take in the next frame of the run: whether it deserves the detector, and where.

        A clock that was set back, or a picture of another size, makes it learn anew.
        """
        picture, at = small_grey(frame.image), frame.captured_at
        if at < self._now or (frame.width, frame.height) != self._size:
            self._start_over()
        self._size = (frame.width, frame.height)
        is_beat = self._is_new(at, self._look_every_s)
        is_whole = is_beat or self._is_new(at, WHOLE_EVERY_S)
        is_new_slot = self._is_new(at, SLOT_S)
        self._now = at
        if is_new_slot:
            self._remember(_Slot(math.floor(at / SLOT_S), frame.number, picture))
        if self._background is None:
            self._still_at = at
            return Glance(is_due=True, regions=(), is_whole=True)
        regions = _regions(self._background, picture, frame.width, frame.height)
        if regions:
            self._moved_at = at
            self._recent.append((at, regions))
        else:
            self._still_at = at
        is_open = at - self._moved_at <= self._hold_s
        if at - self._still_at > RESTLESS_S:
            is_open = is_new_slot
        return Glance(is_open or is_beat, self._recently(at), is_whole=is_whole)

    def _recently(self, at: float) -> tuple[Box, ...]:
        """Where something moved within `hold_s`: who has just come to rest is still of interest."""
        while self._recent and at - self._recent[0][0] > self._hold_s:
            self._recent.popleft()
        return tuple(box for _, regions in self._recent for box in regions)

    def _is_new(self, at: float, span_s: float) -> bool:
        """Whether `at` is in another span than the frame before."""
        return self._now == -math.inf or at // span_s != self._now // span_s

    def _remember(self, slot: _Slot) -> None:
        """Make a background of the slots before `slot`, which has just begun."""
        recent = [s for s in self._slots if s.index >= slot.index - BACKGROUND_SLOTS]
        self._background = (
            _learn([s.picture for s in recent]) if len(recent) >= LEARN_SLOTS else None
        )
        self._slots.append(slot)
        while self._slots[0].index < slot.index - MEMORY_SLOTS:
            self._slots.popleft()


def small_grey(image: Image) -> Grey:
    """(h, w) of an (H, W, 3) RGB picture, its long side at most `LONG_SIDE_PX`."""
    height, width = image.shape[:2]
    scale = min(LONG_SIDE_PX / max(height, width), 1.0)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)


def _learn(pictures: list[Grey]) -> _Background:
    """The background of at least one picture, oldest first."""
    stack = np.stack(pictures)  # (N, h, w)
    # From one slot to the next, and not over all of them: light that was switched changes the
    # level once, and must not make the gate blind to what is smaller than that.
    steps = np.sort(np.abs(np.diff(stack.astype(np.int16), axis=0)), axis=0)  # (N - 1, h, w)
    usual = steps[round(0.75 * (len(steps) - 1))]
    tolerance = np.maximum(STEPS * usual, CONTRAST).astype(np.float32)
    middle = np.sort(stack, axis=0)[(len(stack) - 1) // 2]
    return _Background(_Reference.of(middle), _Reference.of(pictures[-1]), tolerance)


def _regions(background: _Background, picture: Grey, width: int, height: int) -> tuple[Box, ...]:
    """Where `picture` has changed, in pixels of a frame of `width` by `height`."""
    now, brightness = picture.astype(np.float32), _brightness(picture)
    changed = np.ones(picture.shape, np.bool_)
    for then in (background.middle, background.before):
        # Twice as bright, noise is twice as strong.
        gain = then.brightness / brightness
        changed &= np.abs(now * gain - then.picture) > background.tolerance * max(gain, 1.0)
    _, _, found, _ = cv2.connectedComponentsWithStats(changed.astype(np.uint8), connectivity=8)
    across, down = width / picture.shape[1], height / picture.shape[0]
    return tuple(
        Box(x * across, y * down, (x + w) * across, (y + h) * down)
        for x, y, w, h, area in found[1:].tolist()  # the first is what has not changed
        if area >= AREA_PX
    )


def _brightness(picture: Grey) -> float:
    """The middle value, from 1: pictures are made equally bright before they are compared."""
    return float(np.median(picture[::2, ::2])) + 1.0
