"""Adam goes on exactly where it was."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.training.optimiser_state import optimiser_tensors, restore_optimiser
from retrieval.training.schedule import parameter_groups

STYLES = ["flat", "irra"]


def model_of(seed=0):
    model = torch.nn.ModuleDict(
        {"tower": torch.nn.Linear(3, 4), "classifier": torch.nn.Linear(4, 2)}
    )
    draws = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.data = torch.randn(parameter.shape, generator=draws)
    return model


def adam(model, style="flat"):
    groups = parameter_groups(
        model.named_parameters(), style=style, learning_rate=0.01, weight_decay=0.1
    )
    return torch.optim.Adam(groups, eps=1e-3)


def train(model, optimiser, steps, first=0):
    for step in range(first, first + steps):
        draws = torch.Generator().manual_seed(step)
        optimiser.zero_grad()
        hidden = model["tower"](torch.randn((5, 3), generator=draws))
        model["classifier"](hidden.tanh()).square().mean().backward()
        optimiser.step()


@settings(max_examples=10)
@given(st.integers(0, 4), st.integers(1, 4), st.sampled_from(STYLES))
def test_a_restored_optimiser_goes_on_to_the_last_bit(before, after, style):
    model = model_of()
    optimiser = adam(model, style)
    train(model, optimiser, before)
    kept = {
        name: tensor.clone()
        for name, tensor in optimiser_tensors(optimiser, model.named_parameters()).items()
    }
    again = model_of(seed=1)
    again.load_state_dict(model.state_dict())
    other = adam(again, style)
    restore_optimiser(other, again.named_parameters(), kept)
    train(model, optimiser, after, first=before)
    train(again, other, after, first=before)
    for name, tensor in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor)


def test_state_follows_the_name_when_parameters_are_grouped_otherwise():
    model = model_of()
    optimiser = adam(model, "irra")
    train(model, optimiser, 2)
    kept = optimiser_tensors(optimiser, model.named_parameters())
    other = adam(model, "flat")
    restore_optimiser(other, model.named_parameters(), kept)
    again = optimiser_tensors(other, model.named_parameters())
    assert sorted(again) == sorted(kept)
    assert all(torch.equal(again[name], kept[name]) for name in kept)


def test_tensors_are_named_for_their_parameter():
    model = model_of()
    optimiser = adam(model)
    train(model, optimiser, 1)
    kept = optimiser_tensors(optimiser, model.named_parameters())
    parts = ("exp_avg", "exp_avg_sq", "step")
    assert sorted(kept) == sorted(
        f"{name}.{part}" for name, _ in model.named_parameters() for part in parts
    )


def test_restoring_copies():
    model = model_of()
    optimiser = adam(model)
    train(model, optimiser, 1)
    kept = {
        name: tensor.clone()
        for name, tensor in optimiser_tensors(optimiser, model.named_parameters()).items()
    }
    restore_optimiser(optimiser, model.named_parameters(), kept)
    before = {name: tensor.clone() for name, tensor in kept.items()}
    train(model, optimiser, 1)
    assert all(torch.equal(kept[name], before[name]) for name in kept)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda kept: kept.update({"head.weight.step": torch.zeros(())}), "head.weight.step is of"),
        (lambda kept: kept.update({"tower.bias.odd": torch.zeros(4)}), "tower.bias.odd is of no"),
        (
            lambda kept: kept.update({"tower.bias.exp_avg": torch.zeros(5)}),
            r"tower.bias.exp_avg has shape \(5,\), the parameter \(4,\)",
        ),
        (lambda kept: kept.pop("tower.bias.step"), "tower.bias.step is missing"),
    ],
)
def test_the_state_of_another_model_is_refused_and_changes_nothing(change, said):
    model = model_of()
    optimiser = adam(model)
    train(model, optimiser, 1)
    kept = optimiser_tensors(optimiser, model.named_parameters())
    change(kept)
    other = adam(model)
    with pytest.raises(ValueError, match=said):
        restore_optimiser(other, model.named_parameters(), kept)
    assert not other.state
