"""A part of each day, as a site's own clock has it."""

from dataclasses import dataclass
from datetime import datetime, tzinfo


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of each day, at a site's own time.

    Attributes:
        begin_min: minutes since midnight.
        end_min: likewise, not included; at or before `begin_min` it lies on the next day.
        zone: what time it is there.
    """

    begin_min: int
    end_min: int
    zone: tzinfo

    def hold(self, at: float) -> bool:
        """Whether `at` (Unix seconds) lies in them.

        >>> from datetime import UTC
        >>> night = Hours(22 * 60, 6 * 60, UTC)
        >>> [night.hold(hour * 3600.0) for hour in (5, 6, 21, 22)]
        [True, False, False, True]
        """
        local = datetime.fromtimestamp(at, self.zone)
        minute = 60 * local.hour + local.minute
        if self.begin_min < self.end_min:
            return self.begin_min <= minute < self.end_min
        return minute >= self.begin_min or minute < self.end_min
