"""Writing checkpoints that the reference's own programs load: its names, types and wrapping."""

import errno
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from retrieval.errors import WeightsUnusable
from retrieval.gadms.origin import Origin
from retrieval.whole_files import written_whole

_PROJECTIONS = ("text_projection", "proj", "in_proj_weight", "in_proj_bias")
_LAYER_NORMS = frozenset(
    {"ln_pre", "ln_post", "ln_1", "ln_2", "ln_final", "ln_pre_t", "ln_pre_i", "ln"}
)
_EMBEDDINGS = frozenset({"token_embedding", "positional_embedding", "class_embedding"})


def is_half_in_the_reference(name: str) -> bool:
    """Whether the reference stores this parameter as float16.

    Its models halve every convolution and linear layer, the joint projections of attention and
    both projections to the shared space; layer norms and embeddings stay float32.

    >>> is_half_in_the_reference("base_model.visual.conv1.weight")
    True
    >>> is_half_in_the_reference("base_model.token_embedding.weight")
    False
    """
    *parents, last = name.split(".")
    if last in _PROJECTIONS:
        return True
    if last in _EMBEDDINGS or (parents and parents[-1] in _LAYER_NORMS | _EMBEDDINGS):
        return False
    return last in {"weight", "bias"}


def reference_state(
    tensors: Mapping[str, Tensor], *, prefix: str = "module.", halve: bool = True
) -> dict[str, Tensor]:
    """The state dict as the reference would have saved it.

    Args:
        tensors: by reference name, without a prefix.
        prefix: `module.` where several processes trained it, as in its pretraining; "" for one.
        halve: store as float16 what the reference does; rounding, unless values came from there.

    Raises:
        WeightsUnusable: a value is too large for float16; export with full precision instead.
    """
    state = {}
    for name, tensor in tensors.items():
        value = tensor.detach().cpu()
        if halve and is_half_in_the_reference(name):
            value = _halved(name, value)
        state[f"{prefix}{name}"] = value.contiguous()
    return state


def write_reference(
    tensors: Mapping[str, Tensor],
    path: Path,
    *,
    epoch: int,
    epochs: int,
    prefix: str = "module.",
    halve: bool = True,
    configuration: Mapping[str, int] | None = None,
    origin: Origin | None = None,
) -> None:
    """Write a `.pth` as the reference's checkpointer does: weights under `model`, and counters.

    Its optimiser's state is not ours to give: training goes on from a run folder. The reference
    passes over the configuration, which keeps head counts that shapes do not show, and over the
    origin, which says what the weights learnt from.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    content: dict[str, object] = {
        "model": reference_state(tensors, prefix=prefix, halve=halve),
        "num_epoch": epochs,
        "iteration": 0,
        "epoch": epoch,
    }
    if configuration is not None:
        content["configuration"] = dict(configuration)
    if origin is not None:
        content["origin"] = origin
    try:
        with written_whole(path) as part:
            torch.save(content, part)
    except RuntimeError as error:  # what torch raises where the disk is full or the folder missing
        raise OSError(errno.EIO, "no room, or no such folder", str(path)) from error


def _halved(name: str, value: Tensor) -> Tensor:
    half = value.to(torch.float16)
    if bool(torch.isfinite(value).all()) and not bool(torch.isfinite(half).all()):
        raise WeightsUnusable(
            f"{name} holds values beyond float16, which the reference stores; "
            "export with full precision"
        )
    return half
