"""The background of each camera and light, for one model: a few dozen tracks of each, kept a while.

A look at a large index costs as much as a search. So the vectors of some tracks of each camera are
read once in ten minutes, aside, and a search multiplies them and reads nothing.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from detectors.types import TrackKey
from pipeline.clock import Clock
from pipeline.errors import StoreUnavailable
from retrieval.errors import RetrievalError
from retrieval.ports import Index
from retrieval.search.scenes import Scene, SceneTracks, scene_of
from retrieval.types import Sighting, Where

log = logging.getLogger(__name__)

REFRESH_S: Final = 600.0
"""How old the tracks may be that a score is held against."""

GROWTH: Final = 1.25
"""By so much the index grows, and they are read anew before that."""

LEAST_S: Final = 5.0
"""Yet not more often: an index that is being filled grows all the time."""

OF_A_SCENE: Final = 48
"""Tracks: their mean is known to a seventh of what single tracks differ by."""

LATEST_TRACKS: Final = 2000
"""Of each camera, among which they are spread out: some hours to some days, with their lights."""

MOST_TRACKS: Final = 4096
"""Of all scenes; of 512 numbers and four shots each, 34 MB."""


def in_a_thread(work: Callable[[], None]) -> None:
    """Do `work` aside; it does not keep the process from ending."""
    threading.Thread(target=work, name="scenes", daemon=True).start()


class RollingScenes:
    """Tracks of each scene, of one index. A search never waits for them to be read."""

    def __init__(
        self,
        index: Index,
        dimension: int,
        latest: Callable[[], Sequence[TrackKey]],
        clock: Clock,
        *,
        best_of: int,
        aside: Callable[[Callable[[], None]], None] = in_a_thread,
    ) -> None:
        """Know no track yet.

        Args:
            index: has their vectors.
            dimension: D, the length of those.
            latest: tracks of all cameras, each once; the first of each scene are taken.
            clock: tells their age.
            best_of: how many shots of a track count.
            aside: does the reading.
        """
        self._index, self._latest, self._clock = index, latest, clock
        self._any = np.eye(1, dimension, dtype=np.float32)[0]  # what is scored does not matter
        self._best_of, self._aside = best_of, aside
        self._lock = threading.Lock()
        self._tracks: SceneTracks | None = None
        self._is_reading = False
        self._read_at, self._shots, self._forgotten = float("-inf"), 0, 0

    def tracks(self) -> SceneTracks | None:
        """What is known; None until something is. Has them read anew if they are old."""
        with self._lock:
            known, begins = self._tracks, not self._is_reading and self._are_old()
            self._is_reading |= begins
        if begins:
            self._aside(self._read)
        return known

    def forget(self) -> None:
        """Drop every vector at once: one of them may be of somebody who is to be forgotten."""
        with self._lock:
            self._tracks = None
            self._forgotten += 1
            self._read_at = float("-inf")

    def _are_old(self) -> bool:
        age_s = self._clock.monotonic() - self._read_at
        return age_s > REFRESH_S or (age_s > LEAST_S and len(self._index) > GROWTH * self._shots)

    def _read(self) -> None:
        with self._lock:
            forgotten = self._forgotten
        shots = len(self._index)
        try:
            found = self._found()
        except (StoreUnavailable, RetrievalError, OSError) as error:
            log.warning("tracks of each camera and light cannot be read anew: %s", error)
            with self._lock:  # those that are known stay, and it is tried again soon
                self._read_at = self._clock.monotonic() - REFRESH_S + LEAST_S
        else:
            with self._lock:
                if forgotten == self._forgotten:  # else some of it may be of who was erased
                    self._tracks, self._shots = found, shots
                    self._read_at = self._clock.monotonic()
        finally:
            with self._lock:
                self._is_reading = False

    def _found(self) -> SceneTracks | None:
        where, latest = Where(now=self._clock.now()), self._latest()
        scored = self._index.score_tracks(self._any, latest, where=where)
        own: dict[TrackKey, list[Sighting]] = {}
        for one in scored:
            own.setdefault(one.sighting.shot.track, []).append(one.sighting)
        taken: list[list[Sighting]] = []
        counts: dict[Scene, int] = {}
        for shots in (own[track] for track in latest if track in own):
            scene = scene_of(shots)
            counts[scene] = counts.get(scene, 0) + 1
            if counts[scene] <= OF_A_SCENE and len(taken) < MOST_TRACKS:
                taken.append(shots)
        return SceneTracks.of(taken, best_of=self._best_of) if taken else None
