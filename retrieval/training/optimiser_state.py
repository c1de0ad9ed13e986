"""What Adam remembers, as tensors by the names of the parameters."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor
from torch.optim import Optimizer

_SHAPED = ("exp_avg", "exp_avg_sq")  # like the parameter
_STEP = "step"


def optimiser_tensors(
    optimiser: Optimizer, named_parameters: Iterable[tuple[str, Tensor]]
) -> dict[str, Tensor]:
    """The state of Adam: `NAME.exp_avg`, `NAME.exp_avg_sq` and `NAME.step` of each parameter.

    By name and not by position, so that it stays right when parameters are grouped otherwise. A
    parameter that had no step yet has none. They are the optimiser's own tensors, not copies.

    Args:
        optimiser: an Adam without amsgrad.
        named_parameters: of the model, without the prefix that a wrapper adds.
    """
    found = {}
    for name, parameter in named_parameters:
        for part, tensor in optimiser.state.get(parameter, {}).items():
            found[f"{name}.{part}"] = tensor
    return found


def restore_optimiser(
    optimiser: Optimizer,
    named_parameters: Iterable[tuple[str, Tensor]],
    tensors: Mapping[str, Tensor],
) -> None:
    """Give Adam back what `optimiser_tensors` found, exactly; learning rates are not touched.

    Args:
        optimiser: an Adam over the parameters, on their devices.
        named_parameters: of the model, as they were named for `optimiser_tensors`.
        tensors: they are copied.

    Raises:
        ValueError: they are of another model; nothing was changed.
    """
    parameters = dict(named_parameters)
    states: dict[str, dict[str, Tensor]] = {}
    for full_name, tensor in tensors.items():
        name, _, part = full_name.rpartition(".")
        if name not in parameters or part not in {*_SHAPED, _STEP}:
            raise ValueError(f"{full_name} is of no parameter of this model")
        if part in _SHAPED and tensor.shape != parameters[name].shape:
            raise ValueError(
                f"{full_name} has shape {tuple(tensor.shape)}, "
                f"the parameter {tuple(parameters[name].shape)}"
            )
        states.setdefault(name, {})[part] = tensor
    for name, state in states.items():
        if missing := {*_SHAPED, _STEP} - set(state):
            raise ValueError(f"{name}.{min(missing)} is missing")
    step_device = _step_devices(optimiser)
    for name, state in states.items():
        parameter = parameters[name]
        kept = {part: state[part].to(parameter.device, copy=True) for part in _SHAPED}
        kept[_STEP] = state[_STEP].to(step_device.get(parameter, "cpu"), copy=True)
        optimiser.state[parameter] = kept


def _step_devices(optimiser: Optimizer) -> dict[Tensor, torch.device]:
    """Where the count of steps lives, of those parameters for which that is not the CPU."""
    return {
        parameter: parameter.device
        for group in optimiser.param_groups
        if group.get("fused") or group.get("capturable")
        for parameter in group["params"]
    }
