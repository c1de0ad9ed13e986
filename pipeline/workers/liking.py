"""Searches with more than words: by a shot or a picture, and with judgements of hits.

Nothing is kept between searches: a request carries all judgements, so leaving one out undoes it,
and no other search knows of any.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from detectors.types import TrackKey
from pipeline.answers import HitAnswer, SearchRequest
from pipeline.errors import ConfigError
from pipeline.workers.changes import RANKED_BEFORE, told_changes, told_left_out
from pipeline.workers.likened import likeness_of, refuse_nonsense
from pipeline.workers.named_shots import NamedShots, like_of
from pipeline.workers.pictured import FindPeople
from retrieval.ports import Encoder, Index, SharedIndex
from retrieval.search.calibration import QueryKind
from retrieval.search.exact import find_tracks
from retrieval.search.feedback import moved_towards
from retrieval.search.likeness import compose
from retrieval.search.phrases import phrases_of
from retrieval.search.positive import ANYBODY, without_negations
from retrieval.types import Hit, Vector, Where

OF_BOTH = (
    "no probability: what a picture and words score together lies on a scale of its own, and "
    "nobody has fitted it"
)


@dataclass(frozen=True, slots=True, eq=False)
class Liked:
    """What such a search found.

    Attributes:
        hits: best first.
        query: the vector that found them.
        kind: what sort of query that is; None where it is the sentence as it is.
        is_judged: whether there are laws for its sort at all.
        ranks_before: rank of each track without the judgements; empty without any.
        notes: what was done, a line each.
    """

    hits: list[Hit]
    query: Vector
    kind: QueryKind | None
    is_judged: bool
    ranks_before: Mapping[TrackKey, int]
    notes: Sequence[str]


class Liking:
    """Answers searches with more than words."""

    def __init__(self, find_people: FindPeople, *, best_of: int) -> None:
        self._find_people, self._best_of = find_people, best_of

    def find(
        self,
        encoder: Encoder,
        index: Index,
        text: str,
        request: SearchRequest,
        where: Where,
        parts: SharedIndex | None = None,
    ) -> Liked:
        """The tracks that fit best.

        The track that is asked with, and those that were judged not to fit, are left out; as many
        others are found in their place.

        Args:
            encoder: makes vectors of words and pictures.
            index: has the vectors of shots.
            text: cleaned; may be empty where the request has a likeness.
            request: what is asked.
            where: what may be returned. The tracks named in the request need not lie in it.
            parts: the index again, where it lies in parts that may be away.

        Raises:
            ConfigError: names or fields that make no sense.
            NotFound: a track that is named is not in the index.
            QueryRefused: the picture cannot be searched with.
            StoreUnavailable: the part of the index that has a named track is away.
        """
        _refuse_nonsense(request)
        vectors = NamedShots(index, encoder.dimension, where.now, parts)
        yes, no = _named(request.more_like), _named(request.less_like)
        liked = frozenset({like_of(request.like)[0]} if request.like else ())
        fitting = vectors.of_tracks(yes)
        plain = self._plain(encoder, vectors, text, request)
        query = moved_towards(plain, fitting)
        hits = self._without(index, query, request.limit, where, liked | frozenset(no))
        ranks: dict[TrackKey, int] = {}
        if yes or no:
            most = max(RANKED_BEFORE, request.limit)
            before = self._without(index, plain, most, where, liked)
            ranks = {hit.track: hit.rank for hit in before}
        is_moved = query is not plain
        # A picture that was moved towards others is a picture still: it is like some shots.
        with_words = request.has_likeness and bool(_said(text))
        kinds = QueryKind.PICTURE if request.has_likeness else QueryKind.MOVED if is_moved else None
        done = [f"the query was moved towards {len(yes)} judged to fit"] if is_moved else []
        done += told_left_out(no)
        return Liked(
            hits=hits,
            query=query,
            kind=kinds,
            is_judged=not with_words,
            ranks_before=ranks,
            notes=[
                *([OF_BOTH] if with_words else []),
                *([f"{request.like} is asked with, and left out"] if request.like else []),
                *([f"judgements: {told_changes(done, hits, ranks)}"] if done else []),
            ],
        )

    def _plain(
        self, encoder: Encoder, vectors: NamedShots, text: str, request: SearchRequest
    ) -> Vector:
        """The query without judgements."""
        picture = likeness_of(encoder, vectors, request, self._find_people)
        if picture is None:
            return _words(encoder, text)
        if not _said(text):
            return picture
        return compose(picture, _words(encoder, text))

    def _without(
        self, index: Index, query: Vector, limit: int, where: Where, out: frozenset[TrackKey]
    ) -> list[Hit]:
        """The `limit` best tracks but those in `out`, exactly: at most so many more are found."""
        found = find_tracks(
            index, query, limit=limit + len(out), where=where, best_of=self._best_of
        )
        kept = [hit for hit in found if hit.track not in out][:limit]
        return [replace(hit, rank=rank) for rank, hit in enumerate(kept, start=1)]


def with_ranks_before(hits: list[HitAnswer], ranks: Mapping[TrackKey, int]) -> list[HitAnswer]:
    """The hits, each with its rank without the judgements."""
    if not ranks:
        return hits
    return [
        hit.model_copy(update={"rank_before": ranks.get(TrackKey.parse(hit.track))}) for hit in hits
    ]


def judged_not_to_fit(request: SearchRequest) -> frozenset[TrackKey]:
    """The tracks that are left out.

    Raises:
        ConfigError: a name is none.
    """
    return frozenset(_named(request.less_like))


def _said(text: str) -> str:
    """What of `text` should be seen; nothing where that is anybody."""
    seen = without_negations(text, phrases_of(text)) if text else ""
    return "" if seen == ANYBODY else seen


def _words(encoder: Encoder, text: str) -> Vector:
    """The vector of what of `text` should be seen."""
    (vector,) = encoder.encode_texts([without_negations(text, phrases_of(text))])
    return cast(Vector, vector)


def _named(names: Sequence[str]) -> list[TrackKey]:
    """Each track once, in one order whatever that of the names."""
    return sorted({like_of(name)[0] for name in names})


def _refuse_nonsense(request: SearchRequest) -> None:
    refuse_nonsense(request)
    if request.answers:
        raise ConfigError(
            "--answer is about a description: leave out --like, --picture and --more, or the answer"
        )
    both = set(_named(request.more_like)) & set(_named(request.less_like))
    if both:
        raise ConfigError(f"{min(both)} is judged both --more and --less: leave one out")
