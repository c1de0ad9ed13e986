"""Instants as people write them and as we print them."""

import re
from datetime import UTC, datetime, tzinfo

from pipeline.durations import SPAN_PATTERN, parse_duration
from pipeline.errors import ConfigError

# Digital video files start about here; whatever is earlier is a clock that was never set.
EARLIEST_AT = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
# A video whose clock leaps beyond this is damaged.
LATEST_AT = datetime(2200, 1, 1, tzinfo=UTC).timestamp()
# Two machines' clocks differ; a moment ahead of ours is not the future.
CLOCK_SLACK_S = 60.0

AGE = re.compile(SPAN_PATTERN)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]|$)")


def parse_instant(text: str, *, now: float, zone: tzinfo = UTC) -> float:
    """An instant as people write it: `2026-11-23T14:05:00Z`, or `10m` for that long ago.

    Args:
        text: ISO 8601 from the date on, or a duration before `now`.
        now: Unix seconds.
        zone: what a time without an offset means.

    Raises:
        ConfigError: it is neither, or in the future, or before there was digital video.
    """
    at = now - parse_duration(text) if AGE.match(text) else _parse_iso(text, zone)
    if at > now + CLOCK_SLACK_S:
        raise ConfigError(f"{text!r} is in the future: name an instant that has passed")
    if at < EARLIEST_AT:
        raise ConfigError(f"{text!r} is before 1990: name an instant a camera has seen")
    return at


def _parse_iso(text: str, zone: tzinfo) -> float:
    allowed = "write 2026-11-23, 2026-11-23T14:05:00Z, 2026-11-23T14:05:00+01:00 or 10m (ago)"
    try:
        instant = datetime.fromisoformat(text) if DATE.match(text) else None
    except ValueError:
        instant = None
    if instant is None:
        raise ConfigError(f"{text!r} is not an instant: {allowed}")
    try:
        return (instant if instant.tzinfo else instant.replace(tzinfo=zone)).timestamp()
    except (OverflowError, ValueError):
        raise ConfigError(f"{text!r} is out of range: {allowed}") from None


def format_instant(at: float) -> str:
    """Unix seconds as ISO 8601 in UTC, to the millisecond.

    >>> format_instant(1700000000.25)
    '2023-11-14T22:13:20.250Z'
    """
    whole_s, ms = divmod(round(at * 1000), 1000)
    return f"{datetime.fromtimestamp(whole_s, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03d}Z"
