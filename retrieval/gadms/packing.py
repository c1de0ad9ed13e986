"""Writing an encoder small enough to lie in the repository."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import torch

from retrieval.errors import WeightsUnusable
from retrieval.gadms.checkpoint import Checkpoint, write_checkpoint
from retrieval.gadms.token_table import TABLE, packed_table


def write_packed(checkpoint: Checkpoint, known: Collection[int], path: Path) -> None:
    """Write the towers small: half precision, and 8 bits for the rows of `known` tokens.

    `read_checkpoint` reads it back; tokens that are not known are zero from then on.

    Raises:
        WeightsUnusable: a value does not fit half precision.
        OSError: the disk is full, or the folder not ours to write to.
    """
    towers = {n: v.to(torch.float16) for n, v in checkpoint.tensors.items() if n != TABLE}
    packed = {**towers, **packed_table(checkpoint.tensors[TABLE], known)}
    for name, value in packed.items():
        if not bool(torch.isfinite(value).all()):
            raise WeightsUnusable(f"{path}: {name} has values too large for half precision")
    write_checkpoint(replace(checkpoint, tensors=packed, dropped=(), heads={}), path)
