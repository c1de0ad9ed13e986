"""One look at a camera: does it answer, and what does it send."""

import threading
from dataclasses import dataclass

from pipeline.errors import SourceError
from pipeline.sources.rtsp import RtspCamera


@dataclass(frozen=True, slots=True)
class Probe:
    """What one connection told.

    Attributes:
        ok: whether a frame came.
        codec: as libav calls it; None if there was no connection.
        width: pixels of the first frame; None if there was none.
        height: likewise.
        fps: as the camera announces it; None if it does not.
        first_frame_s: from knocking to the first decoded frame.
        detail: one line for a person: the fault, or what is sent.
    """

    ok: bool
    codec: str | None
    width: int | None
    height: int | None
    fps: float | None
    first_frame_s: float | None
    detail: str


def no_picture(detail: str, codec: str | None = None) -> Probe:
    """What is told of a camera that showed nothing."""
    return Probe(False, codec, None, None, None, None, detail)


def probe_camera(camera: RtspCamera) -> Probe:
    """Connect, wait for one frame, and hang up; a fault is an answer, not an error.

    A device that fails is no answer about the camera: then the CPU has a look.
    """
    failures = camera.decoding.device_failures
    found = _look(camera)
    return found if found.ok or camera.decoding.device_failures == failures else _look(camera)


def _look(camera: RtspCamera) -> Probe:
    began = camera.clock.monotonic()
    codec: str | None = None
    try:
        with camera.connect() as stream:
            codec = stream.codec
            _, picture = next(stream.pictures(threading.Event()))
            took_s = camera.clock.monotonic() - began
            width, height = picture.width, picture.height
            rate = f" at {stream.fps:g} fps" if stream.fps else ""
            return Probe(
                ok=True,
                codec=codec,
                width=width,
                height=height,
                fps=stream.fps,
                first_frame_s=took_s,
                detail=f"{codec} {width}x{height}{rate}, first frame after {took_s:.1f} s",
            )
    except SourceError as error:
        return no_picture(str(error), codec)
