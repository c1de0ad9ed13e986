"""The recipe does no step twice, and measures what it says."""

import signal
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import Box
from pipeline.errors import DescryError
from pipeline.street.recipe.__main__ import main
from pipeline.street.recipe.detection import ap_of, judged
from pipeline.street.recipe.plan import QUICK, USUAL, encoder_plan
from pipeline.street.recipe.record import Record, claim
from pipeline.street.recipe.steps import _waited_for
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


def test_a_command_ends_when_the_recipe_is_told_to():
    asleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    assert _waited_for(subprocess.Popen(asleep), lambda: True) == -signal.SIGTERM


def test_a_command_tells_how_it_ended():
    failing = [sys.executable, "-c", "raise SystemExit(5)"]
    assert _waited_for(subprocess.Popen(failing), lambda: False) == 5


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


def test_a_box_finds_somebody_once_and_those_to_ignore_cost_nothing():
    asked, spared = [Box(0, 0, 10, 20)], [Box(50, 0, 60, 20)]
    found = [
        (Box(0, 0, 10, 19), 0.9), (Box(1, 0, 10, 20), 0.8), (Box(50, 0, 60, 19), 0.7),
        (Box(80, 0, 90, 20), 0.6),
    ]  # fmt: skip
    assert judged(found, asked, spared) == [(0.9, True), (0.8, False), (0.6, False)]


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
