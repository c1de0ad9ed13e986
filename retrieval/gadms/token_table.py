"""The token table in eight bits, and of the tokens that training met alone.

CLIP's vocabulary has 49,408 tokens; a small training meets a few thousand. The others keep their
random first values, which would pull a sentence anywhere: they become zero, so that an unknown
word says nothing. What is zero needs no room.
"""

from collections.abc import Collection, Mapping

import torch
from torch import Tensor

from retrieval.gadms.configuration import GadmsConfig

TABLE = "token_embedding.weight"
ROWS, CODES, SCALES = "token_table.rows", "token_table.codes", "token_table.scales"
_STEPS = 127  # of an 8-bit number with a sign, on either side of 0
_WIDEST = 4096  # a file must not make us lay out a table of any width


def packed_table(table: Tensor, known: Collection[int]) -> dict[str, Tensor]:
    """The rows of `known` tokens in 8 bits, each with its own scale.

    A row is its codes times its scale: the largest value of a row has the code 127, so a value is
    off by at most half of the row's largest / 127, and by half precision of the scale.

    Args:
        table: (vocabulary, width).
        known: ids of the tokens to keep.

    Returns:
        `token_table.rows` (K,) int32, rising; `token_table.codes` (K, width) int8;
        `token_table.scales` (K,) float16.
    """
    rows = torch.tensor(sorted(set(known)), dtype=torch.int64)
    kept = table[rows].float()  # (K, width)
    scales = (kept.abs().amax(dim=1) / _STEPS).to(torch.float16)
    # Of the scale as it is stored, and never 0: half precision ends near 6e-8.
    divisors = scales.float().clamp(min=torch.finfo(torch.float16).tiny)
    codes = (kept / divisors[:, None]).round().clamp(-_STEPS, _STEPS).to(torch.int8)
    return {ROWS: rows.to(torch.int32), CODES: codes, SCALES: divisors.to(torch.float16)}


def with_whole_table(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a file, its packed table as the (vocabulary, width) float32 it stands for.

    A file without one comes back as it is.

    Raises:
        ValueError: the parts do not belong together.
    """
    tensors = dict(stored)
    parts = [tensors.pop(name, None) for name in (ROWS, CODES, SCALES)]
    if all(part is None for part in parts):
        return tensors
    rows, codes, scales = (torch.empty(0) if part is None else part for part in parts)
    _check(rows, codes, scales)
    if TABLE in tensors:
        raise ValueError("holds its token table twice")
    table = torch.zeros(GadmsConfig().vocab_size, codes.shape[1])
    table[rows.long()] = codes.float() * scales.float()[:, None]
    return {**tensors, TABLE: table}


def _check(rows: Tensor, codes: Tensor, scales: Tensor) -> None:
    wanted = (torch.int32, torch.int8, torch.float16)
    if (rows.dtype, codes.dtype, scales.dtype) != wanted or codes.ndim != 2:
        raise ValueError("its token table is not of 8-bit rows with their ids and scales")
    if rows.shape != codes.shape[:1] or scales.shape != rows.shape or not len(rows):
        raise ValueError("its token table has not one id and one scale for each row")
    if not 1 <= codes.shape[1] <= _WIDEST:
        raise ValueError(f"its token table is {codes.shape[1]} wide")
    rises = bool((rows[1:] > rows[:-1]).all())
    if not rises or int(rows[0]) < 0 or int(rows[-1]) >= GadmsConfig().vocab_size:
        raise ValueError("its token table names tokens that there are none of, or one twice")
    if not bool(torch.isfinite(scales).all()):
        raise ValueError("its token table has scales that are no numbers")
