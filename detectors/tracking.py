"""One camera's tracker: ultralytics' ByteTrack or BoT-SORT behind the port."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from detectors.offline import prepare_ultralytics
from detectors.types import Box, Detection, Frame, TrackedBox, TrackerUpdate

TrackerKind = Literal["bytetrack", "botsort"]

MS_PER_S: Final = 1000


class UltralyticsTracker:
    """Follows people through one run of one camera.

    The tracker inside counts frames; we hand it milliseconds of capture time instead, so that
    patience means the same at 5 and at 25 frames a second, and through a gap.

    A quiet tracker keeps nothing: the one inside is replaced by a new one as soon as its last
    track is gone, which is what lets a reader stop there and go on later with the same result.
    """

    def __init__(
        self,
        *,
        camera_id: str,
        kind: TrackerKind = "bytetrack",
        patience_s: float = 2.0,
        high_confidence: float = 0.3,
        low_confidence: float = 0.1,
        new_confidence: float = 0.4,
        match_distance: float = 0.9,
        first_number: int = 1,
        config_dir: Path | None = None,
    ) -> None:
        """Start with no track.

        Args:
            camera_id: the only camera whose frames may come.
            kind: `botsort` also estimates how the camera itself moves, for one on a pole or a dome;
                it costs some milliseconds a frame.
            patience_s: how long a lost track waits for its person.
            high_confidence: detections from here on are associated first.
            low_confidence: those between here and `high_confidence` may only continue a track.
            new_confidence: a detection from here on may start a track.
            match_distance: the largest 1 − IoU × confidence at which a detection continues a track.
            first_number: the number of the first confirmed track.
            config_dir: where ultralytics keeps its settings.
        """
        if patience_s <= 0 or first_number < 1:
            raise ValueError(
                f"patience_s {patience_s} and first_number {first_number} start above 0"
            )
        self._camera_id = camera_id
        self._patience_ms = round(patience_s * MS_PER_S)
        self._kind = kind
        self._options = {
            "track_high_thresh": high_confidence,
            "track_low_thresh": low_confidence,
            "new_track_thresh": new_confidence,
            "match_thresh": match_distance,
            "fuse_score": True,
            "track_buffer": self._patience_ms,
            "gmc_method": "sparseOptFlow",
            "with_reid": False,
            "proximity_thresh": 0.5,
            "appearance_thresh": 0.8,
        }
        self._next_number = first_number
        prepare_ultralytics(config_dir)
        self._start_over()

    def _start_over(self) -> None:
        self._inside = _new_tracker(self._kind, self._options)
        self._number_of: dict[int, int] = {}  # from the inner id of an open, confirmed track
        self._last_ms: int | None = None
        self._shift_ms = 0

    @property
    def fingerprint(self) -> str:
        """A short digest of every setting that changes the answer."""
        settings = json.dumps([self._kind, self._options], sort_keys=True)
        return hashlib.sha256(settings.encode()).hexdigest()[:16]

    @property
    def is_quiet(self) -> bool:
        """Whether no track is open, not even an unconfirmed or a lost one."""
        return not (self._inside.tracked_stracks or self._inside.lost_stracks)

    @property
    def next_number(self) -> int:
        """The number the next confirmed track gets."""
        return self._next_number

    @property
    def expected(self) -> tuple[Box, ...]:
        """Where every open track is believed to be, an unconfirmed or a lost one too."""
        inside = self._inside
        boxes = [track.xyxy.tolist() for track in (*inside.tracked_stracks, *inside.lost_stracks)]
        # To whole pixels: the last digits are the processor's.
        return tuple(Box(*map(round, corners)) for corners in boxes)

    def update(self, frame: Frame, detections: Sequence[Detection]) -> TrackerUpdate:
        """Associate `detections` with tracks.

        A frame that claims to be no later than the one before counts as a millisecond later.

        Raises:
            ValueError: the frame is of another camera.
        """
        if frame.camera_id != self._camera_id:
            raise ValueError(
                f"a frame of {frame.camera_id!r} came to {self._camera_id!r}'s tracker"
            )
        if self.is_quiet and not detections:
            return TrackerUpdate((), ())
        now_ms = self._rising_ms(frame.captured_at)
        self._forget_overdue(now_ms)
        # It adds one before it looks.
        self._inside.frame_id = now_ms - 1
        self._inside.update(_Rows.of(detections), _bgr(frame, self._kind))
        boxes = self._confirmed(detections)
        return TrackerUpdate(boxes, self._drop_ended())

    def finish(self) -> tuple[int, ...]:
        """End every open track; the numbers of the confirmed ones."""
        ended = tuple(sorted(self._number_of.values()))
        self._start_over()
        return ended

    def _rising_ms(self, captured_at: float) -> int:
        """Capture time in milliseconds, bent so that it always rises.

        A clock that was set back by an hour would otherwise stop time for an hour: the frames
        after it keep their distances, from one millisecond after the last good one.
        """
        now_ms = round(captured_at * MS_PER_S) + self._shift_ms
        if self._last_ms is not None and now_ms <= self._last_ms:
            self._shift_ms += self._last_ms + 1 - now_ms
            now_ms = self._last_ms + 1
        self._last_ms = now_ms
        return now_ms

    def _forget_overdue(self, now_ms: int) -> None:
        """Drop tracks unseen for longer than patience.

        The tracker inside would first offer them this frame's detections: whoever stands there
        after a gap of an hour would carry on the track of whoever stood there before it.
        """
        inside = self._inside
        for name in ("tracked_stracks", "lost_stracks"):
            kept = [t for t in getattr(inside, name) if now_ms - t.end_frame <= self._patience_ms]
            setattr(inside, name, kept)

    def _confirmed(self, detections: Sequence[Detection]) -> tuple[TrackedBox, ...]:
        """The confirmed tracks seen now, with the box that was detected.

        The tracker's own box lags behind a person who turns or stops; the picture that is cut
        out should show the person.
        """
        boxes = []
        for track in self._inside.tracked_stracks:
            if not track.is_activated:
                continue
            number = self._number_of.get(track.track_id)
            if number is None:
                number = self._number_of[track.track_id] = self._next_number
                self._next_number += 1
            seen = detections[int(track.idx)]
            boxes.append(TrackedBox(number, seen.box, seen.confidence))
        return tuple(sorted(boxes, key=lambda box: box.number))

    def _drop_ended(self) -> tuple[int, ...]:
        """Numbers whose tracks are gone, told once; a tracker left without any starts over."""
        inside = self._inside
        open_ids = {track.track_id for track in (*inside.tracked_stracks, *inside.lost_stracks)}
        gone = [inner for inner in self._number_of if inner not in open_ids]
        ended = tuple(sorted(self._number_of.pop(inner) for inner in gone))
        if self.is_quiet:
            self._start_over()
        return ended


class _Rows:
    """Detections in the form that ultralytics' trackers read: columns, and masks to pick rows."""

    def __init__(self, xyxy: NDArray[np.float32], conf: NDArray[np.float32]) -> None:
        self.xyxy = xyxy  # (N, 4)
        self.conf = conf  # (N,)
        self.cls = np.zeros(len(conf), np.float32)

    @classmethod
    def of(cls, detections: Sequence[Detection]) -> "_Rows":
        boxes = np.asarray([d.box for d in detections], np.float32).reshape(-1, 4)
        return cls(boxes, np.asarray([d.confidence for d in detections], np.float32))

    @property
    def xywh(self) -> NDArray[np.float32]:
        """(N, 4) centre, width and height."""
        sides = self.xyxy[:, 2:] - self.xyxy[:, :2]
        return np.concatenate([self.xyxy[:, :2] + sides / 2, sides], axis=1)

    def __len__(self) -> int:
        return len(self.conf)

    def __getitem__(self, rows: NDArray[np.bool_]) -> "_Rows":
        return _Rows(self.xyxy[rows], self.conf[rows])


def _new_tracker(kind: TrackerKind, options: dict[str, Any]) -> Any:
    """A tracker as ultralytics builds it; imported late, after its safeguards are set."""
    from ultralytics.trackers.bot_sort import BOTSORT
    from ultralytics.trackers.byte_tracker import BYTETracker

    chosen = BOTSORT if kind == "botsort" else BYTETracker
    return chosen(SimpleNamespace(**options))


def _bgr(frame: Frame, kind: TrackerKind) -> NDArray[np.uint8] | None:
    """The picture in ultralytics' order of colours, for the tracker that looks at it."""
    return np.ascontiguousarray(frame.image[..., ::-1]) if kind == "botsort" else None
