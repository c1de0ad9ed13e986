"""Follows hits from camera to camera: who was then seen there, as probably the same person."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipeline.coverage import CameraCoverage, Interval, join_intervals
from pipeline.journey_answers import LegAnswer, ThenLeg, TravelUsedAnswer
from pipeline.workers.cautions import Trust
from pipeline.workers.onward_tracks import Candidates, Seen, TrackTimes, candidates
from pipeline.workers.travel_days import day_of, of_other_days
from pipeline.workers.ways import Way, anybody, best_of_each, few_of_each
from retrieval.ports import Index
from retrieval.search.background import Spread
from retrieval.search.journeys import onward
from retrieval.search.person_links import NO_VIEWS, ROUGH_LINKS, LinkLaw, Views
from retrieval.search.travel import LEAST_LINKS, TravelPrior, TravelTimes
from retrieval.search.usual_likeness import usual_likeness
from retrieval.types import Where

#: Tracks that each track may be followed to: who lies behind the third is not the person's.
BREADTH = 3

#: Tracks of the index that the best hit is held against, as for persons.
SAMPLED_TRACKS = 128

By = Literal["fitted", "rough"]
Cover = Callable[[str, Sequence[str], float, float], Sequence[CameraCoverage]]
"""What a camera saw for some collections (none given: all) between two instants."""
ByDay = Mapping[str, Mapping[tuple[str, str], TravelTimes]]

NOTHING_TELLS = (
    "who is the same person cannot be told: the model is untrained, or too few tracks are there to "
    "hold likenesses against; each path goes to the tracks that look most alike, without a chance"
)


@dataclass(frozen=True, slots=True, eq=False)
class Journeys:
    """What following some hits came to.

    Attributes:
        ways: at most one a hit, the likeliest, in the order of the hits.
        legs: what was looked at for each.
        by: the law that told; None where nothing did.
        notes: what to know of it.
        anybody: how likely the likeliest hit went on by any way at all; tracks of one person on a
            camera share their chance.
        is_open: whether a camera was blind for half of a leg's time or more, or some of the time
            is still to come.
    """

    ways: Sequence[Way]
    legs: Sequence[LegAnswer]
    by: By | None
    notes: Sequence[str]
    anybody: float = 0.0
    is_open: bool = False


@dataclass(slots=True)
class _Counted:
    """What following one leg pruned and used."""

    two_places: int = 0
    too_fast: int = 0
    travel: dict[str, TravelTimes] = field(default_factory=dict)


class Journeying:
    """Follows tracks over the legs of a request."""

    def __init__(
        self, store: TrackTimes, cover: Cover, *, best_of: int, sharing: Views = NO_VIEWS
    ) -> None:
        """With times of tracks, what cameras saw, shots that speak for one, and shared ground."""
        self._store, self._cover = store, cover
        self._best_of, self._sharing = best_of, sharing

    def follow(
        self,
        index: Index,
        trust: Trust,
        starts: Sequence[Seen],
        legs: Sequence[ThenLeg],
        where: Where,
        travel: ByDay,
    ) -> Journeys:
        """The likeliest way of each start over all legs, for those that have one.

        Args:
            index: where the starts were found.
            trust: what likenesses of its encoder mean.
            starts: hits, best first.
            legs: cameras to be seen on next, in order.
            where: what may be returned of later legs.
            travel: what was learnt, by day.

        Raises:
            StoreUnavailable: Redis is away.
        """
        ways = [Way(at, (one,)) for at, one in enumerate(starts)]
        usual, by = self._usual(index, trust, starts, where)
        answers: list[LegAnswer] = []
        notes = [] if usual or not starts else [NOTHING_TELLS]
        likely, is_open = 0.0, False
        for leg in legs:
            ways = [way for way in ways if way.seen[-1].glimpse.track.camera_id != leg.camera]
            spans = [_span(way, leg) for way in ways]
            direction = starts[0].glimpse.direction if starts else None
            if direction is None:
                there = Candidates([], 0, 0, is_cut=False)
            else:
                there = candidates(self._store, index, direction, leg.camera, spans, where)
            counted = _Counted()
            law = trust.calibration.links if trust.calibration else ROUGH_LINKS
            ways = [
                longer
                for way, some in zip(ways, there.of_spans, strict=True)
                for longer in self._longer(way, some, leg, usual, law, travel, counted)
            ]
            likely = anybody(ways)
            ways = few_of_each(ways, BREADTH)
            told, more = self._told(leg, spans, there, counted, where)
            answers.append(told)
            notes += more
            is_open |= _is_open(told)
        return Journeys(best_of_each(ways), answers, by, notes, likely, is_open)

    def _usual(
        self, index: Index, trust: Trust, starts: Sequence[Seen], where: Where
    ) -> tuple[Spread | None, By | None]:
        if trust.calibration is None or not starts:
            return None, None
        directions = [one.glimpse.direction for one in starts]
        sample = index.sample_tracks(
            directions[0], at_most=SAMPLED_TRACKS, best_of=self._best_of, where=where
        )
        usual = usual_likeness(directions, sample, trust.calibration.background)
        by: By = "fitted" if trust.calibration.links.is_fitted else "rough"
        return usual, by if usual else None

    def _longer(
        self,
        way: Way,
        some: Sequence[Seen],
        leg: ThenLeg,
        usual: Spread | None,
        law: LinkLaw,
        travel: ByDay,
        counted: _Counted,
    ) -> Iterator[Way]:
        """The ways that go on from `way`, likeliest first."""
        last = way.seen[-1].glimpse
        camera = last.track.camera_id
        days = {day_of(last.first_at), day_of(last.last_at), day_of(last.last_at + leg.within_s)}
        times = of_other_days(travel, (camera, leg.camera), days)
        known = counted.travel.get(camera)
        if known is None or times.links < known.links:
            counted.travel[camera] = times
        onto = onward(
            last,
            [one.glimpse for one in some],
            usual,
            law,
            shares_ground=frozenset((camera, leg.camera)) in self._sharing,
            prior=TravelPrior(times, law) if times.is_enough else None,
        )
        counted.two_places += onto.two_places
        counted.too_fast += onto.too_fast
        for at in onto.best(BREADTH):
            chance = float(onto.chances[at]) if usual else None
            odds = float(onto.log_odds[at]) if chance is None else math.log(max(chance, 1e-12))
            yield Way(way.start, (*way.seen, some[at]), (*way.links, chance), way.odds + odds)

    def _told(
        self,
        leg: ThenLeg,
        spans: Sequence[Interval],
        there: Candidates,
        counted: _Counted,
        where: Where,
    ) -> tuple[LegAnswer, list[str]]:
        asked = join_intervals(spans)
        ahead_s = math.fsum(max(0.0, until - max(since, where.now)) for since, until in asked)
        blind_s = self._blind_s(leg.camera, asked, where)
        travel = [
            TravelUsedAnswer(from_camera=name, links=times.links, fastest_s=_rounded(times))
            for name, times in sorted(counted.travel.items())
        ]
        notes = [
            f"{leg.camera}: nobody is pruned as too fast from {one.from_camera}: {one.links} links "
            f"of other days are known, {LEAST_LINKS} are needed"
            for one in travel
            if one.fastest_s is None
        ]
        if blind_s:
            notes.append(
                f"{leg.camera} was blind for {blind_s:.0f} s of the time asked about: somebody may "
                "have passed unseen"
            )
        if ahead_s:
            notes.append(f"{leg.camera}: {ahead_s:.0f} s of the time asked about are still to come")
        if there.is_cut:
            notes.append(f"{leg.camera}: so many came that only the first after each were judged")
        answer = LegAnswer(
            camera=leg.camera,
            within_s=leg.within_s,
            tracks=there.tracks,
            tracks_judged=there.judged,
            two_places=counted.two_places,
            too_fast=counted.too_fast,
            asked_s=round(sum(until - since for since, until in asked), 3),
            blind_s=round(blind_s, 3),
            ahead_s=round(ahead_s, 3),
            travel=travel,
        )
        return answer, notes

    def _blind_s(self, camera: str, asked: Sequence[Interval], where: Where) -> float:
        if not asked:
            return 0.0
        covered = self._cover(camera, sorted(where.collections or ()), asked[0][0], asked[-1][1])
        blind = [gap for one in covered for gap in one.blind]
        return math.fsum(
            max(0.0, min(until, end) - max(since, begin))
            for since, until in asked
            for begin, end in blind
        )


def _span(way: Way, leg: ThenLeg) -> Interval:
    last = way.seen[-1].glimpse
    return last.first_at, last.last_at + leg.within_s


def _is_open(leg: LegAnswer) -> bool:
    return leg.ahead_s > 0 or (leg.asked_s > 0 and 2 * leg.blind_s >= leg.asked_s)


def _rounded(times: TravelTimes) -> float | None:
    return None if times.fastest_s is None else round(times.fastest_s, 1)
