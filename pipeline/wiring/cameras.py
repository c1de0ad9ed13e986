"""Builds cameras and their readers from the settings."""

import random
import secrets
import time
from collections.abc import Callable, Iterator, Sequence

from detectors.scene import SceneWatch
from detectors.types import Frame
from pipeline.config import Settings
from pipeline.errors import ConfigError, NotFound
from pipeline.handoff import NewestFrames
from pipeline.retry import Backoff
from pipeline.sources.probe import Probe, probe_camera
from pipeline.sources.reader import CameraReader, OnState
from pipeline.sources.rtsp import RtspCamera
from pipeline.telemetry import Telemetry

# Crockford's alphabet: no letter is taken for a digit when somebody reads a run id aloud.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_run_id() -> str:
    """A fresh name for a connection: sorts by time, and two at one instant differ."""
    milliseconds = int(time.time() * 1000)
    letters = "".join(ALPHABET[(milliseconds >> shift) & 31] for shift in range(40, -1, -5))
    return letters + "".join(secrets.choice(ALPHABET) for _ in range(4))


def build_camera(settings: Settings, camera_id: str) -> RtspCamera:
    """A camera of the settings.

    Raises:
        NotFound: they have no such camera.
    """
    camera = settings.cameras.get(camera_id)
    if camera is None:
        known = ", ".join(sorted(settings.cameras)) or "none"
        raise NotFound(f"no camera {camera_id!r} in the settings; known: {known}")
    return RtspCamera(
        camera_id,
        camera.url,
        username=camera.username,
        password=camera.password.get_secret_value() if camera.password else None,
        transport=camera.transport,
        ca_file=camera.ca_file,
        timed_by=camera.timed_by,
        clock_tolerance_s=settings.sources.clock_tolerance_s,
        decode_on=settings.sources.decode_on,
        open_timeout_s=settings.sources.open_timeout_s,
        read_timeout_s=settings.sources.read_timeout_s,
    )


def chosen_cameras(settings: Settings, only: Sequence[str]) -> list[str]:
    """The enabled cameras, or those of `only`.

    Raises:
        NotFound: one of `only` is not in the settings.
        ConfigError: there is none.
    """
    for name in only:
        build_camera(settings, name)
    chosen = list(only) or [name for name, camera in settings.cameras.items() if camera.enabled]
    if not chosen:
        raise ConfigError("no camera is set: add one under 'cameras:' (see descry config example)")
    return chosen


def reader_maker(
    settings: Settings, frames: NewestFrames[Frame], telemetry: Telemetry
) -> Callable[[str, OnState], CameraReader]:
    """What makes the reader thread of a camera."""

    def make(camera_id: str, on_state: OnState) -> CameraReader:
        sources = settings.sources
        return CameraReader(
            build_camera(settings, camera_id),
            frames.hand_off(camera_id),
            new_run_id=new_run_id,
            on_state=on_state,
            backoff=Backoff(sources.reconnect_min_s, sources.reconnect_max_s, random.Random()),
            telemetry=telemetry,
            watch_scene=lambda: SceneWatch(frozen_after_s=sources.frozen_after_s),
            max_fps=settings.cameras[camera_id].fps or settings.detector.fps,
        )

    return make


def probe_cameras(settings: Settings, only: Sequence[str]) -> Iterator[tuple[str, Probe]]:
    """One look at each camera."""
    for name in chosen_cameras(settings, only):
        yield name, probe_camera(build_camera(settings, name))
