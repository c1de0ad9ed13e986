"""Rows of the journal: means over the steps since the last one, none twice, none lost."""

import csv
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.training.journal import Journal
from retrieval.training.tally import Tally


def outcome(loss: float, accuracy: float = 0.5) -> dict[str, torch.Tensor]:
    """As a step of pretraining gives it."""
    return {
        "loss": torch.tensor(99.0), "loss_sdm": torch.tensor(loss),
        "loss_mlm": torch.tensor(loss / 2), "accuracy_mlm": torch.tensor(accuracy),
        "scores": torch.zeros(2, 77),
    }  # fmt: skip


def written(folder: Path, kind: str = "train") -> list[dict[str, float]]:
    path = folder / f"{kind}.csv"
    if not path.exists():
        return []
    with path.open() as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]


def count(tally: Tally, losses: list[float], first: int = 1) -> None:
    for step, loss in enumerate(losses, first):
        tally.add(outcome(loss), crops=4)
        tally.step(step, epoch=2, learning_rate=1e-5, gradient_norm=float(step))


def test_a_row_has_means_since_the_last_and_the_newest_of_the_rest(tmp_path: Path):
    with Tally(Journal(tmp_path), every=2) as tally:
        count(tally, [1.0, 3.0, 5.0])
        assert len(written(tmp_path)) == 1
        tally.flush(3)
    first, last = written(tmp_path)
    assert (first["step"], first["loss_sdm"], first["loss_mlm"]) == (2, 2.0, 1.0)
    assert (first["loss"], first["accuracy_mlm"]) == (3.0, 0.5)
    assert (first["epoch"], first["learning_rate"], first["gradient_norm"]) == (2, 1e-5, 2)
    assert (last["step"], last["loss_sdm"], last["gradient_norm"]) == (3, 5.0, 3)
    assert first["crops_per_s"] > 0
    assert "scores" not in first


@settings(deadline=None, max_examples=10)
@given(
    losses=st.lists(st.integers(0, 50).map(float), min_size=1, max_size=12),
    every=st.integers(1, 5),
)
def test_every_step_is_in_one_row(tmp_path_factory, losses: list[float], every: int):
    folder = tmp_path_factory.mktemp("run")
    with Tally(Journal(folder), every) as tally:
        count(tally, losses)
        tally.flush(len(losses))
        tally.flush(len(losses))  # nothing is left to tell
    expected = [losses[start : start + every] for start in range(0, len(losses), every)]
    told = written(folder)
    assert [row["loss_sdm"] for row in told] == pytest.approx([sum(e) / len(e) for e in expected])
    ends = [min(every * (number + 1), len(losses)) for number in range(len(expected))]
    assert [row["step"] for row in told] == ends


def test_several_batches_a_step_are_one_mean(tmp_path: Path):
    with Tally(Journal(tmp_path), every=1) as tally:
        for loss in (1.0, 2.0, 6.0):
            tally.add(outcome(loss), crops=4)
        tally.step(1, epoch=1, learning_rate=1e-5, gradient_norm=0.5)
    (row,) = written(tmp_path)
    assert row["loss_sdm"] == 3.0


def test_nothing_is_written_before_adam_moved(tmp_path: Path):
    with Tally(Journal(tmp_path), every=1) as tally:
        tally.flush(0)
        tally.add(outcome(1.0), crops=4)
        tally.flush(0)
    assert written(tmp_path) == []


def test_a_validation_has_rows_of_its_own(tmp_path: Path):
    with Tally(Journal(tmp_path), every=5) as tally:
        count(tally, [1.0])
        tally.validated(1, {"epoch": 1.0, "r1": 40.0})
        tally.flush(1)
    assert written(tmp_path, "validation") == [{"step": 1, "epoch": 1, "r1": 40}]
    assert [row["step"] for row in written(tmp_path)] == [1]


def test_who_does_not_write_counts_nothing(tmp_path: Path):
    with Tally(None, every=1) as tally:
        count(tally, [1.0, 2.0])
        tally.validated(2, {"r1": 40.0})
        tally.flush(2)
    assert list(tmp_path.iterdir()) == []
