"""When the pictures of a live connection were taken, and by whose clock that is known.

A camera that sends RTCP sender reports (RFC 3550, 6.4.1) says which instant of its own clock a
timestamp of the stream stands for; libav hands that on with each packet. Its clock is believed as
long as it agrees with ours. Otherwise an instant is that of arrival, freed of what the network
added: of all packets of late, the one that came soonest after its timestamp sets the pace.
Where only the camera's clock counts, pictures wait for its first report: those of before could not
be dated, and if that clock is behind ours, those after would seem to lie in their past.
"""

import logging
from dataclasses import dataclass
from typing import Final, Literal

from pipeline.clock import Clock
from pipeline.errors import SourceUnreachable
from pipeline.instants import EARLIEST_AT, LATEST_AT

log = logging.getLogger(__name__)

TimedBy = Literal["auto", "camera", "arrival"]
TimeSource = Literal["sender report", "arrival"]

SMALLEST_STEP_S: Final = 0.001
"""Two pictures of a run never share an instant."""

LEAP_S: Final = 1.0
"""What a clock may stray, or a timestamp go back, before it counts as set anew."""

SKIP_S: Final = 10.0
"""The same for timestamps that go forward: a camera of one picture in five seconds sends what it
held back in one go."""

DRIFT: Final = 2e-4
"""How fast a camera's oscillator may run away from ours: twice what cheap crystals are sold as."""

REPORT_WITHIN_S: Final = 10.0
"""A camera that is to date its pictures has so long for its first report."""

RETURN_SHARE: Final = 0.5
"""A clock that lost our trust is believed again within this part of the tolerance."""


@dataclass(frozen=True, slots=True)
class Instant:
    """When a picture was taken.

    Attributes:
        at: Unix seconds, rising within a connection.
        source: `sender report`, or `arrival`.
    """

    at: float
    source: TimeSource


class CaptureClock:
    """Dates the pictures of one connection, in the order in which they are shown.

    Attributes:
        offset_s: how far the camera's clock is ahead of ours, the way of the picture to us taken
            off it (so a right clock says a little less than 0); None before it reported.
        leaps: how often a timestamp, the camera's clock or our own was set.
    """

    def __init__(
        self, camera_id: str, clock: Clock, *, timed_by: TimedBy = "auto", tolerance_s: float = 2.0
    ) -> None:
        """Start without a report.

        Args:
            camera_id: for messages.
            clock: ours.
            timed_by: `camera` believes its reports whatever they say, and waits for the first
                for `REPORT_WITHIN_S`; `arrival` never; `auto` while they are no further than
                `tolerance_s` from ours.
            tolerance_s: seconds.
        """
        self._camera_id, self._clock = camera_id, clock
        self._timed_by, self._tolerance_s = timed_by, tolerance_s
        self.offset_s: float | None = None
        self.leaps = 0
        self._report_ahead_s: float | None = None  # the camera's clock minus the stream's
        self._lag_s: float | None = None  # our monotonic clock minus the stream's, at its least
        self._wall_s = clock.now() - clock.monotonic()
        self._shown_s: float | None = None
        self._heard_at = clock.monotonic()
        self._is_trusted = True
        self._waiting_since: float | None = None
        self._is_overdue = False
        self._read: Instant | None = None
        self._last_at: float | None = None

    def report(self, shown_s: float, camera_at: float) -> None:
        """Take in what the camera says: its clock stood at `camera_at` for a timestamp.

        A clock that was never set, or says what no video can have seen, says nothing.

        Args:
            shown_s: the stream's timestamp, seconds.
            camera_at: Unix seconds of the camera's clock.
        """
        if not EARLIEST_AT <= camera_at <= LATEST_AT:
            return
        ahead_s = camera_at - shown_s
        known = self._report_ahead_s
        if known is not None and abs(ahead_s - known) > LEAP_S:
            self._tell_leap("its clock", ahead_s - known)
        self._report_ahead_s = ahead_s

    def read(self, shown_s: float | None) -> Instant | None:
        """The instant of the picture with this timestamp, which arrived just now.

        Args:
            shown_s: the stream's timestamp, seconds; None where it has none.

        Returns:
            None while only a report could tell, and none has come yet.

        Raises:
            SourceUnreachable: the clock went back by more than a second; what follows is another
                run, so that no instant of this one is put off.
        """
        arrived_at = self._arrival(shown_s)
        reported_at = self._reported(shown_s, arrived_at)
        if reported_at is None:
            if self._awaits_report():
                return None
            return self._rising(Instant(arrived_at, "arrival"))
        self._waiting_since = None
        return self._rising(Instant(reported_at, "sender report"))

    def estimate(self, shown_s: float | None) -> float | None:
        """About when a picture was taken that is not decoded yet, by what the last one told.

        Args:
            shown_s: the stream's timestamp, seconds; None where it has none.

        Returns:
            Unix seconds; nothing is learnt from it, and it may come out of order. None before the
            first picture was dated: a packet that is sent ahead of its turn, as those are that
            later pictures need, arrives before its picture is due.
        """
        last = self._read
        if shown_s is None or self._lag_s is None or last is None:
            return None
        if last.source == "sender report" and self._report_ahead_s is not None:
            return shown_s + self._report_ahead_s
        return shown_s + self._lag_s + self._wall_s

    def _arrival(self, shown_s: float | None) -> float:
        """Unix seconds at which the picture would have come over a network without delays."""
        mono = self._clock.monotonic()
        wall_s = self._clock.now() - mono
        if abs(wall_s - self._wall_s) > LEAP_S:
            self._tell_leap("the clock of this machine", wall_s - self._wall_s)
        self._wall_s = wall_s
        passed_s, self._heard_at = mono - self._heard_at, mono
        if shown_s is None:
            return mono + wall_s
        before_s, self._shown_s = self._shown_s, shown_s
        if before_s is not None and not -LEAP_S < shown_s - before_s < passed_s + SKIP_S:
            self._tell_leap("its timestamps", shown_s - before_s - passed_s)
            self._lag_s = self._report_ahead_s = None
        lag_s = mono - shown_s
        if self._lag_s is not None:
            lag_s = min(lag_s, self._lag_s + passed_s * DRIFT)
        self._lag_s = lag_s
        return shown_s + lag_s + wall_s

    def _reported(self, shown_s: float | None, arrived_at: float) -> float | None:
        """The same by the camera's clock; None where it said nothing, or is not believed."""
        if shown_s is None or self._report_ahead_s is None:
            return None
        at = shown_s + self._report_ahead_s
        self.offset_s = at - arrived_at
        if self._timed_by != "auto":
            return at if self._timed_by == "camera" and not self._comes_too_late(at) else None
        limit_s = self._tolerance_s * (1.0 if self._is_trusted else RETURN_SHARE)
        was_trusted, self._is_trusted = self._is_trusted, abs(self.offset_s) <= limit_s
        if was_trusted and not self._is_trusted:
            log.warning(
                "camera '%s': its clock is %+.1f s off ours: times are those of arrival; set its "
                "time server, or cameras.%s.timed_by to camera",
                *(self._camera_id, self.offset_s, self._camera_id),
            )
        return at if self._is_trusted else None

    def _awaits_report(self) -> bool:
        """Whether to hold back what only a report could date; says it when none came in time."""
        if self._timed_by != "camera" or self._is_overdue:
            return False
        now = self._clock.monotonic()
        if self._waiting_since is None:
            self._waiting_since = now
        self._is_overdue = now - self._waiting_since >= REPORT_WITHIN_S
        if self._is_overdue:
            log.warning(
                "camera '%s': sent no sender report in %g s: times are those of arrival; set "
                "cameras.%s.timed_by to auto",
                *(self._camera_id, REPORT_WITHIN_S, self._camera_id),
            )
        return not self._is_overdue

    def _comes_too_late(self, at: float) -> bool:
        """Whether a report that was overdue would date pictures before those of arrival."""
        before = self._read
        is_back = before is not None and before.source == "arrival" and before.at - at > LEAP_S
        return self._is_overdue and is_back

    def _rising(self, read: Instant) -> Instant:
        """The same, or just after the picture before: one source may be ahead of the other."""
        before, self._read = self._read, read
        # While `auto` believes a camera, its two sources are no further apart than is tolerated.
        may_end = before is not None and (
            self._timed_by == "camera" or read.source == before.source
        )
        if before is not None and may_end and before.at - read.at > LEAP_S:
            raise SourceUnreachable(
                f"camera '{self._camera_id}': the clock went back by {before.at - read.at:.1f} s; "
                "what follows is another run"
            )
        at = read.at if self._last_at is None else max(read.at, self._last_at + SMALLEST_STEP_S)
        self._last_at = at
        return Instant(at, read.source)

    def _tell_leap(self, what: str, by_s: float) -> None:
        self.leaps += 1
        log.warning("camera '%s': %s leapt by %+.1f s", self._camera_id, what, by_s)
