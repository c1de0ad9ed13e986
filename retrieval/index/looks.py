"""What the codes of several segments said of one query, in arrays over all of them.

A search visits tens of segments, and what it does of each costs more in Python than in FAISS:
whatever can be done of all codes, or all rows, at once is done here.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrieval.index.faiss_flat import products
from retrieval.index.filters import Admitted, Mask
from retrieval.index.scoring import Rows, Scores, kth_best
from retrieval.index.segment import Segment
from retrieval.index.sharing import NearCodes, rows_of
from retrieval.index.vectors import Candidates
from retrieval.types import Vector

#: More of a segment than this share are sooner scored where they lie than gathered.
GATHERED: Final = 1 / 64

_NONE: Final = np.empty(0, np.int64)


class Look(NamedTuple):
    """What the codes of one segment said.

    Attributes:
        near: those with a row that is admitted, best first.
        counts: (C,) how many of the rows of each are.
        lowest: what a code scores at most that was not fetched.
        fetched: how many rows were asked for.
    """

    near: NearCodes
    counts: Rows
    lowest: float
    fetched: int


def look_at(segment: Segment, admitted: Admitted, query: Vector, fetch: int) -> Look:
    """The codes of so many rows of a segment that has codes, admitted or not."""
    assert segment.codes is not None
    fetched = min(fetch, len(segment.codes))
    near = segment.codes.nearest(query, fetched)
    is_whole = len(near.scores) == segment.codes.codes
    lowest = -np.inf if is_whole else float(near.scores[-1])
    if admitted.is_all:
        return Look(near, near.lengths, lowest, fetched)
    is_admitted = admitted.among_rows(rows_of(near.firsts, near.lengths))
    starts = np.cumsum(near.lengths) - near.lengths
    counts = np.add.reduceat(is_admitted, starts, dtype=np.int64)
    is_any = counts > 0
    near = NearCodes(near.firsts[is_any], near.lengths[is_any], near.scores[is_any])
    return Look(near, counts[is_any], lowest, fetched)


#: Of a segment that is scored in another way.
NOTHING: Final = Look(NearCodes(_NONE, _NONE, np.empty(0, np.float32)), _NONE, -np.inf, 0)


class Found(NamedTuple):
    """Rows of several segments.

    Attributes:
        ids: (M,) by number over all of them.
        scores: (M,) float32, each within its segment's `slack` of the cosine.
    """

    ids: Rows
    scores: NDArray[np.float32]


class Looks:
    """What was said by P segments, in their order, and which rows that means.

    A row has a number over all segments: they lie one behind the other.

    Attributes:
        scores: (C,) of all codes.
        counts: (C,) how many rows of each are admitted.
        lowest: (P,) as in `Look`.
    """

    def __init__(self, places: "Places", looks: Sequence[Look]) -> None:
        self._places = places
        each = [len(look.counts) for look in looks]
        self._of = np.repeat(np.arange(len(looks)), each)
        self._firsts = np.concatenate([look.near.firsts for look in looks])
        self._lengths = np.concatenate([look.near.lengths for look in looks])
        self.scores = np.concatenate([look.near.scores for look in looks])
        self.counts = np.concatenate([look.counts for look in looks])
        self.lowest = np.array([look.lowest for look in looks])

    def rows(self, is_meant: Mask) -> tuple[Rows, NDArray[np.float32]]:
        """(M,) the admitted rows of some codes by number, and what these say that they score."""
        lengths = self._lengths[is_meant]
        firsts = self._firsts[is_meant] + self._places.begins[self._of[is_meant]]
        ids = rows_of(firsts, lengths)
        told = np.repeat(self.scores[is_meant], lengths)
        return self._places.admitted(ids, told)

    def reaching(self, needed: Scores) -> Mask:
        """(C,) which codes score what (P,) `needed` says of their segment."""
        is_reaching: Mask = self.scores >= needed[self._of]
        return is_reaching


class Places:
    """P segments one behind the other.

    Attributes:
        begins: (P,) the number of the first row of each.
    """

    def __init__(self, segments: Sequence[Segment], admitted: Sequence[Admitted]) -> None:
        self._segments, self._admitted = segments, admitted
        sizes = [each.of for each in admitted]
        self.begins = np.cumsum([0, *sizes[:-1]])
        self._slack = np.array([segment.slack for segment in segments])
        self._is_all = all(each.is_all for each in admitted)
        strange = [s.codes.strange if s.codes is not None else _NONE for s in segments]
        theirs = [rows + begin for rows, begin in zip(strange, self.begins, strict=True)]
        self.strange, _ = self.admitted(np.concatenate(theirs), None)

    def found(self, number: int, near: Candidates) -> Found:
        """What was found of one segment."""
        return Found(near.rows + self.begins[number], near.scores)

    def kth_best(self, found: Found, k: int, sure: Scores) -> float:
        """What the `k` best of some rows and of (S,) `sure` scores have at least."""
        least = found.scores - self._slack[self._of(found.ids)]
        return kth_best(np.concatenate([sure, least]), k)

    def admitted(
        self, ids: Rows, told: NDArray[np.float32] | None
    ) -> tuple[Rows, NDArray[np.float32]]:
        """Those of (M,) rows, segment by segment, that are admitted, and their scores."""
        scores = np.empty(len(ids), np.float32) if told is None else told
        if self._is_all:
            return ids, scores
        masks = [self._admitted[n].among_rows(rows) for n, rows in self._pieces(ids)]
        is_admitted = np.concatenate([np.empty(0, np.bool_), *masks])
        return ids[is_admitted], scores[is_admitted]

    def products(self, query: Vector, ids: Rows) -> NDArray[np.float32]:
        """(M,) what rows score, given segment by segment."""
        none = np.empty((0, 2 * len(query)), np.uint8)
        packed = [self._segments[number].packed(rows) for number, rows in self._pieces(ids)]
        return products(np.concatenate([none, *packed]), query)

    def score(self, query: Vector, ids: Rows, k: int) -> Found:
        """(M,) rows, rising: those that may be among the `k` best of their segment, scored."""
        few, found = [_NONE], []
        for number, rows in self._pieces(ids):
            segment = self._segments[number]
            if len(rows) > segment.entry.shots * GATHERED:
                found.append(self.found(number, segment.nearest_of(query, rows, k=k)))
            else:
                few.append(rows + self.begins[number])
        gathered = np.concatenate(few)
        return joined([*found, Found(gathered, self.products(query, gathered))])

    def split(self, found: Found, k: int, sure: Scores) -> list[tuple[Segment, Candidates]]:
        """By segment, each row once: those that may be among the `k` best beside `sure`."""
        ids, first = np.unique(found.ids, return_index=True)
        scores = found.scores[first]
        most = scores + self._slack[self._of(ids)]
        is_near = most >= self.kth_best(Found(ids, scores), k, sure)
        ids, scores = ids[is_near], scores[is_near]
        begun, parts = 0, []
        for number, rows in self._pieces(ids):
            near = Candidates(rows, scores[begun : begun + len(rows)])
            parts.append((self._segments[number], near))
            begun += len(rows)
        return parts

    def _pieces(self, ids: Rows) -> Iterator[tuple[int, Rows]]:
        """Of (M,) ids, segment by segment: which it is, and the rows within it."""
        of = self._of(ids)
        starts = np.flatnonzero(np.diff(of, prepend=-1)).tolist()
        for begin, end in pairwise([*starts, len(ids)]):
            number = int(of[begin])
            yield number, ids[begin:end] - self.begins[number]

    def _of(self, ids: Rows) -> Rows:
        return np.searchsorted(self.begins, ids, side="right") - 1


def joined(found: Sequence[Found]) -> Found:
    """All of them, one behind the other."""
    ids = np.concatenate([each.ids for each in found])
    return Found(ids, np.concatenate([each.scores for each in found]))
