"""Training teaches: people that it never saw are found by colours that it learnt on others."""

import csv
from pathlib import Path

import pytest

from retrieval.encoder import GadmsEncoder
from retrieval.training.beginning import build_model, open_tables
from retrieval.training.evaluate import evaluate
from retrieval.training.plan import TrainingPlan
from retrieval.training.session import train
from tests.miniature_datasets import make_jsonl

pytestmark = pytest.mark.slow


def silent(_label: str):
    return lambda done, total: None


def column(file: Path, name: str) -> list[float]:
    with file.open() as lines:
        return [float(row[name]) for row in csv.DictReader(lines)]


@pytest.mark.timeout(600)
def test_a_model_that_trained_finds_strangers_better_than_before(tmp_path: Path):
    make_jsonl(tmp_path / "people", train=24, val=8, test=0)
    plan = TrainingPlan.model_validate(
        {
            "dataset": {"name": "jsonl", "root": tmp_path / "people"},
            "configuration": "tiny",
            "out": tmp_path / "run",
            "epochs": 24,
            "warmup_epochs": 2,
            "batch": 16,
            "learning_rate": 2e-3,
            "adam_eps": 1e-8,
            "clip_norm": 5,
            "augment": False,
            "losses": {"itc": 1.0, "mlm": 0.3},
            "score": "paper",
            "workers": 0,
            "validate_every_epochs": 6,
            "log_every_steps": 1000,
        }
    ).for_task("pretrain")
    tables = open_tables(plan, silent)
    model = build_model(plan, tables.train, None)
    drawn = GadmsEncoder(model.base_model, name="drawn", digest="0" * 64, is_trained=False)
    before = evaluate(drawn, tables.validation).text_to_image.ranking
    trained = train(plan, None, report=silent)
    assert trained.is_done
    after = trained.best.state
    # Eight people of two pictures each: 28 by chance. With more epochs it passes 60.
    assert after["map"] > before.map + 10
    losses = column(tmp_path / "run" / "train.csv", "loss_itc")
    guessed = column(tmp_path / "run" / "train.csv", "accuracy_mlm")
    assert losses[-1] < 0.8 * losses[0]
    assert max(guessed[-5:]) > max(guessed[:2]) + 0.1
