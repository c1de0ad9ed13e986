"""The sentences that are watched for: their vectors, and from which score on each is told."""

import math
from collections.abc import Callable
from typing import Final

from pipeline.clock import Clock
from pipeline.store.runs import RunStore
from pipeline.store.watches import WatchStore
from pipeline.workers.alarm_thresholds import Thresholds, to_be_seen
from pipeline.workers.service import Engine
from retrieval.search.watches import Standing
from retrieval.types import Vector

THRESHOLD_FOR_S: Final = 600.0
"""How old a threshold may grow."""

UNKNOWN_FOR_S: Final = 10.0
"""Likewise where nothing told what unrelated tracks score: an index fills."""

THRESHOLDS_AT_ONCE: Final = 8
"""Each looks through the index, and the lease is renewed between two times."""

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
        self._watches, self._clock = watches, clock
        self._thresholds = Thresholds(runs, cameras, clock, best_of)
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
            vectors = engine.encoder.encode_texts([to_be_seen(watch.text) for watch in batch])
            self._vectors |= {w.watch_id: v for w, v in zip(batch, vectors, strict=True)}
        now = self._clock.monotonic()
        due = [watch for name, watch in watches.items() if name not in self._standings]
        old = [watch for name, watch in watches.items() if self._is_old(name, now)]
        admits_more = False
        for watch in [*due, *old][:THRESHOLDS_AT_ONCE]:
            before = self._standings.get(watch.watch_id)
            made = self._thresholds.of(engine, watch, self._vectors[watch.watch_id]).standing
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
