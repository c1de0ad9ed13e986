"""What vectors nearly are, in a fraction of their room: tells which of many are worth a look.

Shots of one track that lie behind one another share a code, that of their mean, where they are
alike enough. What is scanned, and waits for memory, is a quarter then.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Final, Self

import faiss
import numpy as np

from retrieval.index.manifest import SegmentEntry
from retrieval.index.mapped_file import mapped_arrays, write_arrays
from retrieval.index.scoring import HalfVectors, Rows
from retrieval.index.sharing import (
    Distances,
    Kept,
    NearCodes,
    Tracks,
    alike,
    are_no_starts,
    far_from,
    mean_square_root,
    middle,
    pieces,
    together,
)
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
#: Rows share a code if each lies at most so many times as far from their mean as from a code of its
#: own. One that is further off is told badly just where it matters, by a query that is near to it.
ALIKE: Final = 1.25


def are_worth_codes(vectors: tuple[int, ...]) -> bool:
    """Whether (N, D) vectors are found sooner by codes."""
    return vectors[0] >= CODED_FROM and vectors[1] % NUMBERS_A_CODE == 0


class Coder:
    """Makes the codes of one model's vectors, with one codebook for as long as that fits."""

    def __init__(self, made: Iterable["Codes | None"] = ()) -> None:
        """With the codebook of the first of `made`, if there is one."""
        first = next((codes for codes in made if codes is not None), None)
        self._codebook = None if first is None else first.codebook

    def codes(self, vectors: HalfVectors, tracks: Tracks) -> "Codes | None":
        """Those of (N, D) vectors of (N,) tracks; None where they would not help."""
        if not are_worth_codes(vectors.shape):
            return None
        if self._codebook is not None:
            codes = self._codebook.codes(vectors, tracks)
            if not codes.is_outworn:
                return codes
        self._codebook = Codebook.learnt(vectors)
        return self._codebook.codes(vectors, tracks)


class Codebook:
    """Product codes of one model: 16 for each pair of numbers of a vector.

    Jégou, Douze, Schmid, "Product quantization for nearest neighbor search", 2011; scanned as in
    André, Kermarrec, Le Scouarnec, "Quicker ADC", 2019.

    Attributes:
        error: how far a vector and its code lie apart, the middle of what it was learnt from.
    """

    def __init__(self, empty: Any, error: float) -> None:
        self.error = error
        self._empty = empty

    @classmethod
    def learnt(cls, vectors: HalfVectors) -> Self:
        """From (N, D) of them, N at least 16; the same from the same ones."""
        few = vectors[:: -(-len(vectors) // TAUGHT_BY)].astype(np.float32)
        few = few[np.isfinite(few).all(axis=1)]
        codes = few.shape[1] // NUMBERS_A_CODE
        empty = faiss.IndexPQFastScan(few.shape[1], codes, BITS, faiss.METRIC_INNER_PRODUCT)
        empty.pq.cp.min_points_per_centroid = 1
        with _few_threads():
            empty.train(few)
            _, off, _ = _coded(empty, few, np.arange(len(few)))
        return cls(empty, middle(off))

    def codes(self, vectors: HalfVectors, tracks: Tracks) -> "Codes":
        """Those of (N, D) vectors of (N,) tracks."""
        with _few_threads():
            starts = alike(vectors, together(tracks), ALIKE * self.error)
            coded, off, apart = _coded(self._empty, vectors, starts)
        # What is no number, by damage, compares with nothing: it is strange as well.
        is_plain = apart <= STRANGE * middle(apart)
        errors = Errors(mean_square_root(apart[is_plain]), middle(off), self.error)
        return Codes(coded, starts, len(vectors), errors, np.flatnonzero(~is_plain))


@dataclass(frozen=True, slots=True)
class Errors:
    """How far codes lie off.

    Attributes:
        rows: a vector from its code, the root of the mean square without the strange.
        coded: what was coded, a vector or the mean of a few, from its code; the middle.
        learnt: the same, of the vectors that the codebook was learnt from.
    """

    rows: float
    coded: float
    learnt: float


class Codes:
    """Of N vectors, some of which share one; they do not change.

    Attributes:
        errors: how far they lie off.
        strange: rows of which the codes say little, rising.
    """

    def __init__(self, coded: Any, starts: Rows, count: int, errors: Errors, strange: Rows) -> None:
        """Of `count` rows; each of (M,) `starts` is the first row of a code."""
        self.errors, self.strange = errors, strange
        self._coded, self._starts, self._count = coded, starts, count
        self._lengths = np.diff(starts, append=count)

    def __len__(self) -> int:
        """N, the rows."""
        return self._count

    @property
    def codes(self) -> int:
        """M, the codes."""
        return len(self._starts)

    @property
    def shared_by(self) -> float:
        """How many rows share a code, in the mean."""
        return self._count / len(self._starts)

    @property
    def is_outworn(self) -> bool:
        """Whether a codebook learnt from these vectors would tell them much better."""
        return self.errors.coded > OUTWORN * self.errors.learnt

    @property
    def codebook(self) -> Codebook:
        """What they are codes of."""
        empty = faiss.clone_index(self._coded)
        empty.reset()
        return Codebook(empty, self.errors.learnt)

    def nearest(self, query: Vector, fetch: int) -> NearCodes:
        """The codes of about so many of the best rows, best first, and about what they score.

        How wrong the scores are is no promise: it follows the query, and is measured with it.

        Args:
            query: (D,) of length 1.
            fetch: rows, 1 to N.
        """
        codes = min(-(-fetch * len(self._starts) // self._count), len(self._starts))
        scores, best = self._coded.search(query[None], codes)  # (1, codes)
        found = best[0]
        return NearCodes(self._starts[found], self._lengths[found], scores[0])

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
        arrays = {"strange": self.strange, "starts": self._starts}
        write_arrays(folder / ERRORS, {"errors": np.array(astuple(self.errors)), **arrays}, {})

    @classmethod
    def read(cls, folder: Path, count: int, dimension: int) -> Self:
        """Those of `count` vectors of `dimension` that were written to `folder`.

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
            strange, starts = (np.array(arrays[name], np.int64) for name in ("strange", "starts"))
            errors = Errors(*arrays["errors"].tolist())
        except (LookupError, TypeError) as error:
            raise ValueError(f"'{ERRORS}' is of another version ({error!r})") from error
        if coded.d != dimension:
            raise ValueError(f"they are of vectors of {coded.d} numbers")
        if len(starts) != coded.ntotal or are_no_starts(starts, count):
            raise ValueError(f"{coded.ntotal} codes begin in {len(starts)} rows")
        return cls(coded, starts, count, errors, strange)


def codes_of(folder: Path, entry: SegmentEntry, dimension: int) -> Codes | None:
    """Those of a segment of the index in `folder`; None where there are none, or damaged ones.

    All is found without them.
    """
    files = [file for file in entry.files if file.name.endswith(CODES_TOO)]
    if not files:
        return None
    try:
        for file in files:
            problem = file.problem(folder, thorough=True)
            if problem is not None:
                raise ValueError(problem)  # noqa: TRY301  # as of a file that cannot be read
        return Codes.read(folder / entry.name, entry.shots, dimension)
    except (OSError, ValueError) as error:
        log.warning(
            "index: the codes of segment %s are not used (%s): it is searched exactly, and slower, "
            "until 'descry index compact'",
            entry.name,
            error,
        )
        return None


def _coded(empty: Any, vectors: Kept, starts: Rows) -> tuple[Any, Distances, Distances]:
    """Codes of (N, D) vectors, and how far they lie from the (M,) means and from the (N,) rows."""
    coded = faiss.clone_index(empty)
    off, apart = [], []
    for some, of, means in pieces(vectors, starts):
        coded.add(np.nan_to_num(means))
        told = coded.reconstruct_n(coded.ntotal - len(means), len(means))
        off.append(far_from(means, told))
        apart.append(far_from(some, told[of]))
    return coded, np.concatenate(off), np.concatenate(apart)


@contextmanager
def _few_threads() -> Iterator[None]:
    """Half of the threads that FAISS may take, in this thread: the others are for searches."""
    all_of_them = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(max(1, all_of_them // 2))
    try:
        yield
    finally:
        faiss.omp_set_num_threads(all_of_them)
