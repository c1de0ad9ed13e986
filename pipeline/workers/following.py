"""One run of one camera, frame by frame: who is there, and which shots are worth keeping."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from detectors.ports import Tracker
from detectors.types import Box, Detection, Frame, Shot, TrackedBox, TrackKey


class Chooser(Protocol):
    """Which few sightings of each track to keep (`detectors.shots.ShotChooser`)."""

    @property
    def unpublished(self) -> int:
        """Ended tracks without one shot: too small or too blurred to judge."""
        ...

    def consider(self, frame: Frame, boxes: Sequence[TrackedBox]) -> list[Shot]:
        """The shots that this frame adds."""
        ...

    def end(self, numbers: Sequence[int]) -> list[Shot]:
        """The shots that ended tracks leave behind; forgets these tracks."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """What one frame changed.

    Attributes:
        frame_number: the frame's place in its source, from 1; of the last frame at the end.
        at: when the frame was captured, Unix seconds.
        boxes: the confirmed tracks in the frame.
        opened: tracks seen for the first time, and when.
        seen: every track in the frame, and when.
        ended: tracks that will never be seen again, and when they were seen last.
        shots: what to publish.
    """

    frame_number: int
    at: float
    boxes: tuple[TrackedBox, ...] = ()
    opened: Mapping[TrackKey, float] = field(default_factory=dict)
    seen: Mapping[TrackKey, float] = field(default_factory=dict)
    ended: Mapping[TrackKey, float] = field(default_factory=dict)
    shots: tuple[Shot, ...] = ()


@dataclass(slots=True)
class Tally:
    """What a run came to so far; a restart takes it up where the run was last quiet.

    Attributes:
        frames_looked_at: frames that the detector saw.
        frames_skipped: frames without motion, while nobody was followed.
        boxes_seen: confirmed tracks in frames.
        tracks: confirmed tracks.
        shots_published: shots that were chosen.
        unpublished_tracks: tracks that ended without one.
    """

    frames_looked_at: int = 0
    frames_skipped: int = 0
    boxes_seen: int = 0
    tracks: int = 0
    shots_published: int = 0
    unpublished_tracks: int = 0


class RunFollower:
    """Turns the detections of a run into tracks and shots.

    It touches neither Redis nor the disk: the same frames give the same steps, which is what
    makes reading a file again harmless.

    Attributes:
        tally: what the run came to so far.
        last_frame: number and instant of the newest frame; (0, 0.0) before the first.
    """

    def __init__(
        self,
        camera_id: str,
        run_id: str,
        *,
        tracker: Tracker,
        chooser: Chooser,
        tally: Tally | None = None,
    ) -> None:
        self.camera_id, self.run_id = camera_id, run_id
        self._tracker, self._chooser = tracker, chooser
        self.tally = tally or Tally()
        self._unpublished_before = self.tally.unpublished_tracks
        self._last_seen_at: dict[int, float] = {}
        self.last_frame = (0, 0.0)

    @property
    def is_quiet(self) -> bool:
        """Whether a restart may begin after the last frame."""
        return self._tracker.is_quiet

    @property
    def next_number(self) -> int:
        """The number the next track gets."""
        return self._tracker.next_number

    @property
    def expected(self) -> tuple[Box, ...]:
        """Where those are believed to be who are followed, pixels of the frame."""
        return self._tracker.expected

    def advance(self, frame: Frame, detections: Sequence[Detection]) -> Step:
        """Take in the next frame of the run and who was found in it."""
        update = self._tracker.update(frame, detections)
        at = frame.captured_at
        self.tally.frames_looked_at += 1
        self.last_frame = (frame.number, at)
        opened = {
            self._key(box.number): at
            for box in update.boxes
            if box.number not in self._last_seen_at
        }
        for box in update.boxes:
            self._last_seen_at[box.number] = at
        shots = self._chooser.consider(frame, update.boxes)
        shots += self._chooser.end(update.ended)
        self.tally.boxes_seen += len(update.boxes)
        self.tally.tracks += len(opened)
        seen = {self._key(box.number): at for box in update.boxes}
        return self._step(frame.number, at, update.boxes, opened, seen, update.ended, shots)

    def skip(self, frame: Frame) -> None:
        """Pass over the next frame, in which nothing moves: time that was watched all the same.

        Raises:
            ValueError: somebody is followed, and may be standing there.
        """
        if not self.is_quiet:
            raise ValueError(f"frame {frame.number} cannot be skipped while a track is open")
        self.last_frame = (frame.number, frame.captured_at)
        self.tally.frames_skipped += 1

    def finish(self) -> Step:
        """End every open track: the connection is gone, or the file is read."""
        ended = self._tracker.finish()
        number, at = self.last_frame
        return self._step(number, at, (), {}, {}, ended, self._chooser.end(ended))

    def _step(
        self,
        number: int,
        at: float,
        boxes: tuple[TrackedBox, ...],
        opened: Mapping[TrackKey, float],
        seen: Mapping[TrackKey, float],
        ended: Sequence[int],
        shots: list[Shot],
    ) -> Step:
        self.tally.shots_published += len(shots)
        self.tally.unpublished_tracks = self._unpublished_before + self._chooser.unpublished
        last_seen_at = {self._key(n): self._last_seen_at.pop(n, at) for n in ended}
        return Step(number, at, boxes, opened, seen, last_seen_at, tuple(shots))

    def _key(self, number: int) -> TrackKey:
        return TrackKey(self.camera_id, self.run_id, number)
