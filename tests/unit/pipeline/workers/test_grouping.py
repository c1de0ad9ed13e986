"""pipeline.workers.grouping: hits of an index that are probably of the same person."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.types import TrackKey
from pipeline.answers import CoverageAnswer, ModelAnswer, SearchAnswer
from pipeline.store.track_record import TrackRecord
from pipeline.workers.cautions import Trust
from pipeline.workers.grouping import Grouping, with_persons
from pipeline.workers.presenting import hit_answers
from retrieval.index.flat import FlatIndex
from retrieval.search.background import Strangers
from retrieval.search.calibration import Calibration, Law, rough_calibration
from retrieval.search.exact import find_tracks
from retrieval.search.person_links import LinkLaw
from retrieval.types import Where
from tests.data.make_sightings import shot_of

MODEL, D = "m@1", 64
LAW = Law(-7.0, 1.0, 0.0, -0.5)
LINKS = LinkLaw(-8.0, 0.0, 10.0, 6.0, -0.4, 0.0, longest_gap_s=600.0, joins_at=0.0)
WHERE = Where(now=0.0)


def faces(seed, count):
    vectors = np.random.default_rng(seed).standard_normal((count, D))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


ANNA, OTTO = faces(1, 2)
TRUST = Trust(
    Calibration(MODEL, Strangers.of_one_shot(faces(2, 60)), LAW, LAW, 0.5, 0.1, 100, links=LINKS)
)
SEEN = {
    TrackKey("gate", "r1", 1): (ANNA, 100.0),
    TrackKey("hall", "r1", 1): (OTTO, 150.0),
    TrackKey("hall", "r1", 2): (ANNA, 200.0),
    TrackKey("yard", "r1", 1): (ANNA, 40.0),
}


def answered(seen, trust=TRUST, records=None, **more):
    """What a search for Anna answers, with everybody told apart."""
    index = FlatIndex(MODEL, D)
    index.add([shot_of(track, vector=face, at=at) for track, (face, at) in seen.items()])
    hits = find_tracks(index, ANNA, limit=50, where=WHERE)
    people, by = Grouping(best_of=3, **more).group(index, trust, hits, records or {}, WHERE)
    answer = SearchAnswer(
        query="anna",
        hits=hit_answers(hits, records or {}, set(), None),
        no_match=False,
        coverage=CoverageAnswer(
            cameras=[], shots_searched=len(index), shots_of_other_models=0, indexed_until=None
        ),
        model=ModelAnswer(name="m", id=MODEL, trained=True),
        notes=[],
    )
    return with_persons(answer, people, by)


def test_a_person_has_their_path_in_the_order_of_time_and_their_hits_by_rank():
    answer = answered(SEEN)
    first, second = answer.persons
    assert [step.camera for step in first.path] == ["yard", "gate", "hall"]
    assert [step.first_seen_at for step in first.path] == sorted(
        step.first_seen_at for step in first.path
    )
    assert first.hits == [1, 2, 3]
    assert sorted(step.rank for step in first.path) == [1, 2, 3]
    assert (second.hits, second.confidence) == ([4], None)
    assert [hit.person for hit in answer.hits] == ["p1", "p1", "p1", "p2"]
    assert answer.hits[3].person_chance is None
    chances = [hit.person_chance for hit in answer.hits[:3]]  # told to four places, as all are
    assert first.confidence == pytest.approx(np.mean(chances), abs=1e-4)
    assert answer.persons_by == "fitted"


def record(track, first_at, last_at):
    return TrackRecord(track, "live", True, "ended", first_at, last_at, 1, 1, None, None, None)


def test_tracks_whose_records_overlap_in_one_view_are_two_people():
    gate = TrackKey("gate", "r1", 1), TrackKey("gate", "r1", 2)
    seen = {gate[0]: (ANNA, 100.0), gate[1]: (ANNA, 130.0)}
    assert len(answered(seen).persons) == 1
    records = {gate[0]: record(gate[0], 90.0, 125.0), gate[1]: record(gate[1], 120.0, 140.0)}
    assert len(answered(seen, records=records).persons) == 2


def test_cameras_of_the_same_ground_are_heeded():
    seen = {TrackKey("gate", "r1", 1): (ANNA, 100.0), TrackKey("yard", "r1", 1): (ANNA, 100.0)}
    records = {track: record(track, 100.0, 120.0) for track in seen}
    assert len(answered(seen, records=records).persons) == 2
    shared = frozenset({frozenset({"gate", "yard"})})
    assert len(answered(seen, records=records, sharing=shared).persons) == 1


def test_a_model_that_nobody_fitted_is_rough_and_needs_an_index_to_compare_with():
    trust = Trust(rough_calibration(MODEL))
    alone = answered(SEEN, trust=trust)
    assert alone.persons_by is None
    assert len(alone.persons) == 4
    strangers = {
        TrackKey("shop", "r1", n): (face, 1000.0 + n) for n, face in enumerate(faces(3, 40))
    }
    rough = answered(SEEN | strangers, trust=trust)
    assert rough.persons_by == "rough"
    assert {step.camera for step in rough.persons[0].path} == {"gate", "hall", "yard"}


def test_nobody_found_is_nobody():
    assert answered({}).persons == []


def test_many_hits_are_grouped_by_one_look_at_the_index():
    class Counting(FlatIndex):
        looks = 0

        def sample_tracks(self, *args, **more):
            self.looks += 1
            return super().sample_tracks(*args, **more)

    index = Counting(MODEL, D)
    crowd = faces(4, 250)
    tracks = [TrackKey("gate", "r1", n) for n in range(500)]
    index.add([shot_of(t, vector=crowd[n % 250], at=10.0 * n) for n, t in enumerate(tracks)])
    hits = find_tracks(index, ANNA, limit=500, where=WHERE)
    law = replace(TRUST.calibration, links=replace(LINKS, intercept=-12.0, gap=0.0))
    people, _ = Grouping(best_of=3).group(index, Trust(law), hits, {}, WHERE)
    assert len(people) == 250
    for person in people:
        first, second = (hits[at].track.number % 250 for at in person.members)
        assert first == second
    assert index.looks == 1
