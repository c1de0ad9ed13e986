"""pipeline.workers.asking_back: one question back, and what its answers change, by a search."""

from dataclasses import replace

import pytest

from detectors.types import Box
from pipeline.errors import ConfigError
from pipeline.workers.cautions import Trust
from retrieval.errors import QueryRefused
from retrieval.search.calibration import rough_calibration
from tests.data.asked_people import LAWS, dressed
from tests.data.search_services import CALIBRATION, ENCODER, ask, service

TRUST = Trust(replace(CALIBRATION, evidence=LAWS))
TEXT = "a person in blue jeans, a rucksack"
TALL = Box(0, 0, 60, 160)
PEOPLE = dressed(
    *["red coat, blue jeans", "green coat, blue jeans"] * 3, *["grey coat, black jeans"] * 20
)


@pytest.fixture(scope="module")
def serving():
    return service(people=PEOPLE, trust=TRUST, box=TALL)


def order(answer):
    return [hit.track for hit in answer.hits]


def test_a_question_that_halves_the_likeliest_is_asked_and_its_answer_reorders(serving):
    plain = ask(serving, TEXT)
    asked = plain.question
    assert asked.id in ("upper-red", "upper-green")
    colour = asked.id.removeprefix("upper-")
    assert asked.text == f"was what they wore above the waist {colour}?"
    assert (asked.yes, asked.no) == ([f"{colour} top"], [f"no {colour} top"])
    assert 0.1 <= asked.gain <= 1
    places = {"red": {1, 3, 5}, "green": {2, 4, 6}}
    for said, wanted in (("yes", colour), ("no", "red" if colour == "green" else "green")):
        told = ask(serving, TEXT, answers=[f"{asked.id}={said}"])
        first = {int(track.rpartition("/")[2]) for track in order(told)[:3]}
        assert first == places[wanted]
        phrase = asked.yes[0] if said == "yes" else asked.no[0]
        (note,) = [note for note in told.notes if note.startswith("answered: ")]
        assert note.startswith(f"answered: {phrase}; ")
        assert note.endswith("leave them out and the query is as it was")
        was = {hit.track: hit.rank for hit in plain.hits}
        assert {hit.track: hit.rank_before for hit in told.hits if hit.track in was} == {
            track: rank for track, rank in was.items() if track in order(told)
        }
        assert told.question is None or told.question.id != asked.id
    assert ask(serving, TEXT) == plain


def test_own_words_do_what_the_answer_does(serving):
    by_name, by_words = (
        ask(serving, TEXT, answers=[said]) for said in ("upper-red=no", "no red top")
    )
    assert order(by_name)[:3] == order(by_words)[:3]
    assert by_words.notes[0].startswith("answered: no red top; ")


def test_a_no_to_a_hit_and_an_answer_go_together(serving):
    (first, *_) = order(ask(serving, TEXT, answers=["upper-red=yes"]))
    told = ask(serving, TEXT, answers=["upper-red=yes"], less_like=[first])
    assert first not in order(told)
    assert told.notes[0].startswith("answered: red top, 1 judged not to fit are left out; ")


def test_nothing_is_asked_where_one_is_clear_or_everybody_alike():
    likely = service(
        people=[*PEOPLE[6:], *dressed("red coat, yellow jeans")], trust=TRUST, box=TALL
    )
    clear = ask(likely, "a person in a red coat")
    assert clear.hits[0].probability > 0.5
    assert clear.question is None
    assert ask(service(people=PEOPLE[6:], trust=TRUST, box=TALL), TEXT).question is None
    assert ask(service(people=PEOPLE[:0], trust=TRUST, box=TALL), TEXT).question is None


@pytest.mark.parametrize("trust", [Trust(None), Trust(rough_calibration(ENCODER.model_id))])
def test_a_model_that_nobody_fitted_asks_nothing_and_weighs_no_answer(trust):
    unfitted = service(people=PEOPLE, trust=trust, encoder=ENCODER, box=TALL)
    assert ask(unfitted, TEXT).question is None
    with pytest.raises(ConfigError, match="answers cannot be weighed with this model"):
        ask(unfitted, TEXT, answers=["upper-red=yes"])


def test_what_the_model_cannot_tell_is_said_and_changes_nothing(serving):
    plain, told = ask(serving, TEXT), ask(serving, TEXT, answers=["brown shoes"])
    assert order(told) == order(plain)
    assert "'brown shoes' changes nothing: this model cannot tell it from pictures" in told.notes


def test_an_answer_by_origin_is_left_out_and_said(serving):
    told = ask(serving, TEXT, answers=["an asian man in a red coat"])
    assert any("'asian' is left out" in note for note in told.notes)
    assert not any("asian" in phrase.text for phrase in told.phrases)
    with pytest.raises(QueryRefused):
        ask(serving, TEXT, answers=["asian"])


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (["upper-red=maybe"], "--answer 'upper-red=maybe' answers no question: give the id"),
        (["upper-plaid=yes"], "--answer 'upper-plaid=yes' answers no question"),
        (["upper-red=yes", "upper-red=no"], "'upper-red' is answered with yes and with no"),
        (["yesterday"], "--answer 'yesterday' says nothing that a picture shows"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_line(serving, answers, said):
    with pytest.raises(ConfigError) as refused:
        ask(serving, TEXT, answers=answers)
    assert said in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_answers_are_about_a_description(serving):
    for field in ({"like": "lobby/r1/1"}, {"more_like": ["lobby/r1/1"]}):
        with pytest.raises(ConfigError, match="--answer is about a description"):
            ask(serving, TEXT, answers=["upper-red=yes"], **field)
