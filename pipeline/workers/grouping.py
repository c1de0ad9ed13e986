"""Puts the hits of an answer together that are probably of the same person."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from detectors.types import TrackKey
from pipeline.answers import HitAnswer, SearchAnswer
from pipeline.person_answers import PersonAnswer, StepAnswer
from pipeline.store.track_record import TrackRecord
from pipeline.workers.cautions import Trust
from pipeline.workers.presenting import seen_between
from retrieval.ports import Index
from retrieval.search.person_links import NO_VIEWS, Glimpse, Views, pairs_of
from retrieval.search.persons import Person, alone, group
from retrieval.search.usual_likeness import usual_likeness
from retrieval.types import Hit, Where

#: Tracks of the index that the best hit is held against: a median to a tenth of a spread.
SAMPLED_TRACKS = 128

By = Literal["fitted", "rough"]


class Grouping:
    """Groups hits."""

    def __init__(self, *, best_of: int, sharing: Views = NO_VIEWS) -> None:
        """With shots of a track that speak for it, and cameras that see the same ground."""
        self._best_of, self._sharing = best_of, sharing

    def group(
        self,
        index: Index,
        trust: Trust,
        hits: Sequence[Hit],
        records: Mapping[TrackKey, TrackRecord],
        where: Where,
    ) -> tuple[list[Person], By | None]:
        """Everybody among `hits`, places among them, and by what law; None: everybody alone.

        Args:
            index: where the hits were found.
            trust: what likenesses of its encoder mean.
            hits: best first.
            records: what is stored of their tracks, where anything is.
            where: what was searched.
        """
        calibration = trust.calibration
        if calibration is None or not hits:
            return alone(len(hits)), None
        by: By = "fitted" if calibration.links.is_fitted else "rough"
        if len(hits) == 1:
            return alone(1), by
        glimpses = [_glimpse(hit, records.get(hit.track)) for hit in hits]
        directions = [one.direction for one in glimpses]
        # One look at the index: each costs as much as a search.
        sample = index.sample_tracks(
            directions[0], at_most=SAMPLED_TRACKS, best_of=self._best_of, where=where
        )
        usual = usual_likeness(directions, sample, calibration.background)
        if usual is None:
            return alone(len(hits)), None
        tracks = max(len(hits), sample.tracks)
        pairs = pairs_of(glimpses, usual, tracks=tracks, sharing=self._sharing)
        return group(len(hits), pairs, calibration.links), by


def with_persons(answer: SearchAnswer, people: Sequence[Person], by: By | None) -> SearchAnswer:
    """The answer with who is probably whom; people by their best hit.

    Args:
        answer: hits by rank.
        people: places among its hits.
        by: what they were told by.
    """
    hits = list(answer.hits)
    persons = []
    for number, person in enumerate(people, start=1):
        name, own = f"p{number}", [answer.hits[at] for at in person.members]
        for at, chance in zip(person.members, person.chances, strict=True):
            marks = {"person": name, "person_chance": _rounded(chance)}
            hits[at] = hits[at].model_copy(update=marks)
        persons.append(
            PersonAnswer(
                person=name,
                confidence=_rounded(person.confidence),
                hits=[hit.rank for hit in own],
                path=[_step(hit) for hit in sorted(own, key=_when)],
            )
        )
    return answer.model_copy(update={"hits": hits, "persons": persons, "persons_by": by})


def _glimpse(hit: Hit, record: TrackRecord | None) -> Glimpse:
    first_at, last_at = seen_between(hit, record)
    shots = np.stack([scored.sighting.vector for scored in hit.shots])
    return Glimpse(hit.track, shots, first_at, last_at)


def _step(hit: HitAnswer) -> StepAnswer:
    return StepAnswer(
        track=hit.track,
        camera=hit.camera,
        first_seen_at=hit.first_seen_at,
        last_seen_at=hit.last_seen_at,
        rank=hit.rank,
    )


def _when(hit: HitAnswer) -> tuple[str, str, int]:
    # Instants of one form: as texts they sort as times.
    return hit.first_seen_at, hit.last_seen_at, hit.rank


def _rounded(chance: float | None) -> float | None:
    return None if chance is None else round(chance, 4)
