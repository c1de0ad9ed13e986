"""The exact index on FAISS."""

from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval.index.filters import Admitted, Mask
from retrieval.index.gallery import Gallery
from retrieval.index.mapped_file import FileAhead
from retrieval.index.scoring import ROUNDING, HalfVectors, Rows, doubt
from retrieval.index.vectors import Candidates
from retrieval.types import Vector

#: Fetched beyond `k`, so that a tie across the cut is nearly always seen at the first attempt.
SPARE = 16

#: So few rows are sooner multiplied than looked for in a bitmap, and one of so many.
FEW = 16
FEW_OF = 64
#: Rows that lie in so small a piece of the file are looked for in that piece alone.
PIECE_OF = 1 / 4
#: One is made in as long as it takes to search a third of a camera's day, so some are kept.
PIECES_KEPT = 256

Packed = NDArray[np.uint8]
"""(N, 2 D) the bytes of N vectors of D halves."""

# The stubs know the C++ signatures only, not the ones Python sees.
_Bitmap: Any = faiss.IDSelectorBitmap
_Parameters: Any = faiss.SearchParameters
_Bytes: Any = faiss.MaybeOwnedVectorUInt8
_pointer: Any = faiss.cast_integer_to_void_ptr


class FaissIndex(Gallery):
    """A gallery over half precision in FAISS, filtered by a selector while it is scanned.

    It stays on the CPU even where there is a GPU, and leaves FAISS's threads as they are.
    """

    def __init__(self, model_id: str, dimension: int) -> None:
        super().__init__(model_id, dimension, FaissHalves.empty(dimension))


class FaissHalves:
    """A `VectorStore` whose FAISS ids are the rows: flat storage numbers by position.

    FAISS widens each half as it multiplies: half the memory of single precision, and faster, for
    it waits on memory.
    """

    def __init__(self, codes: Any, slack: float, ahead: FileAhead | None = None) -> None:
        self.slack = slack
        self._faiss, self._ahead = codes, ahead
        self._pieces: dict[tuple[int, int], Any] = {}
        # Of a mapped file, which stays where it is for as long as FAISS's index lives.
        self._packed: Packed | None = None if ahead is None else _bytes_of(codes)

    @classmethod
    def empty(cls, dimension: int) -> Self:
        """One of no rows, in memory."""
        return cls(_empty(dimension), ROUNDING)

    @classmethod
    def mapped(cls, path: Path, slack: float) -> Self:
        """One that was written to `path`, paged in as it is scanned; it must not be changed.

        Args:
            path: the file; it may be deleted meanwhile.
            slack: what it had.

        Raises:
            OSError: it cannot be mapped.
            ValueError: it holds something else, or less than it says.
        """
        try:
            codes = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            if "MAP_FAILED" in str(error):
                raise OSError(f"'{path}' cannot be mapped") from error
            raise ValueError(f"FAISS cannot read it: {error}") from error
        if not isinstance(codes, faiss.IndexScalarQuantizer):
            raise ValueError(f"it is a {type(codes).__name__}")  # noqa: TRY004  # of a file
        empty = _empty(codes.d)
        if (codes.sq.qtype, codes.metric_type) != (empty.sq.qtype, empty.metric_type):
            raise ValueError("it holds no halves that are multiplied")
        if (
            codes.code_size != empty.code_size
            or codes.codes.size() != codes.ntotal * codes.code_size
        ):
            raise ValueError(f"it does not hold {codes.ntotal} vectors of {codes.d} halves")
        # FAISS writes the vectors last.
        return cls(codes, slack, FileAhead(path, codes.ntotal, codes.code_size))

    @property
    def shape(self) -> tuple[int, int]:
        """(N, D) rows, and numbers in each."""
        return self._faiss.ntotal, self._faiss.d

    def write(self, path: Path) -> None:
        """Write what `mapped` reads.

        Raises:
            OSError: it cannot be written whole.
        """
        try:
            faiss.write_index(self._faiss, str(path))
        except RuntimeError as error:
            raise OSError(f"'{path}' cannot be written: {error}") from error

    def append(self, vectors: HalfVectors) -> None:
        self._faiss.add(vectors.astype(np.float32))
        self.slack = max(self.slack, ROUNDING + doubt(vectors))

    def keep(self, rows: Rows) -> None:
        # Flat storage closes the gaps and keeps the order, as the ledger does.
        mask = np.zeros(self._faiss.ntotal, np.bool_)
        mask[rows] = True
        self._faiss.remove_ids(faiss.IDSelectorNot(_only(mask)))

    def kept(self, rows: Rows) -> HalfVectors:
        halves: HalfVectors = self.packed(rows).view(np.float16)
        return halves

    def packed(self, rows: Rows) -> Packed:
        """(N, 2 D) a copy of the bytes of the vectors in `rows`."""
        if self._packed is not None:
            return self._packed[rows]
        if not len(rows):
            return np.empty((0, self._faiss.code_size), np.uint8)
        halves: Packed = self._faiss.reconstruct_batch(rows).astype(np.float16).view(np.uint8)
        return halves

    def nearest(self, query: Vector, *, k: int, admitted: Rows) -> Candidates:
        if len(admitted) <= self._few:
            return Candidates(admitted, self.products(query, admitted))
        mask = np.zeros(self._faiss.ntotal, np.bool_)
        mask[admitted] = True
        return self.best(query, k=k, admitted=Admitted(len(mask), 0, mask, len(admitted)))

    def expect(self, admitted: Admitted) -> None:
        """Have some rows read from disk, where they are not in memory, before they are wanted."""
        if self._ahead is not None:
            self._ahead.expect(admitted)

    def best(self, query: Vector, *, k: int, admitted: Admitted) -> Candidates:
        """As `nearest`, of some of the rows."""
        count = admitted.count
        if count <= self._few:
            rows = admitted.rows()
            return Candidates(rows, self.products(query, rows))
        vectors, first, mask = self._where(admitted)
        params = None
        if count < len(mask):
            params = _Parameters(sel=_only(mask))
        fetch = min(k + SPARE, count)
        while True:
            scores, rows = vectors.search(query[None], fetch, params=params)  # (1, fetch)
            # FAISS breaks ties as it likes: go on until the cut falls in a gap.
            if fetch == count or scores[0, -1] < scores[0, k - 1] - 2 * self.slack:
                # FAISS has no row for what is no number, by damage.
                is_row = rows[0] >= 0
                return Candidates(rows[0][is_row] + first, scores[0][is_row])
            fetch = min(fetch * 2, count)

    @property
    def _few(self) -> int:
        return max(FEW, int(self._faiss.ntotal) // FEW_OF)

    def products(self, query: Vector, rows: Rows) -> NDArray[np.float32]:
        """(N,) what `rows` score, but for `slack`."""
        return products(self.packed(rows), query)

    def _where(self, admitted: Admitted) -> tuple[Any, int, Mask]:
        """What is searched for some rows: a part, the row it begins at, (M,) who is in it.

        A selector costs more than the vectors of a camera that is a piece of the file.
        """
        if self._ahead is None or admitted.count > admitted.of * PIECE_OF:
            return self._faiss, 0, admitted.whole()
        near = admitted.narrowed()
        if len(near.mask) > admitted.of * PIECE_OF:
            return self._faiss, 0, admitted.whole()
        return self._piece(near.first, near.first + len(near.mask)), near.first, near.mask

    def _piece(self, first: int, last: int) -> Any:
        """Some rows that lie behind one another in a mapped file, as an index of their own."""
        piece = self._pieces.get((first, last))
        if piece is None:
            if len(self._pieces) >= PIECES_KEPT:
                self._pieces.clear()
            piece = self._pieces[first, last] = self._view(first, last)
        return piece

    def _view(self, first: int, last: int) -> Any:
        codes, size = self._faiss.codes, self._faiss.code_size
        piece = _empty(self._faiss.d)
        begin = _pointer(int(codes.data()) + first * size)
        # The owner keeps the file mapped for as long as somebody looks at it.
        piece.codes = _Bytes.create_view(begin, (last - first) * size, codes.owner)
        piece.ntotal = last - first
        return piece


def products(packed: Packed, query: Vector) -> NDArray[np.float32]:
    """(N,) of (N, 2 D) bytes of halves with (D,) `query`; of what is no number, by damage, none.

    FAISS widens halves in registers as it multiplies: a seventh of the time that NumPy takes to
    widen them, and a fifth of what FAISS takes to hand them out.
    """
    found: NDArray[np.float32] = np.full(len(packed), np.nan, np.float32)
    if len(packed):
        halves = _empty(len(query))
        halves.add_sa_codes(packed)
        scores, rows = halves.search(query[None], len(packed))  # (1, N)
        is_row = rows[0] >= 0
        found[rows[0][is_row]] = scores[0][is_row]
    return found


def _bytes_of(codes: Any) -> Packed:
    """(N, 2 D) what an index holds, where it lies."""
    held: Packed = faiss.rev_swig_ptr(codes.codes.data(), codes.ntotal * codes.code_size)
    return held.reshape(codes.ntotal, codes.code_size)


def _empty(dimension: int) -> Any:
    kind, metric = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    return faiss.IndexScalarQuantizer(dimension, kind, metric)


def _only(admitted: Mask) -> Any:
    return _Bitmap(np.packbits(admitted, bitorder="little"))
