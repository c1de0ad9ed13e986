"""How a vector is kept and what it scores: one rule for whatever holds it.

A vector is kept as it travels, in half precision, and widened, made of length 1 and scored in
double precision whenever its score is told. So a shot scores the same in memory and on disk, and
equal pictures score alike in every index.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.types import ScoredShot, Vector, Vectors

Rows = NDArray[np.int64]
"""(N,) positions in the columns and among the vectors, rising."""

HalfVectors = NDArray[np.float16]
"""(N, D) as they are kept; of a length that rounding left a little off 1."""

Scores = NDArray[np.float64]
"""(N,) cosine similarities."""

#: Two float32 sums of the same products, added in another order, differ by less than this.
ROUNDING = 1e-4


def halved(vectors: Vectors) -> HalfVectors:
    """(N, D) as they are kept; what was in half precision before, on the wire, does not change."""
    return vectors.astype(np.float16)


def widened(kept: NDArray[Any]) -> Vectors:
    """(N, D) of length 1, of vectors as they are kept, in half or single precision.

    Computed in double precision, so that it depends on nothing but the vector.
    """
    wide = kept.astype(np.float64)
    lengths = np.sqrt((wide * wide).sum(axis=1, keepdims=True))
    # Nothing that was added is without a length: zeros are damage, and score 0.
    return (wide / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def doubt(kept: NDArray[Any]) -> float:
    """By how much a product with a unit vector and the cosine differ at most, for any of (N, D)."""
    lengths = np.sqrt(np.square(kept.astype(np.float64)).sum(axis=1))
    return float(np.abs(lengths - 1.0).max(initial=0.0))


def cosines(vectors: Vectors, query: Vector) -> Scores:
    """(N,) what (N, D) unit vectors score.

    A sum along each row, not a matrix product: BLAS may round equal rows differently.
    """
    products = vectors.astype(np.float64) * query.astype(np.float64)  # (N, D)
    scores: Scores = np.clip(products.sum(axis=1), -1.0, 1.0)
    return scores


def near_best(scores: NDArray[np.float32], k: int, slack: float = ROUNDING) -> NDArray[np.int64]:
    """Positions of the `k` best of `scores` (N,), and of those that lie less than `slack` below.

    `k` is at least 1 and at most N.
    """
    return np.flatnonzero(scores >= kth_best(scores, k) - slack)


def kth_best(scores: NDArray[np.floating[Any]], k: int) -> float:
    """The `k`-th highest of (N,) `scores`; −inf where there are fewer, or none is asked for.

    What is no number, by damage, is none of them.

    >>> kth_best(np.array([0.1, np.nan, 0.3, 0.2]), 2)
    0.2
    """
    scores = scores[~np.isnan(scores)]
    if not 0 < k <= len(scores):
        return -np.inf
    return float(np.partition(scores, len(scores) - k)[len(scores) - k])


def order(shot: ScoredShot) -> tuple[float, float, object]:
    """Sorts answers: by falling score, then the latest, then by id."""
    return -shot.score, -shot.sighting.captured_at, shot.sighting.shot
