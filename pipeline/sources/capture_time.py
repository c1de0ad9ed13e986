"""When a file's first frame was taken, and how we know."""

from dataclasses import dataclass
from typing import Literal

from pipeline.errors import SourceUnreadable
from pipeline.instants import LATEST_AT
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

    Raises:
        SourceUnreadable: its length cannot be true, so its date tells nothing.
    """
    if given is not None:
        return StartTime(given, "flag")
    if info.created_at is not None:
        return StartTime(info.created_at, "container")
    at = info.modified_at - info.duration_s
    if not 0 <= at <= LATEST_AT:
        raise SourceUnreadable(f"{info.path}: says it is {info.duration_s:g} s long; give --start")
    return StartTime(at, "file date")
