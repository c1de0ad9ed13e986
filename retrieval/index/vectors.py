"""Where the vectors of an index lie, and which of them are worth scoring."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.index.scoring import HalfVectors, Rows, near_best, widened
from retrieval.types import Vector

#: Below this share of all rows, or this many, the admitted ones are picked out and scanned alone.
FEW_SHARE = 1 / 16
FEW_ROWS = 2048


class Candidates(NamedTuple):
    """Rows worth scoring, in no order.

    Attributes:
        rows: (M,) which.
        scores: (M,) float32, each within the store's `slack` of the row's cosine.
    """

    rows: Rows
    scores: NDArray[np.float32]


class VectorStore(Protocol):
    """Vectors by row, in the order they were appended."""

    @property
    def slack(self) -> float:
        """By how much a score of `nearest` and the cosine differ at most."""
        ...

    def append(self, vectors: HalfVectors) -> None:
        """Take (N, D) in as the next N rows."""
        ...

    def keep(self, rows: Rows) -> None:
        """Drop every row but `rows`, which move up and stay in order."""
        ...

    def kept(self, rows: Rows) -> HalfVectors:
        """(N, D) a copy of the vectors in `rows`, as they were appended."""
        ...

    def nearest(self, query: Vector, *, k: int, admitted: Rows) -> Candidates:
        """Whatever of `admitted` may be among the `k` best of them: all, or more than those.

        `k` is at least 1 and at most the length of `admitted`.
        """
        ...


def candidates(
    store: VectorStore, query: Vector, *, k: int, admitted: Rows, of_rows: int
) -> Candidates:
    """What of `admitted`, picked from `of_rows` in all, may be among the `k` best; k is 1 or more.

    A few are scanned by themselves: a store looks at every row, admitted or not.
    """
    if k < len(admitted) and len(admitted) > max(FEW_ROWS, of_rows * FEW_SHARE):
        return store.nearest(query, k=k, admitted=admitted)
    scores = widened(store.kept(admitted)) @ query  # (M,)
    if k < len(admitted):
        near = near_best(scores, k)
        return Candidates(admitted[near], scores[near])
    return Candidates(admitted, scores)
