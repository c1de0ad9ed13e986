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
from pipeline.packets import PacketSink
from pipeline.retry import Backoff
from pipeline.sources.closeups import TwoStreamCamera
from pipeline.sources.masked import MaskedCamera
from pipeline.sources.probe import Probe, no_picture, probe_camera
from pipeline.sources.reader import CameraReader, LiveSource, OnState
from pipeline.sources.rtsp import RtspCamera
from pipeline.telemetry import Telemetry
from pipeline.wiring.places import build_blackout, place_of

# Crockford's alphabet: no letter is taken for a digit when somebody reads a run id aloud.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_run_id() -> str:
    """A fresh name for a connection: sorts by time, and two at one instant differ."""
    milliseconds = int(time.time() * 1000)
    letters = "".join(ALPHABET[(milliseconds >> shift) & 31] for shift in range(40, -1, -5))
    return letters + "".join(secrets.choice(ALPHABET) for _ in range(4))


def refuse_unknown(settings: Settings, camera_id: str) -> None:
    """See that a camera is in the settings.

    Raises:
        NotFound: it is not.
    """
    if camera_id not in settings.cameras:
        known = ", ".join(sorted(settings.cameras)) or "none"
        raise NotFound(f"no camera {camera_id!r} in the settings; known: {known}")


def build_camera(
    settings: Settings, camera_id: str, role: Role = "detect", packets: PacketSink | None = None
) -> RtspCamera:
    """The stream of a camera of the settings that has a role; `packets` gets what it sends.

    Raises:
        NotFound: they have no such camera.
    """
    refuse_unknown(settings, camera_id)
    camera = settings.cameras[camera_id]
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
        packets=packets,
    )


def build_source(
    settings: Settings, camera_id: str, packets: PacketSink | None = None
) -> LiveSource:
    """What a camera is read from: one stream, or one to look in and one to cut from.

    `packets` gets what the stream with the role `record` sends.

    Raises:
        NotFound: the settings have no such camera.
    """
    refuse_unknown(settings, camera_id)
    camera = settings.cameras[camera_id]
    kept_with_detect = camera.url_for("record") == camera.url_for("detect")
    searched = build_camera(settings, camera_id, "detect", packets if kept_with_detect else None)
    if camera.url_for("crop") == camera.url_for("detect"):
        return searched
    cut_from = build_camera(settings, camera_id, "crop", None if kept_with_detect else packets)
    return TwoStreamCamera(searched, cut_from, lambda: _backoff(settings))


def _backoff(settings: Settings) -> Backoff:
    sources = settings.sources
    return Backoff(sources.reconnect_min_s, sources.reconnect_max_s, random.Random())


def chosen_cameras(settings: Settings, only: Sequence[str]) -> list[str]:
    """The enabled cameras, or those of `only`.

    Raises:
        NotFound: one of `only` is not in the settings.
    """
    for name in only:
        refuse_unknown(settings, name)
    return list(only) or [name for name, camera in settings.cameras.items() if camera.enabled]


def reader_maker(
    now: Callable[[], Settings],
    frames: NewestFrames[Frame],
    telemetry: Telemetry,
    ring_of: Callable[[Settings, str], PacketSink | None],
) -> Callable[[str, OnState], CameraReader]:
    """What makes the reader thread of a camera, by the settings as they are then.

    `ring_of` gives what a camera's packets go to.
    """

    def make(camera_id: str, on_state: OnState) -> CameraReader:
        settings = now()
        sources = settings.sources
        blackout = build_blackout(place_of(settings, camera_id))
        source = build_source(settings, camera_id, ring_of(settings, camera_id))
        return CameraReader(
            MaskedCamera(source, blackout),
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
    """One look at each stream of each camera; a second stream is called `camera (crop)`.

    A camera whose settings cannot be used is told once, as one that gives no picture.

    Raises:
        NotFound: one of `only` is not in the settings.
        ConfigError: there is no camera.
    """
    chosen = chosen_cameras(settings, only)
    if not chosen:
        raise ConfigError(
            "no camera is set: add one under 'cameras:' (see descry config example), or with "
            "descry cameras add"
        )
    for name in chosen:
        yield from _probe_streams(settings, name)


def _probe_streams(settings: Settings, camera_id: str) -> Iterator[tuple[str, Probe]]:
    camera = settings.cameras[camera_id]
    try:
        streams = {camera_id: build_camera(settings, camera_id)}
        if camera.url_for("crop") != camera.url_for("detect"):
            streams[f"{camera_id} (crop)"] = build_camera(settings, camera_id, "crop")
    except ConfigError as error:  # says nothing about the other cameras
        yield camera_id, no_picture(str(error))
        return
    for name, stream in streams.items():
        yield name, probe_camera(stream)
