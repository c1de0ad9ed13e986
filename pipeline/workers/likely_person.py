"""Which box of each frame of a clip is the person's whom it is about, where that is sure."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
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

MISSED_S: Final = 0.15
"""For so long a detector may miss somebody, who then stands about where they stood."""

APART_S: Final = 0.5
"""Between pictures further apart nobody is followed: another may have taken their place."""

ALONE_S: Final = 1.0
"""So far from its instant a shot alone says who the person is, where the clip shows several."""

EDGE_S: Final = 0.5
"""Before the first and after the last sight of a track, somebody in its place is taken for it."""


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
class Sought:
    """The person whom a clip is about; with nothing told, nobody.

    Attributes:
        sights: the kept shots of their track.
        first_at: when the track begins, Unix seconds.
        last_at: when it ends.
    """

    sights: tuple[Sight, ...] = ()
    first_at: float = math.inf
    last_at: float = -math.inf

    def may_be_at(self, at: float) -> bool:
        """Whether the track is there at an instant, or nearly."""
        return self.first_at - EDGE_S <= at <= self.last_at + EDGE_S


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


def person_in(frames: Sequence[SeenFrame], sought: Sought) -> list[Box | None]:
    """The person's box in each frame, followed from the kept shots to both sides.

    A box counts where it overlaps the last one, nobody else might be meant, and the track is there
    still. Where the clip shows several shots, two have to lead to it, or one within `ALONE_S`;
    where two lead to different people in a frame, it is neither.
    """
    votes: list[dict[Box, list[float]]] = [{} for _ in frames]
    instants = [frame.at for frame in frames]
    started = 0
    for sight in sought.sights:
        start = _nearest(instants, sight.at)
        box = None if start is None else match(sight.box, frames[start].boxes)
        if start is None or box is None:
            continue
        started += 1
        votes[start].setdefault(box, []).append(sight.at)
        for way in (range(start + 1, len(frames)), range(start - 1, -1, -1)):
            for number, seen in _follow(frames, box, (start, *way), sought):
                votes[number].setdefault(seen, []).append(sight.at)
    return [_agreed(frame.at, each, started) for frame, each in zip(frames, votes, strict=True)]


def _agreed(at: float, votes: Mapping[Box, Sequence[float]], started: int) -> Box | None:
    """Whom the shots lead to in the frame of an instant, of `started` that the clip shows."""
    if len(votes) != 1:
        return None
    ((box, told),) = votes.items()
    is_near = min(abs(each - at) for each in told) <= ALONE_S
    return box if is_near or len(told) >= min(started, 2) else None


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
    frames: Sequence[SeenFrame], box: Box, numbers: Sequence[int], sought: Sought
) -> Iterable[tuple[int, Box]]:
    """The person's boxes in frames of these numbers, of which the first shows them in `box`."""
    last_at = before = frames[numbers[0]].at
    for number in numbers[1:]:
        at, boxes = frames[number].at, frames[number].boxes
        if abs(at - before) > APART_S or not sought.may_be_at(at):
            return
        seen, before = match(box, boxes), at
        # Behind somebody who came in the way either may come out.
        if seen is None and (abs(at - last_at) > MISSED_S or _is_near(box, boxes)):
            return
        if seen is not None:
            box, last_at = seen, at
            yield number, seen


def _nearest(instants: Sequence[float], at: float) -> int | None:
    place = bisect_left(instants, at)
    near = [n for n in (place - 1, place) if 0 <= n < len(instants)]
    best = min(near, key=lambda n: abs(instants[n] - at), default=None)
    return best if best is not None and abs(instants[best] - at) <= NEAR_S else None
