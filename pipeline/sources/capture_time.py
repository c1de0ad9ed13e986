"""When a file's first frame was taken, and how we know."""

from dataclasses import dataclass
from typing import Literal

from pipeline.sources.video_scan import VideoInfo


@dataclass(frozen=True, slots=True)
class StartTime:
    """When the first frame of a file was taken, and how we know.

    Attributes:
        at: Unix seconds.
        source: "flag" is certain; "container" is the recorder's clock; "file date" is a
            guess that copying the file may have spoilt.
    """

    at: float
    source: Literal["flag", "container", "file date"]


def choose_start(info: VideoInfo, given: float | None) -> StartTime:
    """The best known instant of a file's first frame.

    A recorder writes the file until the end, so the file's date is the last frame's.
    """
    if given is not None:
        return StartTime(given, "flag")
    if info.created_at is not None:
        return StartTime(info.created_at, "container")
    return StartTime(info.modified_at - info.duration_s, "file date")
