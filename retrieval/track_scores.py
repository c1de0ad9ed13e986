"""What a track scores for a sentence: one rule for the index, the ranking and their calibration.

A track speaks once, with the mean of its `BEST_OF` highest shots, and keeps `SHOTS_KEPT` of them
at most. Scores that were made by another rule are not comparable: a calibration that was fitted
on the mean of all shots, say, takes every track of an index for a little more than it is.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.types import Vectors

#: Shots of a track that speak for it, unless the settings say otherwise.
BEST_OF = 3

#: Shots that a track keeps, unless the settings say otherwise.
SHOTS_KEPT = 4


def mean_of_best(falling: Sequence[float], best_of: int = BEST_OF) -> float:
    """The mean of the first `best_of` of a track's scores, which fall; all if there are fewer.

    Never above the first, whatever the rounding: the exact search relies on that bound.

    >>> mean_of_best([0.5, 0.25, 0.0, -1.0])
    0.25
    """
    top = falling[:best_of]
    return min(math.fsum(top) / len(top), top[0])


def means_of_best(
    scores: NDArray[np.float64], owner: NDArray[np.int64], best_of: int = BEST_OF
) -> NDArray[np.float64]:
    """(T,) the mean of the `best_of` highest of (M,) `scores` of each owner, numbered from 0.

    >>> means_of_best(np.array([0.1, 0.9, 0.5, 0.7]), np.array([0, 1, 1, 1]), 2).round(2).tolist()
    [0.1, 0.8]
    """
    order = np.lexsort((-scores, owner))
    scores, owner = scores[order], owner[order]
    counts = np.bincount(owner)  # (T,)
    first = np.cumsum(counts) - counts
    counted = np.arange(len(scores)) - first[owner] < best_of
    sums = np.bincount(owner[counted], weights=scores[counted])
    means: NDArray[np.float64] = np.clip(sums / np.minimum(counts, best_of), -1.0, 1.0)
    return means


def scores_of_tracks(
    queries: Vectors, shots: Vectors, owner: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(Q, T) what each track scores for each sentence.

    Args:
        queries: (Q, D) length 1.
        shots: (M, D) of all tracks.
        owner: (M,) the track of each shot, numbered from 0, none left out.
    """
    each = (queries @ shots.T).astype(np.float64)  # (Q, M)
    return np.stack([means_of_best(row, owner) for row in each])
