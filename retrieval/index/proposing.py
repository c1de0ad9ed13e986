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
from numpy.typing import NDArray

from retrieval.index.filters import Admitted
from retrieval.index.looks import NOTHING, Found, Look, Looks, Places, joined, look_at
from retrieval.index.scoring import Scores
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
        return 0 if codes is None else codes.codes

    def is_for_codes(self, k: int) -> bool:
        """Whether its codes are worth scanning for the `k` best."""
        codes = self.segment.codes
        if codes is None or self.count < NARROW * len(codes):
            return False
        return 2 * k * FETCHING_COSTS < self.count

    @property
    def error(self) -> float:
        """How far a vector lies from its code, usually."""
        codes = self.segment.codes
        return 0.0 if codes is None else codes.errors.rows

    def look(self, query: Vector, fetch: int) -> Look:
        """The codes of about so many admitted rows."""
        fetched = fetch * self.segment.entry.shots // self.count
        return look_at(self.segment, self.admitted, query, fetched)

    def nearest(self, query: Vector, k: int) -> Candidates:
        """Without its codes."""
        return self.segment.nearest(query, k=k, admitted=self.admitted)


def proposed(
    parts: Sequence[Part], query: Vector, k: int, sure: Scores, spread: Callable[[float], Spread]
) -> list[tuple[Segment, Candidates]]:
    """Every row of coded segments that may be among the `k` best, and perhaps more.

    Args:
        parts: what is searched by its codes, one at least.
        query: (D,) of length 1.
        k: 1 or more.
        sure: (M,) scores that others, found elsewhere, have at least.
        spread: says how to call what takes as long as a scan of so many vectors.
    """
    first = max(FETCHED_FIRST, FETCHING_COSTS * 2 * k // len(parts))
    scan = spread(sum(part.codes for part in parts) * CODE_SHARE)
    each = list(scan(lambda part: part.look(query, first), parts))
    places = Places([part.segment for part in parts], [part.admitted for part in parts])
    looks = Looks(places, each)
    measured, error = _measured(places, looks, query, k)
    needed = _needed(parts, places.kth_best(measured, k, sure), error, len(query))
    found = [measured]
    hard = np.flatnonzero(looks.lowest > needed).tolist()
    if hard:
        again = spread(sum(parts[n].admitted.of for n in hard))
        wider = again(lambda n: _wider(parts[n], each[n], query, k, float(needed[n])), hard)
        for number, more in zip(hard, wider, strict=True):
            is_whole = isinstance(more, Candidates)
            each[number] = NOTHING if is_whole else more
            found += [places.found(number, more)] if is_whole else []
        looks = Looks(places, each)
    wanted, _ = looks.rows(looks.reaching(needed))
    # What was measured is not scored again.
    wanted = np.setdiff1d(np.concatenate([wanted, places.strange]), measured.ids)
    found.append(places.score(query, wanted, k))
    return places.split(joined(found), k, sure)


def _measured(
    places: Places, looks: Looks, query: Vector, k: int
) -> tuple[Found, NDArray[np.float64]]:
    """Rows of the best codes, and by how much more each scores than its code."""
    cut = _cut(looks, max(2 * k, MEASURED_BY))
    ids, told = looks.rows(looks.scores >= cut)
    scores = places.products(query, ids)
    off = scores.astype(np.float64) - told
    # A damaged vector says nothing of the others.
    return Found(ids, scores), off[np.isfinite(off)]


def _cut(looks: Looks, rows: int) -> float:
    """What the codes of so many admitted rows score, if there are as many; else the last of all."""
    if not len(looks.scores):
        return -np.inf
    best = np.argsort(-looks.scores, kind="stable")
    so_many = np.cumsum(looks.counts[best])
    return float(looks.scores[best[min(int(np.searchsorted(so_many, rows)), len(best) - 1)]])


def _needed(
    parts: Sequence[Part], floor: float, error: NDArray[np.float64], dimension: int
) -> Scores:
    """(P,) what a code of each part scores at least of a row that may be among the best.

    Args:
        parts: P of them.
        floor: what these score at least; −inf if nothing is known.
        error: by how much more rows score than their codes, of those that were measured.
        dimension: D.
    """
    if not len(error):
        return np.full(len(parts), -np.inf)
    # An error that lies in no direction more than in another, seen from the query.
    usual = np.array([part.error for part in parts]) / math.sqrt(dimension)
    needed: Scores = floor - max(error.mean(), 0.0) - USUAL_TIMES * np.maximum(error.std(), usual)
    return needed


def _wider(part: Part, look: Look, query: Vector, k: int, need: float) -> Look | Candidates:
    """More codes, until none that was not fetched matters; or the rows, where that is as fast."""
    while look.lowest > need:
        more = 4 * look.fetched
        if more * FETCHING_COSTS > part.count:
            part.segment.expect(part.admitted)
            return part.nearest(query, k)
        look = look_at(part.segment, part.admitted, query, more)
    return look


def parts_of(segments: Iterable[Segment], where: Where) -> list[Part]:
    """The segments of which something is admitted."""
    parts = [Part(segment, segment.stretch(where)) for segment in segments]
    return [part for part in parts if part.count]
