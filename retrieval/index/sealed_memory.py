"""What the head of a rolling index has to know of the shots that are sealed."""

from collections.abc import Collection, Iterable

import numpy as np

from detectors.types import ShotId, TrackKey
from retrieval.index.retirements import Retirements
from retrieval.index.segment import Segment
from retrieval.types import Sighting


class SealedMemory:
    """A ledger's `Memory` over segments, which are asked for many tracks at once.

    A track is known from `ahead_of` to `settle`; what is retired meanwhile dies at the end, so
    that the shot that replaces another can be found before the other no longer can.

    Attributes:
        retirements: of all tracks.
    """

    def __init__(self, retirements: Retirements) -> None:
        self.retirements = retirements
        self._known: dict[TrackKey, dict[int, tuple[Segment, int]]] = {}
        self._dying: list[tuple[Segment, int]] = []

    def ahead_of(self, tracks: Collection[TrackKey], segments: Iterable[Segment]) -> None:
        """Look up `tracks`, of which shots are about to come."""
        for segment in segments:
            for track, number, row in segment.live_shots(tracks):
                self._known.setdefault(track, {})[number] = (segment, row)

    def settle(self) -> None:
        """Let die what was retired since `ahead_of`."""
        for segment, row in self._dying:
            segment.kill(np.array([row]))
        self._known, self._dying = {}, []

    def elsewhere(self, track: TrackKey) -> Collection[int]:
        return self._known.get(track, ())

    def sealed(self, shot: ShotId) -> Sighting:
        segment, row = self._known[shot.track][shot.number]
        return segment.sighting(row, segment.any_vector)

    def is_retired(self, track: TrackKey, number: int) -> bool:
        return self.retirements.holds(track, number)

    def retire(self, track: TrackKey, number: int) -> None:
        self.retirements.add(track, number)
        sealed = self._known.get(track, {}).pop(number, None)
        if sealed is not None:
            self._dying.append(sealed)

    def forget(self, track: TrackKey) -> None:
        self.retirements.forget(track)

    def emptied(self, track: TrackKey) -> None:
        """Nothing: a track of which no shot is left is forgotten when it comes again."""
