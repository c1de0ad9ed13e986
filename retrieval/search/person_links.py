"""How likely two tracks are of one person: by how alike they look, by time, and by camera.

Two tracks look alike by the cosine of the directions that their shots share, and by that of their
two nearest shots, both held against what unrelated tracks score (`usual`), since a cosine means
nothing by itself. Time says the rest: a few seconds apart is likelier than minutes, and nobody is
in two places at once. It is a guess about looks, never an identity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.types import TrackKey
from retrieval.search.background import Floats, Spread, rarity
from retrieval.search.likeness import query_of_shots
from retrieval.types import Vector, Vectors

#: The clocks of two cameras may differ by this much, so that somebody seems to be in both views.
CLOCKS_DIFFER_S = 2.0

#: A gap counts by its logarithm from about here on: under ten seconds it says little.
SHORT_GAP_S = 10.0

#: Log-odds beyond this are not told apart.
MOST_LOG_ODDS = 9.2

Views = frozenset[frozenset[str]]
"""Pairs of cameras that see some of the same ground."""

NO_VIEWS: Views = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Glimpse:
    """One track: what it looks like, where, and when.

    Attributes:
        track: its name, and so its camera.
        shots: (N, D) length 1, one at least.
        first_at: Unix seconds when it came into view.
        last_at: Unix seconds when it was last in view; not before `first_at`.
    """

    track: TrackKey
    shots: Vectors
    first_at: float
    last_at: float

    @property
    def direction(self) -> Vector:
        """(D,) length 1: what its shots share."""
        return query_of_shots(self.shots)


@dataclass(frozen=True, slots=True)
class LinkLaw:
    """How the log-odds that two tracks are of one person follow from what is known of both.

    Attributes:
        intercept: log-odds for two tracks that look as alike as unrelated ones do, seen one right
            after the other by two cameras, alone in the index.
        rarity: per −ln of the chance that an unrelated track looks as alike; 0 or more.
        excess: per unit of cosine of their directions above what is usual; 0 or more.
        nearest: likewise of their two nearest shots; 0 or more.
        gap: per ln of the time between them, from `SHORT_GAP_S` on; 0 or less.
        crowd: per ln of the number of tracks looked at; 0 or less.
        longest_gap_s: what was fitted ends here; a longer gap counts as this one.
        joins_at: log-odds, averaged over pairs, from which on tracks are put together.
        sure_intercept: what is added to the mean log-odds of a track and the others that it was
            put together with, for the log-odds that they are of one person: that others look like
            both says more than a pair alone.
        sure_slope: by which that mean is multiplied before; 0 or more.
        is_fitted: whether it was fitted on scores of this encoder.
    """

    intercept: float
    rarity: float
    excess: float
    nearest: float
    gap: float
    crowd: float
    longest_gap_s: float
    joins_at: float
    sure_intercept: float = 0.0
    sure_slope: float = 1.0
    is_fitted: bool = True

    def __post_init__(self) -> None:
        if not np.isfinite(list(self._numbers().values())).all():
            raise ValueError(f"{self} has a value that is no number")
        if (
            min(self.rarity, self.excess, self.nearest, self.sure_slope) < 0
            or max(self.gap, self.crowd) > 0
        ):
            raise ValueError(f"{self} would let those who look less alike be likelier one person")
        if self.longest_gap_s < 0:
            raise ValueError(f"{self} ends before it begins")

    def to_mapping(self) -> dict[str, float]:
        """Plain values, for JSON."""
        return self._numbers()

    @classmethod
    def from_mapping(cls, said: Mapping[str, Any]) -> "LinkLaw":
        """Read back what `to_mapping` wrote.

        Raises:
            KeyError, TypeError, ValueError: it lacks something, or a value is none.
        """
        return cls(**{name: float(value) for name, value in said.items()}, is_fitted=True)

    def log_odds(self, pairs: "Pairs") -> Floats:
        """(P,) that both tracks of each pair are of one person."""
        weights = [self.rarity, self.excess, self.nearest, self.gap, self.crowd]
        found: Floats = self.intercept + features_of(pairs, self.longest_gap_s) @ np.array(weights)
        return np.clip(found, -MOST_LOG_ODDS, MOST_LOG_ODDS)

    def sure_of(self, log_odds: Floats) -> Floats:
        """(N,) chances, 0 to 1, by the mean log-odds of tracks and the rest of their groups."""
        found = self.sure_intercept + self.sure_slope * log_odds
        chances: Floats = 1 / (1 + np.exp(-np.clip(found, -MOST_LOG_ODDS, MOST_LOG_ODDS)))
        return chances

    def _numbers(self) -> dict[str, float]:
        return {name: value for name, value in asdict(self).items() if name != "is_fitted"}


#: For an encoder that nobody fitted: log-odds are −ln of how many unrelated tracks are expected to
#: look as alike, less 2.25, as for a sentence (`calibration.ROUGH_LAW`). Time says nothing.
ROUGH_LINKS = LinkLaw(-2.25, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, is_fitted=False)


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """What is known of P pairs of tracks.

    Attributes:
        first: (P,) one track of each, a place in the list.
        second: (P,) the other, a later place.
        rarity: (P,) −ln of the chance that an unrelated track looks as alike.
        excess: (P,) cosine of their directions above what is usual.
        nearest: (P,) cosine of their two nearest shots above what is usual.
        gap_s: (P,) seconds from when one went out of view until the other came; 0 if they overlap.
        impossible: (P,) whether they cannot be of one person.
        tracks: how many tracks were looked at.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    rarity: Floats
    excess: Floats
    nearest: Floats
    gap_s: Floats
    impossible: NDArray[np.bool_]
    tracks: int


def features_of(pairs: Pairs, longest_gap_s: float) -> Floats:
    """(P, 5) what a law weighs: rarity, excess, nearest, gap, crowd."""
    gap = np.log1p(np.minimum(pairs.gap_s, longest_gap_s) / SHORT_GAP_S)
    crowd = np.full(len(gap), np.log(max(pairs.tracks, 1)))
    found: Floats = np.stack([pairs.rarity, pairs.excess, pairs.nearest, gap, crowd], axis=1)
    return found


def pairs_of(
    glimpses: Sequence[Glimpse], usual: Spread, *, tracks: int, sharing: Views = NO_VIEWS
) -> Pairs:
    """All pairs of some tracks.

    Args:
        glimpses: the tracks.
        usual: where unrelated tracks lie for the direction of one.
        tracks: how many were looked at to find these.
        sharing: cameras that see the same ground, so that somebody may be in view of both.
    """
    first, second = np.triu_indices(len(glimpses), 1)
    directions = np.stack([one.direction for one in glimpses]).astype(np.float64)
    alike = (directions @ directions.T)[first, second]
    begins = np.array([one.first_at for one in glimpses])
    ends = np.array([one.last_at for one in glimpses])
    apart_s = np.maximum(begins[first], begins[second]) - np.minimum(ends[first], ends[second])
    return Pairs(
        first,
        second,
        rarity(usual.standardise(alike)),
        alike - usual.centre,
        _nearest(glimpses)[first, second] - usual.centre,
        np.maximum(apart_s, 0.0),
        _impossible(glimpses, sharing)[first, second],
        tracks,
    )


def _nearest(glimpses: Sequence[Glimpse]) -> Floats:
    """(T, T) highest cosine of a shot of one track and a shot of another."""
    shots = np.concatenate([one.shots for one in glimpses]).astype(np.float64)
    begins = np.cumsum([0, *(len(one.shots) for one in glimpses[:-1])])
    cosines = shots @ shots.T
    of_rows = np.maximum.reduceat(cosines, begins, axis=0)
    found: Floats = np.maximum.reduceat(of_rows, begins, axis=1)
    return found


def _impossible(glimpses: Sequence[Glimpse], sharing: Views) -> NDArray[np.bool_]:
    """(T, T) whether two tracks are in view at once where one person cannot be."""
    begins = np.array([one.first_at for one in glimpses])
    ends = np.array([one.last_at for one in glimpses])
    apart_s = np.maximum.outer(begins, begins) - np.minimum.outer(ends, ends)
    names = sorted({one.track.camera_id for one in glimpses})
    camera = np.array([names.index(one.track.camera_id) for one in glimpses])
    shared = np.array([[frozenset((a, b)) in sharing for b in names] for a in names], np.bool_)
    elsewhere = ~shared[np.ix_(camera, camera)] & (apart_s < -CLOCKS_DIFFER_S)
    found: NDArray[np.bool_] = np.where(camera[:, None] == camera, apart_s <= 0, elsewhere)
    return found
