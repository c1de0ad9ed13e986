"""Finds what may be among the best of coded segments, without a look at most of their vectors.

Codes are scanned whole, and only rows whose codes score near enough to the best are scored by
their vectors. What is near enough is not a setting: the error of the codes is measured with each
query, on the rows that were scored, and segments are asked for more until none that was not
looked at can matter.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from retrieval.index.filters import Admitted
from retrieval.index.scoring import Scores, kth_best
from retrieval.index.segment import Segment
from retrieval.index.vectors import Candidates
from retrieval.types import Vector, Where

#: What is admitted of a segment is scored without its codes if it is less than this share of it,
#: for then it is read as fast.
NARROW: Final = 1 / 12
#: Beside a row of all, as long as it takes to fetch one by its code.
FETCHING_COSTS: Final = 4
#: What a code costs beside a vector.
CODE_SHARE: Final = 1 / 8
#: Rows that are fetched of a segment at least, where half of them are admitted.
FETCHED_FIRST: Final = 64
#: Rows by which the error of codes is measured, at least.
MEASURED_BY: Final = 100
#: How many times the error may be larger than usual for a row to be looked at all the same: of a
#: million rows at the cut it would be missed of less than one.
USUAL_TIMES: Final = 5.0

_NOTHING: Final = Candidates(np.empty(0, np.int64), np.empty(0, np.float32))

Spread = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""Calls a function with each of some things, `map` or one on several threads."""


@dataclass(frozen=True, slots=True)
class Part:
    """A segment, and which of its rows are admitted."""

    segment: Segment
    admitted: Admitted

    @property
    def count(self) -> int:
        """How many rows are admitted."""
        return self.admitted.count

    @property
    def codes(self) -> float:
        """How many codes are scanned for it."""
        codes = self.segment.codes
        return 0 if codes is None else codes.codes

    def is_for_codes(self, k: int) -> bool:
        """Whether its codes are worth scanning for the `k` best."""
        codes = self.segment.codes
        if codes is None or self.count < NARROW * len(codes):
            return False
        return 2 * k * FETCHING_COSTS < self.count

    def nearest(self, query: Vector, k: int) -> Candidates:
        """Without its codes."""
        return self.segment.nearest(query, k=k, admitted=self.admitted)


class _Look:
    """What the codes of a part said of a query.

    Attributes:
        part: of which.
        scores: what the best of its codes score, falling; of those with a row that is admitted.
        counts: how many of the rows of each are admitted.
        lowest: what a code scores at most that was not fetched.
    """

    def __init__(self, part: Part, query: Vector, fetch: float) -> None:
        assert part.segment.codes is not None
        self.part, self._query, self._codes = part, query, part.segment.codes
        self.fetch(fetch * len(self._codes) / part.count)

    def fetch(self, rows: float) -> None:
        """Look at the codes of so many rows, admitted or not."""
        self._fetched = min(int(rows), len(self._codes))
        found, scores = self._codes.nearest(self._query, self._fetched)
        self.lowest = -np.inf if len(found) == self._codes.codes else float(scores[-1])
        counts = self._codes.lengths(found)
        if not self.part.admitted.is_all:
            theirs, _ = self._codes.rows(found)
            is_admitted = self.part.admitted.among_rows(theirs)
            counts = np.add.reduceat(is_admitted, np.cumsum(counts) - counts, dtype=np.int64)
            is_any = counts > 0
            found, scores, counts = found[is_any], scores[is_any], counts[is_any]
        self.scores, self.counts, self._found = scores, counts, found
        self._measured, self._exact = 0, _NOTHING

    def measure(self, cut: float) -> tuple[Scores, Scores]:
        """What rows score at least, and by how much more than their codes that reach `cut`."""
        self._measured = int(np.count_nonzero(self.scores >= cut))
        rows, told = self._rows(0, self._measured)
        self._exact = Candidates(rows, self.part.segment.products(self._query, rows))
        exact = self._exact.scores.astype(np.float64)
        off = exact - told
        # A damaged vector says nothing of the others.
        return exact - self.part.segment.slack, off[np.isfinite(off)]

    def _rows(self, first: int, last: int) -> Candidates:
        """The admitted rows of some of the codes found, and what these say that they score."""
        if first >= last:
            return _NOTHING
        rows, lengths = self._codes.rows(self._found[first:last])
        told = np.repeat(self.scores[first:last], lengths)
        if self.part.admitted.is_all:
            return Candidates(rows, told)
        is_admitted = self.part.admitted.among_rows(rows)
        return Candidates(rows[is_admitted], told[is_admitted])

    def needed(self, floor: float, shift: float, spread: float) -> float:
        """What a code scores at least of a row that may be among the best.

        Args:
            floor: what these score at least; −inf if nothing is known.
            shift: how much higher than by its code a row scores, in the mean.
            spread: how much that differs from row to row, by its standard deviation.
        """
        # An error that lies in no direction more than in another, seen from the query.
        usual = self._codes.errors.rows / math.sqrt(len(self._query))
        return floor - max(shift, 0.0) - USUAL_TIMES * max(spread, usual)

    def candidates(self, k: int, need: float) -> Candidates:
        """Every row that may be among the `k` best, given what their codes score at least."""
        while self.lowest > need:
            more = 4 * self._fetched
            if more * FETCHING_COSTS > self.part.count:
                self.part.segment.expect(self.part.admitted)
                return self.part.nearest(self._query, k)
            self.fetch(more)
        # What was measured is not scored again: codes are found best first.
        rows, _ = self._rows(self._measured, int(np.count_nonzero(self.scores >= need)))
        strange = self._codes.strange
        if len(strange):
            strange = strange[self.part.admitted.among_rows(strange)]
            rows = np.setdiff1d(np.union1d(rows, strange), self._exact.rows)
        if not len(rows):
            return self._exact
        near = self.part.segment.nearest_of(self._query, rows, k=k)
        if not self._measured:
            return near
        scores = np.concatenate([self._exact.scores, near.scores])
        return Candidates(np.concatenate([self._exact.rows, near.rows]), scores)


def proposed(
    parts: Sequence[Part], query: Vector, k: int, sure: Scores, spread: Callable[[float], Spread]
) -> list[tuple[Segment, Candidates]]:
    """Every row of coded segments that may be among the `k` best, and perhaps more.

    Args:
        parts: what is searched by its codes.
        query: (D,) of length 1.
        k: 1 or more.
        sure: (M,) scores that others, found elsewhere, have at least.
        spread: says how to call what takes as long as a scan of so many vectors.
    """
    first = max(FETCHED_FIRST, FETCHING_COSTS * 2 * k // max(len(parts), 1))
    scan = spread(sum(part.codes for part in parts) * CODE_SHARE)
    looks = list(scan(lambda part: _Look(part, query, first), parts))
    measured = _measured(looks, k, sure)
    needed = [look.needed(*measured) for look in looks]
    hard = [look for look, need in zip(looks, needed, strict=True) if look.lowest > need]
    again = spread(sum(look.part.admitted.of for look in hard))
    found = again(lambda each: each[0].candidates(k, each[1]), zip(looks, needed, strict=True))
    return [(look.part.segment, near) for look, near in zip(looks, found, strict=True)]


def _measured(looks: Sequence[_Look], k: int, sure: Scores) -> tuple[float, float, float]:
    """What the `k` best score at least; the mean and the deviation of score less code's score."""
    cut = _cut(looks, max(2 * k, MEASURED_BY))
    measured = [look.measure(cut) for look in looks if len(look.scores) and look.scores[0] >= cut]
    told = np.concatenate([np.empty(0), *(off for _, off in measured)])
    if not len(told):
        return -np.inf, 0.0, 0.0
    known = np.concatenate([sure, *(least for least, _ in measured)])
    return kth_best(known, k), float(told.mean()), float(told.std())


def _cut(looks: Sequence[_Look], rows: int) -> float:
    """What the codes of so many admitted rows score, if there are as many; else the last of all."""
    scores = np.concatenate([look.scores for look in looks])
    if not len(scores):
        return -np.inf
    best = np.argsort(-scores, kind="stable")
    so_many = np.cumsum(np.concatenate([look.counts for look in looks])[best])
    return float(scores[best[min(int(np.searchsorted(so_many, rows)), len(best) - 1)]])


def parts_of(segments: Iterable[Segment], where: Where) -> list[Part]:
    """The segments of which something is admitted."""
    parts = [Part(segment, segment.stretch(where)) for segment in segments]
    return [part for part in parts if part.count]
