"""What was looked at, and what was not: the statement that goes with every answer."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

Interval = tuple[float, float]
"""From and until, Unix seconds."""


@dataclass(frozen=True, slots=True)
class WatchedRun:
    """One unbroken look at a camera, as far as coverage cares.

    `reason` is why it ended, and `clock_ahead_s` how far the clock that dated it is ahead of ours.
    """

    camera_id: str
    is_live: bool
    started_at: float
    watched_until: float
    frames_dropped: int
    tracks: int
    unpublished_tracks: int
    reason: str = ""
    dropped_by: Mapping[str, int] = field(default_factory=dict)
    clock_ahead_s: float = 0.0


@dataclass(frozen=True, slots=True)
class CameraCoverage:
    """What one camera saw within the time asked about.

    Attributes:
        camera_id: which.
        watched: joined intervals with frames, in order.
        blind: intervals without, for a live camera; they begin with the time asked about, or
            with the first look at the camera where that has no beginning.
        blind_reasons: why each of those began, as its worker said; empty where nobody did.
        frames_dropped: frames nobody had time for, in all runs that touch the time asked about.
        dropped_by: frames that nobody looked at in those runs, by reason.
        tracks: people followed in those runs.
        tracks_without_shots: those too small or too blurred to judge.
    """

    camera_id: str
    watched: tuple[Interval, ...]
    blind: tuple[Interval, ...]
    frames_dropped: int
    tracks: int
    tracks_without_shots: int
    blind_reasons: tuple[str, ...] = ()
    dropped_by: Mapping[str, int] = field(default_factory=dict)

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
    runs: Sequence[WatchedRun],
    *,
    live_cameras: Collection[str] = (),
    given_up: Mapping[str, float] = MappingProxyType({}),
    since: float | None,
    until: float | None,
    now: float,
) -> list[CameraCoverage]:
    """What each camera saw between `since` and `until`, by camera.

    A recording has no blind intervals: between two files nobody claimed to watch. A live camera
    has: from `since`, or the first look at it, to `until` (or `now`). So every live camera is
    listed, those that were dead all along too; a camera of recordings, where it has one.

    Args:
        runs: all that is known of the cameras asked about, inside that time or not.
        live_cameras: those that are meant to be watched all the time, with or without runs.
        given_up: when a live camera was taken out of the settings; it is not blind from then on.
        since: Unix seconds; None for no bound.
        until: likewise.
        now: Unix seconds; the future is not blind. It is that of the clock which dated the camera's
            last live run, as every instant here: a camera that is a minute behind is not blind
            for the last minute.
    """
    by_camera: dict[str, list[WatchedRun]] = {camera_id: [] for camera_id in live_cameras}
    for run in runs:
        by_camera.setdefault(run.camera_id, []).append(run)
    window = (
        float("-inf") if since is None else since,
        float("inf") if until is None else until,
    )
    covered: list[CameraCoverage] = []
    for camera_id, mine in sorted(by_camera.items()):
        live_starts = [run.started_at for run in mine if run.is_live]
        ahead_s = _clock_ahead_s(mine)
        inside = [run for run in mine if _touches(run, window)]
        camera = _cover_camera(camera_id, inside, window)
        if camera_id in live_cameras or live_starts:
            begin = min(live_starts, default=now) if since is None else since
            end = min(window[1], given_up.get(camera_id, now) + ahead_s)
            blind = _gaps(camera.watched, begin=begin, end=end)
            reasons = tuple(_why(mine, since) for since, _until in blind)
            covered.append(replace(camera, blind=blind, blind_reasons=reasons))
        elif inside:
            covered.append(camera)
    return covered


def _touches(run: WatchedRun, window: Interval) -> bool:
    return run.started_at < window[1] and run.watched_until >= window[0]


def _cover_camera(camera_id: str, runs: Sequence[WatchedRun], window: Interval) -> CameraCoverage:
    return CameraCoverage(
        camera_id,
        watched=join_intervals(
            (max(run.started_at, window[0]), min(run.watched_until, window[1])) for run in runs
        ),
        blind=(),
        frames_dropped=sum(run.frames_dropped for run in runs),
        tracks=sum(run.tracks for run in runs),
        tracks_without_shots=sum(run.unpublished_tracks for run in runs),
        dropped_by=dict(sum((Counter(run.dropped_by) for run in runs), Counter[str]())),
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


def _clock_ahead_s(runs: Sequence[WatchedRun]) -> float:
    """By the newest live run: a camera's clock may have been set since the one before."""
    live = [run for run in runs if run.is_live]
    newest = max(live, key=lambda run: run.watched_until - run.clock_ahead_s, default=None)
    return newest.clock_ahead_s if newest is not None else 0.0


def _why(runs: Sequence[WatchedRun], at: float) -> str:
    """Why nobody watched from `at` on: what ended the live run before."""
    before = [run for run in runs if run.is_live and run.watched_until <= at]
    return max(before, key=lambda run: run.watched_until).reason if before else ""
