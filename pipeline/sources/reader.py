"""The thread that keeps one camera connected and hands over its newest frame."""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Literal, Protocol

from detectors.types import Frame
from pipeline.clock import Clock, SystemClock
from pipeline.errors import SourceError, SourceRefused
from pipeline.handoff import Latest
from pipeline.retry import Backoff
from pipeline.telemetry import Telemetry

log = logging.getLogger(__name__)

CameraState = Literal["connecting", "live", "lost", "refused"]
OnState = Callable[[str, CameraState, str, str, float], None]
"""Told of camera id, state, detail in words, run id, and the instant it began."""


class LiveSource(Protocol):
    """What a reader asks of a camera."""

    @property
    def camera_id(self) -> str:
        """Its short name."""
        ...

    @property
    def decode_errors(self) -> int:
        """Packets that could not be decoded, over all connections."""
        ...

    def frames(
        self, run_id: str, stop: threading.Event, max_fps: float | None = None
    ) -> Iterator[Frame]:
        """Connect, and yield frames until `stop` is set, or raise a SourceError."""
        ...


class CameraReader(threading.Thread):
    """Reads one camera for ever, under a new run id for every connection.

    A lost camera is tried again after a growing wait, a refused one after the longest:
    a person may mend the password while we wait. The thread is a daemon: a camera that
    hangs in the middle of a connection holds up nobody's shutdown.
    """

    def __init__(
        self,
        camera: LiveSource,
        frames: Latest[Frame],
        *,
        new_run_id: Callable[[], str],
        on_state: OnState,
        backoff: Backoff,
        telemetry: Telemetry,
        max_fps: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(name=f"reader-{camera.camera_id}", daemon=True)
        self.frames_read = 0
        self.connections = 0
        self._camera = camera
        self._frames = frames
        self._new_run_id = new_run_id
        self._on_state = on_state
        self._backoff = backoff
        self._telemetry = telemetry
        self._max_fps = max_fps
        self._clock = clock or SystemClock()
        self._stopping = threading.Event()
        self._errors_counted = 0
        self._told: tuple[CameraState, str] | None = None

    @property
    def reconnects(self) -> int:
        """Connections that brought frames, after the first."""
        return max(self.connections - 1, 0)

    @property
    def frames_dropped(self) -> int:
        """Frames that the consumer had no time for."""
        return self._frames.dropped

    @property
    def decode_errors(self) -> int:
        """Packets that could not be decoded."""
        return self._camera.decode_errors

    def run(self) -> None:
        """Connect, read, wait, and again, until `stop`."""
        while not self._stopping.is_set():
            wait_s = self._read_once()
            self._stopping.wait(wait_s)

    def stop(self, wait_s: float = 1.0) -> bool:
        """Ask the thread to end, and wait a moment for it.

        Returns:
            Whether it ended; one that hangs in a dead connection ends when that times out.
        """
        self._stopping.set()
        if self.is_alive():
            self.join(wait_s)
        return not self.is_alive()

    def _read_once(self) -> float:
        """One connection from start to end; how long to wait before the next."""
        run_id = self._new_run_id()
        try:
            self._feed(run_id)
        except SourceRefused as error:
            wait_s = self._backoff.longest_wait_s()
            self._tell_of_fault("refused", error, run_id, wait_s)
            return wait_s
        except SourceError as error:
            wait_s = self._backoff.next_wait_s()
            self._tell_of_fault("lost", error, run_id, wait_s)
            return wait_s
        finally:
            self._count_decode_errors()
        return 0.0

    def _feed(self, run_id: str) -> None:
        self._tell("connecting", "", run_id)
        is_live = False
        for frame in self._camera.frames(run_id, self._stopping, self._max_fps):
            if self._stopping.is_set():
                return
            self._hand_over(frame)
            if not is_live:
                is_live = True
                self._go_live(run_id)

    def _hand_over(self, frame: Frame) -> None:
        self.frames_read += 1
        self._telemetry.frames_read.labels(frame.camera_id).inc()
        self._count_decode_errors()
        if self._frames.put(frame):
            self._telemetry.frames_dropped.labels(frame.camera_id, "newer").inc()

    def _go_live(self, run_id: str) -> None:
        self.connections += 1
        if self.connections > 1:
            self._telemetry.reconnects.labels(self._camera.camera_id).inc()
        self._backoff.reset()
        self._told = None
        log.info("camera '%s': live, run %s", self._camera.camera_id, run_id)
        self._tell("live", "", run_id)

    def _count_decode_errors(self) -> None:
        new = self._camera.decode_errors - self._errors_counted
        self._errors_counted += new
        self._telemetry.decode_errors.labels(self._camera.camera_id).inc(new)

    def _tell_of_fault(
        self, state: CameraState, error: SourceError, run_id: str, wait_s: float
    ) -> None:
        # A camera that is away for a night must not fill the log with one sentence.
        is_new = self._told != (state, str(error))
        level = logging.DEBUG
        if is_new:
            level = logging.ERROR if state == "refused" else logging.WARNING
        log.log(level, "%s; trying again in %.0f s", error, wait_s)
        self._told = (state, str(error))
        self._tell(state, str(error), run_id)

    def _tell(self, state: CameraState, detail: str, run_id: str) -> None:
        self._telemetry.camera_up.labels(self._camera.camera_id).set(state == "live")
        self._on_state(self._camera.camera_id, state, detail, run_id, self._clock.now())
