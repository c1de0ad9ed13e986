"""The plainest index: one matrix, searched whole. It judges the others."""

import numpy as np

from retrieval.index.gallery import Gallery
from retrieval.index.scoring import ROUNDING, HalfVectors, Rows, doubt, near_best
from retrieval.index.vectors import Candidates
from retrieval.types import Vector, Vectors

FIRST_ROWS = 1024

#: Below this share of all rows, the admitted ones are picked out and scanned alone.
FEW_SHARE = 1 / 16


class FlatIndex(Gallery):
    """A gallery searched by one matrix product: nothing to build, nothing to tune, exact."""

    def __init__(self, model_id: str, dimension: int) -> None:
        super().__init__(model_id, dimension, _Matrix(dimension))


class _Matrix:
    """A `VectorStore` that doubles when it is full, so that adding costs the same for ever.

    Half precision in single: twice the memory, and many times as fast to multiply.
    """

    def __init__(self, dimension: int) -> None:
        self.slack = ROUNDING
        self._rows: Vectors = np.empty((FIRST_ROWS, dimension), np.float32)
        self._used = 0

    def append(self, vectors: HalfVectors) -> None:
        used = self._used + len(vectors)
        if used > len(self._rows):
            grown = np.empty((max(used, len(self._rows) * 2), vectors.shape[1]), np.float32)
            grown[: self._used] = self._rows[: self._used]
            self._rows = grown
        self._rows[self._used : used] = vectors
        self._used = used
        self.slack = max(self.slack, ROUNDING + doubt(vectors))

    def keep(self, rows: Rows) -> None:
        kept = self._rows[rows]
        self._rows = np.empty((max(len(rows) * 2, FIRST_ROWS), kept.shape[1]), np.float32)
        self._rows[: len(rows)] = kept
        self._used = len(rows)

    def kept(self, rows: Rows) -> HalfVectors:
        return self._rows[rows].astype(np.float16)

    def nearest(self, query: Vector, *, k: int, admitted: Rows) -> Candidates:
        if len(admitted) <= self._used * FEW_SHARE:
            scores = self._rows[admitted] @ query  # (M,)
        else:
            scores = (self._rows[: self._used] @ query)[admitted]
        near = near_best(scores, k, 2 * self.slack)
        return Candidates(admitted[near], scores[near])
