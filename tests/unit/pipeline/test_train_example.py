"""The example plan: every setting at its default, and one that a training can begin with."""

from pathlib import Path

import pytest
import yaml

from pipeline.cli.train_example import plan_example
from pipeline.errors import ConfigError
from pipeline.wiring.training import read_plan
from retrieval.errors import PlanRefused
from retrieval.training.plan import TrainingPlan
from tests.conftest import ROOT

EXAMPLE = ROOT / "deploy" / "train.example.yaml"


def test_the_example_in_deploy_is_the_one_that_the_plan_makes():
    text = EXAMPLE.read_text("utf-8")
    assert text == plan_example(), "run: descry train example > deploy/train.example.yaml"


def test_the_example_names_every_setting_and_changes_none():
    stated = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    assert set(stated) == set(TrainingPlan.model_fields)
    folder = EXAMPLE.parent
    least = TrainingPlan.model_validate(
        {"dataset": {"name": "jsonl", "root": folder / "people"}, "out": folder / "runs" / "first"}
    )
    assert read_plan(EXAMPLE, "pretrain", None) == least.for_task("pretrain")


def test_no_line_of_the_example_is_too_long():
    assert max(len(line) for line in EXAMPLE.read_text("utf-8").splitlines()) <= 100


def write(folder: Path, text: str) -> Path:
    file = folder / "plan.yaml"
    file.write_text("dataset: {name: jsonl, root: people}\nout: run\n" + text)
    return file


def test_relative_paths_start_at_the_folder_of_the_plan(tmp_path: Path):
    plan = read_plan(write(tmp_path, "start_from: old/best.safetensors\n"), "pretrain", None)
    assert plan.dataset.root == tmp_path / "people"
    assert plan.out == tmp_path / "run"
    assert plan.start_from == str(tmp_path / "old" / "best.safetensors")


def test_a_flag_names_another_run_folder(tmp_path: Path):
    assert read_plan(write(tmp_path, ""), "pretrain", tmp_path / "x").out == tmp_path / "x"


def test_a_model_is_named_and_not_looked_for_as_a_file(tmp_path: Path):
    plan = read_plan(write(tmp_path, "start_from: ga-dms-pretrained\n"), "finetune", None)
    assert plan.start_from == "ga-dms-pretrained"


def test_yaml_exponents_are_numbers(tmp_path: Path):
    """YAML 1.1 reads 1e-4, without a point, as text."""
    assert read_plan(write(tmp_path, "learning_rate: 1e-4\n"), "pretrain", None).learning_rate == (
        1e-4
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("learning_rat: 1\n", "learning_rat is no setting; did you mean learning_rate?"),
        ("masking: {gama_noise: 1}\n", "did you mean masking.gamma_noise?"),
        ("epochs: many\n", "epochs must be a whole number"),
        ("epochs: 3\n", "warmup_epochs (5) is not below epochs (3)"),
        ("- a\n", "not valid YAML"),
        ("batch: yes\n", "batch"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_file_and_the_setting(tmp_path, text, said):
    file = write(tmp_path, text)
    with pytest.raises((ConfigError, PlanRefused)) as caught:
        read_plan(file, "pretrain", None)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_plan_for_the_other_task_is_refused(tmp_path: Path):
    with pytest.raises(PlanRefused, match="finetune"):
        read_plan(write(tmp_path, "task: finetune\n"), "pretrain", None)
