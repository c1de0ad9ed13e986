"""The recipe does no step twice, and measures what it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import Box
from pipeline.errors import DescryError
from pipeline.street.recipe import __main__ as command
from pipeline.street.recipe.__main__ import main
from pipeline.street.recipe.asking import Asked
from pipeline.street.recipe.detection import ap_of, found_of, is_fair, is_reasonable, judged
from pipeline.street.recipe.kitchen import Kitchen
from pipeline.street.recipe.plan import QUICK, USUAL, encoder_plan, second_plan
from pipeline.street.recipe.record import Record, claim
from pipeline.street.recipe.steps import STEPS, Step
from pipeline.street.recipe.trusting import trust_figures
from retrieval.errors import DatasetUnusable
from retrieval.search.background import Strangers
from retrieval.search.calibration import Calibration, Law
from retrieval.training.plan import TrainingPlan


def test_a_step_is_done_until_its_inputs_change_or_what_it_made_is_gone(tmp_path):
    record, made = Record(tmp_path / "recipe.json"), tmp_path / "made"
    assert not record.is_done("pack", {"a": 1}, [])
    record.note("pack", {"a": 1}, 2.0)
    assert not record.is_done("pack", {"a": 1}, [made])
    made.touch()
    assert record.is_done("pack", {"a": 1}, [made])
    assert not record.is_done("pack", {"a": 2}, [made])
    assert not record.is_done("cards", {"a": 1}, [made])
    assert Record(tmp_path / "recipe.json").took_s() == {"pack": 2.0}


def test_a_training_is_gone_on_with_from_the_same_inputs_only(tmp_path):
    folder = tmp_path / "detector"
    claim(folder, {"epochs": 3})
    claim(folder, {"epochs": 3})
    with pytest.raises(DescryError, match="detector was trained with other"):
        claim(folder, {"epochs": 4})


def test_who_stops_the_recipe_in_a_step_that_ends_all_the_same_gets_no_other(
    tmp_path, monkeypatch, capsys
):
    done = []

    def step(name):
        return Step(name, lambda _: {}, lambda _: [], lambda _: not done.append(name))

    monkeypatch.setattr(command, "STEPS", {name: step(name) for name in ("pack", "figures")})
    record = Record(tmp_path / "recipe.json")
    assert command._run(kitchen_of(tmp_path, should_stop=lambda: bool(done)), record, []) == 130
    assert done == ["pack"]
    assert "figures: stopped; the same command goes on" in capsys.readouterr().err
    assert command._run(kitchen_of(tmp_path), record, []) == 0
    assert done == ["pack", "figures"]


@pytest.mark.parametrize("file", ["street-gadms.safetensors", "street-yolo.md", "models.yaml"])
def test_the_files_are_copied_again_where_one_is_gone(tmp_path, file):
    kitchen = kitchen_of(tmp_path)
    expected = {folder / file for folder in (kitchen.packed, kitchen.into)}
    assert expected <= set(STEPS["cards"].outputs(kitchen))


def test_another_calibration_is_measured_anew(tmp_path):
    kitchen = kitchen_of(tmp_path)
    kitchen.packed.mkdir()
    before = STEPS["figures"].inputs(kitchen)
    (kitchen.packed / "street-gadms-calibration.safetensors").touch()
    assert STEPS["figures"].inputs(kitchen) != before


def kitchen_of(folder, should_stop=lambda: False):
    return Kitchen(folder, QUICK, lambda _: lambda *_: None, should_stop, into=folder / "into")


def test_what_goes_wrong_on_the_disk_is_one_line(tmp_path, capsys):
    (tmp_path / "packed").mkdir()
    assert main(["--out", str(tmp_path), "--only", "cards"]) == 1
    started, failed = capsys.readouterr().err.splitlines()
    assert started.startswith("cards: ")
    assert "street-yolo.safetensors" in failed
    (tmp_path / "file").touch()
    assert main(["--out", str(tmp_path / "file")]) == 1
    assert "file" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{", "[]", "3"])
def test_a_damaged_record_says_that_nothing_is_done(tmp_path, content):
    (tmp_path / "recipe.json").write_text(content)
    assert not Record(tmp_path / "recipe.json").is_done("pack", {}, [])


@pytest.mark.parametrize("amounts", [USUAL, QUICK])
def test_the_encoders_plan_is_one_that_training_takes(amounts, tmp_path):
    plan = encoder_plan(amounts, tmp_path / "a.jsonl", tmp_path / "b.jsonl", tmp_path / "run")
    filled = TrainingPlan.model_validate(plan).for_task("pretrain")
    assert filled.epochs == amounts.encoder_epochs


@pytest.mark.parametrize("amounts", [USUAL, QUICK])
def test_the_second_plan_goes_on_from_the_first_more_slowly(amounts, tmp_path):
    data = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    first = TrainingPlan.model_validate(encoder_plan(amounts, *data, tmp_path / "run"))
    start = tmp_path / "run" / "best.safetensors"
    plan = second_plan(amounts, *data, start, tmp_path / "again")
    second = TrainingPlan.model_validate(plan).for_task("pretrain")
    assert (second.start_from, second.epochs) == (str(start), amounts.again_epochs)
    assert second.learning_rate < first.learning_rate
    assert second.seed != first.seed


def test_a_box_finds_somebody_once_and_those_to_ignore_cost_nothing():
    asked, spared = [Box(0, 0, 10, 20)], [Box(50, 0, 60, 20)]
    found = [
        (Box(0, 0, 10, 19), 0.9), (Box(1, 0, 10, 20), 0.8), (Box(50, 0, 60, 19), 0.7),
        (Box(80, 0, 90, 20), 0.6),
    ]  # fmt: skip
    assert judged(found, asked, spared) == [(0.9, True), (0.8, False), (0.6, False)]


def person(left, *, height_px=60.0, visible=1.0, ignore=False):
    """Somebody 20 px wide and 60 high, of whom the upper `visible` shows."""
    shown = [left, 0, left + 20, 60 * visible]
    return {
        "box": [left, 0, left + 20, 60], "visible_box": shown,
        "height_px": height_px, "visible": visible, "ignore": ignore,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        ({"height_px": 50.0, "visible": 0.65}, True),
        ({"height_px": 49.9}, False),
        ({"visible": 0.64}, False),
        ({"ignore": True}, False),
    ],
)
def test_reasonable_people_are_50_px_high_and_hardly_hidden(change, asked):
    assert is_reasonable(person(0, **change)) is asked


def test_whoever_is_not_reasonable_is_neither_asked_for_nor_a_fault():
    people = [[person(0), person(100, visible=0.3)], [person(0)]]
    seen = [(Box(0, 0, 20, 60), 0.5), (Box(100, 0, 120, 18), 0.9)]
    nobody = [(Box(300, 0, 320, 60), 0.8)]
    assert found_of([seen, []], people, is_fair) == (3, pytest.approx(66.34, abs=0.01), 66.67)
    assert found_of([seen, []], people, is_reasonable) == (2, pytest.approx(50.5, abs=0.01), 50)
    assert found_of([seen, nobody], people, is_reasonable)[1] < 26


def test_whom_nobody_can_be_asked_for_is_spared_as_they_show_and_as_they_are():
    hidden = person(0, visible=0.2, ignore=True)
    unseen = {**hidden, "visible_box": None}
    there = person(100)
    found = [(Box(0, 0, 20, 12), 0.9), (Box(0, 0, 20, 60), 0.8), (Box(100, 0, 120, 60), 0.39)]
    assert found_of([found], [[hidden, there]], is_fair) == (1, 100, 0)
    assert found_of([found], [[unseen, there]], is_fair)[1] == 50


def test_average_precision_of_known_answers():
    assert ap_of(np.array([True, True]), 2) == pytest.approx(1)
    assert ap_of(np.array([False, True]), 1) == pytest.approx(0.5)
    assert ap_of(np.array([True]), 2) == pytest.approx(51 / 101)
    assert ap_of(np.array([], np.bool_), 3) == 0
    assert ap_of(np.array([True]), 0) == 0


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_average_precision_is_a_share_and_best_when_hits_come_first(outcomes):
    wanted = max(sum(outcomes), 1)
    found = ap_of(np.array(outcomes), wanted)
    assert 0 <= found <= ap_of(np.array(sorted(outcomes, reverse=True)), wanted) + 1e-12 <= 1 + 1e-9


def asked_of(scores, relevant):
    """Sentences whose vectors say nothing: the background scores 0 for all of them."""
    unit = np.zeros((len(scores), 2), np.float32)
    unit[:, 0] = 1
    return Asked(unit, np.array(scores, np.float64), np.array(relevant, np.bool_))


def calibration_of(threshold):
    law, nobody = Law(-9.0, 1.0, 0.0, 0.0), Strangers.of_one_shot(np.zeros((4, 2), np.float32))
    return Calibration("m", nobody, law, law, threshold, 0.1, 1)


def test_an_encoder_that_knows_everybody_refuses_the_absent_and_nobody_else():
    known = np.eye(40)
    figures = trust_figures(asked_of(known, known), calibration_of(0.5))
    assert (figures["present_refused"], figures["absent_refused"]) == (0, 100)
    assert (figures["absent_asked"], figures["gallery"]) == (40, 20)
    assert figures["calibration_error"] < 0.001
    assert figures["brier"] < 0.001 < figures["brier_constant"]
    assert figures["brier_constant"] == pytest.approx(
        figures["shown_fit"] * (1 - figures["shown_fit"]), abs=1e-3
    )


def test_an_encoder_that_takes_one_for_another_refuses_as_its_threshold_says():
    known, mistaken = np.eye(40), 1 - np.eye(40)
    lax, strict = (
        trust_figures(asked_of(mistaken, known), calibration_of(threshold))
        for threshold in (0.0, 1.0)
    )
    assert (lax["present_refused"], lax["absent_refused"]) == (0, 0)
    assert (strict["present_refused"], strict["absent_refused"]) == (100, 100)
    sure_of_others = trust_figures(asked_of(known[::-1], known), calibration_of(0.5))
    assert sure_of_others["calibration_error"] > 0.04


def test_whose_sentence_fits_one_who_is_left_is_not_absent():
    fits = np.eye(40, dtype=np.bool_)
    fits[0] = True  # "somebody": whoever is taken out, others fit it
    figures = trust_figures(asked_of(np.eye(40), fits), calibration_of(0.5))
    assert (figures["present_asked"], figures["absent_asked"]) == (40, 39)


@pytest.mark.parametrize("people", [0, 1, 2])
def test_nobody_absent_or_nobody_at_all_cannot_be_judged(people):
    everybody = np.ones((people, people))
    with pytest.raises(DatasetUnusable, match="draw more"):
        trust_figures(asked_of(everybody, everybody), calibration_of(0.5))
