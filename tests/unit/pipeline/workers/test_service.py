"""pipeline.workers.service: how sure an answer is, and what it warns of."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from detectors.types import Box
from pipeline.errors import NotFound, StoreUnavailable
from pipeline.workers import cautions
from pipeline.workers.cautions import Trust
from pipeline.workers.view import ViewState
from pipeline.workers.weighing import ROUGH_VERDICTS
from retrieval.search.calibration import rough_calibration
from retrieval.search.evidence_law import EvidenceLaws, KindLaw, RankLaw
from tests.data.search_services import CALIBRATION, CROWD, ENCODER, Trained, ask, people_in, service


def test_somebody_who_stands_out_is_a_likely_match():
    people = np.concatenate([CROWD, people_in("green")])
    answer = ask(service(people=people))
    assert answer.hits[0].track == f"lobby/r1/{len(people)}"
    assert answer.hits[0].probability > 0.9
    assert answer.hits[1].probability < 0.1
    assert answer.no_match is False
    assert answer.notes == []


def test_nobody_like_it_is_said_and_the_nearest_are_shown_all_the_same():
    answer = ask(service())
    assert answer.no_match is True
    assert len(answer.hits) == 10
    assert all(hit.probability < 0.5 for hit in answer.hits)


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_how_many_hits_are_shown_changes_no_judgement(limit):
    of_ten, of_others = ask(service()), ask(service(), limit=limit)
    assert of_others.no_match is of_ten.no_match
    assert of_others.hits[0].probability == of_ten.hits[0].probability


@pytest.mark.parametrize(("least", "found"), [(0.0, 10), (0.5, 10), (0.51, 0)])
def test_pictures_below_a_quality_are_not_searched(least, found):
    assert len(ask(service(), min_quality=least).hits) == found


def test_an_index_with_nobody_has_no_match_and_no_word_about_probabilities():
    answer = ask(service(people=CROWD[:0], trust=Trust(rough_calibration(ENCODER.model_id))))
    assert (answer.hits, answer.no_match, answer.notes) == ([], True, [])


def test_without_trained_weights_nothing_is_judged():
    answer = ask(service(encoder=ENCODER, trust=Trust(None)))
    assert {hit.probability for hit in answer.hits} == {None}
    assert answer.no_match is False
    assert answer.notes == [cautions.UNTRAINED]
    assert answer.model.trained is False


def test_a_model_without_calibration_is_held_against_the_index_and_says_so():
    trust = Trust(rough_calibration(ENCODER.model_id))
    answer = ask(service(trust=trust, people=np.concatenate([CROWD, people_in("green")])))
    assert answer.hits[0].probability > answer.hits[1].probability
    assert answer.notes == [cautions.ROUGH, ROUGH_VERDICTS]


def test_a_model_without_calibration_judges_nothing_by_a_few_tracks():
    answer = ask(service(trust=Trust(rough_calibration(ENCODER.model_id)), people=CROWD[:19]))
    assert {hit.probability for hit in answer.hits} == {None}
    assert answer.no_match is False
    assert answer.notes == [cautions.UNJUDGED, ROUGH_VERDICTS]


@pytest.mark.parametrize(
    ("synthetic", "trained_on", "warned"),
    [
        ({"fake"}, "synthetic people", True),
        ({"street-detector"}, None, True),
        ({"some-other"}, None, False),
    ],
)
def test_synthetic_weights_of_encoder_or_detector_are_said(synthetic, trained_on, warned):
    trust = Trust(CALIBRATION, frozenset(synthetic))
    answer = ask(service(detector="street-detector", trust=trust))
    assert answer.model.trained_on == trained_on
    assert (cautions.SYNTHETIC in answer.notes) is warned
    assert cautions.SYNTHETIC.startswith("synthetic weights")


@pytest.mark.parametrize("kind", ["live", "file"])
@pytest.mark.parametrize(("detector", "warned"), [("street-detector", True), ("yolo11n", False)])
def test_the_detector_that_made_the_tracks_counts_live_or_not(kind, detector, warned):
    trust = Trust(CALIBRATION, frozenset({"street-detector"}))
    answer = ask(service(detector=detector, kind=kind, trust=trust))
    assert (cautions.SYNTHETIC in answer.notes) is warned


def test_what_is_wrong_with_text_and_index_is_said_after_the_models():
    state = ViewState(caught_up=False, skipped={"old@1": 3})
    answer = ask(service(encoder=ENCODER, trust=Trust(None), state=state), text="coat")
    assert [note.partition(":")[0] for note in answer.notes] == [
        "this model has no trained weights",
        "a single word",
        "not searched, because another model embedded them",
        "the index is still being read",
    ]


def test_what_is_doubtful_in_the_text_is_told_with_codes_and_a_better_text():
    answer = ask(service(), text="John Smith in a green jaket, no hat")
    assert [note.code for note in answer.query_notes] == ["name", "typo"]
    assert answer.notes == [note.text for note in answer.query_notes]
    assert answer.suggestion == "The person wears a green jacket and has no hat."
    assert [phrase.text for phrase in answer.phrases] == ["green jacket", "no hat"]


class Listening(Trained):
    """Keeps what it is to encode."""

    def __init__(self):
        super().__init__()
        self.texts = []

    def encode_texts(self, texts):
        self.texts += texts
        return super().encode_texts(texts)


def test_nobody_is_searched_by_origin():
    encoder = Listening()
    answer = ask(service(encoder=encoder), text="an asian man in a green coat")
    assert encoder.texts[0] == "a man in a green coat"
    assert not any("asian" in text for text in encoder.texts)
    assert [phrase.text for phrase in answer.phrases] == ["man", "green coat"]
    assert [note.code for note in answer.query_notes] == ["origin"]


def test_words_beside_a_track_may_be_few_and_say_what_is_missing():
    answer = ask(service(), text="without a hat", like="lobby/r1/1")
    assert (answer.query_notes, answer.suggestion) == ([], None)
    assert [phrase.text for phrase in answer.phrases] == ["no hat"]


class Parts:
    """Says each time anew that a part did not answer."""

    def __init__(self, *missing):
        self._missing = missing

    def missing(self):
        return list(self._missing)

    def part_of(self, camera_id):
        return "shard 2"


def test_parts_of_the_index_that_are_away_are_named_with_their_cameras():
    answer = ask(service(parts=Parts("shard 2", "shard 5")))
    assert answer.coverage.parts_missing == ["shard 2 (cameras lobby)", "shard 5 (cameras none)"]
    assert answer.notes[0] == (
        "not all is searched: of the index shard 2 (cameras lobby), shard 5 (cameras none) did "
        "not answer in full"
    )
    assert answer.no_match is False  # the person may be in there


def test_an_index_whose_parts_all_answer_says_nothing():
    answer = ask(service(parts=Parts()))
    assert answer.coverage.parts_missing == []
    assert answer.no_match is True


def test_another_model_is_served_with_its_own_index_and_calibration_or_not_at_all():
    serving, other = service(), service(people=people_in("green"), encoder=ENCODER)
    assert ask(serving).hits[0].probability is not None
    serving.serve(replace(other._engine, trust=Trust()))
    answer = ask(serving)
    assert answer.model.id == other._engine.encoder.model_id
    assert (len(answer.hits), answer.coverage.shots_searched) == (1, 1)
    assert answer.hits[0].probability is None


def test_a_model_without_weights_has_no_verdicts():
    answer = ask(service(encoder=ENCODER, trust=Trust(None)))
    assert [hit.evidence for hit in answer.hits] == [[]] * 10
    assert answer.shortlist is None


def test_what_a_picture_is_too_small_for_cannot_be_told():
    answer = ask(service(trust=Trust(rough_calibration(ENCODER.model_id))))
    (told,) = answer.hits[0].evidence
    assert (told.phrase, told.verdict, told.shot) == ("green coat", "cannot tell", None)


def test_every_hit_is_of_a_person_and_every_person_has_hits():
    answer = ask(service(), limit=20)
    ranks = sorted(rank for person in answer.persons for rank in person.hits)
    assert ranks == [hit.rank for hit in answer.hits]
    by_name = {person.person: person for person in answer.persons}
    assert all(hit.rank in by_name[hit.person].hits for hit in answer.hits)


def test_without_trained_weights_everybody_is_alone():
    answer = ask(service(encoder=ENCODER, trust=Trust(None)))
    assert answer.persons_by is None
    assert [person.hits for person in answer.persons] == [[hit.rank] for hit in answer.hits]
    assert {person.confidence for person in answer.persons} == {None}


COLOURED = KindLaw((0.0, 20.0, 0.0, 0.0), 0.0, 1.0, 0.0, 1.0)
LAWS = EvidenceLaws(
    MappingProxyType({"upper garment, coloured": COLOURED}), rank=RankLaw(0.0, 1.0, 1.0, 1.0)
)
WEIGHED = Trust(replace(CALIBRATION, evidence=LAWS))


def test_a_no_alone_takes_one_track_and_nothing_else_of_the_answer():
    serving = service(
        trust=WEIGHED, people=np.concatenate([CROWD, people_in("green")]), box=Box(0, 0, 60, 160)
    )
    plain = ask(serving, limit=20)
    (worst, *_) = [hit.track for hit in plain.hits[3:]]
    left = ask(serving, limit=19, less_like=[worst])
    same = {"rank": 0, "rank_before": None, "person": None, "person_chance": None}
    assert [hit.model_copy(update=same) for hit in left.hits] == [
        hit.model_copy(update=same) for hit in plain.hits if hit.track != worst
    ]
    assert all(hit.evidence for hit in left.hits)
    assert [hit.rank for hit in left.hits] == list(range(1, 20))
    was = {hit.track: hit.rank for hit in plain.hits}
    assert all(hit.rank_before == was[hit.track] for hit in left.hits)
    assert left.shortlist == plain.shortlist
    (told,) = [note for note in left.notes if note.startswith("judgements: ")]
    assert told == (
        "judgements: 1 judged not to fit are left out; 16 of 19 hits have another rank than "
        "without, 1 were not among the first 19; leave them out and the query is as it was"
    )


def test_nobody_is_likely_once_the_only_likely_one_is_judged_not_to_fit():
    serving = service(
        trust=WEIGHED, people=np.concatenate([CROWD, people_in("green")]), box=Box(0, 0, 60, 160)
    )
    plain = ask(serving)
    assert (plain.no_match, plain.hits[0].probability > 0.9) == (False, True)
    assert ask(serving, less_like=[plain.hits[0].track]).no_match is True
    everybody = [hit.track for hit in ask(serving, limit=500).hits]
    nobody = ask(serving, less_like=everybody)
    assert (nobody.hits, nobody.no_match) == ([], True)


@pytest.mark.parametrize("field", [{"like": "lobby/r1/99"}, {"more_like": ["lobby/r1/99"]}])
def test_a_track_of_a_part_that_is_away_is_not_called_erased(field):
    with pytest.raises(StoreUnavailable) as away:
        ask(service(parts=Parts("shard 2")), **field)
    assert str(away.value) == (
        "shard 2 of the index does not answer in full, and has the shots of camera 'lobby', of "
        "track lobby/r1/99 too: see that its server is up ('descry index stats' lists what is "
        "missing), then ask again"
    )
    assert away.value.exit_code == 3
    for others in (Parts("shard 5"), Parts()):
        with pytest.raises(NotFound, match="it was erased, has expired, or is not embedded"):
            ask(service(parts=others), **field)


def test_a_shot_of_a_part_that_lost_some_is_not_called_gone():
    with pytest.raises(StoreUnavailable, match="shard 2 of the index does not answer in full"):
        ask(service(parts=Parts("shard 2")), like="lobby/r1/1/9")
    with pytest.raises(NotFound, match="has no shot 9"):
        ask(service(parts=Parts()), like="lobby/r1/1/9")
