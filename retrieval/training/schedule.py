"""How fast which parameter learns, epoch by epoch."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # a plan names the groupings, and reading one must not wait for torch
    from torch import Tensor
    from torch.optim import Optimizer

Grouping = Literal["flat", "irra"]
"""flat: every parameter alike, as GA-DMS was released; irra: new heads and biases faster."""

# Of IRRA's options; GA-DMS has them too, but does not use them.
_NEW_MODULE_FACTOR = 5.0
_BIAS_FACTOR = 2.0


def learning_rate_at(
    epoch: int,
    *,
    base: float,
    epochs: int,
    warmup_epochs: int = 5,
    warmup_from: float = 0.1,
) -> float:
    """The learning rate during one epoch: a linear warm-up, then a cosine down to nearly 0.

    GA-DMS's schedule (`solver/lr_scheduler.py` of its released code), constant within an epoch.
    With t = epoch − 1, W warm-up epochs, f the factor they start from and E epochs in all:
    base × (f (1 − t/W) + t/W) while t < W, then base × ½ (1 + cos(π (t − W) / (E − W))).

    Args:
        epoch: from 1 to `epochs`.
        base: the highest rate, reached when the warm-up ends.
        epochs: of the whole training.
        warmup_epochs: below `epochs`; 0 for no warm-up.
        warmup_from: which part of `base` the first epoch has, 0 to 1.

    Raises:
        ValueError: the epoch is none of the training's, or all of them would be warm-up.
    """
    if not 1 <= epoch <= epochs:
        raise ValueError(f"epoch {epoch} is not within 1 to {epochs}")
    if not 0 <= warmup_epochs < epochs:
        raise ValueError(f"{warmup_epochs} warm-up epochs do not fit {epochs} epochs")
    done = epoch - 1
    if done < warmup_epochs:
        share = done / warmup_epochs
        return base * (warmup_from * (1 - share) + share)
    turn = math.pi * (done - warmup_epochs) / (epochs - warmup_epochs)
    return base * 0.5 * (1 + math.cos(turn))


def parameter_groups(
    named_parameters: "Iterable[tuple[str, Tensor]]",
    *,
    style: Grouping,
    learning_rate: float,
    weight_decay: float,
) -> list[dict[str, Any]]:
    """Groups for `torch.optim.Adam`, each with its `lr_factor` for `set_learning_rate`.

    "irra" is what IRRA's `solver/build.py` does: ×5 for names with "cross"; then biases ×2
    and without decay; then ×5 for "classifier" and "mlm_head" (and our "tag_head"), whose biases
    stay without decay.
    Parameters that are frozen are in no group.

    Args:
        named_parameters: of the model; the order within a group is kept.
        style: which rule.
        learning_rate: of a parameter with factor 1.
        weight_decay: of a parameter that decays; L2, added to the gradient.
    """
    members: dict[tuple[float, float], list[Tensor]] = {}
    for name, parameter in named_parameters:
        if parameter.requires_grad:
            kind = (1.0, weight_decay) if style == "flat" else _irra(name, weight_decay)
            members.setdefault(kind, []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": learning_rate * factor,
            "lr_factor": factor,
            "weight_decay": decay,
        }
        for (factor, decay), parameters in sorted(members.items(), key=lambda item: item[0])
    ]


def set_learning_rate(optimiser: "Optimizer", learning_rate: float) -> None:
    """Give every group `learning_rate` times its `lr_factor`, 1 where it has none."""
    for group in optimiser.param_groups:
        group["lr"] = learning_rate * group.get("lr_factor", 1.0)


def _irra(name: str, weight_decay: float) -> tuple[float, float]:
    factor, decay = 1.0, weight_decay
    if "cross" in name:
        factor = _NEW_MODULE_FACTOR
    if "bias" in name:
        factor, decay = _BIAS_FACTOR, 0.0
    if "classifier" in name or "mlm_head" in name or "tag_head" in name:
        factor = _NEW_MODULE_FACTOR
    return factor, decay
