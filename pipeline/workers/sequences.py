"""Searches for people who were seen on one camera and then on others: which hits went that way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from pipeline.answers import SearchAnswer, SearchRequest
from pipeline.errors import ConfigError
from pipeline.workers.cautions import Trust
from pipeline.workers.journeying import ByDay, Journeying, Journeys
from pipeline.workers.onward_tracks import Seen, TrackTimes
from pipeline.workers.presenting import seen_between, thumbnail_url
from pipeline.workers.ways import Way
from pipeline.workers.weighing import Found
from retrieval.ports import Index
from retrieval.search.person_links import Glimpse
from retrieval.types import Hit, Where

#: Hits that are followed, or as many as are asked for: who went that way need not rank first.
FOLLOWED = 50

#: Of a path: below, it is likelier that nobody of these went that way.
LIKELY = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """Where the hits of an answer went.

    Attributes:
        journeys: a way for each hit, in the same order; None where none was asked for.
    """

    journeys: Journeys | None = None

    @property
    def notes(self) -> Sequence[str]:
        """What to know of it."""
        return self.journeys.notes if self.journeys else ()

    @property
    def no_match(self) -> bool:
        """Whether most likely nobody went that way; not while that is open."""
        if self.journeys is None or self.journeys.by is None or self.is_open:
            return False
        return self.journeys.anybody < LIKELY

    @property
    def is_open(self) -> bool:
        """Whether somebody may have gone that way unseen, or may do so yet."""
        return self.journeys is not None and self.journeys.is_open


NO_PATHS = Followed()


class Sequences:
    """Keeps of what was found who then went on as asked."""

    def __init__(
        self, store: TrackTimes, journeying: Journeying, travel: Callable[[], ByDay]
    ) -> None:
        """With the times of tracks, what follows them, and what was learnt of travel, by day."""
        self._store, self._journeying, self._travel = store, journeying, travel

    def follow(
        self, index: Index, trust: Trust, found: Found, request: SearchRequest, where: Where
    ) -> tuple[Found, Followed]:
        """The hits that have a way over all legs, likeliest first, at most as many as asked for.

        A path is as likely as its hit fits and its links hold. Where either cannot be told, the
        order is that of the hits.

        Raises:
            StoreUnavailable: Redis is away.
        """
        records = self._store.get_many([hit.track for hit in found.hits])
        starts = [_seen(hit, *seen_between(hit, records.get(hit.track))) for hit in found.hits]
        later = Where(now=where.now, collections=where.collections)
        journeys = self._journeying.follow(
            index, trust, starts, request.then, later, self._travel()
        )
        ways = sorted(journeys.ways, key=lambda way: (-_likely(way, found), way.start))
        ways = ways[: request.limit]
        return _only(found, [way.start for way in ways]), Followed(replace(journeys, ways=ways))


def first_leg(request: SearchRequest) -> SearchRequest:
    """What is searched before anybody is followed: more hits than are shown."""
    if not request.then:
        return request
    return request.model_copy(update={"limit": max(request.limit, FOLLOWED)})


def refuse_odd_legs(request: SearchRequest) -> None:
    """See that the legs of a request make sense.

    Raises:
        ConfigError: they do not.
    """
    if not request.then:
        return
    if request.live:
        raise ConfigError(
            "--live asks for people in view now, who were not seen anywhere since: leave out "
            "--live or --then"
        )
    first = request.cameras[0] if len(set(request.cameras)) == 1 else None
    names = [first, *(leg.camera for leg in request.then)]
    for one, other in pairwise(names):
        if one == other:
            raise ConfigError(
                f"camera {other!r} twice in a row: people are linked from one camera to another, "
                "so name one between"
            )


def with_paths(answer: SearchAnswer, followed: Followed) -> SearchAnswer:
    """The answer with where its hits went."""
    journeys = followed.journeys
    if journeys is None:
        return answer
    hits = [
        hit.model_copy(
            update={
                "path": way.steps(thumbnail_url),
                "path_confidence": None if way.confidence is None else round(way.confidence, 4),
            }
        )
        for hit, way in zip(answer.hits, journeys.ways, strict=True)
    ]
    update = {"hits": hits, "legs": list(journeys.legs), "paths_by": journeys.by}
    return answer.model_copy(update=update)


def _seen(hit: Hit, first_at: float, last_at: float) -> Seen:
    shots = np.stack([scored.sighting.vector for scored in hit.shots])
    return Seen(Glimpse(hit.track, shots, first_at, last_at), hit.shots[0].sighting.picture)


def _likely(way: Way, found: Found) -> float:
    """By which paths are put in order; 0 where nothing tells."""
    if way.confidence is None or found.judgement is None:
        return 0.0
    return way.confidence * found.judgement.probabilities[way.start]


def _only(found: Found, places: Sequence[int]) -> Found:
    """Some of what was found, in another order, ranked from 1."""
    judgement = found.judgement
    if judgement is not None:
        chances = tuple(judgement.probabilities[at] for at in places)
        judgement = replace(judgement, probabilities=chances)
    return replace(
        found,
        hits=[replace(found.hits[at], rank=rank) for rank, at in enumerate(places, start=1)],
        judgement=judgement,
        evidence=[found.evidence[at] for at in places] if found.evidence else (),
        undecided=None,  # a question is chosen for whoever fits, wherever they went
    )
