"""Weights to begin a training with where no checkpoint is there to begin from.

GA-DMS begins with CLIP's; a small model for the street begins with nothing, and then it matters
that a patch says where it is as loudly as what it shows, and that a block adds little at first.
"""

import torch
from torch import Tensor

from retrieval.gadms.configuration import GadmsConfig
from retrieval.gadms.towers import draw_weights

#: Deviations of what blocks read first: places of patches beside patches of deviation 1, and words
#: beside what the first blocks add to them.
_PATCH_PLACES, _WORDS, _WORD_PLACES = 0.5, 0.5, 0.25


def first_weights(config: GadmsConfig, seed: int) -> dict[str, Tensor]:
    """Tensors of both towers by open_clip name, the same on every machine for the same `seed`.

    Patches are projected with deviation (3 p²)^-½ for p×p pixels, so that they come out as large
    as pixels went in. What a residual adds is divided by √(2L), for L blocks that add twice each
    (Radford and others, "Language Models are Unsupervised Multitask Learners", 2019, section 2.3).
    """
    wanted = {
        "visual.conv1.weight": (3 * config.patch_size**2) ** -0.5,
        "visual.positional_embedding": _PATCH_PLACES,
        "token_embedding.weight": _WORDS,
        "positional_embedding": _WORD_PLACES,
    }
    return {
        name: tensor * _factor(name, tensor, config, wanted.get(name))
        for name, tensor in draw_weights(config, seed).items()
    }


def _factor(name: str, tensor: Tensor, config: GadmsConfig, wanted: float | None) -> float:
    """What a tensor of `draw_weights`, of deviation (last dimension)^-½, is multiplied by."""
    if wanted is not None:
        return float(wanted * tensor.shape[-1] ** 0.5)
    if name.endswith(("attn.out_proj.weight", "mlp.c_proj.weight")):
        layers = config.vision_layers if name.startswith("visual.") else config.text_layers
        return float((2 * layers) ** -0.5)
    return 1.0


def with_words_drawn(table: Tensor, seed: int) -> Tensor:
    """A token table whose empty rows are drawn, as strong as the others are.

    A packed table keeps only words that its training met (`token_table`), and says nothing for the
    rest. Who trains on would meet them, and the mask, as zeros.

    Args:
        table: (vocabulary, width).
        seed: of the draw.
    """
    empty = ~table.any(dim=1)
    if not bool(empty.any()) or bool(empty.all()):
        return table
    strength = table[~empty].square().mean().sqrt()
    spread = 3**0.5 * strength  # uniform in ±spread has deviation `strength`
    draw = torch.rand(table.shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return torch.where(empty[:, None], draw.to(table.dtype) * spread, table)
