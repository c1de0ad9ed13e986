"""Looks through sealed segments, several at a time where there is much to look through."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import Protocol

import numpy as np

from detectors.types import TrackKey
from retrieval.index.proposing import Part, Spread, parts_of, proposed
from retrieval.index.sampling import draw, looked_at
from retrieval.index.scoring import Scores, kth_best
from retrieval.index.segment import Segment
from retrieval.index.vectors import Candidates
from retrieval.types import ScoredShot, Vector, Where

#: Below this many shots a thread costs more than it saves: a scan of them takes milliseconds.
WORTH_THREADS = 65_536


Found = list[tuple[Segment, Candidates]]
"""Segments, and of each whatever may be among the best."""


class Scan(Protocol):
    """Looks through segments: `best_in`, or what answers as it does."""

    def __call__(
        self, segments: Sequence[Segment], query: Vector, *, k: int, where: Where
    ) -> list[ScoredShot]:
        """The `k` best admitted shots, and perhaps more, in no order."""
        ...


class Ahead(Protocol):
    """Looks through some parts in a way of its own."""

    def __call__(
        self, parts: Sequence[Part], query: Vector, k: int, /
    ) -> tuple[Found, Sequence[Part]]:
        """What of some may be among the `k` best of them, and the others."""
        ...


def best_in(
    segments: Sequence[Segment], query: Vector, *, k: int, where: Where, ahead: Ahead | None = None
) -> list[ScoredShot]:
    """The `k` best admitted shots of segments, and perhaps more, in no order.

    Each segment proposes its own best; only what can be among the best of all is scored exactly.

    Args:
        segments: what is searched.
        query: (D,) of length 1.
        k: 1 or more.
        where: what is admitted.
        ahead: has the first look, if given.
    """
    found: Found = []
    left: Sequence[Part] = parts_of(segments, where)
    if ahead is not None:
        found, left = ahead(left, query, k)
    coded = [part for part in left if part.is_for_codes(k)]
    plain = [part for part in left if not part.is_for_codes(k)]
    for part in plain:
        part.segment.expect(part.admitted)
    spread = _spread(sum(part.count for part in plain))
    nearest = spread(partial(Part.nearest, query=query, k=k), plain)
    found += [(part.segment, near) for part, near in zip(plain, nearest, strict=True)]
    if coded:
        found += proposed(coded, query, k, _sure(found), _spread)
    floor = kth_best(_sure(found), k)
    shots: list[ScoredShot] = []
    for segment, near in found:
        rows = near.rows[near.scores + segment.slack >= floor]
        if len(rows):
            shots += segment.scored(query, rows, k)
    return shots


def tracks_drawn(
    segments: Sequence[Segment], in_head: Sequence[TrackKey], *, at_most: int, where: Where
) -> tuple[list[TrackKey], int]:
    """`at_most` tracks, drawn evenly over all admitted shots, and how many of these there are.

    Args:
        segments: which come first.
        in_head: the track of each admitted shot that is not sealed.
        at_most: tracks.
        where: what is admitted.
    """
    rows_of = [segment.admitted(where) for segment in segments]
    count = sum(map(len, rows_of)) + len(in_head)
    places, start = looked_at(count, at_most), 0
    seen: list[TrackKey] = []
    for segment, rows in zip(segments, rows_of, strict=True):
        here = places[(places >= start) & (places < start + len(rows))] - start
        seen += segment.tracks(rows[here])
        start += len(rows)
    seen += [in_head[at] for at in (places[places >= start] - start).tolist()]
    return draw(seen, at_most), count


def scores_in(
    segments: Sequence[Segment], query: Vector, tracks: Sequence[TrackKey], *, where: Where
) -> tuple[list[TrackKey], Scores]:
    """Whose each admitted shot of `tracks` is, and (M,) what they score."""
    owners: list[TrackKey] = []
    scores: list[Scores] = [np.empty(0)]
    for segment in segments:
        rows = segment.admitted(where, tracks)
        owners += segment.tracks(rows)
        scores.append(segment.scores(query, rows))
    return owners, np.concatenate(scores)


def _sure(found: Found) -> Scores:
    sure = [near.scores - segment.slack for segment, near in found]
    return np.concatenate([np.empty(0), *sure])


def _spread(rows: float) -> Spread:
    # FAISS lets go of the interpreter while it scans; for one query it takes one thread itself.
    return map if rows < WORTH_THREADS else _threads().map


@lru_cache(1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(len(os.sched_getaffinity(0)), thread_name_prefix="scan")
