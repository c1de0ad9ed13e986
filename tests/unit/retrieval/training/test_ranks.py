"""A process alone joins nothing and waits for nobody; one of several is started by torchrun."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from retrieval.errors import PlanRefused
from retrieval.training.ranks import Ranks, join_ranks, leave_ranks

CPU = torch.device("cpu")
NAMES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
maps = arrays.arrays("float32", (2, 3), elements=st.floats(-9, 9, width=32))


@pytest.fixture(autouse=True)
def _no_torchrun(monkeypatch: pytest.MonkeyPatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_alone_it_is_the_first_of_one():
    ranks = join_ranks(CPU)
    assert ranks == Ranks(0, 1)
    assert ranks.is_first
    assert not Ranks(1, 2).is_first
    ranks.wait()
    leave_ranks(ranks)
    assert not torch.distributed.is_initialized()


def test_rows_stay_themselves_with_their_gradient():
    rows = torch.ones(2, 3, requires_grad=True)
    assert Ranks().join_rows(rows) is rows


@settings(deadline=None)
@given(maps)
def test_extremes_are_the_lowest_and_the_highest(values):
    low, high = Ranks().extremes(torch.from_numpy(values))
    assert (float(low), float(high)) == (values.min(), values.max())


@pytest.mark.parametrize("other", [0.0, float("inf"), float("-inf")])
def test_one_value_that_is_no_number_makes_both_extremes_none(other: float):
    low, high = Ranks().extremes(torch.tensor([[1.0, float("nan")], [other, 2.0]]))
    assert bool(low.isnan())
    assert bool(high.isnan())
    assert not bool(high > low)  # so that the scores of the batch are zeros


def test_extremes_and_sums_carry_no_gradient_and_change_nothing():
    values = torch.tensor([[1.0, 5.0]], requires_grad=True)
    assert not any(end.requires_grad for end in Ranks().extremes(values))
    total = Ranks().total(values)
    assert not total.requires_grad
    total += 1
    assert values.tolist() == [[1.0, 5.0]]


@pytest.mark.parametrize(
    "given_variables",
    [
        {"RANK": "0"},
        {"WORLD_SIZE": "2"},
        {"RANK": "one", "WORLD_SIZE": "2"},
        {"RANK": "0", "WORLD_SIZE": "2"},
        {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"},
        {"RANK": "2", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"},
        {"RANK": "-1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"},
        {"RANK": "0", "WORLD_SIZE": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"},
    ],
)
def test_variables_of_torchrun_that_make_no_whole_are_refused(
    monkeypatch: pytest.MonkeyPatch, given_variables: dict[str, str]
):
    for name, value in given_variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(PlanRefused, match="start several processes with torchrun") as refusal:
        join_ranks(CPU)
    assert "\n" not in str(refusal.value)
    assert not torch.distributed.is_initialized()


def test_empty_variables_are_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RANK", "")
    monkeypatch.setenv("WORLD_SIZE", "")
    assert join_ranks(CPU) == Ranks()
