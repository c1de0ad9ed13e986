"""Which few sightings of a track to keep, and cutting them out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.areas import Area, zones_at
from detectors.boxes import clip_box, pad_box, pixel_window
from detectors.quality import sighting_quality
from detectors.types import Box, Frame, Image, Quality, Shot, ShotId, TrackedBox, TrackKey

PICTURE_MARGIN: Final = 0.05
"""Share of the box added on each side: detectors cut off hair, hands and shoes."""

LOOK_SIZE: Final = (8, 16)
"""Width and height of the small picture that two sightings are compared by: enough to tell front
from back and a bag from none, too little to be moved by a step."""


POOR_MARGINS: Final = 2.0
"""A shot worse by as many margins gives way even to a sighting that looks different."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What is good enough to publish, and how often.

    Attributes:
        keep: the most shots a track holds at once.
        publish_at_most: the most shots a track publishes in its life.
        min_height_px: a smaller sighting waits for a better one.
        min_quality: so does one of lower overall quality.
        margin: how much better a shot must be to replace one.
        floor_height_px: the smallest sighting worth publishing when the track ends without a shot.
        different: mean difference of two looks (0 to 1) from which a sighting shows something new.
        new_look_gap_s: the least time between a shot and one added for its different look.
        min_gap_s: the least time between the first two shots. It doubles with each one: eight shots
            last for a minute, where a steady half second would spend them in four.
    """

    keep: int
    publish_at_most: int
    min_height_px: float
    min_quality: float
    margin: float
    floor_height_px: float = 32.0
    different: float = 0.12
    new_look_gap_s: float = 1.0
    min_gap_s: float = 0.5

    def __post_init__(self) -> None:
        if not 1 <= self.keep <= self.publish_at_most:
            raise ValueError(f"cannot keep {self.keep} of {self.publish_at_most} shots")


class _Sighting(NamedTuple):
    """One look at a person, before it is known whether it becomes a shot."""

    captured_at: float
    box: Box
    quality: Quality


class _Kept(NamedTuple):
    """A published shot that none has replaced."""

    number: int
    overall: float
    look: NDArray[np.float32]


@dataclass(slots=True)
class _Life:
    """What is known of one open track."""

    published: int = 0
    last_shot_at: float = 0.0
    kept: list[_Kept] = field(default_factory=list)
    candidate: Shot | None = None  # the best sighting while none is published


class _View:
    """A frame, and the largest picture of it there is: asked for once, and only if needed."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    @cached_property
    def image(self) -> Image:
        """(H, W, 3) RGB to cut shots from."""
        larger = self.frame.closeup() if self.frame.closeup is not None else None
        if larger is None or larger.shape[0] <= self.frame.height:
            return self.frame.image
        return larger

    def enlarged(self, box: Box) -> Box:
        """`box` of the frame, in pixels of `image`: both show the same view."""
        height, width = self.image.shape[:2]
        across, down = width / self.frame.width, height / self.frame.height
        return Box(box.x1 * across, box.y1 * down, box.x2 * across, box.y2 * down)


class ShotChooser:
    """Picks the shots of every track of one run.

    A pure function of what it is shown: the same frames and boxes give the same shots. The first
    shot goes out as soon as one is good enough, because a live search waits for it; later ones
    show the person better or otherwise.
    """

    def __init__(
        self,
        camera_id: str,
        run_id: str,
        *,
        keep: int = 4,
        publish_at_most: int = 8,
        min_height_px: float = 64.0,
        min_quality: float = 0.35,
        margin: float = 0.08,
        zones: Sequence[Area] = (),
    ) -> None:
        """Start with no track; `_Rules` says what the numbers mean, `zones` are the camera's."""
        self._camera_id, self._run_id = camera_id, run_id
        self._rules = _Rules(keep, publish_at_most, min_height_px, min_quality, margin)
        self._zones = tuple(zones)
        self._life_of: dict[int, _Life] = {}
        self.unpublished = 0
        """Tracks that ended without a shot: too small to judge."""

    def consider(self, frame: Frame, boxes: Sequence[TrackedBox]) -> list[Shot]:
        """The shots that this frame is worth, at most one a track, in the order of `boxes`."""
        shots = []
        view = _View(frame)
        for tracked in boxes:
            life = self._life_of.setdefault(tracked.number, _Life())
            others = [other.box for other in boxes if other.number != tracked.number]
            shot = self._look_at(view, tracked, others, life)
            if shot is not None:
                shots.append(shot)
        return shots

    def end(self, numbers: Iterable[int]) -> list[Shot]:
        """Forget tracks; those that never published give their best sighting, if it is of use."""
        shots = []
        for number in numbers:
            life = self._life_of.pop(number, None)
            if life is None or life.published:
                continue
            if life.candidate is None:
                self.unpublished += 1
            else:
                shots.append(life.candidate)
        return shots

    def _look_at(
        self, view: _View, tracked: TrackedBox, others: Sequence[Box], life: _Life
    ) -> Shot | None:
        rules, frame = self._rules, view.frame
        box = clip_box(tracked.box, frame.width, frame.height)
        if box.width < 1.0 or (life.published and not self._may_publish(life, frame.captured_at)):
            return None
        large = view.enlarged(box)
        if large.height < rules.floor_height_px:
            return None
        quality = sighting_quality(view.image, large, [view.enlarged(other) for other in others])
        seen = _Sighting(frame.captured_at, box, quality)
        good = seen.quality.height_px >= rules.min_height_px
        good = good and seen.quality.overall >= rules.min_quality
        if not good:
            if not life.published:
                self._remember(view, tracked.number, seen, life)
            return None
        look = _look(_cut(view.image, large))
        if not life.published:
            return self._publish(view, tracked.number, seen, look, life, replaces=None)
        return self._improve(view, tracked.number, seen, look, life)

    def _may_publish(self, life: _Life, now: float) -> bool:
        """Whether budget and time allow the track another shot."""
        if life.published >= self._rules.publish_at_most:
            return False
        gap_s = self._rules.min_gap_s * 2.0 ** (life.published - 1)
        return now - life.last_shot_at >= gap_s

    def _improve(
        self, view: _View, number: int, seen: _Sighting, look: NDArray[np.float32], life: _Life
    ) -> Shot | None:
        """Publish a sighting that shows the person otherwise, or clearly better."""
        rules, overall = self._rules, seen.quality.overall
        rival = min(life.kept, key=lambda kept: _difference(kept.look, look))
        if _difference(rival.look, look) >= rules.different:
            # A first shot is often half a person in a doorway: do not keep it for being different.
            rival = min(life.kept, key=lambda kept: kept.overall)
            is_poor = overall >= rival.overall + POOR_MARGINS * rules.margin
            if len(life.kept) < rules.keep and not is_poor:
                if seen.captured_at - life.last_shot_at < rules.new_look_gap_s:
                    return None
                return self._publish(view, number, seen, look, life, replaces=None)
        if overall < rival.overall + rules.margin:
            return None
        return self._publish(view, number, seen, look, life, replaces=rival)

    def _publish(
        self,
        view: _View,
        number: int,
        seen: _Sighting,
        look: NDArray[np.float32],
        life: _Life,
        *,
        replaces: _Kept | None,
    ) -> Shot:
        life.published += 1
        life.last_shot_at = seen.captured_at
        life.candidate = None
        if replaces is not None:
            life.kept = [kept for kept in life.kept if kept is not replaces]
        life.kept.append(_Kept(life.published, seen.quality.overall, look))
        retired = None if replaces is None else replaces.number
        return self._shot(view, number, seen, shot_number=life.published, replaces=retired)

    def _remember(self, view: _View, number: int, seen: _Sighting, life: _Life) -> None:
        """Keep the best of the sightings that are not good enough, for when no better one comes."""
        best = life.candidate
        if best is None or seen.quality.overall > best.quality.overall:
            life.candidate = self._shot(view, number, seen, shot_number=1, replaces=None)

    def _shot(
        self, view: _View, number: int, seen: _Sighting, *, shot_number: int, replaces: int | None
    ) -> Shot:
        frame = view.frame
        return Shot(
            id=ShotId(TrackKey(self._camera_id, self._run_id, number), shot_number),
            captured_at=seen.captured_at,
            box=seen.box,
            frame_width=frame.width,
            frame_height=frame.height,
            quality=seen.quality,
            picture=_picture(view.image, view.enlarged(seen.box)),
            replaces=replaces,
            time_source=frame.time_source,
            zones=zones_at(self._zones, seen.box, frame.width, frame.height),
        )


def _cut(image: Image, box: Box) -> Image:
    rows, columns = pixel_window(box, image.shape[1], image.shape[0])
    return image[rows, columns]


def _picture(image: Image, box: Box) -> Image:
    """The crop with its margin, copied: a view would hold the whole frame in memory."""
    height, width = image.shape[:2]
    picture = _cut(image, pad_box(box, PICTURE_MARGIN, width, height)).copy()
    picture.setflags(write=False)
    return picture


def _look(crop: Image) -> NDArray[np.float32]:
    """(16, 8, 3) of 0 to 1: the crop in broad strokes."""
    small = cv2.resize(np.ascontiguousarray(crop), LOOK_SIZE, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / 255.0


def _difference(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Mean absolute difference of two looks, 0 to 1."""
    return float(np.abs(a - b).mean())
