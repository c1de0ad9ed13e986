"""The sentences that are watched for: their vectors, and from which score on each is told."""

import math
from collections.abc import Callable, Sequence
from typing import Final

from pipeline.clock import Clock
from pipeline.store.runs import RunStore
from pipeline.store.watches import Watch, WatchStore
from pipeline.workers.service import LIVE_COLLECTION, Engine
from pipeline.workers.watch_desk import hours_of
from pipeline.workers.weighing import SAMPLED_TRACKS
from retrieval.search.alarm_budget import threshold_of, tracks_per_day
from retrieval.search.phrases import phrases_of
from retrieval.search.positive import without_negations
from retrieval.search.watches import Standing
from retrieval.types import Vector, Where

THRESHOLD_FOR_S: Final = 600.0
"""How old a threshold may grow."""

UNKNOWN_FOR_S: Final = 10.0
"""Likewise where nothing told what unrelated tracks score: an index fills."""

THRESHOLDS_AT_ONCE: Final = 8
"""Each looks through the index, and the lease is renewed between two times."""

RATE_OVER_S: Final = 86_400.0
"""Over what time tracks are counted."""

_DAY_S: Final = 86_400.0
_ENCODED_AT_ONCE: Final = 64


class Sentences:
    """Every watch, as it is compared with shots.

    Attributes:
        names: the name of each watch, by its id.
    """

    def __init__(
        self,
        watches: WatchStore,
        runs: RunStore,
        cameras: Callable[[], list[str]],
        clock: Clock,
        best_of: int,
    ) -> None:
        self._watches, self._runs, self._cameras = watches, runs, cameras
        self._clock, self._best_of = clock, best_of
        self._vectors: dict[str, Vector] = {}
        self._standings: dict[str, Standing] = {}
        self._judged_at: dict[str, float] = {}
        self.names: dict[str, str] = {}

    def standings(self) -> list[Standing]:
        """Those of the last `look`."""
        return list(self._standings.values())

    def clear(self) -> None:
        """Forget all: another model is in use."""
        self._vectors.clear()
        self._standings.clear()

    def look(self, engine: Engine) -> bool:
        """See what is watched for now; whether tracks that were judged may be told after all.

        Raises:
            StoreUnavailable: Redis is away.
        """
        watches = {watch.watch_id: watch for watch in self._watches.all()}
        for gone in self._vectors.keys() - watches.keys():
            for known in (self._vectors, self._standings, self._judged_at):
                known.pop(gone, None)
        fresh = [watch for name, watch in watches.items() if name not in self._vectors]
        for start in range(0, len(fresh), _ENCODED_AT_ONCE):
            batch = fresh[start : start + _ENCODED_AT_ONCE]
            vectors = engine.encoder.encode_texts([_to_be_seen(watch.text) for watch in batch])
            self._vectors |= {w.watch_id: v for w, v in zip(batch, vectors, strict=True)}
        now = self._clock.monotonic()
        due = [watch for name, watch in watches.items() if name not in self._standings]
        old = [watch for name, watch in watches.items() if self._is_old(name, now)]
        admits_more = False
        for watch in [*due, *old][:THRESHOLDS_AT_ONCE]:
            before = self._standings.get(watch.watch_id)
            made = self._standing(engine, watch)
            self._standings[watch.watch_id], self._judged_at[watch.watch_id] = made, now
            admits_more |= before is None or made.threshold < before.threshold
        self.names = {watch.watch_id: watch.name for watch in watches.values()}
        return admits_more

    def _is_old(self, watch_id: str, now: float) -> bool:
        standing = self._standings.get(watch_id)
        if standing is None:
            return False
        allowed_s = THRESHOLD_FOR_S if math.isfinite(standing.threshold) else UNKNOWN_FOR_S
        return now - self._judged_at[watch_id] > allowed_s

    def _standing(self, engine: Engine, watch: Watch) -> Standing:
        cameras, zones = frozenset(watch.cameras) or None, frozenset(watch.zones) or None
        now, vector = self._clock.now(), self._vectors[watch.watch_id]
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
        per_day = tracks_per_day(sample.tracks, self._camera_days(watch.cameras, now))
        return Standing(
            watch=watch.watch_id,
            vector=vector,
            threshold=threshold_of(spread, false_alarms=watch.false_alarms, per_day=per_day),
            cooldown_s=watch.cooldown_s,
            cameras=cameras,
            zones=zones,
            hours=hours_of(watch.hours, watch.timezone),
        )

    def _camera_days(self, cameras: Sequence[str], now: float) -> float:
        """How long these cameras were watched in the last day, in days of one camera."""
        watched_s = 0.0
        for name in cameras or self._cameras():
            for run in self._runs.of_camera(name):
                if run.kind == "live" and run.watched_until is not None:
                    began_at = max(run.started_at, now - RATE_OVER_S)
                    watched_s += max(min(run.watched_until, now) - began_at, 0.0)
        return watched_s / _DAY_S


def _to_be_seen(text: str) -> str:
    """What of a sentence is compared with shots, as a search does it."""
    return without_negations(text, phrases_of(text))
