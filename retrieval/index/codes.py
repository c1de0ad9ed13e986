"""What vectors nearly are, in a quarter of their room: tells which of many are worth a look."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval.index.manifest import SegmentEntry
from retrieval.index.mapped_file import mapped_arrays, write_arrays
from retrieval.index.scoring import HalfVectors, Rows
from retrieval.index.vectors import Candidates
from retrieval.types import Vector
from retrieval.whole_files import flush

log = logging.getLogger(__name__)

CODES: Final = "codes.faiss"
ERRORS: Final = "codes.safetensors"
CODES_TOO: Final = (CODES, ERRORS)

#: One of 16 pairs of numbers stands for two numbers of a vector: what FAISS looks up in a register.
NUMBERS_A_CODE: Final = 2
BITS: Final = 4
#: So many vectors teach a codebook as well as all do.
TAUGHT_BY: Final = 16_384
#: A vector that is so many times further from its code than the middle one is not told by it.
STRANGE: Final = 1.5
#: A codebook whose errors are so many times those that it was learnt with fits no longer.
OUTWORN: Final = 1.25
#: Fewer vectors are scored themselves as fast.
CODED_FROM: Final = 2_048
_AT_ONCE: Final = 2_048

Distances = NDArray[np.float64]


def are_worth_codes(vectors: tuple[int, ...]) -> bool:
    """Whether (N, D) vectors are found sooner by codes."""
    return vectors[0] >= CODED_FROM and vectors[1] % NUMBERS_A_CODE == 0


class Coder:
    """Makes the codes of one model's vectors, with one codebook for as long as that fits."""

    def __init__(self, made: Iterable["Codes | None"] = ()) -> None:
        """With the codebook of the first of `made`, if there is one."""
        first = next((codes for codes in made if codes is not None), None)
        self._codebook = None if first is None else first.codebook

    def codes(self, vectors: HalfVectors) -> "Codes | None":
        """Those of (N, D); None where they would not help."""
        if not are_worth_codes(vectors.shape):
            return None
        if self._codebook is not None:
            codes = self._codebook.codes(vectors)
            if not codes.is_outworn:
                return codes
        self._codebook = Codebook.learnt(vectors)
        return self._codebook.codes(vectors)


class Codebook:
    """Product codes of one model: 16 for each pair of numbers of a vector.

    Jégou, Douze, Schmid, "Product quantization for nearest neighbor search", 2011; scanned as in
    André, Kermarrec, Le Scouarnec, "Quicker ADC", 2019.

    Attributes:
        error: how far a vector and its code lie apart, the root of the mean square.
    """

    def __init__(self, empty: Any, error: float) -> None:
        self.error = error
        self._empty = empty

    @classmethod
    def learnt(cls, vectors: HalfVectors) -> Self:
        """From (N, D) of them, N at least 16; the same from the same ones."""
        few = vectors[:: -(-len(vectors) // TAUGHT_BY)].astype(np.float32)
        codes = few.shape[1] // NUMBERS_A_CODE
        empty = faiss.IndexPQFastScan(few.shape[1], codes, BITS, faiss.METRIC_INNER_PRODUCT)
        empty.pq.cp.min_points_per_centroid = 1
        with _few_threads():
            empty.train(few)
            _, apart = _coded(empty, few)
        return cls(empty, _mean_square_root(apart))

    def codes(self, vectors: HalfVectors) -> "Codes":
        """Those of (N, D)."""
        with _few_threads():
            coded, apart = _coded(self._empty, vectors)
        strange = np.flatnonzero(apart > STRANGE * np.median(apart))
        plain = np.delete(apart, strange)
        return Codes(coded, _mean_square_root(plain), self.error, strange)


class Codes:
    """Of N vectors; they do not change.

    Attributes:
        error: how far a vector and its code lie apart, the root of the mean square, without
            the strange.
        learnt_error: the same, of what its codebook was learnt from.
        strange: rows of which the codes say little, rising.
    """

    def __init__(self, coded: Any, error: float, learnt_error: float, strange: Rows) -> None:
        self.error, self.learnt_error, self.strange = error, learnt_error, strange
        self._coded = coded

    def __len__(self) -> int:
        return int(self._coded.ntotal)

    @property
    def is_outworn(self) -> bool:
        """Whether a codebook learnt from these vectors would tell them much better."""
        return self.error > OUTWORN * self.learnt_error

    @property
    def codebook(self) -> Codebook:
        """What they are codes of."""
        empty = faiss.clone_index(self._coded)
        empty.reset()
        return Codebook(empty, self.learnt_error)

    def nearest(self, query: Vector, fetch: int) -> Candidates:
        """The `fetch` best rows, best first, and about what they score; 0 < fetch ≤ N.

        How wrong the scores are is no promise: it follows the query, and is measured with it.
        """
        scores, rows = self._coded.search(query[None], fetch)  # (1, fetch)
        return Candidates(rows[0], scores[0])

    def write(self, folder: Path) -> None:
        """Write what `read` reads, down to the disk.

        Raises:
            OSError: it cannot be written whole.
        """
        try:
            faiss.write_index(self._coded, str(folder / CODES))
        except RuntimeError as error:
            raise OSError(f"'{folder / CODES}' cannot be written: {error}") from error
        flush(folder / CODES)
        errors = np.array([self.error, self.learnt_error])
        write_arrays(folder / ERRORS, {"errors": errors, "strange": self.strange}, {})

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Those that were written to `folder`.

        Raises:
            OSError: a file cannot be read.
            ValueError: one is damaged.
        """
        try:
            coded = faiss.read_index(str(folder / CODES))
        except RuntimeError as error:
            raise ValueError(f"FAISS cannot read it: {error}") from error
        if not isinstance(coded, faiss.IndexPQFastScan):
            raise ValueError(f"it is a {type(coded).__name__}")  # noqa: TRY004  # of a file
        arrays, _ = mapped_arrays(folder / ERRORS)
        try:
            far, learnt = arrays["errors"].tolist()
            return cls(coded, far, learnt, np.array(arrays["strange"], np.int64))
        except LookupError as error:
            raise ValueError(f"'{ERRORS}' has no {error}") from error


def codes_of(folder: Path, entry: SegmentEntry) -> Codes | None:
    """Those of a segment of the index in `folder`; None where there are none, or damaged ones.

    All is found without them.
    """
    files = [file for file in entry.files if file.name.endswith(CODES_TOO)]
    if not files:
        return None
    try:
        for file in files:
            problem = file.problem(folder, thorough=not file.name.endswith(CODES))
            if problem is not None:
                raise ValueError(problem)  # noqa: TRY301  # as of a file that cannot be read
        codes = Codes.read(folder / entry.name)
        if len(codes) != entry.shots:
            raise ValueError(f"they are of {len(codes)} shots, and not of {entry.shots}")  # noqa: TRY301
    except (OSError, ValueError) as error:
        log.warning(
            "index: the codes of segment %s are not used (%s): it is searched exactly, and slower, "
            "until 'descry index compact'",
            entry.name,
            error,
        )
        return None
    return codes


def _coded(empty: Any, vectors: HalfVectors | NDArray[np.float32]) -> tuple[Any, Distances]:
    """The codes of (N, D), and (N,) how far each lies from what it is the code of."""
    coded, distances = faiss.clone_index(empty), []
    for start in range(0, len(vectors), _AT_ONCE):
        some = vectors[start : start + _AT_ONCE].astype(np.float32)
        coded.add(some)
        told = coded.reconstruct_n(start, len(some))
        distances.append(np.linalg.norm((some - told).astype(np.float64), axis=1))
    return coded, np.concatenate(distances)


@contextmanager
def _few_threads() -> Iterator[None]:
    """Half of the threads that FAISS may take, in this thread: the others are for searches."""
    all_of_them = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(max(1, all_of_them // 2))
    try:
        yield
    finally:
        faiss.omp_set_num_threads(all_of_them)


def _mean_square_root(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.square(values).mean()))
