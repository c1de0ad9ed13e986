"""pipeline.workers.service: how sure an answer is, and what it warns of."""

from dataclasses import replace
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest

from detectors.types import TrackKey
from pipeline.answers import SearchRequest
from pipeline.clock import ManualClock
from pipeline.store.runs import RunRecord
from pipeline.telemetry import Telemetry
from pipeline.workers import cautions
from pipeline.workers.cautions import Trust
from pipeline.workers.liking import Liking
from pipeline.workers.service import SearchService
from pipeline.workers.view import ViewState
from pipeline.workers.weighing import ROUGH_VERDICTS
from retrieval.fakes import FakeEncoder
from retrieval.index.flat import FlatIndex
from retrieval.search.background import Strangers
from retrieval.search.calibration import Calibration, Law, rough_calibration
from retrieval.search.evidence_law import EvidenceLaws
from tests.data.make_sightings import shot_of

ENCODER = FakeEncoder()
RED, BLUE, GREEN = "red coat", "blue coat", "green coat"


class Trained:
    """The encoder that knows colours, as one with trained weights."""

    is_trained = True
    model_id, dimension = ENCODER.model_id, ENCODER.dimension
    encode_images, encode_texts = ENCODER.encode_images, ENCODER.encode_texts


class Lists:
    """A catalogue of one camera, read once, and without records of tracks."""

    def __init__(self, detector: str, kind) -> None:
        run = RunRecord(
            camera_id="lobby",
            run_id="r1",
            kind=kind,
            source="day.mp4",
            started_at=0.0,
            collection="live",
            detector=detector,
        )
        self.camera_store = SimpleNamespace(known=lambda: ["lobby"], status=lambda name: None)
        self.runs = SimpleNamespace(of_camera=lambda name: [run], collections=lambda: {"live"})
        self.track_store = SimpleNamespace(get_many=lambda tracks: {})

    def live_keys(self):
        return set()

    def refuse_unknown(self, cameras):
        pass

    refuse_unknown_zones = refuse_unknown


def people_in(*colours):
    """Vectors of people dressed so, no two quite alike."""
    rng = np.random.default_rng(0)
    vectors = ENCODER.encode_texts([f"{colour} coat" for colour in colours])
    vectors = vectors + 0.03 * rng.standard_normal(vectors.shape).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


MUTED = ["black", "white", "grey", "brown", "beige", "blue"]
CROWD = people_in(*MUTED * 10)
LAW = Law(-7.0, 1.0, 0.0, -0.5)
BACKGROUND = Strangers.of_one_shot(CROWD)
NO_LAWS = EvidenceLaws(MappingProxyType({}))
CALIBRATION = Calibration(
    ENCODER.model_id, BACKGROUND, LAW, LAW, 0.5, false_alarms=0.1, fitted_on=100, evidence=NO_LAWS
)


def find_people(image):
    raise AssertionError("nobody is to be looked for")


def service(
    *,
    people=CROWD,
    encoder=None,
    detector="yolo11n",
    kind="file",
    trust=None,
    state=None,
    parts=None,
):
    encoder = encoder or Trained()
    index = FlatIndex(ENCODER.model_id, ENCODER.dimension)
    index.add(
        [
            replace(
                shot_of(TrackKey("lobby", "r1", number), vector=vector.astype(np.float32)),
                model_id=ENCODER.model_id,
            )
            for number, vector in enumerate(people, start=1)
        ]
    )
    return SearchService(
        encoder=encoder,
        index=index,
        view=SimpleNamespace(state=state or ViewState(caught_up=True)),
        catalogue=Lists(detector, kind),
        clock=ManualClock(),
        telemetry=Telemetry(),
        best_of=3,
        trust=trust or Trust(CALIBRATION),
        liking=Liking(find_people, best_of=3),
        parts=parts,
    )


def ask(service, text="person in a green coat", **more):
    return service.search(SearchRequest(text=text, **more))


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
    assert answer.query_notes == []
    assert answer.suggestion is None
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
