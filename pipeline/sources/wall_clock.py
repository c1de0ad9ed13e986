"""From what a clock on a wall shows to an instant, with the two hours a year that are not plain."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.errors import ConfigError


class Reading(NamedTuple):
    """An instant in Unix seconds; `doubt` is a line for a person, empty where there is none."""

    at: float
    doubt: str


def find_zone(name: str) -> ZoneInfo:
    """The time zone of that name.

    Raises:
        ConfigError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"--timezone {name!r} is not known: name one as Europe/Berlin, or UTC "
            "(a machine without the package tzdata knows none)"
        ) from None


def read_wall_clock(shown: datetime, zone: ZoneInfo | None) -> Reading:
    """The instant at which a clock showed `shown`.

    When summer time ends an hour comes twice: the first is taken, and `doubt` says so.

    Args:
        shown: with a zone of its own, or none.
        zone: of the clock; this machine's if None.

    Raises:
        ConfigError: no clock of that zone ever showed it, since summer time began then.
    """
    if shown.tzinfo is not None:
        return Reading(shown.timestamp(), "")
    first, second = (shown.replace(fold=fold, tzinfo=zone).timestamp() for fold in (0, 1))
    where = zone.key if zone is not None else "this machine's time zone"
    if first > second:
        raise ConfigError(
            f"{shown:%Y-%m-%d %H:%M:%S} does not exist in {where}, where summer time began then: "
            "give the zone of the camera's own clock with --timezone"
        )
    if first == second:
        return Reading(first, "")
    return Reading(
        first,
        f"{shown:%Y-%m-%d %H:%M:%S} came twice in {where}, where summer time ended then: taken as "
        f"the first; if it was the second, {round((second - first) / 60)} minutes later, "
        "import the file with --start",
    )
