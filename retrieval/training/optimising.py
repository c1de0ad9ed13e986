"""Adam over float32 weights: accumulation, clipping, loss scaling, one step at a time."""

import math
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from retrieval.training.optimiser_state import optimiser_tensors, restore_optimiser
from retrieval.training.plan import TrainingPlan
from retrieval.training.ranks import Ranks
from retrieval.training.schedule import learning_rate_at, parameter_groups, set_learning_rate
from retrieval.training.steps import LearningStep, Outcome, Views


@dataclass(frozen=True, slots=True)
class Stepped:
    """What became of one step of Adam.

    Attributes:
        gradient_norm: of all gradients together, before clipping.
        is_skipped: the loss scale of fp16 was too high; nothing was learnt, and it is lowered.
    """

    gradient_norm: float
    is_skipped: bool


class Optimising:
    """Runs a learning step and its backward pass, and moves the weights.

    Weights and Adam's memory are float32 whatever the arithmetic; fp16 gets a loss scale, which
    the reference, whose weights themselves are fp16, replaces by a large epsilon.
    """

    def __init__(self, step: LearningStep, plan: TrainingPlan, ranks: Ranks) -> None:
        """`step` lives on its device; its precision decides whether losses are scaled."""
        self._plan = plan
        self._model = step.model
        device = next(step.model.parameters()).device
        self._module: LearningStep | DistributedDataParallel = step
        if ranks.count > 1:
            self._module = DistributedDataParallel(step, gradient_as_bucket_view=True)
        self._adam = torch.optim.Adam(
            parameter_groups(
                self._model.named_parameters(),
                style=plan.groups,
                learning_rate=plan.learning_rate,
                weight_decay=plan.weight_decay,
            ),
            betas=plan.adam_betas,
            eps=plan.adam_eps,
        )
        self._scaler = torch.amp.GradScaler(device.type, enabled=step.is_scaled)

    def begin_epoch(self, epoch: int) -> float:
        """Set the learning rate of `epoch`, from 1; what it is."""
        rate = learning_rate_at(
            epoch,
            base=self._plan.learning_rate,
            epochs=self._plan.epochs or 1,
            warmup_epochs=self._plan.warmup_epochs,
            warmup_from=self._plan.warmup_from,
        )
        set_learning_rate(self._adam, rate)
        return rate

    def forward(self, views: Views, *, is_last: bool) -> Outcome:
        """Losses of one batch; `is_last` of those whose gradients make one step."""
        with self._quiet(is_last):
            outcome: Outcome = self._module(views)
        return outcome

    def backward(self, outcome: Outcome, *, parts: int, is_last: bool) -> None:
        """Add the gradients of one of `parts` batches; ranks are joined at the last."""
        with self._quiet(is_last):
            self._scaler.scale(outcome["loss"] / parts).backward()  # type: ignore[no-untyped-call]

    def step(self) -> Stepped:
        """Move the weights by the gradients so far, and forget these."""
        self._scaler.unscale_(self._adam)
        most = float("inf") if self._plan.clip_norm is None else self._plan.clip_norm
        norm = float(torch.nn.utils.clip_grad_norm_(list(self._trained()), most))
        is_finite = math.isfinite(norm)
        if is_finite or self._scaler.is_enabled():
            self._scaler.step(self._adam)  # which does nothing if a gradient is no number
            self._scaler.update()
        self._adam.zero_grad(set_to_none=True)
        return Stepped(norm, is_skipped=not is_finite and self._scaler.is_enabled())

    def forget_gradients(self) -> None:
        """Drop gradients that must not move the weights."""
        self._adam.zero_grad(set_to_none=True)

    def tensors(self) -> dict[str, Tensor]:
        """Adam's memory, for a checkpoint."""
        return optimiser_tensors(self._adam, self._model.named_parameters())

    def state(self) -> dict[str, Any]:
        """The loss scale, for a checkpoint; empty where there is none."""
        return dict(self._scaler.state_dict())

    def restore(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        """Take back what `tensors` and `state` gave.

        Raises:
            ValueError: it is of another model.
        """
        restore_optimiser(self._adam, self._model.named_parameters(), tensors)
        if state:
            self._scaler.load_state_dict(dict(state))

    def _trained(self) -> Iterator[Tensor]:
        return (p for p in self._model.parameters() if p.requires_grad)

    def _quiet(self, is_last: bool) -> AbstractContextManager[object]:
        if isinstance(self._module, DistributedDataParallel) and not is_last:
            return self._module.no_sync()
        return nullcontext()
