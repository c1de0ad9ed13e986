"""Which files of the audit are past retention, by a clock that can be believed."""

import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pipeline.audit_events import Event
from pipeline.instants import format_instant
from pipeline.store.audit_chain import Place
from pipeline.store.audit_files import Tail, files_in, first_of, read_tail

log = logging.getLogger(__name__)

DAY_S: Final = 86_400.0

AHEAD_S: Final = 3 * DAY_S
"""A clock that is further ahead of what was noted lately is not believed: it may have jumped, and
what is removed cannot be made again. What was noted since tells otherwise in time."""

KEEPER: Final = "descry"
"""Who removes what is old: nobody asks for it."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is past retention.

    Attributes:
        first: number of the first entry of it.
        last: the last one.
        files: in how many files, the first ones.
        first_at: when the first one was begun: its file's first entry, ISO 8601 UTC.
        last_at: when the last one was noted.
    """

    first: int
    last: Place
    files: int
    first_at: str
    last_at: str

    def event(self, keep_s: float) -> Event:
        """What is noted before it is removed."""
        asked: dict[str, Any] = {"first": self.first, "last": self.last.number}
        asked |= {"from": self.first_at, "until": self.last_at}
        asked |= {"by": "audit.keep_days", "days": round(keep_s / DAY_S, 3)}
        return Event(KEEPER, "audit-aged", asked=asked, outcome="done")


def due_in(folder: Path, keep_s: float, now: float) -> Due | None:
    """The whole files in which everything is older than `keep_s`; None where there are none.

    The last file is written to, and stays. None as well where `now` is far ahead of the two last
    files: one entry after a jump of the clock must not be enough to take it for the time.

    Raises:
        AuditUnavailable: a file cannot be read.
    """
    files = files_in(folder)
    oldest, count = format_instant(now - keep_s), 0
    last: Tail | None = None
    begun = ""
    for path in files[:-1]:
        tail = read_tail(path)
        if tail.last_at >= oldest:
            break
        begun, last, count = begun or tail.day, tail, count + 1
    if last is None or not _is_believed(files, now):
        return None
    return Due(first_of(files[0]), last.place, count, begun, last.last_at)


def _is_believed(files: list[Path], now: float) -> bool:
    for path in files[-2:]:
        at = read_tail(path).last_at
        if at and now - datetime.fromisoformat(at).timestamp() > AHEAD_S:
            log.warning(
                "audit: nothing is removed yet: the clock says %s, and %s ends on %s",
                format_instant(now),
                path.name,
                at,
            )
            return False
    return True
