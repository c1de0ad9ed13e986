"""The large picture of a camera whose small one is searched: shots are cut from it.

Detection is quick on a camera's sub stream; a person in it may be forty pixels tall. So a second
connection reads the main stream, decodes it, and keeps its newest pictures as they came from the
decoder. Only those that a shot is cut from are ever turned into RGB.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from av.video.frame import VideoFrame

from detectors.types import Frame, Image
from pipeline.errors import SourceError, SourceRefused
from pipeline.retry import Backoff
from pipeline.sources.rate import RatePicker
from pipeline.sources.rtsp import RtspCamera, to_rgb

log = logging.getLogger(__name__)

KEPT_S = 2.0
"""How far back a shot may be cut: the time that a frame may wait for the detector."""

KEPT_FPS = 8.0
"""Pictures kept a second: 16 of 1080p, 3 MB each, are 50 MB a camera."""

NEAREST_S = 0.2
"""The furthest apart that two streams show the same: a walker moves by a shoe's length."""


class CloseupReader(threading.Thread):
    """Keeps the newest pictures of one main stream, and reconnects for ever.

    The thread is a daemon, and its camera's other stream goes on without it: then shots are cut
    from the small picture.
    """

    def __init__(self, camera: RtspCamera, backoff: Backoff, stop: threading.Event) -> None:
        """Nothing is connected before `start`; `stop` ends it."""
        super().__init__(name=f"closeups-{camera.camera_id}", daemon=True)
        self._camera, self._backoff, self._stopping = camera, backoff, stop
        self._kept: deque[tuple[float, VideoFrame]] = deque(maxlen=int(KEPT_S * KEPT_FPS))
        self._told = ""

    def run(self) -> None:
        """Connect, keep, wait, and again, until stopped."""
        while not self._stopping.is_set():
            try:
                self._read()
                continue
            except SourceRefused as error:
                wait_s, fault = self._backoff.longest_wait_s(), str(error)
            except SourceError as error:
                wait_s, fault = self._backoff.next_wait_s(), str(error)
            except Exception as error:
                wait_s = self._backoff.next_wait_s()
                fault = f"camera '{self._camera.camera_id}': a fault in Descry ({error!r})"
                if fault != self._told:
                    log.exception("camera '%s': a fault in Descry", self._camera.camera_id)
            self._kept.clear()
            log.log(
                logging.DEBUG if fault == self._told else logging.WARNING,
                "%s (the stream that shots are cut from); they are cut from the small picture, "
                "and it is tried again in %.0f s",
                *(fault, wait_s),
            )
            self._told = fault
            self._stopping.wait(wait_s)

    def nearest(self, at: float) -> Image | None:
        """The picture taken nearest to `at`.

        Args:
            at: Unix seconds, of the camera's other stream.

        Returns:
            (H, W, 3) RGB, read-only; None where none was taken within `NEAREST_S`.
        """
        kept = list(self._kept)  # the thread goes on appending
        best = min(kept, key=lambda each: abs(each[0] - at), default=None)
        if best is None or abs(best[0] - at) > NEAREST_S:
            return None
        return to_rgb(best[1])

    def _read(self) -> None:
        with self._camera.connect() as stream:
            picker = RatePicker(KEPT_FPS)
            began_at: float | None = None
            for taken, picture in stream.pictures(self._stopping):
                if began_at is None:
                    began_at, self._told = taken.at, ""
                    self._backoff.reset()
                if picker.is_due(taken.at - began_at):
                    self._kept.append((taken.at, picture))


class TwoStreamCamera:
    """A camera that is searched in one stream and cut from another: a `LiveSource`."""

    def __init__(
        self, searched: RtspCamera, cut_from: RtspCamera, new_backoff: Callable[[], Backoff]
    ) -> None:
        """Nothing is connected before `frames`."""
        self.camera_id = searched.camera_id
        self._searched, self._cut_from, self._new_backoff = searched, cut_from, new_backoff
        self._closeups: CloseupReader | None = None

    @property
    def decode_errors(self) -> int:
        """Packets of both streams that could not be decoded."""
        return self._searched.decode_errors + self._cut_from.decode_errors

    @property
    def figures(self) -> Mapping[str, float]:
        """Those of the searched stream; a device decodes only if it decodes both streams."""
        figures, theirs = dict(self._searched.figures), self._cut_from.figures
        if figures and theirs:
            figures["hardware_failures"] += theirs["hardware_failures"]
            figures["hardware_decoding"] *= theirs["hardware_decoding"]
        if "clock_offset_s" in theirs:
            figures["closeup_clock_offset_s"] = theirs["clock_offset_s"]
        return figures

    def frames(
        self, run_id: str, stop: threading.Event, max_fps: float | None = None
    ) -> Iterator[Frame]:
        """The frames of the searched stream, each with the way to its large picture.

        Raises:
            SourceError: see `RtspCamera.frames`; what befalls the other stream is not raised.
        """
        if self._closeups is None or not self._closeups.is_alive():
            self._closeups = CloseupReader(self._cut_from, self._new_backoff(), stop)
            self._closeups.start()
        nearest = self._closeups.nearest
        for frame in self._searched.frames(run_id, stop, max_fps):
            yield replace(frame, closeup=partial(nearest, frame.captured_at))
