"""pipeline.cli.searching: an answer as a person reads it, and the next step."""

import json
import subprocess
import sys

import pytest

from pipeline.answers import CoverageAnswer, HitAnswer, ModelAnswer, SearchAnswer, ShotAnswer
from pipeline.cli import persons as person_words
from pipeline.cli.next_step import FOR_REAL_FOOTAGE, say_next_step
from pipeline.cli.searching import NO_MATCH, sheet_notes, show, write_sheet
from pipeline.client import Client
from pipeline.query_answers import QueryNote
from pipeline.question_answers import QuestionAnswer
from pipeline.workers.grouping import with_persons
from retrieval.search.persons import Person, alone

COVERAGE = CoverageAnswer(cameras=[], shots_searched=7, shots_of_other_models=0, indexed_until=None)


def hit(rank, probability):
    shot = ShotAnswer(
        shot=1,
        captured_at="2026-03-01T10:00:00.000Z",
        score=0.3,
        quality=0.8,
        box=(0, 0, 10, 20),
        thumbnail="/api/v1/pictures/lobby/1.jpg",
    )
    return HitAnswer(
        rank=rank,
        track=f"lobby/r1/{rank}",
        camera="lobby",
        collection="imports",
        first_seen_at="2026-03-01T10:00:00.000Z",
        last_seen_at="2026-03-01T10:00:09.000Z",
        live=False,
        score=0.3,
        probability=probability,
        shots=1,
        thumbnail=shot.thumbnail,
        box=shot.box,
        best_shots=[shot],
    )


def answer(*probabilities, no_match=False, notes=()):
    return SearchAnswer(
        query="red coat",
        hits=[hit(rank, chance) for rank, chance in enumerate(probabilities, start=1)],
        no_match=no_match,
        coverage=COVERAGE,
        model=ModelAnswer(name="m", id="m@1", trained=True, trained_on="synthetic people"),
        notes=list(notes),
    )


@pytest.fixture
def shown(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")

    def lines(found, *, as_json=False, persons=False):
        show(found, media=None, as_json=as_json, persons=persons)
        return capsys.readouterr().out.splitlines()

    return lines


def test_probabilities_have_a_column_where_there_are_any(shown):
    heading, first, second, *_ = shown(answer(0.834, 0.004))
    assert heading.split() == ["#", "likely", "score", "seen", "for", "track"]
    assert "83 %" in first
    assert "< 1 %" in second


def test_without_probabilities_there_is_no_column_of_dashes(shown):
    heading, first, *_ = shown(answer(None))
    assert "likely" not in heading
    assert "–" not in first


def test_no_likely_match_comes_first_and_the_nearest_and_the_coverage_after_it(shown):
    lines = shown(answer(0.12, 0.03, no_match=True, notes=["a note"]))
    assert lines[0] == "! a note"
    assert lines[1] == NO_MATCH
    assert NO_MATCH.startswith("no likely match: ")
    assert "12 %" in lines[3]
    assert lines[-1].startswith("7 shots in the index")


def test_a_note_about_the_query_is_said_once_and_then_a_better_query(shown):
    note = QueryNote(code="name", words="Anna", text="'Anna' is a name")
    told = answer(0.9, notes=["no trained weights", note.text]).model_copy(
        update={"query_notes": [note], "suggestion": "The person wears a coat."}
    )
    assert shown(told)[:3] == [
        "! no trained weights",
        "! 'Anna' is a name",
        "did you mean: The person wears a coat.",
    ]


class Asked(Client):
    """Notes which pictures are asked for, all of which are gone."""

    def __init__(self):
        self.pictures = []

    def picture(self, url):
        self.pictures.append(url)
        return


def test_the_pictures_of_a_sheet_are_asked_for_as_such_that_are_passed_on(tmp_path):
    client = Asked()
    write_sheet(answer(0.9), client, tmp_path / "sheet.png")
    assert client.pictures == ["/api/v1/sheets/pictures/lobby/1.jpg"]
    assert (tmp_path / "sheet.png").stat().st_size > 0


def test_a_sheet_says_that_there_is_no_likely_match_before_all_its_notes():
    refused = answer(0.12, no_match=True, notes=["no trained weights", "synthetic weights"])
    assert sheet_notes(refused) == ["no likely match", "no trained weights", "synthetic weights"]
    assert sheet_notes(answer(0.12, no_match=True)) == ["no likely match"]
    assert sheet_notes(answer(no_match=True, notes=["a note"])) == ["a note"]
    assert sheet_notes(answer(0.9)) == []


def test_nobody_to_show_is_not_a_judgement(shown):
    first, last = shown(answer(no_match=True))
    assert first.startswith("nobody to show")
    assert last.startswith("7 shots in the index")


def test_json_carries_probability_and_what_the_model_learnt_from(shown):
    (line,) = shown(answer(0.834, no_match=True, notes=["a note"]), as_json=True)
    told = json.loads(line)
    assert told["hits"][0]["probability"] == 0.834
    assert told["model"]["trained_on"] == "synthetic people"
    assert (told["no_match"], told["notes"]) == (True, ["a note"])


def test_the_next_step_is_said_of_synthetic_weights_only(capsys):
    say_next_step(["yolo11n", "openai-clip-b16"], {"street-gadms"})
    assert capsys.readouterr().err == ""
    say_next_step(["street-yolo", "street-gadms"], {"street-gadms", "street-yolo"})
    said = capsys.readouterr().err
    assert said.startswith("synthetic weights (street-gadms, street-yolo)")
    assert said.endswith(FOR_REAL_FOOTAGE)
    for command in ("pull yolo11n", "pull openai-clip-b16", "models import", "reindex --model"):
        assert command in said


def test_persons_are_shown_with_their_path_on_demand_alone(shown):
    found = with_persons(
        answer(0.8, 0.7, 0.1),
        [Person((0, 1), 0.996, (0.996, 0.996)), Person((2,), None, (None,))],
        "fitted",
    )
    lines = [line.rstrip() for line in shown(found, persons=True)]
    assert lines[4:-1] == [
        f"probably the same person: {person_words.LOOKS}",
        "p1: 2 tracks, 1 camera, probably the same (99 %)",
        "  2026-03-01 10:00:00Z – 10:00:09Z  lobby  #1  lobby/r1/1",
        "  2026-03-01 10:00:00Z – 10:00:09Z  lobby  #2  lobby/r1/2",
        "  to erase them all: descry erase lobby/r1/1 lobby/r1/2",
        "p2: one track",
        "  2026-03-01 10:00:00Z – 10:00:09Z  lobby  #3  lobby/r1/3",
    ]
    assert not any("p1" in line for line in shown(found))
    rough = found.model_copy(update={"persons_by": "rough"})
    assert person_words.ROUGH in shown(rough, persons=True)


def test_where_nothing_tells_who_is_who_it_is_said(shown):
    found = with_persons(answer(None, None), alone(2), None)
    assert person_words.NO_TELLING in shown(found, persons=True)


def test_asking_for_a_search_does_not_wait_for_torch() -> None:
    code = (
        "import sys, pipeline.cli.search, pipeline.cli.searching, pipeline.finder\n"
        "heavy = {'torch', 'open_clip', 'ultralytics'} & sys.modules.keys()\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_question_back_is_asked_below_the_hits_with_how_to_answer(shown):
    asked = QuestionAnswer(
        id="upper-red", text="was the coat red?", yes=["red top"], no=["no red top"], gain=0.4
    )
    printed = shown(answer(0.4, 0.3).model_copy(update={"question": asked}))
    assert printed[-2] == (
        "was the coat red? answer with --answer upper-red=yes or --answer upper-red=no"
    )
    assert not any("--answer" in line for line in shown(answer(0.4, 0.3)))
