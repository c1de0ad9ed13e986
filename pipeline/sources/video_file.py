"""A recorded file as frames: in order, each with the instant it was taken, none lost."""

import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from detectors.types import Frame, Image
from pipeline.errors import SourceUnreadable
from pipeline.instants import LATEST_AT
from pipeline.names import in_utf8
from pipeline.sources.container import PACKETS_TO_A_KEY_FRAME, check_file
from pipeline.sources.damage import Damage, Stretch
from pipeline.sources.rate import RatePicker
from pipeline.sources.video_scan import FrameTimes, VideoInfo, inspect_video, scan_times

__all__ = ["VideoFile", "VideoInfo", "digest_file", "inspect_video"]

log = logging.getLogger(__name__)

DIGEST_BLOCK_BYTES = 1 << 20
# Often enough for a progress bar, rarely enough to cost nothing.
FRAMES_PER_REPORT = 100


def digest_file(path: Path, progress: Callable[[int], None] | None = None) -> str:
    """SHA-256 of the content, in hexadecimal.

    Args:
        path: the file.
        progress: told how many more bytes were read, block by block.

    Raises:
        SourceUnreadable: it is missing, empty, or cannot be read.
    """
    check_file(path)
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(DIGEST_BLOCK_BYTES):
                digest.update(block)
                if progress is not None:
                    progress(len(block))
    except OSError as error:
        raise SourceUnreadable(
            f"{path}: reading stopped ({error.strerror}); check the disk or the network share"
        ) from error
    return digest.hexdigest()


class VideoFile:
    """The frames of one file, as one run of one camera.

    Every iteration starts over and gives the same frames. `number` is the position in the
    file from 1: frames that are not looked at, or cannot be decoded, leave a gap.
    """

    def __init__(
        self,
        info: VideoInfo,
        camera_id: str,
        run_id: str,
        started_at: float,
        *,
        fps: float | None = None,
        first_frame: int = 1,
        on_skip: Callable[[int], None] | None = None,
    ) -> None:
        """Read `info.path`.

        Args:
            info: the file, as `inspect_video` found it.
            camera_id: whose frames they are.
            run_id: what this reading is called.
            started_at: Unix seconds of the first frame.
            fps: how many frames a second to look at; None for every frame.
            first_frame: the first number to yield; those before are passed over exactly.
            on_skip: told now and then how many frames were passed over so far.
        """
        if first_frame < 1:
            raise ValueError(f"frames count from 1, so none is {first_frame}")
        self.info = info
        self._camera_id = camera_id
        self._run_id = run_id
        self._started_at = started_at
        self._fps = fps
        self._first_frame = first_frame
        self._on_skip = on_skip
        self._damage = Damage()

    @property
    def damaged(self) -> tuple[Stretch, ...]:
        """Where the last iteration found nothing that could be decoded, in file seconds."""
        return self._damage.stretches

    def __iter__(self) -> Iterator[Frame]:
        """The frames, in order.

        Raises:
            SourceUnreadable: the file cannot be opened, or ends before it should; what
                came before is yielded first. A flaw in the middle is only logged.
        """
        times = scan_times(self.info.path)
        self._damage = Damage()
        with _capture(self.info.path) as capture:
            timeline = _Timeline(times)
            picker = RatePicker(self._fps)
            decoded = 0
            while _grab(capture, timeline):
                decoded += 1
                before = timeline.number
                shown_s = timeline.next_s(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
                if timeline.number > before + 1:
                    self._damage.add(timeline.shown_at(before + 1), shown_s)
                is_due = picker.is_due(shown_s)
                if timeline.number < self._first_frame:
                    self._report(timeline.number)
                elif is_due:
                    yield self._frame(capture, timeline.number, shown_s)
        self._check_end(decoded, timeline)

    def _frame(self, capture: cv2.VideoCapture, number: int, shown_s: float) -> Frame:
        is_whole, bgr = capture.retrieve()
        if not is_whole or bgr is None:
            self._damage.add(shown_s, max(self.info.duration_s, shown_s))
            raise self._stopped(number - 1, str(self.info.frame_count or "?"))
        image: Image = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)  # (H, W, 3)
        image.flags.writeable = False
        captured_at = self._started_at + shown_s
        if not 0 <= captured_at <= LATEST_AT:  # its clock leaps: nobody was filmed then
            raise self._stopped(number - 1, str(self.info.frame_count or "?"))
        return Frame(self._camera_id, self._run_id, number, captured_at, image)

    def _report(self, number: int) -> None:
        is_worth_telling = number % FRAMES_PER_REPORT == 0 or number == self._first_frame - 1
        if self._on_skip is not None and is_worth_telling:
            self._on_skip(number)

    def _check_end(self, decoded: int, timeline: "_Timeline") -> None:
        if not timeline.is_at_end:
            begins_s = timeline.shown_at(timeline.number + 1)
            self._damage.add(begins_s, max(self.info.duration_s, begins_s))
            raise self._stopped(timeline.number, str(timeline.promised))
        if decoded < timeline.promised:
            # A flaw in the middle, or a recording that starts between two key frames.
            log.warning(
                "%s: %d of %d frames could not be decoded; the others were read",
                self.info.path,
                timeline.promised - decoded,
                timeline.promised,
            )

    def _stopped(self, number: int, promised: str) -> SourceUnreadable:
        return SourceUnreadable(
            f"{self.info.path}: stopped at frame {number} of {promised}: the file is damaged or "
            "cut; what came before is kept"
        )


class _Timeline:
    """The time of each frame as it is decoded.

    OpenCV's own time is rounded and sometimes missing; the table is exact but does not
    know which frames the decoder gave up. So OpenCV says about when, the table exactly when.
    """

    def __init__(self, times: FrameTimes) -> None:
        self._times = times
        self._index = -1

    @property
    def number(self) -> int:
        """The position in the file of the frame decoded last, from 1; 0 before the first."""
        return self._index + 1

    @property
    def promised(self) -> int:
        """How many frames a whole file would have."""
        return self._times.promised

    @property
    def is_at_end(self) -> bool:
        """Whether the last frame of a whole file was reached."""
        return self.number >= self.promised

    def next_s(self, position_s: float) -> float:
        """Seconds since the first frame; `position_s` is OpenCV's, 0 where it has none."""
        self._index += 1
        if self._index < len(self._times.shown_s) and position_s > 0:
            self._index = self._nearest(position_s - self._times.first_s)
        return self.shown_at(self.number)

    def shown_at(self, number: int) -> float:
        """Seconds since the first frame at which frame `number` (from 1) is shown."""
        shown_s = self._times.shown_s
        if number <= len(shown_s):
            return float(shown_s[number - 1])
        last_s, last = (shown_s[-1], len(shown_s)) if len(shown_s) else (0.0, 1)
        return float(last_s + (number - last) / self._times.fps)

    def _nearest(self, about_s: float) -> int:
        """The table's nearest entry that no frame has had."""
        shown_s = self._times.shown_s
        after = int(np.searchsorted(shown_s, about_s))
        candidates = [i for i in (after - 1, after) if self._index <= i < len(shown_s)]
        return min(candidates, key=lambda i: abs(shown_s[i] - about_s), default=self._index)


def _grab(capture: cv2.VideoCapture, timeline: _Timeline) -> bool:
    """Decode the next frame. OpenCV gives up at each flaw, but goes on when asked again."""
    tries = 1 if timeline.is_at_end else PACKETS_TO_A_KEY_FRAME
    return any(capture.grab() for _ in range(tries))


@contextmanager
def _named(path: Path) -> Iterator[str]:
    """What OpenCV may call the file: a name that is no UTF-8 would be the end of the process."""
    whole = str(path.resolve())
    if in_utf8(whole) == whole:
        yield whole
        return
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise SourceUnreadable(f"{path}: cannot be opened ({error.strerror})") from None
    try:
        yield f"/dev/fd/{file}"
    finally:
        os.close(file)


@contextmanager
def _capture(path: Path) -> Iterator[cv2.VideoCapture]:
    # OpenCV writes to standard error past every logger; the complaints come as our own errors.
    # It reads the variable when it opens its first file, and offers no call instead.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    with _named(path) as name:
        capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened():
            raise SourceUnreadable(
                f"{path}: OpenCV cannot open it; convert it to H.264 in MP4 and try again"
            )
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        yield capture
    finally:
        capture.release()
