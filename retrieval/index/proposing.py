"""Finds what may be among the best of coded segments, without a look at most of their vectors.

Codes are scanned whole, and only rows whose codes score near enough to the best are scored by
their vectors. What is near enough is not a setting: the error of the codes is measured with each
query, on the rows that were scored, and segments are asked for more until none that was not
looked at can matter.
"""

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
        return 0 if codes is None else len(codes) / codes.shared_by

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
    """What the codes of a part said of a query."""

    def __init__(self, part: Part, query: Vector, fetch: float) -> None:
        assert part.segment.codes is not None
        self.part, self._query, self._codes = part, query, part.segment.codes
        self._fetched = 0
        self.fetch(fetch * len(self._codes) / part.count)

    def fetch(self, rows: float) -> None:
        """Look at so many rows, admitted or not."""
        self._fetched = min(int(rows), len(self._codes))
        near = self._codes.nearest(self._query, self._fetched)
        self.rows, self.scores = near
        if not self.part.admitted.is_all:
            is_admitted = self.part.admitted.among_rows(near.rows)
            self.rows, self.scores = near.rows[is_admitted], near.scores[is_admitted]
        is_all = len(near.rows) == len(self._codes)
        self.lowest = -np.inf if is_all else float(near.scores[-1])

    def needed(self, floor: float, shift: float, spread: float) -> float:
        """What a code scores at least of a row that may be among the best.

        Args:
            floor: what these score at least; −inf if nothing is known.
            shift: how much higher than by its code a row scores, in the mean.
            spread: how much that differs from row to row, by its standard deviation.
        """
        # An error that lies in no direction more than in another, seen from the query.
        usual = self._codes.errors.rows / np.sqrt(len(self._query))
        return floor - max(shift, 0.0) - USUAL_TIMES * max(spread, float(usual))

    def candidates(self, k: int, need: float) -> Candidates:
        """Every row that may be among the `k` best, given what their codes score at least."""
        while self.lowest > need:
            more = 4 * self._fetched
            if more * FETCHING_COSTS > self.part.count:
                self.part.segment.expect(self.part.admitted)
                return self.part.nearest(self._query, k)
            self.fetch(more)
        rows = self.rows[self.scores >= need]
        strange = self._codes.strange
        if len(strange):
            strange = strange[self.part.admitted.among_rows(strange)]
            rows = np.union1d(rows, strange)
        return self.part.segment.nearest_of(self._query, rows, k=k)


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
    measured = _measured(looks, query, k, sure)
    hard = [look for look in looks if look.lowest > look.needed(*measured)]
    again = spread(sum(look.part.admitted.of for look in hard))
    found = again(lambda look: look.candidates(k, look.needed(*measured)), looks)
    return [(look.part.segment, near) for look, near in zip(looks, found, strict=True)]


def _measured(
    looks: Sequence[_Look], query: Vector, k: int, sure: Scores
) -> tuple[float, float, float]:
    """What the `k` best score at least; the mean and the deviation of score less code's score."""
    scores = np.concatenate([np.empty(0, np.float32), *(look.scores for look in looks)])
    cut = kth_best(scores, max(2 * k, MEASURED_BY))
    known, errors = [sure], [np.zeros(0)]
    for look in looks:
        is_best = look.scores >= cut
        if is_best.any():
            exact = look.part.segment.products(query, look.rows[is_best])
            known.append(exact.astype(np.float64) - look.part.segment.slack)
            off = exact - look.scores[is_best]
            errors.append(off[np.isfinite(off)])  # a damaged vector says nothing of the others
    told = np.concatenate(errors)
    if not len(told):
        return -np.inf, 0.0, 0.0
    return kth_best(np.concatenate(known), k), float(told.mean()), float(told.std())


def parts_of(segments: Iterable[Segment], where: Where) -> list[Part]:
    """The segments of which something is admitted."""
    parts = [Part(segment, segment.stretch(where)) for segment in segments]
    return [part for part in parts if part.count]
