"""The best model so far is kept: by R@1, then by mAP, and the earlier of two alike."""

import json
from pathlib import Path

import pytest
import torch

from retrieval.gadms.checkpoint import read_checkpoint
from retrieval.gadms.configuration import PRESETS
from retrieval.gadms.description import description
from retrieval.gadms.model import Gadms, model_from, with_fresh_heads
from retrieval.gadms.towers import draw_weights
from retrieval.training.beginning import Tables
from retrieval.training.datasets import open_dataset
from retrieval.training.evaluate import silent
from retrieval.training.run_folder import RunFolder
from retrieval.training.validation import Validation
from tests.miniature_datasets import make_jsonl

TINY = PRESETS["tiny"]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    root = make_jsonl(tmp_path_factory.mktemp("people"), train=2, val=3, test=1)
    splits = open_dataset("jsonl", root).splits
    return Tables(splits["train"], splits["val"], "val split of jsonl")


def model_of(classes: int | None = None) -> Gadms:
    state = with_fresh_heads(TINY, draw_weights(TINY, 1), classes=classes, seed=2)
    return model_from(TINY, state, classes=classes)


def validation(model: Gadms, tables: Tables, folder: RunFolder) -> Validation:
    family = "ga-dms" if model.classifier is None else "irra"
    said = description(TINY, family, origin="synthetic")
    return Validation(model, tables, folder, torch.device("cpu"), "fp32", silent, said)


def test_the_first_model_is_the_best_and_whole_with_its_heads(tables: Tables, tmp_path: Path):
    model, folder = model_of(classes=2), RunFolder(tmp_path)
    values = validation(model, tables, folder).judge(3, step=17)
    assert values["epoch"] == 3
    assert 0 <= values["r1"] <= values["r5"] <= values["r10"] <= 100
    best = folder.best()
    assert best is not None
    assert (best.step, dict(best.state)) == (17, values)
    assert json.loads((tmp_path / "best.json").read_text())["state"] == values
    checkpoint = read_checkpoint(best.path, keep_heads=True)
    assert (checkpoint.config, checkpoint.family) == (TINY, "irra")
    assert checkpoint.origin == "synthetic"
    assert torch.equal(checkpoint.heads["classifier.weight"], model.classifier.weight)
    assert torch.equal(checkpoint.tensors["visual.proj"], model.base_model.visual.proj)


@pytest.mark.parametrize(
    ("r1", "mean_precision", "is_replaced"),
    [(-1, 1, True), (1, -1, False), (0, -1, True), (0, 1, False), (0, 0, False), (-1, -1, True)],
)
def test_a_better_model_replaces_the_best(
    tables: Tables, tmp_path: Path, r1: int, mean_precision: int, is_replaced: bool
):
    """The model before had so much more, or less, of both figures."""
    model, folder = model_of(), RunFolder(tmp_path)
    judge = validation(model, tables, folder)
    values = judge.judge(1, step=1)
    before = values | {"r1": values["r1"] + r1, "map": values["map"] + mean_precision}
    folder.save_best(1, model.state_dict(), before)
    assert judge.judge(2, step=2) == values | {"epoch": 2.0}
    best = folder.best()
    assert best is not None
    assert (best.step == 2) is is_replaced


def test_judging_changes_nothing_of_the_model(tables: Tables, tmp_path: Path):
    model = model_of()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    validation(model, tables, RunFolder(tmp_path)).judge(1, step=1)
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad, name
        assert parameter.grad is None, name
        assert torch.equal(parameter, before[name]), name


def test_what_is_measured_is_the_model_as_it_is_now(tables: Tables, tmp_path: Path):
    model = model_of()
    judge = validation(model, tables, RunFolder(tmp_path))
    before = judge.judge(1, step=1)
    with torch.no_grad():
        model.base_model.visual.proj.copy_(draw_weights(TINY, 9)["visual.proj"])
    assert judge.judge(2, step=2)["map"] != before["map"]
