"""The records that leave detection: defined once, small, frozen."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""(H, W, 3) RGB picture; read-only inside a record."""


_MOST_DIGITS = 18


class Box(NamedTuple):
    """A rectangle in pixels of the full frame; `x2` and `y2` are exclusive."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        """Pixels from left to right; 0 for a box turned inside out."""
        return max(self.x2 - self.x1, 0.0)

    @property
    def height(self) -> float:
        """Pixels from top to bottom; 0 for a box turned inside out."""
        return max(self.y2 - self.y1, 0.0)

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * self.height


def _is_number(text: str) -> bool:
    """Whether it is a number that we count to: one of 64 bits, as an index keeps it."""
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


class TrackKey(NamedTuple):
    """Names one person's path through one camera, for ever.

    A tracker counts from 1 again in every run, so the number alone would join
    two strangers. `run_id` is fresh for every connection to a camera; for a
    file it is derived from what is read, so that reading again names the same.

    >>> str(TrackKey("lobby", "01JT9", 42))
    'lobby/01JT9/42'
    >>> TrackKey.parse("lobby/01JT9/42")
    TrackKey(camera_id='lobby', run_id='01JT9', number=42)
    """

    camera_id: str
    run_id: str
    number: int

    def __str__(self) -> str:
        return f"{self.camera_id}/{self.run_id}/{self.number}"

    @classmethod
    def parse(cls, text: str) -> "TrackKey":
        """Read back what `str` wrote.

        Raises:
            ValueError: `text` is not `camera/run/number`.
        """
        parts = text.split("/")
        if len(parts) != 3 or not all(parts) or not _is_number(parts[2]):
            raise ValueError(f"{text!r} is not a track key: expected camera/run/number")
        return cls(parts[0], parts[1], int(parts[2]))


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded picture with the instant it was captured.

    Attributes:
        camera_id: the camera it belongs to.
        run_id: the connection or the file reading it came in.
        number: position in the source, counted from 1; gaps where frames were skipped.
        captured_at: Unix seconds.
        image: (H, W, 3) RGB.
        time_source: how `captured_at` is known, where that may change from frame to frame.
        closeup: asks for a larger picture of the same view and instant, which shots are cut from;
            None where there is none, or no longer.
    """

    camera_id: str
    run_id: str
    number: int
    captured_at: float
    image: Image
    time_source: str | None = None
    closeup: Callable[[], Image | None] | None = None

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.image.shape[0])


@dataclass(frozen=True, slots=True)
class Detection:
    """One person in one frame.

    Attributes:
        box: pixels of the full frame.
        confidence: 0 to 1.
    """

    box: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class Glance:
    """What a look at a frame in small says of it.

    Attributes:
        is_due: whether it deserves the detector.
        regions: where something moves or moved a moment ago, pixels of the full frame; may be
            empty where it is due.
        is_whole: whether all of it must be looked at, wherever something moves.
    """

    is_due: bool
    regions: tuple[Box, ...]
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class TrackedBox:
    """Where a track is in one frame: `number` is the track's within its run, from 1."""

    number: int
    box: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class TrackerUpdate:
    """What one frame changed.

    Attributes:
        boxes: the confirmed tracks seen in this frame.
        ended: numbers of confirmed tracks that will never be seen again.
    """

    boxes: tuple[TrackedBox, ...]
    ended: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """How useful a sighting is for telling people apart.

    Every part but `height_px` lies in 0 to 1, and 1 is best; `overall` combines them.

    Attributes:
        height_px: the box's height.
        sharpness: 1 for a crisp picture, 0 for a smear.
        completeness: 1 for a whole person, less where the frame's edge cuts the box.
        clearness: 1 for nobody in front or behind, less the more another box covers.
        exposure: 1 for well lit, 0 for black or burnt out.
        overall: the one number shots are compared by.
    """

    height_px: float
    sharpness: float
    completeness: float
    clearness: float
    exposure: float
    overall: float

    def __post_init__(self) -> None:
        for name in ("sharpness", "completeness", "clearness", "exposure", "overall"):
            value = getattr(self, name)
            if not (math.isfinite(value) and 0.0 <= value <= 1.0):
                raise ValueError(f"quality {name} is {value}, not within 0 to 1")


class ShotId(NamedTuple):
    """Names one shot for ever: numbers of a track only rise, from 1.

    >>> str(ShotId(TrackKey("lobby", "01JT9", 42), 3))
    'lobby/01JT9/42/3'
    """

    track: TrackKey
    number: int

    def __str__(self) -> str:
        return f"{self.track}/{self.number}"

    @classmethod
    def parse(cls, text: str) -> "ShotId":
        """Read back what `str` wrote.

        Raises:
            ValueError: `text` is not `camera/run/track/shot`.
        """
        track, _, number = text.rpartition("/")
        if not _is_number(number):
            raise ValueError(f"{text!r} is not a shot id: expected camera/run/track/shot")
        return cls(TrackKey.parse(track), int(number))


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A sighting of a track kept for retrieval.

    Attributes:
        id: which shot of which track.
        captured_at: Unix seconds.
        box: where the person stood, pixels of the full frame.
        frame_width: pixels of the frame that `box` refers to.
        frame_height: likewise.
        quality: how useful it is.
        picture: (H, W, 3) RGB crop around `box`, with a little margin.
        replaces: number of an earlier shot of the track that this one retires.
        time_source: as of the frame it was cut from.
        zones: names of the camera's zones that the person stood in, sorted.
    """

    id: ShotId
    captured_at: float
    box: Box
    frame_width: int
    frame_height: int
    quality: Quality
    picture: Image
    replaces: int | None = None
    time_source: str | None = None
    zones: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.replaces is not None and not 1 <= self.replaces < self.id.number:
            raise ValueError(f"shot {self.id} cannot replace shot {self.replaces}")
