"""When a file's first frame was taken, and how we know."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline.errors import ConfigError, SourceUnreadable
from pipeline.instants import CLOCK_SLACK_S, EARLIEST_AT, format_instant
from pipeline.sources.name_pattern import EXAMPLE, NamePattern
from pipeline.sources.video_scan import RECORDER_SLACK_S, VideoInfo
from pipeline.sources.wall_clock import read_wall_clock

Source = Literal["flag", "name", "container", "file date"]
Way = Literal["container", "file"]

#: What each source is, in words for a person.
SOURCES: dict[Source, str] = {
    "flag": "from --start",
    "name": "from its name",
    "container": "from the container, the recorder's clock",
    "file date": "from the file's date, taken as the end of the recording: a guess",
}


@dataclass(frozen=True, slots=True)
class StartTime:
    """When the first frame of a file was taken, and how we know.

    Attributes:
        at: Unix seconds.
        source: "flag" is certain; "name" is what the pattern reads; "container" is the
            recorder's clock; "file date" is a guess that copying the file may have spoilt.
        doubt: a line for a person; empty where there is none.
    """

    at: float
    source: Source
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class TimeRules:
    """How to find out when a file was recorded; the first way that tells anything counts.

    A name is read only by a pattern that somebody gave: a number in it may be anything.

    Attributes:
        given: the instant itself, Unix seconds; None if it is to be found out.
        ways: in order.
        zone: of the clock that wrote names; this machine's if None.
    """

    given: float | None = None
    ways: tuple[NamePattern | Way, ...] = ("container", "file")
    zone: ZoneInfo | None = None

    @property
    def pattern(self) -> NamePattern | None:
        """The pattern for names, if there is one."""
        return next((way for way in self.ways if isinstance(way, NamePattern)), None)


def read_ways(texts: Sequence[str]) -> tuple[NamePattern | Way, ...]:
    """What `--time-from` says, in the order it was said.

    Raises:
        ConfigError: it says something else.
    """
    ways: list[NamePattern | Way] = []
    for text in texts:
        kind, _, pattern = text.partition(":")
        if kind == "name" and pattern:
            ways.append(NamePattern(pattern.strip("'\"")))
        elif text == "container" or text == "file":
            ways.append("container" if text == "container" else "file")
        else:
            raise ConfigError(f"--time-from {text!r}: write {EXAMPLE}, container, or file")
    return tuple(ways) or TimeRules().ways


def choose_start(info: VideoInfo, rules: TimeRules) -> StartTime:
    """The best known instant of a file's first frame.

    A recorder writes the file until the end, so the file's date is the last frame's.

    Raises:
        ConfigError: its name does not fit the pattern, and nothing else may be asked.
        SourceUnreadable: what it says of itself cannot be true.
    """
    if rules.given is not None:
        return StartTime(rules.given, "flag")
    mismatch: ConfigError | None = None
    for way in rules.ways:
        if isinstance(way, NamePattern):
            try:
                return _by_name(info.path, way, rules.zone)
            except ConfigError as error:
                mismatch = error
        elif way == "container" and info.created_at is not None:
            return StartTime(info.created_at, "container")
        elif way == "file":
            return _by_date(info)
    if mismatch is not None:
        raise mismatch
    raise SourceUnreadable(
        f"{info.path}: its container does not say when it was recorded; add --time-from file, "
        "or give --start"
    )


def _by_name(path: Path, pattern: NamePattern, zone: ZoneInfo | None) -> StartTime:
    at, doubt = read_wall_clock(pattern.read(path), zone)
    if not EARLIEST_AT <= at <= time.time() + CLOCK_SLACK_S:
        raise ConfigError(
            f"{path}: its name tells {format_instant(at)}, when no camera can have seen it; mend "
            "--time-from name:… or --timezone"
        )
    return StartTime(at, "name", f"{path}: {doubt}" if doubt else "")


def _by_date(info: VideoInfo) -> StartTime:
    if not EARLIEST_AT <= info.modified_at <= time.time() + RECORDER_SLACK_S:
        raise SourceUnreadable(
            f"{info.path}: its date is {_date_of(info)}, when no camera can have written it; give "
            "--start, or --time-from name:…"
        )
    at = info.modified_at - info.duration_s
    if not 0 <= at <= info.modified_at:
        raise SourceUnreadable(f"{info.path}: says it is {info.duration_s:g} s long; give --start")
    return StartTime(at, "file date")


def _date_of(info: VideoInfo) -> str:
    try:
        return format_instant(info.modified_at)
    except (OSError, OverflowError, ValueError):  # a date in no calendar
        return f"{info.modified_at:.0f} s after 1970"
