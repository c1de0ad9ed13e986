"""Builds cameras and their readers from the settings."""

import random
import secrets
import time
from collections.abc import Callable, Iterator, Sequence

from detectors.scene import SceneWatch
from detectors.types import Frame
from pipeline.config import Settings
from pipeline.config_cameras import Role
from pipeline.errors import ConfigError, NotFound
from pipeline.handoff import NewestFrames
from pipeline.retry import Backoff
from pipeline.sources.closeups import TwoStreamCamera
from pipeline.sources.probe import Probe, probe_camera
from pipeline.sources.reader import CameraReader, LiveSource, OnState
from pipeline.sources.rtsp import RtspCamera
from pipeline.telemetry import Telemetry

# Crockford's alphabet: no letter is taken for a digit when somebody reads a run id aloud.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_run_id() -> str:
    """A fresh name for a connection: sorts by time, and two at one instant differ."""
    milliseconds = int(time.time() * 1000)
    letters = "".join(ALPHABET[(milliseconds >> shift) & 31] for shift in range(40, -1, -5))
    return letters + "".join(secrets.choice(ALPHABET) for _ in range(4))


def build_camera(settings: Settings, camera_id: str, role: Role = "detect") -> RtspCamera:
    """The stream of a camera of the settings that has a role.

    Raises:
        NotFound: they have no such camera.
    """
    camera = settings.cameras.get(camera_id)
    if camera is None:
        known = ", ".join(sorted(settings.cameras)) or "none"
        raise NotFound(f"no camera {camera_id!r} in the settings; known: {known}")
    return RtspCamera(
        camera_id,
        camera.url_for(role),
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


def build_source(settings: Settings, camera_id: str) -> LiveSource:
    """What a camera is read from: one stream, or one to look in and one to cut from.

    Raises:
        NotFound: the settings have no such camera.
    """
    searched = build_camera(settings, camera_id)
    camera = settings.cameras[camera_id]
    if camera.url_for("crop") == camera.url_for("detect"):
        return searched
    cut_from = build_camera(settings, camera_id, "crop")
    return TwoStreamCamera(searched, cut_from, lambda: _backoff(settings))


def _backoff(settings: Settings) -> Backoff:
    sources = settings.sources
    return Backoff(sources.reconnect_min_s, sources.reconnect_max_s, random.Random())


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
    now: Callable[[], Settings], frames: NewestFrames[Frame], telemetry: Telemetry
) -> Callable[[str, OnState], CameraReader]:
    """What makes the reader thread of a camera, by the settings as they are then."""

    def make(camera_id: str, on_state: OnState) -> CameraReader:
        settings = now()
        sources = settings.sources
        return CameraReader(
            build_source(settings, camera_id),
            frames.hand_off(camera_id),
            new_run_id=new_run_id,
            on_state=on_state,
            backoff=_backoff(settings),
            telemetry=telemetry,
            watch_scene=lambda: SceneWatch(frozen_after_s=sources.frozen_after_s),
            max_fps=settings.cameras[camera_id].fps or settings.detector.fps,
        )

    return make


def probe_cameras(settings: Settings, only: Sequence[str]) -> Iterator[tuple[str, Probe]]:
    """One look at each stream of each camera; a second stream is called `camera (crop)`."""
    for name in chosen_cameras(settings, only):
        camera = settings.cameras[name]
        yield name, probe_camera(build_camera(settings, name))
        if camera.url_for("crop") != camera.url_for("detect"):
            yield f"{name} (crop)", probe_camera(build_camera(settings, name, "crop"))
