"""The learning rate of each epoch and of each parameter."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from retrieval.training.schedule import learning_rate_at, parameter_groups, set_learning_rate

NAMES = [
    "visual.conv1.weight",
    "visual.ln_pre.bias",
    "cross_attn.in_proj_weight",
    "cross_attn.in_proj_bias",
    "mlm_head.fc.weight",
    "mlm_head.fc.bias",
    "classifier.weight",
    "classifier.bias",
    "tag_head.weight",
    "tag_head.bias",
]


def parameters():
    return {name: torch.nn.Parameter(torch.zeros(1)) for name in NAMES}


def kinds(groups, named):
    """(factor, decay) by name."""
    return {
        name: (group["lr_factor"], group["weight_decay"])
        for group in groups
        for name, parameter in named.items()
        if any(parameter is member for member in group["params"])
    }


def test_the_schedule_is_the_recorded_one():
    rates = [learning_rate_at(epoch, base=1e-5, epochs=30) for epoch in range(1, 31)]
    assert rates[:6] == pytest.approx([1e-6, 2.8e-6, 4.6e-6, 6.4e-6, 8.2e-6, 1e-5], abs=1e-12)
    assert rates[6] == pytest.approx(9.961e-6, abs=5e-10)
    assert rates[-1] == pytest.approx(3.9e-8, abs=5e-10)


def test_without_a_warm_up_the_first_epoch_has_the_highest_rate():
    assert learning_rate_at(1, base=1.0, epochs=2, warmup_epochs=0) == 1.0
    assert learning_rate_at(2, base=1.0, epochs=2, warmup_epochs=0) == pytest.approx(0.5)


@given(st.integers(1, 100), st.integers(0, 100), st.floats(0, 0.99))
def test_rates_rise_to_the_base_and_then_fall_and_stay_above_nothing(epochs, warmup, start):
    warmup = min(warmup, epochs - 1)
    rates = [
        learning_rate_at(epoch, base=1.0, epochs=epochs, warmup_epochs=warmup, warmup_from=start)
        for epoch in range(1, epochs + 1)
    ]
    assert rates[: warmup + 1] == sorted(rates[: warmup + 1])
    assert rates[warmup:] == sorted(rates[warmup:], reverse=True)
    assert rates[warmup] == max(rates) == 1.0
    assert min(rates) >= 0


@pytest.mark.parametrize("epoch", [0, 31])
def test_an_epoch_that_is_none_of_the_training_is_refused(epoch):
    with pytest.raises(ValueError, match=f"epoch {epoch} is not within 1 to 30"):
        learning_rate_at(epoch, base=1.0, epochs=30)


def test_nothing_but_warm_up_is_refused():
    with pytest.raises(ValueError, match="5 warm-up epochs do not fit 5 epochs"):
        learning_rate_at(1, base=1.0, epochs=5)


def test_flat_groups_treat_every_parameter_alike():
    named = parameters()
    (group,) = parameter_groups(named.items(), style="flat", learning_rate=1e-5, weight_decay=4e-5)
    assert len(group["params"]) == len(NAMES)
    assert (group["lr"], group["lr_factor"], group["weight_decay"]) == (1e-5, 1.0, 4e-5)


def test_irra_groups_let_new_heads_and_biases_learn_faster_and_biases_decay_not():
    named = parameters()
    groups = parameter_groups(named.items(), style="irra", learning_rate=1.0, weight_decay=0.1)
    assert kinds(groups, named) == {
        "visual.conv1.weight": (1.0, 0.1),
        "visual.ln_pre.bias": (2.0, 0.0),
        "cross_attn.in_proj_weight": (5.0, 0.1),
        "cross_attn.in_proj_bias": (2.0, 0.0),
        "mlm_head.fc.weight": (5.0, 0.1),
        "mlm_head.fc.bias": (5.0, 0.0),
        "classifier.weight": (5.0, 0.1),
        "classifier.bias": (5.0, 0.0),
        "tag_head.weight": (5.0, 0.1),
        "tag_head.bias": (5.0, 0.0),
    }


def test_a_frozen_parameter_is_in_no_group():
    named = parameters()
    named["classifier.bias"].requires_grad_(False)
    groups = parameter_groups(named.items(), style="irra", learning_rate=1.0, weight_decay=0.1)
    assert sorted(kinds(groups, named)) == sorted(set(NAMES) - {"classifier.bias"})


def test_a_new_rate_keeps_the_factor_of_each_group():
    groups = parameter_groups(
        parameters().items(), style="irra", learning_rate=1.0, weight_decay=0.1
    )
    optimiser = torch.optim.Adam(groups)
    set_learning_rate(optimiser, 0.5)
    assert all(group["lr"] == 0.5 * group["lr_factor"] for group in optimiser.param_groups)
    assert {group["lr"] for group in optimiser.param_groups} == {0.5, 1.0, 2.5}


def test_a_group_without_a_factor_has_the_rate_itself():
    optimiser = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    set_learning_rate(optimiser, 0.25)
    assert optimiser.param_groups[0]["lr"] == 0.25
