"""Ranking measures from vectors: rank-k, mAP and mINP, a few queries at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import DatasetUnusable
from retrieval.types import Vectors

Scores = NDArray[np.float32]
Identities = NDArray[np.int64]
Report = Callable[[float, float | None], None]
"""Told how much is done, and of how much."""

#: The ranks of a CMC curve, where the gallery has so many pictures.
RANKS = 100
#: Edges of the histograms: bins of 0.01 over every cosine similarity there is.
SCORE_EDGES: NDArray[np.float64] = np.linspace(-1.0, 1.0, 201)
_INNER_EDGES = SCORE_EDGES[1:-1].astype(np.float32)
#: Scores held at once, about 200 MB with their copies, however large the gallery.
_SCORES_AT_ONCE = 1 << 24


@dataclass(frozen=True, slots=True, eq=False)
class RankMetrics:
    """How well queries find what is theirs in one gallery; Q counts queries with a match only.

    Attributes:
        cmc: (K,) per cent of queries with a match among the first 1, 2, ... K; K is 100 or the
            size of a smaller gallery.
        map: mean over queries of average precision, per cent.
        minp: mean over queries of matches / rank of the last match, per cent.
        queries: Q.
        queries_without_match: queries whose person is not in the gallery; in no other figure.
        best_own: (Q,) the best score among a query's matches.
        best_other: (Q,) the best score among all others; -inf where there are none.
        match_counts: (200,) scores of matches between `SCORE_EDGES`.
        other_counts: (200,) the same of all others.
    """

    cmc: NDArray[np.float64]
    map: float
    minp: float
    queries: int
    queries_without_match: int
    best_own: Scores
    best_other: Scores
    match_counts: NDArray[np.int64]
    other_counts: NDArray[np.int64]

    @property
    def r1(self) -> float:
        """Rank-1, per cent."""
        return self.rank(1)

    @property
    def r5(self) -> float:
        """Rank-5, per cent."""
        return self.rank(5)

    @property
    def r10(self) -> float:
        """Rank-10, per cent."""
        return self.rank(10)

    def rank(self, k: int) -> float:
        """Per cent of queries with a match among the first `k`, 1 to 100."""
        return float(self.cmc[min(k, len(self.cmc)) - 1])

    def to_mapping(self) -> dict[str, float]:
        """The figures that papers print, by the names of a file."""
        return {"r1": self.r1, "r5": self.r5, "r10": self.r10, "map": self.map, "minp": self.minp}


def ignore(_done: float, _total: float | None) -> None:
    """Tell nobody."""


def rank_metrics(
    queries: Vectors,
    gallery: Vectors,
    query_identities: Identities,
    gallery_identities: Identities,
    *,
    chunk: int = 256,
    report: Report = ignore,
) -> RankMetrics:
    """Rank the whole gallery by cosine similarity for every query.

    The measures are those of the GA-DMS paper and of IRRA: no picture is left out, the query's
    own included, and a match is any picture of the same person.

    Of equal scores, what is no match stands ahead: a model that scores everything alike finds
    nothing, and never does the order of the files help it. Sums are made in double precision and
    then rounded, so that equal pictures get equal scores wherever they stand.

    Args:
        queries: (Q, D) of length 1.
        gallery: (G, D) of length 1.
        query_identities: (Q,).
        gallery_identities: (G,).
        chunk: queries compared at once, at most; it changes nothing but the memory.
        report: told the queries done, and Q.

    Raises:
        ValueError: a vector has not the length 1, or shapes do not fit.
        DatasetUnusable: no query has a match.
    """
    for name, vectors in (("queries", queries), ("gallery", gallery)):
        check_unit(name, vectors)
    wide = gallery.T.astype(np.float64)  # (D, G)

    def scores_of(part: slice) -> Scores:
        scores: Scores = (queries[part].astype(np.float64) @ wide).astype(np.float32)
        return scores

    _check_identities(query_identities, len(queries))
    _check_identities(gallery_identities, len(gallery))
    return _measure(scores_of, query_identities, gallery_identities, chunk, report)


def metrics_of_similarity(
    similarity: Scores, query_identities: Identities, gallery_identities: Identities
) -> RankMetrics:
    """The same from scores that are there already.

    Args:
        similarity: (Q, G), higher is nearer.
        query_identities: (Q,).
        gallery_identities: (G,).

    Raises:
        ValueError: a score is no number, or shapes do not fit.
        DatasetUnusable: no query has a match.
    """
    if similarity.ndim != 2 or not np.isfinite(similarity).all():
        raise ValueError("similarity is no (Q, G) of numbers")
    _check_identities(query_identities, similarity.shape[0])
    _check_identities(gallery_identities, similarity.shape[1])

    def scores_of(part: slice) -> Scores:
        return similarity[part].astype(np.float32)  # a copy: rows are sorted in place

    return _measure(scores_of, query_identities, gallery_identities, RANKS, ignore)


def average_precision(ranks: Sequence[int] | NDArray[np.integer], expected: int) -> float:
    """The mean of the precision at each expected hit, those not found counting 0.

    The area under the curve of precision over recall, as rankings are scored in
    "Introduction to Information Retrieval" (Manning, Raghavan, Schütze 2008), section 8.4.

    >>> average_precision([1, 4], expected=2)
    0.75

    Args:
        ranks: from 1, rising, of the expected that were found.
        expected: how many there are; with none the precision is 0.
    """
    if not expected:
        return 0.0
    hits = np.arange(1, len(ranks) + 1)
    return float((hits / np.asarray(ranks)).sum() / expected)


def check_unit(name: str, vectors: Vectors) -> None:
    """Refuse vectors (N, D) that are not of length 1, within what half precision rounds.

    Raises:
        ValueError: one is not, or holds values that are no numbers; `name` says of what.
    """
    if vectors.ndim != 2:
        raise ValueError(f"{name} are {vectors.shape}, not (N, D)")
    squares = np.einsum("nd,nd->n", vectors, vectors)  # (N,)
    wrong = ~(abs(squares - 1.0) <= 2e-2)  # NaN fails too
    if wrong.any():
        place = int(wrong.argmax())
        raise ValueError(
            f"vector {place} of the {name} has length {squares[place] ** 0.5:.4f}, not 1"
        )


class _Tally:
    """What is kept of each query, filled row by row."""

    def __init__(self, queries: int) -> None:
        self.first_rank = np.zeros(queries, np.int64)
        self.average_precision = np.zeros(queries)
        self.inverse_penalty = np.zeros(queries)
        self.best_own = np.full(queries, -np.inf, np.float32)
        self.best_other = np.full(queries, -np.inf, np.float32)
        self.match_counts = np.zeros(len(SCORE_EDGES) - 1, np.int64)
        self.other_counts = np.zeros(len(SCORE_EDGES) - 1, np.int64)

    def take(self, query: int, row: Scores, matches: NDArray[np.intp]) -> None:
        """Measure one query; `row` (G,) is used up, `matches` are its places of the same person.

        Only the scores of the others are sorted: a match stands behind as many of them as score
        no less, and behind the matches before it.
        """
        own = np.sort(row[matches])
        row[matches] = -np.inf
        row.sort()
        others = row[len(own) :]
        hits = np.arange(1, len(own) + 1)
        ahead = len(others) - np.searchsorted(others, own[::-1], side="left")
        ranks = ahead + hits
        self.first_rank[query] = ranks[0]
        self.average_precision[query] = average_precision(ranks, len(own))
        self.inverse_penalty[query] = len(own) / ranks[-1]
        self.best_own[query] = own[-1]
        if len(others):
            self.best_other[query] = others[-1]
        self.match_counts += _histogram(own)
        self.other_counts += _histogram(others)

    def metrics(self, gallery: int) -> RankMetrics:
        """The figures over every query that had a match."""
        seen = self.first_rank > 0
        count = int(seen.sum())
        ranks = min(RANKS, gallery)
        at_rank = np.bincount(self.first_rank[seen], minlength=ranks + 1)[1 : ranks + 1]
        return RankMetrics(
            cmc=100 * at_rank.cumsum() / count,
            map=100 * float(self.average_precision[seen].mean()),
            minp=100 * float(self.inverse_penalty[seen].mean()),
            queries=count,
            queries_without_match=len(seen) - count,
            best_own=self.best_own[seen],
            best_other=self.best_other[seen],
            match_counts=self.match_counts,
            other_counts=self.other_counts,
        )


def _measure(
    scores_of: Callable[[slice], Scores],
    query_identities: Identities,
    gallery_identities: Identities,
    chunk: int,
    report: Report,
) -> RankMetrics:
    if chunk < 1:
        raise ValueError(f"chunk is {chunk}, not at least 1")
    by_identity = np.argsort(gallery_identities, kind="stable")  # (G,)
    ordered = gallery_identities[by_identity]
    starts = np.searchsorted(ordered, query_identities, side="left")  # (Q,)
    ends = np.searchsorted(ordered, query_identities, side="right")  # (Q,)
    if not (starts < ends).any():
        raise DatasetUnusable(
            f"none of {len(query_identities):,} queries has a match among "
            f"{len(gallery_identities):,} in the gallery; check the identities"
        )
    count, tally = len(query_identities), _Tally(len(query_identities))
    rows = max(1, min(chunk, _SCORES_AT_ONCE // len(gallery_identities)))
    for first in range(0, count, rows):
        scores = scores_of(slice(first, first + rows))
        for query, row in enumerate(scores, first):
            if starts[query] < ends[query]:
                tally.take(query, row, by_identity[starts[query] : ends[query]])
        report(min(first + rows, count), count)
    return tally.metrics(len(gallery_identities))


def _histogram(ordered: Scores) -> NDArray[np.int64]:
    """(200,) how many of the rising scores lie between each two of `SCORE_EDGES`."""
    below = np.searchsorted(ordered, _INNER_EDGES, side="left")
    return np.diff(below, prepend=0, append=len(ordered)).astype(np.int64)


def _check_identities(identities: Identities, count: int) -> None:
    if identities.shape != (count,):
        raise ValueError(f"{identities.shape} identities for {count} vectors")
