"""A plan says everything that decides a training, and refuses what makes no sense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from retrieval.errors import PlanRefused
from retrieval.training.plan import TrainingPlan

LEAST = {"dataset": {"name": "rstpreid", "root": "data"}, "out": "run"}
OTHER = {
    "dataset": {"name": "icfg-pedes", "root": "data"},
    "validate_on": {"name": "rstpreid", "root": "data"},
    "validation_share": 0.1,
    "configuration": "tiny",
    "start_from": "clip",
    "epochs": 7,
    "batch": 4,
    "accumulate": 2,
    "learning_rate": 1e-4,
    "warmup_epochs": 1,
    "warmup_from": 0.2,
    "weight_decay": 0.0,
    "adam_betas": (0.9, 0.99),
    "adam_eps": 1e-8,
    "clip_norm": 1.0,
    "precision": "fp32",
    "seed": 1,
    "augment": False,
    "photometric": True,
    "groups": "irra",
    "losses": {"itc": 1.0},
    "score": "paper",
    "masking": {"steepness": 10},
    "fine_tuning_view": "plain",
    "caption_padding": "batch",
    "classes": "captions",
    "validate_every_epochs": 2,
}
DECIDES_NOTHING = {
    "dataset": {"name": "rstpreid", "root": "elsewhere"},
    "out": "other",
    "workers": 0,
    "device": "cuda:1",
    "deterministic": True,
    "keep": 5,
    "log_every_steps": 1,
    "checkpoint_every_s": 1.0,
    "checkpoint_every_steps": 3,
}


def plan(**changes):
    return TrainingPlan.model_validate({**LEAST, **changes})


def fingerprint(**changes):
    return plan(**changes).for_task("pretrain").fingerprint()


def test_a_task_fills_what_the_released_scripts_use():
    pretraining, fine_tuning = plan().for_task("pretrain"), plan().for_task("finetune")
    assert (pretraining.epochs, pretraining.losses) == (30, {"sdm": 1.0, "mlm": 0.3})
    assert (fine_tuning.epochs, fine_tuning.losses) == (60, {"sdm": 1.0, "id": 1.0, "mlm": 1.0})
    assert (pretraining.task, fine_tuning.task) == ("pretrain", "finetune")


def test_what_the_plan_says_stays_and_losses_without_weight_go():
    filled = plan(epochs=8, losses={"sdm": 2, "mlm": 0}).for_task("finetune")
    assert (filled.epochs, filled.losses) == (8, {"sdm": 2.0})


def test_a_filled_plan_may_be_filled_again():
    filled = plan().for_task("pretrain")
    assert filled.for_task("pretrain") == filled


@pytest.mark.parametrize(
    ("changes", "task", "said"),
    [
        ({"task": "finetune"}, "pretrain", "says task: finetune, and pretrain was asked for"),
        ({"losses": {"sdm": 1, "id": 1}}, "pretrain", "loss id in pretraining"),
        ({"warmup_epochs": 30}, "pretrain", r"warmup_epochs \(30\) is not below epochs \(30\)"),
    ],
)
def test_a_plan_for_another_task_is_refused(changes, task, said):
    with pytest.raises(PlanRefused, match=said) as refusal:
        plan(**changes).for_task(task)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"dataset": {"name": "cifar", "root": "data"}},
        {"configuration": "vit-giant"},
        {"losses": {"sdm": 0}},
        {"losses": {}},
        {"losses": {"sdm": -1}},
        {"losses": {"triplet": 1}},
        {"epochs": 5, "warmup_epochs": 5},
        {"task": "pretrain", "losses": {"id": 1}},
        {"adam_betas": [0.9, 1.0]},
        {"batch": 1},
        {"seed": True},
        {"clip_norm": 0},
        {"learning_rate": float("nan")},
        {"device": "tpu"},
        {"colour": "red"},
        {"masking": {"alpha": 1}},
    ],
)
def test_what_makes_no_sense_is_refused(changes):
    with pytest.raises(ValidationError):
        plan(**changes)


def test_numbers_as_yaml_leaves_them_are_numbers():
    assert plan(learning_rate="1e-4").learning_rate == 1e-4  # YAML 1.1 takes 1e-4 for a text


def test_every_setting_is_named_by_the_tests_of_the_fingerprint():
    named = {*OTHER, *DECIDES_NOTHING, "task"}
    assert named == set(TrainingPlan.model_fields)


@pytest.mark.parametrize("name", OTHER)
def test_what_decides_the_result_changes_the_fingerprint(name):
    assert fingerprint(**{name: OTHER[name]}) != fingerprint()


@pytest.mark.parametrize("name", DECIDES_NOTHING)
def test_what_decides_nothing_leaves_the_fingerprint(name):
    assert fingerprint(**{name: DECIDES_NOTHING[name]}) == fingerprint()


def test_tasks_have_fingerprints_of_their_own():
    assert plan().for_task("finetune").fingerprint() != fingerprint()


@given(st.sampled_from([1, 2, 4, 8]))
def test_the_joined_batch_decides_not_how_many_processes_share_it(ranks):
    alone = plan(batch=32).for_task("pretrain")
    shared = plan(batch=32 // ranks).for_task("pretrain")
    assert shared.fingerprint(ranks) == alone.fingerprint()


def test_what_decides_is_told_by_dotted_names_without_places():
    deciding = plan().for_task("pretrain").deciding()
    assert deciding["dataset.name"] == "rstpreid"
    assert deciding["losses.mlm"] == 0.3
    assert deciding["masking.steepness"] == 20.0
    assert "dataset.root" not in deciding


def test_every_setting_has_a_sentence():
    for part in (TrainingPlan, *map(type, (plan().dataset, plan().masking))):
        assert all(field.description for field in part.model_fields.values())
