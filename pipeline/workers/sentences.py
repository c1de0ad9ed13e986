"""What is watched for: vectors of sentences and pictures, and from which score on each is told."""

import math
from collections.abc import Callable, Mapping
from typing import Final

from pipeline.clock import Clock
from pipeline.store.runs import RunStore
from pipeline.store.watches import Watch, WatchStore
from pipeline.workers.alarm_thresholds import Thresholds
from pipeline.workers.service import Engine
from pipeline.workers.watch_vectors import made_anew, vectors_of
from retrieval.search.watches import Standing
from retrieval.types import Vector

THRESHOLD_FOR_S: Final = 600.0
"""How old a threshold may grow."""

UNKNOWN_FOR_S: Final = 10.0
"""Likewise where nothing told what unrelated tracks score: an index fills."""

THRESHOLDS_AT_ONCE: Final = 8
"""Each looks through the index, and the lease is renewed between two times."""

ASLEEP_FOR_S: Final = 60.0
"""How often it is seen whether a picture of another model can be made anew."""

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
        self._asleep_until: dict[str, float] = {}
        self.names: dict[str, str] = {}

    def standings(self) -> list[Standing]:
        """Those of the last `look`."""
        return list(self._standings.values())

    def clear(self) -> None:
        """Forget all: another model is in use."""
        self._vectors.clear()
        self._standings.clear()
        self._asleep_until.clear()

    def look(self, engine: Engine) -> bool:
        """See what is watched for now; whether tracks that were judged may be told after all.

        Raises:
            StoreUnavailable: Redis is away.
        """
        watches = {watch.watch_id: watch for watch in self._watches.all()}
        for gone in self._vectors.keys() - watches.keys():
            for known in (self._vectors, self._standings, self._judged_at):
                known.pop(gone, None)
        for gone in self._asleep_until.keys() - watches.keys():
            del self._asleep_until[gone]
        now = self._clock.monotonic()
        self._take_in(engine, watches, now)
        awake = {name: watch for name, watch in watches.items() if name in self._vectors}
        due = [watch for name, watch in awake.items() if name not in self._standings]
        old = [watch for name, watch in awake.items() if self._is_old(name, now)]
        admits_more = False
        for watch in [*due, *old][:THRESHOLDS_AT_ONCE]:
            before = self._standings.get(watch.watch_id)
            made = self._thresholds.of(engine, watch, self._vectors[watch.watch_id]).standing
            self._standings[watch.watch_id], self._judged_at[watch.watch_id] = made, now
            admits_more |= before is None or made.threshold < before.threshold
        self.names = {watch.watch_id: watch.name for watch in watches.values()}
        return admits_more

    def _take_in(self, engine: Engine, watches: Mapping[str, Watch], now: float) -> None:
        """Make the vectors that are missing; a picture whose vector cannot be made sleeps."""
        fresh = [
            watch
            for name, watch in watches.items()
            if name not in self._vectors and now >= self._asleep_until.get(name, now)
        ]
        for start in range(0, len(fresh), _ENCODED_AT_ONCE):
            batch = [self._of_model(engine, each) for each in fresh[start:][:_ENCODED_AT_ONCE]]
            made = vectors_of(engine, batch)
            self._vectors |= made
            asleep = [each.watch_id for each in batch if each.watch_id not in made]
            self._asleep_until |= dict.fromkeys(asleep, now + ASLEEP_FOR_S)

    def _of_model(self, engine: Engine, watch: Watch) -> Watch:
        """The watch, its picture made anew if that was another model's and can be."""
        if watch.kind != "picture" or watch.model_id == engine.encoder.model_id:
            return watch
        anew = made_anew(engine, watch, self._clock.now())
        if anew is None:
            return watch
        self._watches.remake(watch, anew)
        return anew

    def _is_old(self, watch_id: str, now: float) -> bool:
        standing = self._standings.get(watch_id)
        if standing is None:
            return False
        allowed_s = THRESHOLD_FOR_S if math.isfinite(standing.threshold) else UNKNOWN_FOR_S
        return now - self._judged_at[watch_id] > allowed_s
