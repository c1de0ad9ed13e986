"""The exact index on FAISS."""

from typing import Any

import faiss
import numpy as np

from retrieval.index.gallery import ROUNDING, Gallery
from retrieval.index.ledger import Rows
from retrieval.types import Vector, Vectors

#: Fetched beyond `k`, so that a tie across the cut is nearly always seen at the first attempt.
SPARE = 16

# The stubs know the C++ signatures only, not the ones Python sees.
_Bitmap: Any = faiss.IDSelectorBitmap
_Parameters: Any = faiss.SearchParameters


class FaissIndex(Gallery):
    """A gallery over `faiss.IndexFlatIP`, filtered by a selector while it is scanned.

    It stays on the CPU even where there is a GPU, and leaves FAISS's threads as they are.
    """

    def __init__(self, model_id: str, dimension: int) -> None:
        super().__init__(model_id, dimension, _FaissFlat(dimension))


class _FaissFlat:
    """A `VectorStore` whose FAISS ids are the rows: flat storage numbers by position."""

    def __init__(self, dimension: int) -> None:
        self._faiss = faiss.IndexFlatIP(dimension)

    def append(self, vectors: Vectors) -> None:
        self._faiss.add(vectors)

    def keep(self, rows: Rows) -> None:
        # Flat storage closes the gaps and keeps the order, as the ledger does.
        self._faiss.remove_ids(faiss.IDSelectorNot(self._only(rows)))

    def take(self, rows: Rows) -> Vectors:
        if not len(rows):
            return np.empty((0, self._faiss.d), np.float32)
        vectors: Vectors = self._faiss.reconstruct_batch(rows)
        return vectors

    def nearest(self, query: Vector, *, k: int, admitted: Rows) -> Rows:
        params = None
        if len(admitted) < self._faiss.ntotal:
            params = _Parameters(sel=self._only(admitted))
        fetch = k + SPARE
        while fetch < len(admitted):
            scores, rows = self._faiss.search(query[None], fetch, params=params)  # (1, fetch)
            # FAISS breaks ties as it likes: go on until the cut falls in a gap.
            if scores[0, -1] < scores[0, k - 1] - ROUNDING:
                found: Rows = rows[0]
                return found
            fetch *= 2
        return admitted

    def _only(self, rows: Rows) -> Any:
        mask = np.zeros(self._faiss.ntotal, np.bool_)
        mask[rows] = True
        return _Bitmap(np.packbits(mask, bitorder="little"))
