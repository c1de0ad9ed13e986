"""The gradient-attention similarity score: how much each word of a caption fits its picture.

Sources: arXiv 2509.09118, section 4.1, and the released code (GitHub
Multimodal-Representation-Learning-MRL/GA-DMS, commit 2680562), which differ in two places;
`Variant` names both readings.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from retrieval.gadms.surrogate import Surrogate, surrogate_text
from retrieval.gadms.towers import DualEncoder

Variant = Literal["reference", "paper"]
"""`reference`: as the released code computes it; `paper`: as the equations say, per caption."""

Normaliser = Literal["importance_sum", "attention_sum"]
Extremes = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Lowest and highest of (B, N) maps, () each: of this batch, or of the batches of all ranks."""

#: Segment lengths of the multi-scale pooling (paper, section 4.1: C = {1, 2}).
SCALES = (1, 2)
_EPSILON = 1e-8  # of both divisions, in the released code


@dataclass(frozen=True, slots=True, eq=False)
class LayerMaps:
    """The score of each surrogate block, step by step; L blocks, B captions, N positions.

    Attributes:
        weights: (L, B, N) fit of each position's key to the query of the end token, 0 to 1.
        importance: (L, B, N) weight times the gradient along the position's value; signed.
        denominators: (L, B, 1) what the attention is divided by.
        maps: (L, B, N) importance times normalised attention, 0 outside the words.
    """

    weights: Tensor
    importance: Tensor
    denominators: Tensor
    maps: Tensor


def score_words(
    towers: DualEncoder,
    image_features: Tensor,
    ids: Tensor,
    *,
    variant: Variant = "reference",
    extremes: Extremes | None = None,
) -> Tensor:
    """How much each word of each caption supports the match with its picture, 0 to 1.

    Variant `reference` is the released code: attention is divided by the *signed* sum of the
    importance over all positions, blocks are summed, and the lowest and highest of the whole
    batch become 0 and 1, so one word a batch gets 1. Variant `paper` is equation by equation:
    attention divided by its own sum over the words, the mean over blocks, each caption ranged by
    itself. Neither carries gradient: a score never trains the model that computed it.

    Args:
        towers: the model; its parameters stay as they are, gradients included.
        image_features: (B, D) features of the pictures, any length.
        ids: (B, N) unmasked captions.
        variant: which reading.
        extremes: of `reference`: lowest and highest over all ranks; None for this batch alone.

    Returns:
        (B, N) float32; 0 outside the words, and everywhere if no word supports the match.
    """
    trace = surrogate_text(towers, image_features, ids)
    words = is_word(ids)
    with torch.autocast(ids.device.type, enabled=False):
        if variant == "reference":
            raw = layer_maps(trace, words, normaliser="importance_sum").maps.sum(dim=0)
            return range_of_batch(raw.relu() * words, extremes or of_this_batch)
        raw = layer_maps(trace, words, normaliser="attention_sum").maps.mean(dim=0)
        return range_of_each(raw.relu() * words)


def is_word(ids: Tensor) -> Tensor:
    """(B, N) true between the start and the end token, both excluded."""
    place = torch.arange(ids.shape[1], device=ids.device)
    return (place > 0) & (place < ids.argmax(dim=-1, keepdim=True))


def layer_maps(
    trace: Surrogate,
    words: Tensor,
    *,
    normaliser: Normaliser,
    scales: tuple[int, ...] = SCALES,
) -> LayerMaps:
    """The score of each block of `trace`, before blocks are joined.

    Args:
        trace: what the surrogate pass left.
        words: (B, N) the positions that can have a score.
        normaliser: what the attention is divided by: the signed sum of the importance over all
            positions, or the sum of the attention over the words.
        scales: of the pooling of queries and keys.
    """
    weights = query_key_weights(trace, scales)
    along_gradient = (trace.values * trace.gradients.unsqueeze(2)).sum(dim=-1)  # (L, B, N)
    importance = weights * along_gradient
    attention = trace.attention * words
    if normaliser == "importance_sum":
        denominators = importance.sum(dim=-1, keepdim=True)
    else:
        denominators = attention.sum(dim=-1, keepdim=True)
    maps = words * importance * (attention / (denominators + _EPSILON))
    return LayerMaps(weights, importance, denominators, maps)


def query_key_weights(trace: Surrogate, scales: tuple[int, ...] = SCALES) -> Tensor:
    """(L, B, N) cosine of the end token's pooled query and every pooled key, ranged to 0..1.

    The range is that of each caption over all positions, start, end and padding included.
    """
    pooling = pooling_matrix(trace.keys.shape[2], scales).to(trace.keys)  # (N, N)
    queries = torch.einsum("bn,lbnw->lbw", pooling[trace.read_at], trace.queries)
    keys = pooling @ trace.keys  # (L, B, N, W)
    cosine = torch.einsum(
        "lbw,lbnw->lbn", functional.normalize(queries, dim=-1), functional.normalize(keys, dim=-1)
    )
    low, high = cosine.amin(dim=-1, keepdim=True), cosine.amax(dim=-1, keepdim=True)
    return (cosine - low) / (high - low + _EPSILON)


def pool_scales(x: Tensor, scales: tuple[int, ...] = SCALES) -> Tensor:
    """Multi-scale pooling of (B, N, W): means of neighbours, stretched back, averaged over scales.

    For a scale s: means of ⌊N/s⌋ segments, one more of what is left, then linear interpolation
    (half-pixel centres) back to N. Scale 1 is the identity.
    """
    return torch.stack([_pool(x, scale) for scale in scales]).mean(dim=0)


@lru_cache(maxsize=8)
def pooling_matrix(length: int, scales: tuple[int, ...]) -> Tensor:
    """(N, N): pooling is linear, so `pooling_matrix(N, …) @ x` is `pool_scales(x, …)`."""
    with torch.inference_mode(False), torch.no_grad():
        return pool_scales(torch.eye(length, dtype=torch.float64).unsqueeze(0), scales).squeeze(0)


def _pool(x: Tensor, scale: int) -> Tensor:
    if scale == 1:
        return x
    batch, length, width = x.shape
    along = x.transpose(1, 2)  # (B, W, N)
    whole = length // scale * scale
    parts = [along[..., :whole].reshape(batch, width, -1, scale).mean(dim=-1)]
    if whole < length:
        parts.append(along[..., whole:].mean(dim=-1, keepdim=True))
    pooled = torch.cat(parts, dim=-1)  # (B, W, ⌈N/s⌉)
    return functional.interpolate(pooled, size=length, mode="linear").transpose(1, 2)


def of_this_batch(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Lowest and highest of (B, N) maps."""
    return maps.amin(), maps.amax()


def range_of_batch(maps: Tensor, extremes: Extremes) -> Tensor:
    """(B, N) maps so that the lowest of the batch is 0 and the highest 1; zeros if all are equal.

    A map that is no number makes all zeros, as in the released code.
    """
    low, high = extremes(maps)
    return torch.where(high > low, (maps - low) / (high - low), torch.zeros_like(maps))


def range_of_each(maps: Tensor) -> Tensor:
    """(B, N) maps so that the lowest of each caption is 0 and its highest 1; zeros if all equal."""
    low, high = maps.amin(dim=-1, keepdim=True), maps.amax(dim=-1, keepdim=True)
    return torch.where(high > low, (maps - low) / (high - low), torch.zeros_like(maps))
