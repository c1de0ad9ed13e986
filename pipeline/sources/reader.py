"""The thread that keeps one camera connected and hands over its newest frame."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Literal, Protocol

from detectors.scene import SceneFault, SceneWatch
from detectors.types import Frame
from pipeline.clock import Clock, SystemClock
from pipeline.errors import SourceError, SourceRefused
from pipeline.handoff import Latest
from pipeline.retry import Backoff
from pipeline.telemetry import Telemetry

log = logging.getLogger(__name__)

CameraState = Literal["connecting", "live", "blind", "lost", "refused"]
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

    @property
    def figures(self) -> Mapping[str, float]:
        """What is known of the running connection, units in the names."""
        ...

    def frames(
        self, run_id: str, stop: threading.Event, max_fps: float | None = None
    ) -> Iterator[Frame]:
        """Connect, and yield frames until `stop` is set, or raise a SourceError."""
        ...


def clock_ahead_s(figures: Mapping[str, float], time_source: str | None) -> float:
    """How far the clock that dated a camera's newest frame is ahead of ours, seconds.

    Args:
        figures: what its reader says of it.
        time_source: of that frame; 0 unless it was dated by the camera itself.
    """
    return figures.get("clock_offset_s", 0.0) if time_source == "sender report" else 0.0


class CameraReader(threading.Thread):
    """Reads one camera for ever, under a new run id for every connection.

    A camera that shows a black, blank or frozen picture is blind: its frames are counted and not
    handed over, and what follows is another run, so that nobody counts that time as watched. A
    lost camera is tried again after a growing wait, a refused one after the longest: a person may
    mend the password while we wait. A fault of ours ends its connection alone, and is waited for
    like a lost camera. The thread is a daemon: a camera that hangs in the middle of a connection
    holds up nobody's shutdown.
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
        watch_scene: Callable[[], SceneWatch] = SceneWatch,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(name=f"reader-{camera.camera_id}", daemon=True)
        self.frames_read = 0
        self.connections = 0
        self.dropped_by = Counter[str]()
        """Frames that nobody looks at, by reason."""
        self.faults = 0
        """Connections that a fault of ours ended."""
        self._camera = camera
        self._frames = frames
        self._new_run_id = new_run_id
        self._on_state = on_state
        self._backoff = backoff
        self._telemetry = telemetry
        self._max_fps = max_fps
        self._watch_scene = watch_scene
        self._clock = clock or SystemClock()
        self._stopping = threading.Event()
        self._errors_counted = 0
        self._told: tuple[CameraState, str] | None = None
        self._fault_told = ""
        self._run_id = ""

    @property
    def run_id(self) -> str:
        """Of the newest connection; empty before the first."""
        return self._run_id

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

    def figures(self) -> dict[str, float]:
        """What an operator wants to know of the camera, units in the names."""
        return {
            "frames_read": self.frames_read,
            "frames_dropped": self.frames_dropped,
            "decode_errors": self.decode_errors,
            "reconnects": self.reconnects,
            "faults": self.faults,
            **self._camera.figures,
        }

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
        self._run_id = self._new_run_id()
        try:
            self._feed()
        except SourceRefused as error:
            wait_s = self._backoff.longest_wait_s()
            self._tell_of_fault("refused", error, wait_s)
            return wait_s
        except SourceError as error:
            wait_s = self._backoff.next_wait_s()
            self._tell_of_fault("lost", error, wait_s)
            return wait_s
        except Exception as error:  # noqa: BLE001  a thread's outermost loop
            wait_s = self._backoff.next_wait_s()
            self._tell_of_our_fault(error, wait_s)
            return wait_s
        finally:
            self._count_decode_errors()
        return 0.0

    def _feed(self) -> None:
        self._tell("connecting", "")
        scene, was_seen = self._watch_scene(), False
        fault: SceneFault | None = None
        for frame in self._camera.frames(self._run_id, self._stopping, self._max_fps):
            if self._stopping.is_set():
                return
            before, fault = fault, scene.judge(frame.image, frame.captured_at)
            if fault is not None:
                self._sit_out(frame, fault, is_new=fault != before)
                continue
            if before is not None:
                self._run_id = self._new_run_id()
            self._hand_over(replace(frame, run_id=self._run_id))
            if not was_seen or before is not None:
                self._go_live(is_new_connection=not was_seen)
                was_seen = True

    def _sit_out(self, frame: Frame, fault: SceneFault, *, is_new: bool) -> None:
        """Count a frame in which nobody could be seen."""
        self._count_dropped(frame.camera_id, fault)
        if is_new:
            detail = f"the picture is {fault}; look at its lens, light and cable"
            log.warning("camera '%s': %s", frame.camera_id, detail)
            self._tell("blind", detail)

    def _hand_over(self, frame: Frame) -> None:
        self.frames_read += 1
        self._telemetry.frames_read.labels(frame.camera_id).inc()
        self._count_decode_errors()
        if self._frames.put(frame):
            self._count_dropped(frame.camera_id, "newer")

    def _count_dropped(self, camera_id: str, reason: str) -> None:
        self.dropped_by[reason] += 1
        self._telemetry.frames_dropped.labels(camera_id, reason).inc()

    def _go_live(self, *, is_new_connection: bool) -> None:
        self.connections += is_new_connection
        if is_new_connection and self.connections > 1:
            self._telemetry.reconnects.labels(self._camera.camera_id).inc()
        self._backoff.reset()
        self._told = None
        log.info("camera '%s': live, run %s", self._camera.camera_id, self._run_id)
        self._tell("live", "")

    def _count_decode_errors(self) -> None:
        new = self._camera.decode_errors - self._errors_counted
        self._errors_counted += new
        self._telemetry.decode_errors.labels(self._camera.camera_id).inc(new)
        if new:
            self.dropped_by["undecoded"] += new

    def _tell_of_fault(self, state: CameraState, error: SourceError, wait_s: float) -> None:
        if self._stopping.is_set():
            return  # somebody else may read this camera by now, and say otherwise
        # A camera that is away for a night must not fill the log with one sentence.
        is_new = self._told != (state, str(error))
        level = logging.DEBUG
        if is_new:
            level = logging.ERROR if state == "refused" else logging.WARNING
        log.log(level, "%s; trying again in %.0f s", error, wait_s)
        self._told = (state, str(error))
        self._tell(state, str(error))

    def _tell_of_our_fault(self, error: Exception, wait_s: float) -> None:
        self.faults += 1
        self._telemetry.reader_faults.labels(self._camera.camera_id).inc()
        if self._stopping.is_set():
            return
        detail = f"a fault in Descry ended its connection ({type(error).__name__}): see the log"
        if detail != self._fault_told:
            form = "camera '%s': %s; trying again in %.0f s"
            log.error(form, self._camera.camera_id, detail, wait_s, exc_info=error)
        self._fault_told = detail
        self._tell("lost", detail)

    def _tell(self, state: CameraState, detail: str) -> None:
        self._telemetry.camera_up.labels(self._camera.camera_id).set(state == "live")
        self._on_state(self._camera.camera_id, state, detail, self._run_id, self._clock.now())
