"""pipeline.workers.weighing: tracks in order by what their shots say of each phrase."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from detectors.types import Box, TrackKey
from pipeline.workers.cautions import Trust
from pipeline.workers.presenting import hit_answers
from pipeline.workers.weighing import ROUGH_VERDICTS, UNFITTED, Found, Scales
from retrieval.fakes import FakeEncoder
from retrieval.index.flat import FlatIndex
from retrieval.search.background import Strangers
from retrieval.search.calibration import (
    Calibration,
    Law,
    QueryKind,
    QueryLaws,
    rough_calibration,
)
from retrieval.search.evidence_law import EvidenceLaws, KindLaw, RankLaw
from retrieval.search.exact import find_tracks
from retrieval.search.reranking import SHORTLIST
from retrieval.search.scenes import Scene
from retrieval.types import Where
from tests.data.make_sightings import shot_of

ENCODER = FakeEncoder()
MUTED = ["black", "white", "grey", "brown", "beige", "blue"]


def people_in(*colours):
    """Vectors of people dressed so, no two quite alike."""
    rng = np.random.default_rng(0)
    vectors = ENCODER.encode_texts([f"{colour} coat" for colour in colours])
    vectors = vectors + 0.03 * rng.standard_normal(vectors.shape).astype(np.float32)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


CROWD = people_in(*MUTED * 10)
LAW = Law(-7.0, 1.0, 0.0, -0.5)
COLOURED = KindLaw((0.0, 20.0, 0.0, 0.0), 0.0, 1.0, 0.0, 1.0)
LAWS = EvidenceLaws(
    MappingProxyType({"upper garment, coloured": COLOURED}), rank=RankLaw(0.0, 1.0, 1.0, 1.0)
)
CALIBRATION = Calibration(
    ENCODER.model_id,
    Strangers.of_one_shot(CROWD),
    LAW,
    LAW,
    0.5,
    false_alarms=0.1,
    fitted_on=100,
    evidence=LAWS,
)


def find(people, text, calibration=CALIBRATION, limit=10, scenes=None):
    index = FlatIndex(ENCODER.model_id, ENCODER.dimension)
    index.add(
        [
            replace(
                shot_of(TrackKey("lobby", "r1", number), vector=vector),
                model_id=ENCODER.model_id,
                box=Box(0, 0, 60, 160),
            )
            for number, vector in enumerate(people, start=1)
        ]
    )
    return Scales(best_of=3).find(
        ENCODER, index, Trust(calibration), text, limit=limit, where=Where(now=0.0), scenes=scenes
    )


def numbers(found):
    return [hit.track.number for hit in found.hits]


def told(found):
    """Of each hit, what the API says of each phrase."""
    hits = hit_answers(found.hits, {}, (), found.judgement, found.evidence)
    return [[(one.phrase, one.verdict) for one in hit.evidence] for hit in hits]


def test_each_phrase_of_each_hit_has_a_verdict():
    found = find(np.concatenate([CROWD, people_in("green")]), "person in a green coat")
    assert told(found)[0] == [("green coat", "yes")]
    assert told(found)[1] == [("green coat", "no")]
    assert found.shortlist == SHORTLIST
    assert found.notes == ()


def test_who_wears_what_should_not_be_there_comes_last():
    found = find(people_in("green", "grey", "blue"), "person, no green coat")
    assert numbers(found)[-1] == 1
    assert told(found)[-1] == [("no green coat", "no")]
    assert told(found)[0] == [("no green coat", "yes")]


def test_hits_come_in_the_order_of_their_probability():
    found = find(np.concatenate([CROWD, people_in("green", "green")]), "green coat", limit=50)
    chances = found.judgement.probabilities
    assert list(chances) == sorted(chances, reverse=True)
    assert [hit.rank for hit in found.hits] == list(range(1, 51))
    assert set(numbers(found)[:2]) == {61, 62}


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_how_many_are_shown_changes_neither_order_nor_judgement(limit):
    people = np.concatenate([CROWD, people_in("green", "green")])
    some, ten = find(people, "green coat", limit=limit), find(people, "green coat")
    shown = min(limit, 10)
    assert numbers(some)[:shown] == numbers(ten)[:shown]
    assert some.judgement.probabilities[:shown] == ten.judgement.probabilities[:shown]


def test_without_a_law_for_it_the_order_is_that_of_the_sentence():
    by_sentence = replace(CALIBRATION, evidence=replace(LAWS, rank=None))
    found = find(CROWD, "person in a green coat", by_sentence)
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)
    assert found.shortlist is None
    assert told(found)[0] == [("green coat", "no")]


def test_rough_verdicts_are_called_rough():
    found = find(CROWD, "person in a blue coat", rough_calibration(ENCODER.model_id))
    assert found.notes[-1] == ROUGH_VERDICTS
    assert told(found)[0] == [("blue coat", "yes")]
    assert found.shortlist is None


def test_what_should_not_be_seen_weighs_as_its_own_law_says():
    text, people = "person in a blue coat, no green coat", people_in("green", "grey", "blue")
    orders = [
        numbers(find(people, text, replace(CALIBRATION, evidence=replace(LAWS, rank=law))))
        for law in (RankLaw(0.0, 0.0, 0.0, 1.0), RankLaw(0.0, 0.0, 1.0, 0.0))
    ]
    assert orders[0][-1] == 1
    assert orders[1][0] == 3


def test_nobody_is_nobody():
    assert find(CROWD[:0], "green coat").hits == []


def test_a_track_that_likely_fits_is_a_match_whatever_the_sentence_says():
    doubtful = Law(-2.0, 0.0, 0.0, 0.0)
    unsure = replace(CALIBRATION, law=doubtful, presence=doubtful)
    found = find(np.concatenate([CROWD, people_in("green")]), "green coat", unsure)
    assert found.judgement.probabilities[0] > unsure.threshold
    assert not found.judgement.no_match
    assert find(CROWD, "green coat", unsure).judgement.no_match


def test_a_misspelt_word_is_asked_about_as_it_was_meant():
    found = find(CROWD, "person in a green jaket")
    assert told(found)[0] == [("green jacket", "no")]


def test_shots_are_not_asked_about_what_no_shot_shows():
    found = find(CROWD, "suspicious person in a green jacket, yesterday by the door")
    assert told(found)[0] == [("green jacket", "no")]


def test_a_dress_comes_under_the_law_of_what_is_worn_above():
    found = find(np.concatenate([CROWD, people_in("green")]), "green dress")
    assert told(found)[0] == [("green dress", "yes")]


class Lifted:
    """A background in which the lobby lifts all scores by so much."""

    def __init__(self, by):
        self._by = by

    def shifts(self, query, sample, cameras):
        assert len(sample.scores) and cameras is None
        return {Scene("lobby", is_colourless=False): self._by}


def test_what_a_camera_lifts_all_scores_by_is_no_reason_to_believe_in_a_match():
    people, text = np.concatenate([CROWD, people_in("green", "green")]), "green coat"
    unsure = replace(CALIBRATION, evidence=replace(LAWS, rank=RankLaw(0.0, 0.05, 0.0, 0.0)))
    plain, lifted = (find(people, text, unsure, scenes=Lifted(by)) for by in (0.0, 0.2))
    assert [hit.score for hit in lifted.hits] == [hit.score for hit in plain.hits]
    assert sum(lifted.judgement.probabilities) < sum(plain.judgement.probabilities)
    assert list(lifted.judgement.probabilities) == sorted(
        lifted.judgement.probabilities, reverse=True
    )


def test_within_one_scene_the_order_stays():
    people, text = np.concatenate([CROWD, people_in("green", "green")]), "green coat"
    by_sentence = replace(LAWS, rank=RankLaw(0.0, 1.0, 0.0, 0.0))
    calibration = replace(CALIBRATION, evidence=by_sentence)
    shifted = find(people, text, calibration, 50, Lifted(0.2))
    assert numbers(shifted) == numbers(find(people, text, calibration, 50))


def test_by_the_sentence_alone_no_camera_counts():
    calibration = replace(CALIBRATION, evidence=replace(LAWS, rank=None))
    plain = find(CROWD, "green coat", calibration)
    assert find(CROWD, "green coat", calibration, scenes=Lifted(0.2)).judgement == plain.judgement


def judged(kind, others):
    calibration = replace(CALIBRATION, others=others)
    index = FlatIndex(ENCODER.model_id, ENCODER.dimension)
    people = np.concatenate([CROWD, people_in("green")])
    index.add(
        [
            replace(shot_of(TrackKey("lobby", "r1", at), vector=one), model_id=ENCODER.model_id)
            for at, one in enumerate(people, start=1)
        ]
    )
    query, where = people[-1], Where(now=0.0)
    hits = find_tracks(index, query, limit=10, where=where)
    scales, trust = Scales(best_of=3), Trust(calibration)
    return scales.judge(Found(hits), index, trust, query, where, kind=kind)


def test_a_picture_is_judged_by_the_law_of_pictures_and_not_of_sentences():
    never = Law(-9.0, 0.0, 0.0, 0.0)
    laws = QueryLaws(never, never, 0.5, 0.1, 40)
    found = judged(QueryKind.PICTURE, {QueryKind.PICTURE: laws})
    assert max(found.judgement.probabilities) < 0.01
    assert found.judgement.no_match
    assert judged(None, {QueryKind.PICTURE: laws}).judgement.probabilities[0] > 0.5


@pytest.mark.parametrize("kind", QueryKind)
def test_a_kind_of_query_that_nobody_fitted_has_no_probability_and_it_is_said(kind):
    found = judged(kind, {})
    assert found.judgement is None
    assert found.notes == (f"no probability: {UNFITTED[kind]}",)
