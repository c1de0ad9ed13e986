"""Where the vectors of an index lie, and which of them are worth scoring."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.index.scoring import HalfVectors, Rows
from retrieval.types import Vector


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
        """Whatever of `admitted` may be among the `k` best of them, and perhaps more; k ≥ 1."""
        ...
