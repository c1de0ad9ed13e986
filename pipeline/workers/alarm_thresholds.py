"""From which score on a watch is told, by what its cameras saw in the last day."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.clock import Clock
from pipeline.store.runs import RunStore
from pipeline.store.watches import Watch
from pipeline.workers.covering import LIVE_COLLECTION
from pipeline.workers.service import Engine
from pipeline.workers.watch_desk import hours_of
from pipeline.workers.weighing import SAMPLED_TRACKS
from retrieval.search.alarm_budget import (
    Tail,
    false_alarms_of,
    tail_of,
    threshold_of,
    tracks_per_day,
)
from retrieval.search.watches import Standing
from retrieval.types import TrackSample, Vector, Where

OWN_SCORES: Final = 100
"""Tracks of the cameras from which on nobody else tells what pictures score there."""

RATE_OVER_S: Final = 86_400.0
"""Over what time tracks are counted."""

_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Budgeted:
    """A watch as it is compared with shots, and what its threshold is expected to cost.

    Attributes:
        standing: the watch.
        false_alarms: unrelated tracks a day and camera that are expected to be told.
    """

    standing: Standing
    false_alarms: float


class Thresholds:
    """Makes thresholds; one rule for what is watched for and for what is tried."""

    def __init__(
        self, runs: RunStore, cameras: Callable[[], list[str]], clock: Clock, best_of: int
    ) -> None:
        self._runs, self._cameras, self._clock, self._best_of = runs, cameras, clock, best_of

    def of(self, engine: Engine, watch: Watch, vector: Vector) -> Budgeted:
        """What a watch is compared by now.

        Args:
            engine: what searches are answered from.
            watch: what is watched for.
            vector: (D,) length 1, of its sentence, its picture, or both.
        """
        cameras, zones = frozenset(watch.cameras) or None, frozenset(watch.zones) or None
        now = self._clock.now()
        where = Where(
            now=now,
            cameras=cameras,
            collections=frozenset([LIVE_COLLECTION]),
            since=now - RATE_OVER_S,
            zones=zones,
        )
        sample = engine.index.sample_tracks(
            vector, at_most=SAMPLED_TRACKS, best_of=self._best_of, where=where
        )
        calibration = engine.trust.calibration
        spread = None if calibration is None else calibration.spread(vector, sample)
        days = self.camera_days(watch.cameras, since=now - RATE_OVER_S)
        per_day = tracks_per_day(sample.tracks, days)
        tail = None if watch.kind == "text" else _tail(engine, vector, sample)
        if watch.kind != "text" and tail is None:
            spread = None  # a sentence's rule would tell a picture's watch too often
        threshold = threshold_of(
            spread, false_alarms=watch.false_alarms, per_day=per_day, tail=tail
        )
        standing = Standing(
            watch=watch.watch_id,
            vector=vector,
            threshold=threshold,
            cooldown_s=watch.cooldown_s,
            cameras=cameras,
            zones=zones,
            hours=hours_of(watch.hours, watch.timezone),
            besides=watch.source,
        )
        return Budgeted(standing, false_alarms_of(threshold, spread, per_day=per_day, tail=tail))

    def camera_days(self, cameras: Sequence[str], *, since: float) -> float:
        """How long these cameras, or all, were watched since then, in days of one camera."""
        now, watched_s = self._clock.now(), 0.0
        for name in cameras or self._cameras():
            for run in self._runs.of_camera(name):
                if run.kind == "live" and run.watched_until is not None:
                    began_at = max(run.started_at, since)
                    watched_s += max(min(run.watched_until, now) - began_at, 0.0)
        return watched_s / _DAY_S


def _tail(engine: Engine, vector: Vector, sample: TrackSample) -> Tail | None:
    """How high unrelated people score for a picture: those of the cameras, once there are enough.

    Until then those who came with the weights count with them.
    """
    calibration = engine.trust.calibration
    if len(sample.scores) >= OWN_SCORES or calibration is None or calibration.background is None:
        return tail_of(sample.scores)
    return tail_of(np.concatenate([sample.scores, calibration.background.scores(vector)]))
