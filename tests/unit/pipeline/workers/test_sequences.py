"""pipeline.workers.service: a search that follows people to another camera."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.types import TrackKey
from pipeline.cli.paths import leg_lines, path_lines, read_legs
from pipeline.coverage import CameraCoverage
from pipeline.errors import ConfigError
from pipeline.journey_answers import ThenLeg
from pipeline.store.track_record import TrackRecord
from pipeline.workers.cautions import Trust
from pipeline.workers.journeying import Journeying
from pipeline.workers.onward_tracks import Seen
from pipeline.workers.sequences import Sequences
from pipeline.workers.ways import Way, anybody, best_of_each, few_of_each
from retrieval.index.flat import FlatIndex
from retrieval.search.person_links import Glimpse
from retrieval.types import Where
from tests.data.make_sightings import shot_of
from tests.data.search_services import CROWD, ENCODER, ask, people_in, service

HALL = TrackKey("hall", "r1", 1)
BLIND = CameraCoverage("hall", watched=(), blind=((100.0, 130.0),), frames_dropped=0, tracks=0,
                       tracks_without_shots=0)  # fmt: skip


class Times:
    """One track that began in the hall a minute after everybody was in the lobby."""

    def beginning(self, camera_id, spans, *, most):
        return [[HALL] if since <= 60.0 <= until else [] for since, until in spans]

    def get_many(self, tracks):
        seen = TrackRecord(HALL, "live", False, "ended", 60.0, 70.0, 1, 1, None, None, None)
        return {HALL: seen} if HALL in tracks else {}


def followed(*legs, cover=BLIND, **more):
    sequences = Sequences(Times(), Journeying(Times(), lambda *asked: [cover], best_of=3), dict)
    people = np.concatenate([CROWD, people_in("green")])
    found = service(people=people, sequences=sequences)
    vector = people[-1].astype(np.float32)
    found.engine.index.add(
        [replace(shot_of(HALL, vector=vector, at=60.0), model_id=ENCODER.model_id)]
    )
    return ask(found, then=[ThenLeg(camera=name, within_s=s) for name, s in legs], **more)


def test_a_hit_carries_its_path_and_the_answer_what_was_looked_at():
    answer = followed(("hall", 120.0))
    first = answer.hits[0]
    assert first.track == f"lobby/r1/{len(CROWD) + 1}"
    assert [step.camera for step in first.path] == ["lobby", "hall"]
    assert (first.path[1].after_s, first.path[0].link) == (60.0, None)
    assert first.path_confidence == first.path[1].link
    assert len(answer.hits) == 10
    assert {step.track for hit in answer.hits for step in hit.path[1:]} == {str(HALL)}
    (leg,) = answer.legs
    assert (leg.tracks, leg.tracks_judged, leg.blind_s, leg.asked_s) == (1, 1, 20.0, 120.0)
    assert any("hall was blind for 20 s" in note for note in answer.notes)
    lines = [*path_lines(answer), *leg_lines(answer)]
    assert any(line.startswith("path 1: lobby then hall, ") for line in lines)
    assert any("60 s later" in line for line in lines)


def test_nobody_in_time_is_no_match_and_no_hit():
    answer = followed(("hall", 30.0))
    assert (answer.hits, answer.no_match) == ([], True)


def test_where_the_camera_was_blind_nobody_is_said_to_have_stayed_away():
    answer = followed(("hall", 30.0), cover=replace(BLIND, blind=((0.0, 130.0),)))
    assert (answer.hits, answer.no_match) == ([], False)


def test_while_some_of_the_time_is_to_come_nobody_is_said_to_have_stayed_away():
    hit = Seen(Glimpse(TrackKey("lobby", "r1", 1), np.ones((1, 4)) / 2, 0.0, 10.0), "")
    journeying = Journeying(Times(), lambda *asked: [replace(BLIND, blind=())], best_of=3)
    index = FlatIndex(ENCODER.model_id, 4)
    leg = ThenLeg(camera="hall", within_s=30.0)
    for now, ahead_s in ((15.0, 25.0), (40.0, 0.0)):
        found = journeying.follow(index, Trust(None), [hit], [leg], Where(now=now), {})
        assert found.legs[0].ahead_s == ahead_s
        assert found.is_open == bool(ahead_s)
        assert any("25 s of the time asked about are still" in n for n in found.notes) == bool(
            ahead_s
        )


def test_a_camera_is_blind_where_it_did_not_look_for_the_collections_asked_about():
    asked = []
    hit = Seen(Glimpse(TrackKey("lobby", "r1", 1), np.ones((1, 4)) / 2, 0.0, 10.0), "")
    journeying = Journeying(Times(), lambda *some: asked.append(some) or [BLIND], best_of=3)
    index, where = (
        FlatIndex(ENCODER.model_id, 4),
        Where(now=99.0, collections=frozenset({"b", "a"})),
    )
    leg = ThenLeg(camera="hall", within_s=30.0)
    journeying.follow(index, Trust(None), [hit], [leg], where, {})
    assert asked == [("hall", ["a", "b"], 0.0, 40.0)]


def test_tracks_of_one_person_share_a_chance_and_few_ways_go_on():
    seen = Seen(Glimpse(HALL, np.ones((1, 4)) / 2, 0.0, 1.0), "")
    ways = [Way(0, (seen,), (0.3,), odds) for odds in (-1.0, -2.0, -3.0, -4.0)]
    ways += [Way(1, (seen,), (0.4,), -5.0)]
    assert anybody(ways) == pytest.approx(1.0)  # 1.2, by rounding of what was told
    assert anybody(ways[1:4]) == pytest.approx(0.9)
    assert [way.odds for way in few_of_each(ways, 3)] == [-1.0, -2.0, -3.0, -5.0]
    assert [way.odds for way in best_of_each(ways)] == [-1.0, -5.0]
    assert anybody([]) == 0.0


def test_a_question_is_not_asked_of_people_who_went_elsewhere():
    assert followed(("hall", 30.0)).question is None


def test_a_search_without_legs_has_no_paths():
    answer = followed()
    assert answer.legs == []
    assert {len(hit.path) for hit in answer.hits} == {0}


@pytest.mark.parametrize(
    ("then", "within", "said"),
    [
        ([], ["10m"], "give one"),
        (["door"], ["0"], "between 0 and a day"),
        (["door"], ["-5"], "--within '-5'"),
        (["door"], ["365d"], "between 0 and a day"),
        (["door"], ["soon"], "10m, 12h or 30d"),
        (["a", "b"], ["1m"] * 3, "3 --within for 2 --then"),
        (["a"] * 6, [], "at most 5"),
        ([""], [], "no camera"),
    ],
)
def test_legs_that_make_no_sense_are_one_line(then, within, said):
    with pytest.raises(ConfigError, match=said) as refused:
        read_legs(then, within)
    assert "\n" not in str(refused.value)
