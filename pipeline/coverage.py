"""What was looked at, and what was not: the statement that goes with every answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Interval = tuple[float, float]
"""From and until, Unix seconds."""


@dataclass(frozen=True, slots=True)
class WatchedRun:
    """One unbroken look at a camera, as far as coverage cares."""

    camera_id: str
    is_live: bool
    started_at: float
    watched_until: float
    frames_dropped: int
    tracks: int
    unpublished_tracks: int


@dataclass(frozen=True, slots=True)
class CameraCoverage:
    """What one camera saw within the time asked about.

    Attributes:
        camera_id: which.
        watched: joined intervals with frames, in order.
        blind: intervals without, between the first and the last look at a live camera, and up
            to the end of the time asked about.
        frames_dropped: frames nobody had time for, in all runs that touch the time asked about.
        tracks: people followed in those runs.
        tracks_without_shots: those too small or too blurred to judge.
    """

    camera_id: str
    watched: tuple[Interval, ...]
    blind: tuple[Interval, ...]
    frames_dropped: int
    tracks: int
    tracks_without_shots: int

    @property
    def watched_s(self) -> float:
        """Seconds watched."""
        return sum(until - since for since, until in self.watched)

    @property
    def blind_s(self) -> float:
        """Seconds not watched."""
        return sum(until - since for since, until in self.blind)


def join_intervals(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same instants as disjoint intervals, in order; empty and inverted ones vanish.

    >>> join_intervals([(5, 7), (1, 3), (2, 4), (9, 9)])
    ((1, 4), (5, 7))
    """
    joined: list[Interval] = []
    for since, until in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if joined and since <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], until))
        else:
            joined.append((since, until))
    return tuple(joined)


def cover(
    runs: Sequence[WatchedRun], *, since: float | None, until: float | None, now: float
) -> list[CameraCoverage]:
    """What each camera saw between `since` and `until`, by camera.

    A recording has no blind intervals: between two files nobody claimed to watch. A live camera
    has: from the first look at it (or `since`) to `until` (or `now`).
    """
    by_camera: dict[str, list[WatchedRun]] = {}
    for run in runs:
        if (until is None or run.started_at < until) and (
            since is None or run.watched_until >= since
        ):
            by_camera.setdefault(run.camera_id, []).append(run)
    return [
        _cover_camera(camera_id, mine, since=since, until=until, now=now)
        for camera_id, mine in sorted(by_camera.items())
    ]


def _cover_camera(
    camera_id: str,
    runs: Sequence[WatchedRun],
    *,
    since: float | None,
    until: float | None,
    now: float,
) -> CameraCoverage:
    watched = join_intervals(
        (
            max(run.started_at, since) if since is not None else run.started_at,
            min(run.watched_until, until) if until is not None else run.watched_until,
        )
        for run in runs
    )
    live = [run for run in runs if run.is_live]
    blind: tuple[Interval, ...] = ()
    if live:
        begin = since if since is not None else min(run.started_at for run in live)
        blind = _gaps(watched, begin=begin, end=min(until if until is not None else now, now))
    return CameraCoverage(
        camera_id,
        watched,
        blind,
        frames_dropped=sum(run.frames_dropped for run in runs),
        tracks=sum(run.tracks for run in runs),
        tracks_without_shots=sum(run.unpublished_tracks for run in runs),
    )


# A stream that reports its progress once a second is not blind in between.
GAP_TOLERANCE_S = 3.0


def _gaps(watched: Sequence[Interval], *, begin: float, end: float) -> tuple[Interval, ...]:
    gaps: list[Interval] = []
    at = begin
    for since, until in watched:
        if since - at > GAP_TOLERANCE_S:
            gaps.append((at, since))
        at = max(at, until)
    if end - at > GAP_TOLERANCE_S:
        gaps.append((at, end))
    return tuple(gaps)
