"""Which tensors of a checkpoint belong to the towers, and what shape of towers they are for.

GA-DMS, IRRA and RDE share one layout: the towers under `base_model.`, with open_clip's names;
training-only heads beside it; everything under `module.` if several GPUs trained it.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from retrieval.gadms.configuration import GadmsConfig
from retrieval.gadms.towers import expected_shapes

Family = Literal["ga-dms", "irra", "rde", "clip"]
"""What trained it: GA-DMS pretraining, IRRA-like fine-tuning, RDE, or plain CLIP."""

_TOWERS = frozenset(
    {
        "visual", "transformer", "token_embedding", "positional_embedding", "ln_final",
        "text_projection",
    }
)  # fmt: skip
# OpenAI and open_clip write these beside the towers; none says anything the shapes do not.
_BESIDE_THE_TOWERS = frozenset(
    {"logit_scale", "logit_bias", "input_resolution", "context_length", "vocab_size", "attn_mask"}
)
_RDE_HEADS = frozenset({"visul_emb_layer", "texual_emb_layer"})  # spelt so in RDE
_MASKED_WORD_HEADS = frozenset({"mlm_head", "cross_attn", "cross_modal_transformer"})
_VOCAB_SIZE, _CONTEXT_LENGTH = 49408, 77  # the tokenizer's


def split_heads(stored: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The towers' tensors by open_clip name, and those of the heads beside them."""
    plain = {name.removeprefix("module."): tensor for name, tensor in stored.items()}
    is_wrapped = any(name.startswith("base_model.") for name in plain)
    towers, heads = {}, {}
    for name, tensor in plain.items():
        in_towers = name.startswith("base_model.") if is_wrapped else _root(name) in _TOWERS
        bare = name.removeprefix("base_model.")
        if in_towers and _root(bare) in _TOWERS:
            towers[bare] = tensor
        elif _root(bare) not in _BESIDE_THE_TOWERS:
            heads[bare] = tensor
    return towers, heads


def roots(names: Iterable[str]) -> frozenset[str]:
    """The heads that tensors of these names belong to."""
    return frozenset(_root(name) for name in names)


def family_of(heads: Iterable[str]) -> Family:
    """What trained a checkpoint with these heads.

    A fine-tuned model has a classifier; GA-DMS pretraining has only the masked-word heads. IRRA
    trained without identities looks like GA-DMS: the towers are the same, so nothing hangs on it.
    """
    present = set(heads)
    if present & _RDE_HEADS:
        return "rde"
    if "classifier" in present:
        return "irra"
    return "ga-dms" if present & _MASKED_WORD_HEADS else "clip"


def infer_config(
    towers: Mapping[str, Tensor],
    *,
    text_heads: int | None = None,
    vision_head_width: int | None = None,
    cross_heads: int | None = None,
) -> GadmsConfig:
    """The shape of towers that these tensors fill.

    Args:
        towers: tensors by open_clip name.
        text_heads: head count of the text tower; shapes cannot tell it. None: one per 64 of
            width, as every published model has it.
        vision_head_width: likewise; None for 64.
        cross_heads: head count of the cross-modal heads; likewise, and only training asks.

    Raises:
        ValueError: they fill none; the message says why.
    """
    vision_width, _, _, patch_size = _shape(towers, "visual.conv1.weight", 4)
    vocab_size, text_width = _shape(towers, "token_embedding.weight", 2)
    context_length, _ = _shape(towers, "positional_embedding", 2)
    if (vocab_size, context_length) != (_VOCAB_SIZE, _CONTEXT_LENGTH):
        raise ValueError(
            f"reads {context_length} tokens of a vocabulary of {vocab_size}; "
            f"only CLIP's {_CONTEXT_LENGTH} of {_VOCAB_SIZE} can be used"
        )
    if text_heads is None and text_width % 64:
        raise ValueError(
            f"the text tower is {text_width} wide, so its head count is not {text_width} / 64 and "
            "shapes do not show it: give it with --text-heads"
        )
    embed_dim = _shape(towers, "visual.proj", 2)[1]
    return GadmsConfig(
        vision_width=vision_width,
        vision_layers=_layers(towers, "visual.transformer.resblocks."),
        vision_head_width=vision_head_width or 64,
        text_width=text_width,
        text_heads=text_heads or text_width // 64,
        text_layers=_layers(towers, "transformer.resblocks."),
        embed_dim=embed_dim,
        patch_size=patch_size,
        cross_heads=cross_heads or (1 if embed_dim % 64 else embed_dim // 64),
    )


def fit(towers: Mapping[str, Tensor], config: GadmsConfig) -> dict[str, Tensor]:
    """The tensors that `config` asks for, the positional embedding resized where it must be.

    Raises:
        ValueError: one is missing, has the wrong shape or type, or holds what is no number.
    """
    expected = expected_shapes(config)
    if missing := sorted(set(expected) - set(towers)):
        raise ValueError(
            f"{len(missing)} of {len(expected)} tensors are missing, {missing[0]} for one: "
            "take a complete checkpoint"
        )
    fitted = {name: towers[name] for name in expected}
    position = "visual.positional_embedding"
    if fitted[position].ndim == 2 and fitted[position].shape != expected[position]:
        fitted[position] = resize_positional(fitted[position], config.grid)
    for name, tensor in fitted.items():
        _check(name, tensor, expected[name])
    return {name: _storable(tensor) for name, tensor in fitted.items()}


def resize_positional(embedding: Tensor, grid: tuple[int, int]) -> Tensor:
    """Stretch the positional embedding of a square grid over `grid`.

    Bilinear without antialiasing, as the weights were trained after; any other filter moves
    every feature.

    Args:
        embedding: (side² + 1, width); row 0 belongs to the class token and is kept.
        grid: rows and columns wanted.

    Returns:
        (rows × columns + 1, width) float32.

    Raises:
        ValueError: the grid it comes from is not square.
    """
    patches, width = len(embedding) - 1, embedding.shape[1]
    side = round(max(patches, 0) ** 0.5)
    if side < 1 or side * side != patches:
        raise ValueError(
            f"its picture is {patches} patches, neither {grid[0]}×{grid[1]} nor a square: "
            "overlapping patches and other picture sizes are not supported"
        )
    plane = embedding[1:].float().T.reshape(1, width, side, side)
    plane = functional.interpolate(plane, size=grid, mode="bilinear", align_corners=False)
    return torch.cat([embedding[:1].float(), plane.reshape(width, -1).T])


def _root(name: str) -> str:
    return name.partition(".")[0]


def _shape(towers: Mapping[str, Tensor], name: str, dimensions: int) -> tuple[int, ...]:
    if name not in towers:
        raise ValueError(
            f"no tensor {name}: not a CLIP-like model with two transformers "
            "(GA-DMS, IRRA, RDE and open_clip ViT checkpoints are)"
        )
    shape = tuple(towers[name].shape)
    if len(shape) != dimensions or 0 in shape:
        raise ValueError(f"{name} has shape {shape}, which no such model has")
    return shape


def _layers(towers: Mapping[str, Tensor], prefix: str) -> int:
    numbers = {
        name.removeprefix(prefix).partition(".")[0] for name in towers if name.startswith(prefix)
    }
    found = [int(number) for number in numbers if number.isascii() and number.isdigit()]
    if not found or max(found) >= 1000:  # a hostile name must not make us lay out a million
        raise ValueError(f"no blocks under {prefix}: take a complete checkpoint")
    return max(found) + 1


def _check(name: str, tensor: Tensor, expected: torch.Size) -> None:
    if tensor.shape != expected:
        raise ValueError(f"{name} has shape {tuple(tensor.shape)}, expected {tuple(expected)}")
    if not tensor.is_floating_point():
        raise ValueError(f"{name} holds {tensor.dtype}, not floating-point weights")
    if not bool(torch.isfinite(tensor).all()):
        raise ValueError(f"{name} holds values that are no numbers: the training had failed")


def _storable(tensor: Tensor) -> Tensor:
    """Keep half precision as it came, which upcasts exactly; no more than float32 of the rest."""
    if tensor.dtype not in {torch.float16, torch.bfloat16, torch.float32}:
        tensor = tensor.float()
    return tensor.contiguous()
