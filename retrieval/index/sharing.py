"""Which rows of a segment share a code: shots of one track, by their mean."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrieval.index.scoring import HalfVectors, Rows
from retrieval.types import Vectors

#: So many rows of a track share a code at most: a track keeps as many shots.
TOGETHER: Final = 4
#: Codes that are made at once.
_AT_ONCE: Final = 2_048

Distances = NDArray[np.float64]
Tracks = NDArray[np.uint64]
"""(N,) of which track each of N rows is, by a number of its own."""
Kept = HalfVectors | NDArray[np.float32]
"""(N, D) as they are kept, or widened."""


class NearCodes(NamedTuple):
    """Codes that were found, best first.

    Attributes:
        firsts: (C,) the first row of each.
        lengths: (C,) how many rows share it.
        scores: (C,) float32, about what they score.
    """

    firsts: Rows
    lengths: Rows
    scores: NDArray[np.float32]


def rows_of(firsts: Rows, lengths: Rows) -> Rows:
    """The rows of (C,) codes, one behind the other.

    >>> rows_of(np.array([8, 2]), np.array([3, 1])).tolist()
    [8, 9, 10, 2]
    """
    ends = np.cumsum(lengths)
    behind: Rows = np.repeat(firsts - ends + lengths, lengths)
    return behind + np.arange(len(behind))


def together(tracks: Tracks) -> Rows:
    """(M,) the first of the rows that share a code: neighbours of one of (N,) tracks.

    >>> together(np.array([7, 7, 7, 7, 7, 3, 3, 7], np.uint64)).tolist()
    [0, 4, 5, 7]
    """
    is_first = np.concatenate([[True], tracks[1:] != tracks[:-1]])
    first = np.flatnonzero(is_first)
    place = np.arange(len(tracks)) - first[np.cumsum(is_first) - 1]
    return np.flatnonzero(place % TOGETHER == 0)


def pieces(vectors: Kept, starts: Rows) -> Iterator[tuple[Vectors, Rows, Vectors]]:
    """Some (n, D) vectors at a time, which of (m,) codes each has, and the (m, D) means."""
    ends = np.append(starts[1:], len(vectors))
    for begin in range(0, len(starts), _AT_ONCE):
        first, end = starts[begin : begin + _AT_ONCE], ends[begin : begin + _AT_ONCE]
        some = vectors[first[0] : end[-1]].astype(np.float32)
        lengths = end - first
        sums = np.add.reduceat(some, first - first[0])
        means: Vectors = (sums / lengths[:, None]).astype(np.float32)
        yield some, np.repeat(np.arange(len(first)), lengths), means


def alike(vectors: Kept, starts: Rows, within: float) -> Rows:
    """(M,) first rows of codes, as (m,) `starts`, but that rows are alone where one is far off.

    Args:
        vectors: (N, D).
        starts: as `together` tells.
        within: how far from the mean of those that share its code none may lie.
    """
    if len(starts) == len(vectors):
        return starts
    is_first = np.zeros(len(vectors), np.bool_)
    is_first[starts] = True
    begin = 0
    for rows, of, means in pieces(vectors, starts):
        # Not "further than": what is no number is far from everything.
        firsts = np.searchsorted(of, np.arange(len(means)))
        is_near = np.logical_and.reduceat(far_from(rows, means[of]) <= within, firsts)
        is_first[begin : begin + len(rows)] |= ~is_near[of]
        begin += len(rows)
    return np.flatnonzero(is_first)


def far_from(vectors: Vectors, others: Vectors) -> Distances:
    """(N,) how far each of (N, D) lies from the other."""
    with np.errstate(invalid="ignore"):  # of what is no number
        apart: Distances = np.linalg.norm((vectors - others).astype(np.float64), axis=1)
    return apart


def are_no_starts(starts: Rows, count: int) -> bool:
    """Whether (M,) cannot be the first rows of M codes of `count` rows."""
    return bool(
        not len(starts) or starts[0] != 0 or starts[-1] >= count or (np.diff(starts) < 1).any()
    )


def mean_square_root(values: Distances) -> float:
    """The root of the mean square of what is a number."""
    return float(np.sqrt(np.square(values[np.isfinite(values)]).mean()))


def middle(values: Distances) -> float:
    """The median of what is a number."""
    return float(np.median(values[np.isfinite(values)]))
