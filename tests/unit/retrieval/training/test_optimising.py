"""Adam moves the weights by what the parts of a batch say together, or not at all."""

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

from retrieval.gadms.model import Gadms
from retrieval.training.optimising import Optimising
from retrieval.training.plan import TrainingPlan
from retrieval.training.ranks import Ranks
from retrieval.training.steps import LearningStep, Views
from tests.small_run import rows_of, small_model, small_views


def plan(**changes) -> TrainingPlan:
    least = {
        "dataset": {"name": "jsonl", "root": "data"}, "out": "run", "configuration": "tiny",
        "learning_rate": 0.01, "weight_decay": 0.0,
    }  # fmt: skip
    return TrainingPlan.model_validate({**least, **changes}).for_task("finetune")


def learning(
    losses: Mapping[str, float] | None = None, *, autocast: torch.dtype | None = None, **changes
) -> tuple[Gadms, Optimising]:
    model, weights = small_model(), losses or {"id": 1.0}
    step = LearningStep(model, weights=weights, score=None, ranks=Ranks(), autocast=autocast)
    return model, Optimising(step, plan(**changes), Ranks())


def learn(optimising: Optimising, *batches: Views) -> float:
    """One step of Adam from these batches; the length of its gradient."""
    for number, views in enumerate(batches, 1):
        is_last = number == len(batches)
        outcome = optimising.forward(views, is_last=is_last)
        optimising.backward(outcome, parts=len(batches), is_last=is_last)
    return optimising.step().gradient_norm


def state_of(model: Gadms) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def moments(optimising: Optimising, kind: str = "exp_avg") -> dict[str, Tensor]:
    return {n: v for n, v in optimising.tensors().items() if n.endswith(f".{kind}")}


@pytest.mark.parametrize("parts", [2, 4])
def test_a_batch_in_parts_moves_the_weights_as_the_whole_does(parts: int):
    views, size = small_views(), 4 // parts
    (whole, one), (pieces, many) = learning(), learning()
    norm = learn(one, views)
    again = learn(many, *(rows_of(views, slice(i, i + size)) for i in range(0, 4, size)))
    assert again == pytest.approx(norm, rel=1e-4)
    expected = moments(one)
    for name, value in moments(many).items():
        torch.testing.assert_close(value, expected[name], atol=1e-6, rtol=1e-3, msg=name)
    for name, value in pieces.state_dict().items():
        torch.testing.assert_close(value, whole.state_dict()[name], atol=1e-4, rtol=0, msg=name)


def test_parts_with_as_many_hidden_words_are_one_batch_for_the_word_loss():
    views = rows_of(small_views(), slice(0, 2))
    labels = torch.where(torch.arange(77) == 1, views.ids, torch.zeros_like(views.ids))
    views = Views(views.images, views.identities, views.ids, views.ids, views.ids, labels)
    (_, one), (_, many) = learning({"mlm": 1.0}), learning({"mlm": 1.0})
    norm = learn(one, views)
    assert learn(many, rows_of(views, slice(0, 1)), rows_of(views, slice(1, 2))) == pytest.approx(
        norm, rel=1e-4
    )


@pytest.mark.parametrize("share", [0.5, 2.0])
def test_a_gradient_is_shortened_to_the_longest_allowed_and_told_at_its_length(share: float):
    """Adam's first mean is a tenth of what it was given."""
    _, free = learning()
    norm = learn(free, small_views())
    _, clipped = learning(clip_norm=norm * share)
    assert learn(clipped, small_views()) == pytest.approx(norm, rel=1e-5)
    given = torch.stack([value.norm() for value in moments(clipped).values()]).norm() * 10
    assert float(given) == pytest.approx(norm * min(share, 1), rel=1e-3)


@pytest.mark.parametrize(
    ("odd", "clip_norm"), [(float("nan"), None), (float("inf"), 1.0), (float("nan"), 1.0)]
)
def test_a_gradient_that_is_no_number_moves_nothing_and_is_forgotten(odd, clip_norm):
    (model, hurt), (unhurt, plain) = (learning(clip_norm=clip_norm) for _ in range(2))
    before = state_of(model)
    hurt.backward({"loss": model.ln_post.weight.sum() * odd}, parts=1, is_last=True)
    stepped = hurt.step()
    assert not stepped.gradient_norm < float("inf")
    assert not stepped.is_skipped  # the trainer must know that training failed
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert hurt.tensors() == {}
    learn(hurt, small_views())
    learn(plain, small_views())
    expected = state_of(unhurt)
    assert all(torch.equal(value, expected[name]) for name, value in model.state_dict().items())


def test_in_fp16_a_gradient_that_overflows_is_skipped_and_the_scale_lowered():
    model, optimising = learning(autocast=torch.float16)
    before, scale = state_of(model), float(optimising.state()["scale"])
    optimising.backward({"loss": model.ln_post.weight.sum() * 1e37}, parts=1, is_last=True)
    assert optimising.step().is_skipped
    assert float(optimising.state()["scale"]) == scale / 2
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    optimising.backward({"loss": model.ln_post.weight.sum() * 3}, parts=1, is_last=True)
    stepped = optimising.step()
    assert not stepped.is_skipped
    # The scale is out again before the gradient is measured.
    assert stepped.gradient_norm == pytest.approx(3 * len(before["ln_post.weight"]) ** 0.5)
    assert not torch.equal(model.ln_post.weight, before["ln_post.weight"])


def test_no_gradient_is_left_for_the_next_step():
    model, optimising = learning()
    first = learn(optimising, small_views())
    assert all(parameter.grad is None for parameter in model.parameters())
    optimising.backward({"loss": model.ln_post.weight.sum() * 1e6}, parts=1, is_last=True)
    optimising.forget_gradients()
    assert all(parameter.grad is None for parameter in model.parameters())
    assert learn(optimising, small_views()) < 100 * first


def test_each_epoch_has_its_rate_and_each_group_its_factor():
    model, optimising = learning(epochs=60, groups="irra")
    assert optimising.begin_epoch(1) == pytest.approx(0.001)
    assert optimising.begin_epoch(6) == 0.01
    before = state_of(model)
    optimising.begin_epoch(1)
    loss = (model.ln_post.weight.sum() + model.classifier.weight.sum()) * 1e6
    optimising.backward({"loss": loss}, parts=1, is_last=True)
    optimising.step()
    moved = {name: float((before[name] - value).max()) for name, value in state_of(model).items()}
    assert moved["ln_post.weight"] == pytest.approx(0.001, rel=1e-3)
    assert moved["classifier.weight"] == pytest.approx(0.005, rel=1e-3)


def test_training_goes_on_from_what_was_kept_to_the_last_bit():
    (model, first), (other, second) = learning(), learning()
    learn(first, small_views())
    kept = {name: value.clone() for name, value in first.tensors().items()}
    other.load_state_dict(model.state_dict())
    second.restore(kept, first.state())
    learn(first, small_views())
    learn(second, small_views())
    expected = state_of(other)
    assert all(torch.equal(value, expected[name]) for name, value in model.state_dict().items())


def test_the_loss_scale_is_kept_and_there_is_none_in_full_precision():
    model, optimising = learning(autocast=torch.float16)
    optimising.backward({"loss": model.ln_post.weight.sum() * 1e37}, parts=1, is_last=True)
    optimising.step()
    _, other = learning(autocast=torch.float16)
    other.restore(optimising.tensors(), optimising.state())
    assert other.state() == optimising.state()
    assert learning()[1].state() == {}


def test_the_memory_of_another_model_is_refused():
    with pytest.raises(ValueError, match="no parameter of this model"):
        learning()[1].restore({"colour.exp_avg": torch.ones(1)}, {})


def test_a_frozen_parameter_is_not_moved():
    model = small_model()
    model.base_model.requires_grad_(False)
    step = LearningStep(model, weights={"id": 1.0}, score=None, ranks=Ranks())
    optimising, before = Optimising(step, plan(weight_decay=0.5), Ranks()), state_of(model)
    learn(optimising, small_views())
    moved = {name for name, v in model.state_dict().items() if not torch.equal(v, before[name])}
    assert moved == {"classifier.weight", "classifier.bias"}
