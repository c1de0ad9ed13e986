"""What a video file is and when each of its frames is shown, without decoding it."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import av
import av.container
import av.error
import av.video.frame
import av.video.stream
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import NotVideo, SourceUnreadable
from pipeline.instants import EARLIEST_AT
from pipeline.sources.container import (
    begins_like_video,
    check_file,
    first_frame,
    open_container,
    video_stream,
)

# Where neither container nor codec says: what most recorders use.
USUAL_FPS = 25.0
# A recorder's clock may run ahead of ours by a time zone, not by more.
RECORDER_SLACK_S = 86_400.0
# A Matroska header may round its duration, or count the sound's last moment.
CUT_SLACK_S = 1.0


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a video file says about itself.

    Attributes:
        path: the file, absolute.
        width: pixels of an upright frame, rotation applied.
        height: likewise.
        fps: the average; frames may come unevenly.
        frame_count: None where the container does not count.
        duration_s: of the video, as the container says it.
        created_at: Unix seconds of the recorder's clock; None if it says nothing believable.
        modified_at: Unix seconds of the file.
        codec: as libav calls it, "h264" say.
    """

    path: Path
    width: int
    height: int
    fps: float
    frame_count: int | None
    duration_s: float
    created_at: float | None
    modified_at: float
    codec: str


@dataclass(frozen=True, slots=True, eq=False)
class FrameTimes:
    """When each frame of a file is shown.

    Attributes:
        shown_s: (N,) seconds since the first frame, rising; empty where the file has no times.
        first_s: the first frame's time in the container's own count from the stream's start.
        fps: the average, for what the table does not hold.
        promised: how many frames there would be if the file were whole.
    """

    shown_s: NDArray[np.float64]
    first_s: float
    fps: float
    promised: int


def inspect_video(path: Path) -> VideoInfo:
    """Open `path`, decode one frame, and tell what it is.

    Raises:
        NotVideo: it is something else.
        SourceUnreadable: it is missing, empty, or damaged.
    """
    modified_at = check_file(path)
    with open_container(path) as container:
        stream = video_stream(container, path)
        width, height = _upright_size(container, stream, path)
        fps = _fps(stream)
        frame_count = _counted(container, stream)
        return VideoInfo(
            path=path.absolute(),
            width=width,
            height=height,
            fps=fps,
            frame_count=frame_count,
            duration_s=_duration_s(container, stream) or _counted_duration_s(path, fps),
            created_at=_created_at(container, stream),
            modified_at=modified_at,
            codec=stream.codec_context.name,
        )


def scan_times(path: Path) -> FrameTimes:
    """Read every packet of `path` for its time; nothing is decoded.

    OpenCV knows a frame's time only after the fact and for some containers not at all;
    the packets carry it exactly. A damaged file gives the times up to the damage.

    Raises:
        SourceUnreadable: it is missing, empty, damaged from the start, or no video.
    """
    check_file(path)
    with open_container(path) as container:
        stream = video_stream(container, path)
        times, seen, kept = _packet_times(container, stream)
        fps = _fps(stream)
        first_pts = min(times, default=0)
        shown_s = np.sort(np.array(times, np.float64) - first_pts) * float(stream.time_base or 0)
        missing = max((_counted(container, stream) or 0) - seen, 0)
        missing += _cut_off(stream, max(times, default=0), fps)
        return FrameTimes(
            shown_s=shown_s,
            first_s=float((first_pts - (stream.start_time or 0)) * (stream.time_base or 0)),
            fps=fps,
            promised=kept + missing,
        )


def _upright_size(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, path: Path
) -> tuple[int, int]:
    """Width and height as OpenCV will show them: a phone on its side writes the turn apart."""
    frame = first_frame(container, stream)
    if frame is None:
        kind = SourceUnreadable if begins_like_video(path) else NotVideo
        raise kind(f"{path}: not one frame could be decoded; it is cut or damaged: export it again")
    if frame.rotation % 180:
        return frame.height, frame.width
    return frame.width, frame.height


def _fps(stream: av.video.stream.VideoStream) -> float:
    rate = stream.average_rate or stream.guessed_rate
    return float(rate) if rate else USUAL_FPS


def _counted(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream
) -> int | None:
    """How many packets the container says there are; only MP4 and its kin really count."""
    is_counted = "mp4" in container.format.name.split(",") and stream.frames > 0
    return stream.frames if is_counted else None


def _duration_s(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream
) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return None if container.duration is None else container.duration / av.time_base


def _counted_duration_s(path: Path, fps: float) -> float:
    """The duration of a bare stream, which has no header to say it."""
    with open_container(path) as container:
        _, seen, _ = _packet_times(container, video_stream(container, path))
    return seen / fps


def _packet_times(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream
) -> tuple[list[int], int, int]:
    """Presentation times of the frames shown; packets seen; packets shown.

    No times if any is missing: a table with holes would give frames each other's times.
    """
    times: list[int] = []
    seen = kept = 0
    try:
        for packet in container.demux(stream):
            if not packet.size:
                continue
            seen += 1
            if packet.is_discard:  # cut away by an edit list: decoded, never shown
                continue
            kept += 1
            if packet.pts is not None:
                times.append(packet.pts)
    except av.error.FFmpegError:
        pass  # the damage begins here; what was read before counts
    return (times if len(times) == kept else []), seen, kept


def _cut_off(stream: av.video.stream.VideoStream, last_pts: int, fps: float) -> int:
    """About how many frames are gone from the end of a Matroska file, which does not count."""
    try:
        hours, minutes, seconds = stream.metadata.get("DURATION", "").split(":")
        promised_s = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return 0
    # The tag is the last frame's end on the container's own count.
    short_s = promised_s - float(last_pts * (stream.time_base or 0)) - 1 / fps
    return round(short_s * fps) if short_s > CUT_SLACK_S else 0


def _created_at(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream
) -> float | None:
    text = container.metadata.get("creation_time") or stream.metadata.get("creation_time")
    try:
        created = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    if created is None:
        return None
    at = (created if created.tzinfo else created.replace(tzinfo=UTC)).timestamp()
    return at if EARLIEST_AT <= at <= time.time() + RECORDER_SLACK_S else None
