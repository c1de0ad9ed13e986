"""Training a network of ultralytics in bfloat16 where the processor computes in it.

Ultralytics' own mixed precision is of GPUs alone, and fetches a model to try itself on. Here the
network runs in bfloat16 and its loss in float32: half of a network's time, and none of the places
of boxes, which eight bits of a mantissa would round to two pixels.
"""

from functools import partial
from typing import Any

import torch


def halves_are_fast(device: torch.device | None = None) -> bool:
    """Whether a device computes in bfloat16 itself; one that only imitates it is slower.

    Args:
        device: None for the GPU if there is one, else the processor.
    """
    on_gpu = torch.cuda.is_available() if device is None else device.type == "cuda"
    if on_gpu:
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    asked = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(asked is not None and asked())


def learn_in_halves(model: Any, device: torch.device) -> None:
    """Change how a `DetectionModel` that is trained, and this one alone, computes its loss.

    Its weights stay float32, laid out channels last, as convolutions on processors want them.
    Copies that were made before, such as the mean that is saved, stay as they were.
    """
    model.to(memory_format=torch.channels_last)
    plain = type(model).forward
    model.forward = partial(_loss_in_halves, model, partial(plain, model), device.type)


def _loss_in_halves(
    model: Any, plain: Any, device: str, batch: Any, *args: Any, **options: Any
) -> Any:
    if not isinstance(batch, dict):
        return plain(batch, *args, **options)
    pictures = batch["img"].contiguous(memory_format=torch.channels_last)
    with torch.autocast(device, torch.bfloat16):
        found = model.predict(pictures)
    return model.loss(batch, _in_full(found))


def _in_full(value: Any) -> Any:
    """The same with every tensor in float32."""
    if isinstance(value, torch.Tensor):
        return value.float()
    if isinstance(value, dict):
        return {name: _in_full(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_in_full(part) for part in value)
    return value
