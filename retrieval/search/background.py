"""What unrelated tracks score for one query, and how far above them a score lies."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.track_scores import means_of_best
from retrieval.types import Vector, Vectors

Floats = NDArray[np.float64]

#: A normal standard deviation as a multiple of the median absolute deviation, 1 / Φ⁻¹(3/4).
SIGMAS_PER_MAD = 1.4826

#: Tracks that lie more spreads than this above the median are taken for people who do fit.
TRIM_SPREADS = 3.0

#: No encoder tells two tracks apart by less cosine than this: spreads are at least so wide.
LEAST_SPREAD = 1e-3

#: The bundled background weighs as much as this many tracks of the index.
BUNDLED_WEIGHT = 32

#: Up to here the tail of unrelated scores is that of a normal law; beyond, where no sample of a
#: thousand says anything, it falls no faster than there (a normal law would be far too sure).
NORMAL_UP_TO = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Strangers:
    """Unrelated people, each a track of a few shots, that came with the weights.

    Attributes:
        shots: (S, D) length 1; less where a file holds the mean of somebody's shots as one.
        owner: (S,) whose each shot is, people numbered from 0, none left out.
    """

    shots: Vectors
    owner: NDArray[np.int64]

    @classmethod
    def of_one_shot(cls, shots: Vectors) -> "Strangers":
        """People of one shot each."""
        return cls(shots, np.arange(len(shots)))

    def scores(self, query: Vector) -> Floats:
        """(B,) what each of them scores, as a track of an index does."""
        return means_of_best((self.shots @ query).astype(np.float64), self.owner)


@dataclass(frozen=True, slots=True)
class Spread:
    """Where the scores of unrelated tracks lie.

    Attributes:
        centre: their median, cosine similarity.
        width: their standard deviation, as the median absolute deviation tells it.
    """

    centre: float
    width: float

    def standardise(self, scores: Floats) -> Floats:
        """(N,) how many widths above the centre each score lies."""
        standard: Floats = (scores - self.centre) / self.width
        return standard


def spread_of(scores: Floats) -> Spread:
    """The spread of (N,) scores, N at least 1, without those that stand out above the rest."""
    first = _middle(scores)
    rest = scores[scores <= first.centre + TRIM_SPREADS * first.width]
    return _middle(rest)


def blend(bundled: Spread | None, own: Spread | None, own_tracks: int) -> Spread | None:
    """One spread of two: with few tracks the bundled, with many that of the index.

    Cameras shift all scores of an index alike, so its own tracks are the better background, as
    soon as there are enough of them that the few who fit do not count. The widths are averaged
    as logarithms, for they are ratios.

    Args:
        bundled: of the people that came with the weights; None where none did.
        own: of the index; None where it holds no track.
        own_tracks: how many tracks `own` was told by.
    """
    if bundled is None or own is None:
        return bundled or own
    share = own_tracks / (own_tracks + BUNDLED_WEIGHT)
    return Spread(
        centre=share * own.centre + (1 - share) * bundled.centre,
        width=math.exp(share * math.log(own.width) + (1 - share) * math.log(bundled.width)),
    )


def rarity(standard: Floats) -> Floats:
    """(N,) −ln of the chance that an unrelated track scores as high, from (N,) widths above.

    Normal up to `NORMAL_UP_TO` widths, exponential beyond, without a kink.

    >>> rarity(np.array([0.0, 3.0])).round(3).tolist()
    [0.693, 6.608]
    """
    near = np.minimum(standard, NORMAL_UP_TO)
    tails = np.array([math.erfc(z / math.sqrt(2)) / 2 for z in near.tolist()])
    beyond = np.maximum(standard - NORMAL_UP_TO, 0.0)
    surprise: Floats = -np.log(tails) + _hazard(NORMAL_UP_TO) * beyond
    return surprise


def tail_probability(standard: Floats) -> Floats:
    """(N,) the chance, 0 to 1, that an unrelated track scores as high."""
    chances: Floats = np.exp(-rarity(standard))
    return chances


def _middle(scores: Floats) -> Spread:
    centre = float(np.median(scores))
    deviation = float(np.median(np.abs(scores - centre)))
    return Spread(centre, max(SIGMAS_PER_MAD * deviation, LEAST_SPREAD))


def _hazard(z: float) -> float:
    """How fast −ln of a normal tail grows at `z`: density over tail."""
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return density / (math.erfc(z / math.sqrt(2)) / 2)
