"""Which box of each frame of a clip is the person's whom it is about, where that is sure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from detectors.boxes import covered_shares, iou, to_array
from detectors.types import Box

NEAR_S: Final = 0.1
"""A frame no further from the instant of a kept shot than this shows what the shot shows."""

SAME: Final = 0.5
"""Overlap (intersection over union) of two boxes of one person, a frame apart."""

RIVAL: Final = 0.3
"""Somebody else who overlaps so much might be the person as well."""

ALIKE: Final = 0.65
"""Two boxes of one frame that overlap so much are of one person: detectors answer twice."""

INSIDE, SAME_TOP = 0.8, 0.1
"""A part of somebody: this share of it lies in the whole, and its top is within that share of the
whole's height below the whole's top."""

MISSED: Final = 3
"""Frames that a detector may miss somebody in, who then stands about where they stood."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Where a kept shot of the track shows the person.

    Attributes:
        at: Unix seconds.
        box: as shares of the frame's width and height, 0 to 1.
    """

    at: float
    box: Box


@dataclass(frozen=True, slots=True)
class People:
    """Who was found in a picture, as shares of its width and height.

    Attributes:
        clear: anybody of these may be the person.
        faint: hardly anybody: hidden, and never taken for the person or for somebody in the way.
    """

    clear: tuple[Box, ...]
    faint: tuple[Box, ...] = ()

    def without(self, person: Box | None) -> list[Box]:
        """The others: all boxes but those of the person.

        What lies in the person's own box is somebody half behind them as likely as a part of them,
        so it stays among the others; only a faint box there is taken for a part.
        """
        if person is None:
            return [*self.clear, *self.faint]
        clear = [box for box in self.clear if not are_alike(box, person)]
        return clear + [box for box in self.faint if not _is_part(box, person)]


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """Who was found in a frame of a clip.

    Attributes:
        at: Unix seconds.
        people: None where the detector failed.
    """

    at: float
    people: People | None

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Who may be the person; nobody where the detector failed."""
        return () if self.people is None else self.people.clear


def _is_part(part: Box, whole: Box) -> bool:
    is_inside = covered_shares(part, [whole])[0] >= INSIDE
    return bool(is_inside and part.y1 - whole.y1 <= SAME_TOP * whole.height)


def person_in(frames: Sequence[SeenFrame], sights: Iterable[Sight]) -> list[Box | None]:
    """The person's box in each frame, followed from the kept shots to both sides.

    A box counts where it overlaps the last one, and nobody else might be meant; where two shots
    lead to different people in a frame, it is neither.
    """
    found: list[set[Box]] = [set() for _ in frames]
    instants = [frame.at for frame in frames]
    for sight in sights:
        start = _nearest(instants, sight.at)
        if start is None:
            continue
        box = match(sight.box, frames[start].boxes)
        if box is None:
            continue
        found[start].add(box)
        for way in (range(start + 1, len(frames)), range(start - 1, -1, -1)):
            for number, seen in _follow(frames, box, way):
                found[number].add(seen)
    return [next(iter(boxes)) if len(boxes) == 1 else None for boxes in found]


def match(box: Box, others: Sequence[Box], *, rival: float = RIVAL) -> Box | None:
    """The one of `others` that is in the place of `box`; None where none is, or two might be.

    Args:
        box: where the person is.
        others: who was found.
        rival: overlap from which on a second one might be the person as well.
    """
    if not others:
        return None
    overlaps = iou(to_array([box]), to_array(others))[0]
    best = int(overlaps.argmax())
    if overlaps[best] < SAME:
        return None
    for number, other in enumerate(others):
        is_rival = number != best and overlaps[number] >= rival
        if is_rival and not are_alike(other, others[best]):
            return None
    return others[best]


def are_alike(one: Box, other: Box) -> bool:
    """Whether two boxes of one frame are of one person, found twice."""
    return bool(iou(to_array([one]), to_array([other]))[0, 0] >= ALIKE)


def _is_near(box: Box, others: Sequence[Box]) -> bool:
    return bool(others) and bool((iou(to_array([box]), to_array(others)) >= RIVAL).any())


def _follow(
    frames: Sequence[SeenFrame], box: Box, numbers: Iterable[int]
) -> Iterable[tuple[int, Box]]:
    missed = 0
    for number in numbers:
        boxes = frames[number].boxes
        seen = match(box, boxes)
        missed = 0 if seen is not None else missed + 1
        # Behind somebody who came in the way either may come out.
        if missed > MISSED or (seen is None and _is_near(box, boxes)):
            return
        if seen is not None:
            box = seen
            yield number, seen


def _nearest(instants: Sequence[float], at: float) -> int | None:
    place = bisect_left(instants, at)
    near = [n for n in (place - 1, place) if 0 <= n < len(instants)]
    best = min(near, key=lambda n: abs(instants[n] - at), default=None)
    return best if best is not None and abs(instants[best] - at) <= NEAR_S else None
