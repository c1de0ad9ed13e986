"""Searches an index that lies in vector sets: asks the sets that may matter, and judges here."""

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from detectors.types import TrackKey
from retrieval.index.checking import check_query
from retrieval.index.sampling import ROWS_PER_DRAW, draw, looked_at, sample_of
from retrieval.index.scoring import ROUNDING, cosines, kth_best, order
from retrieval.index.vector_shards import (
    Directory,
    Found,
    SetAsked,
    SetName,
    VectorShards,
    by_shard,
    is_wanted,
    shard_of,
)
from retrieval.types import ScoredShot, Sighting, TrackSample, Vector, Where

T = TypeVar("T")

#: Asked of each set at first, beyond what is wanted: a tie across the cut is mostly seen at once.
SPARE = 8
#: And at most so many: whoever wants more is asked again for the sets that have more.
FIRST_AT_MOST = 1024
#: How often a search is made at most, where shots that it found are replaced meanwhile.
ATTEMPTS = 5
#: Sets are looked through for a sample until so many times the wanted shots are seen.
SAMPLE_FROM = 8

Asked = dict[int, list[SetAsked]]


class SetSearch:
    """The questions of the `Index` contract over `VectorShards`.

    Servers propose shots by exact search within the filters; what they propose is scored again from
    the vectors as they are kept, as by every other index. Shards that are away are left out;
    `missing` names them. Safe with any number of threads.
    """

    def __init__(self, model_id: str, dimension: int, shards: VectorShards) -> None:
        self._model_id, self._dimension = model_id, dimension
        self._shards = shards
        self._asking = threading.local()

    def part_of(self, camera_id: str) -> str:
        """The part that has a camera's shots, as `missing` names it."""
        return _named(shard_of(camera_id, self._shards.count))

    def missing(self) -> list[str]:
        """Parts that did not answer this thread in full since it asked last, in order."""
        found = sorted(getattr(self._asking, "missing", ()))
        self._asking.missing = set()
        return [_named(shard) for shard in found]

    def search(self, query: Vector, *, k: int, where: Where) -> list[ScoredShot]:
        """The `k` best admitted shots, by falling score; fewer if fewer are admitted.

        Raises:
            ModelMismatch: the query has another length than the vectors.
        """
        query = check_query(query, self._model_id, self._dimension)
        if k < 1 or _is_hopeless(where):
            return []
        if where.tracks is not None:
            return self.score_tracks(query, where.tracks, where=where)[:k]
        for _ in range(ATTEMPTS):
            asked, where = self._asked(where, count=min(k + SPARE, FIRST_AT_MOST))
            found, floor = self._nearest(query, asked, where, k)
            kept = [some for some in found if some[1].score >= floor]
            shots, went = self._scored(query, kept, where)
            # In a set that was not there yet may be what replaced a shot before its own was asked.
            if not went and _names(self._asked(where, count=0)[0]) == _names(asked):
                break
        return sorted(shots, key=order)[:k]

    def score_tracks(
        self, query: Vector, tracks: Collection[TrackKey], *, where: Where
    ) -> list[ScoredShot]:
        """Every admitted shot of `tracks`, by falling score.

        Raises:
            ModelMismatch: the query has another length than the vectors.
        """
        query = check_query(query, self._model_id, self._dimension)
        wanted = set(tracks) if where.tracks is None else where.tracks.intersection(tracks)
        if not wanted or _is_hopeless(where):
            return []
        parts = by_shard(wanted, self._shards.count)
        directories = self._directories(parts)
        where = _from_then(where, directories)
        asked = {part: parts[part] for part in directories}
        answers = self._answers(asked, self._shards.of_tracks(asked))
        some = [shot for shots in answers.values() for shot in shots if where.admits(shot)]
        return sorted(_scores(query, some), key=order)

    def sample_tracks(
        self, query: Vector, *, at_most: int, best_of: int, where: Where
    ) -> TrackSample:
        """What `at_most` admitted tracks score, or all if there are no more.

        Drawn evenly over the hours and, in an hour, over all of it. Where there are many times
        more shots than the draw wants, only some of the sets are looked through, at even distances.

        Raises:
            ModelMismatch: the query has another length than the vectors.
        """
        query = check_query(query, self._model_id, self._dimension)
        seen, share = self._seen_for_sample(query, at_most, where)
        drawn = draw([seen[at] for at in looked_at(len(seen), at_most).tolist()], at_most)
        shots = self.score_tracks(query, drawn, where=where)
        owners = [shot.sighting.shot.track for shot in shots]
        scores = np.array([shot.score for shot in shots], np.float64)
        known = round(len(seen) / share) if seen else 0
        return sample_of(drawn, owners, scores, admitted=known, best_of=best_of)

    def _answers(self, asked: Collection[int], answers: Mapping[int, T]) -> Mapping[int, T]:
        """What the shards say, noting those that say nothing."""
        self._note(part for part in asked if part not in answers)
        return answers

    def _note(self, parts: Iterable[int]) -> None:
        self._asking.missing = getattr(self._asking, "missing", set()).union(parts)

    def _directories(self, parts: Collection[int]) -> Mapping[int, Directory]:
        told = self._answers(parts, self._shards.directories(parts))
        self._note(part for part, directory in told.items() if directory.is_behind)
        return told

    def _asked(self, where: Where, *, count: int) -> tuple[Asked, Where]:
        """The sets that may hold what is wanted, and the filter as of what was forgotten."""
        parts = set(range(self._shards.count))
        if where.cameras is not None:
            parts = {shard_of(name, self._shards.count) for name in where.cameras}
        directories = self._directories(sorted(parts))
        where = _from_then(where, directories)
        asked: Asked = {}
        for part, directory in directories.items():
            # Oldest first: what replaces a shot is never in an older set than it.
            names = sorted(name for name in directory.sets if is_wanted(name, where))
            if names:
                asked[part] = [
                    SetAsked(name, count, directory.sets[name] <= where.now) for name in names
                ]
        return asked, where

    def _nearest(
        self, query: Vector, asked: Asked, where: Where, k: int
    ) -> tuple[list[tuple[int, Found]], float]:
        """Whatever may be among the `k` best, and below which score nothing is."""
        best: dict[tuple[int, SetName], list[Found]] = {}
        while True:
            answers = self._answers(asked, self._shards.nearest(query, asked, where))
            for part, lists in answers.items():
                for one, found in zip(asked[part], lists, strict=True):
                    best[part, one.name] = found
            scores = np.array([each.score for found in best.values() for each in found])
            floor = kth_best(scores, k) - 2 * ROUNDING
            asked = {
                part: more
                for part in answers
                if (more := _cut_short(asked[part], answers[part], floor))
            }
            if not asked:
                return [(part, each) for (part, _), some in best.items() for each in some], floor

    def _scored(
        self, query: Vector, found: Sequence[tuple[int, Found]], where: Where
    ) -> tuple[list[ScoredShot], bool]:
        """Shots by their exact scores, and whether one of them went meanwhile."""
        places: dict[int, list[tuple[SetName, str]]] = {}
        for part, one in found:
            places.setdefault(part, []).append((one.name, one.shot))
        answers = self._answers(places, self._shards.shots(places))
        kept = [shot for shots in answers.values() for shot in shots]
        some = [shot for shot in kept if shot is not None and where.admits(shot)]
        return _scores(query, some), None in kept

    def _seen_for_sample(
        self, query: Vector, at_most: int, where: Where
    ) -> tuple[list[TrackKey], float]:
        """Whose the admitted shots of some sets are, set by set, and the share of the sets."""
        if _is_hopeless(where):
            return [], 1.0
        asked, where = self._asked(where, count=0)
        every = [(part, one) for part, some in asked.items() for one in some]
        seen: dict[tuple[SetName, int], list[TrackKey]] = {}
        for some in _in_strides(every):
            more: Asked = {}
            for part, one in some:
                more.setdefault(part, []).append(one)
            answers = self._answers(more, self._shards.admitted(query, more, where))
            for part, lists in answers.items():
                for one, shots in zip(more[part], lists, strict=True):
                    seen[one.name, part] = [shot.track for shot in shots]
            if sum(map(len, seen.values())) >= at_most * ROWS_PER_DRAW * SAMPLE_FROM:
                break
        tracks = [track for at in sorted(seen) for track in seen[at]]
        if where.tracks is not None:
            tracks = [track for track in tracks if track in where.tracks]
        return tracks, len(seen) / max(len(every), 1)


def _named(part: int) -> str:
    return f"shard {part}"


def _is_hopeless(where: Where) -> bool:
    """Whether a filter names nothing at all."""
    names = (where.cameras, where.collections, where.tracks, where.zones)
    return any(some is not None and not some for some in names)


def _from_then(where: Where, directories: Mapping[int, Directory]) -> Where:
    """The filter, as of the latest instant by which something was forgotten."""
    told = [directory.expired_until for directory in directories.values()]
    return replace(where, now=max([where.now, *told]))


def _scores(query: Vector, sightings: Sequence[Sighting]) -> list[ScoredShot]:
    if not sightings:
        return []
    scores = cosines(np.stack([each.vector for each in sightings]), query)
    return [ScoredShot(each, float(score)) for each, score in zip(sightings, scores, strict=True)]


def _names(asked: Asked) -> dict[int, list[SetName]]:
    return {part: [one.name for one in some] for part, some in asked.items()}


def _cut_short(
    asked: Sequence[SetAsked], found: Sequence[Sequence[Found]], floor: float
) -> list[SetAsked]:
    """The sets that may hold more above `floor` than they were asked for; asked for twice that."""
    return [
        one._replace(at_most=one.at_most * 2)
        for one, some in zip(asked, found, strict=True)
        if len(some) == one.at_most and some[-1].score >= floor
    ]


def _in_strides(every: Sequence[T]) -> Iterator[list[T]]:
    """All of them: a few at even distances first, then those between, and so on."""
    step = 1
    while step * 16 < len(every):
        step *= 2
    yield list(every[::step])
    while step > 1:
        yield list(every[step // 2 :: step])
        step //= 2
