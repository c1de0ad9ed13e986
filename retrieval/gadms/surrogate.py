"""The surrogate pass: the last blocks of a tower run again with one wide head, and its gradient.

The score of a token needs, of each of those blocks, query, key, value, attention, and the
gradient of the similarity with respect to what the attention put out at one token. The weights
belong to several heads, so the pass only approximates the tower; the method has it from the
Grad-ECLIP explanation, and so do the trained weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from retrieval.gadms.towers import DualEncoder

Block = Any  # open_clip's ResidualAttentionBlock, which carries no types


@dataclass(frozen=True, slots=True, eq=False)
class Surrogate:
    """What the pass left behind; L blocks in order, B examples, N tokens, W the tower's width.

    Attributes:
        queries: (L, B, N, W).
        keys: (L, B, N, W).
        values: (L, B, N, W).
        attention: (L, B, N) what the token at `read_at` pays to each token, one head.
        gradients: (L, B, W) of the cosine similarity, with respect to the attention's output at
            `read_at`, before the output projection.
        feature: (B, D) the projected token at `read_at`: not the tower's own feature.
        read_at: (B,) the end token of a caption, the class token of a picture.
    """

    queries: Tensor
    keys: Tensor
    values: Tensor
    attention: Tensor
    gradients: Tensor
    feature: Tensor
    read_at: Tensor


def surrogate_text(
    towers: DualEncoder, image_features: Tensor, ids: Tensor, *, layers: int | None = None
) -> Surrogate:
    """Run the last text blocks again, and differentiate each caption's own cosine.

    One backward pass serves all blocks. The end token is read by nobody before it, so the
    gradient reaches a block's output at the end token through the end tokens of later blocks
    alone: only that row is kept for the backward pass, which makes it N times smaller than one
    over whole captions, and the same to the last digits.

    Args:
        towers: the model; no gradient reaches its parameters.
        image_features: (B, D), any length; no gradient reaches them.
        ids: (B, N) captions.
        layers: how many blocks; None for the model's own number.
    """
    blocks = list(towers.transformer.resblocks)
    count = towers.config.score_blocks if layers is None else layers
    end = ids.argmax(dim=-1)
    with torch.no_grad():
        hidden = towers.text_hidden(ids, blocks=len(blocks) - count)
        queries, keys, values, hidden_at_end = _run_causal(blocks[-count:], hidden, end)
    # The row is small: float32 costs nothing, and in half precision its gradients would vanish.
    with torch.inference_mode(False), torch.autocast(ids.device.type, enabled=False):
        queries, keys, values = _full(queries), _full(keys), _full(values)
        row = _EndRow(end, keys, values)
        outputs, attention, last = row.run(blocks[-count:], _full(hidden_at_end))
        with torch.enable_grad():
            feature = towers.ln_final(last) @ towers.text_projection
            cosine = _cosine(_full(image_features), feature)
            gradients = torch.autograd.grad(cosine.sum(), outputs)
    stacked = torch.stack(gradients)
    return Surrogate(queries, keys, values, attention.detach(), stacked, feature.detach(), end)


def _run_causal(
    blocks: Sequence[Block], hidden: Tensor, end: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Queries, keys, values (L, B, N, W) of the pass, and the row at `end` (B, W) it began with."""
    at_end = hidden[torch.arange(len(end), device=end.device), end]
    kept = []
    for block in blocks:
        query, key, value = query_key_value(block, hidden)
        kept.append((query, key, value))
        if block is blocks[-1]:
            break
        # One head: an axis of length 1, and the scale of the whole width.
        seen = functional.scaled_dot_product_attention(
            query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1), is_causal=True
        ).squeeze(1)
        hidden = after_attention(block, hidden, seen)
    queries, keys, values = (torch.stack(parts) for parts in zip(*kept, strict=True))
    return queries, keys, values, at_end


@dataclass(frozen=True, slots=True, eq=False)
class _EndRow:
    """The row of the end token through the blocks, with the graph of its gradient."""

    end: Tensor  # (B,)
    keys: Tensor  # (L, B, N, W)
    values: Tensor  # (L, B, N, W)

    def run(self, blocks: Sequence[Block], row: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
        """Attention outputs to differentiate (L of (B, W)), attention (L, B, N), the last row."""
        outputs: list[Tensor] = []
        attention: list[Tensor] = []
        with torch.enable_grad():
            for number, block in enumerate(blocks):
                seen, paid = self._attend(block, row, number)
                if not outputs:
                    seen = seen.detach().requires_grad_()
                row = after_attention(block, row, seen)
                outputs.append(seen)
                attention.append(paid)
        return outputs, torch.stack(attention), row

    def _attend(self, block: Block, row: Tensor, number: int) -> tuple[Tensor, Tensor]:
        query, key, value = query_key_value(block, row)  # (B, W) each
        place = torch.arange(self.keys.shape[2], device=row.device)
        is_end = (place == self.end[:, None]).unsqueeze(-1)  # (B, N, 1)
        keys = torch.where(is_end, key[:, None], self.keys[number])
        values = torch.where(is_end, value[:, None], self.values[number])
        logits = torch.einsum("bw,bnw->bn", query * query.shape[-1] ** -0.5, keys)
        paid = logits.masked_fill(place > self.end[:, None], float("-inf")).softmax(dim=-1)
        return torch.einsum("bn,bnw->bw", paid, values), paid


def surrogate_image(
    towers: DualEncoder, images: Tensor, text_features: Tensor, *, layers: int | None = None
) -> Surrogate:
    """The same for pictures: the last image blocks, read at the class token.

    Every patch sees the class token, so here the gradient runs through whole blocks.

    Args:
        towers: the model; no gradient reaches its parameters.
        images: (B, 3, height, width) normalised.
        text_features: (B, D) features of the sentences, any length.
        layers: how many blocks; None for as many as of the text tower, at most all.
    """
    blocks = list(towers.visual.transformer.resblocks)
    count = min(towers.config.score_layers if layers is None else layers, len(blocks))
    kept: list[tuple[Tensor, ...]] = []
    outputs: list[Tensor] = []
    with torch.inference_mode(False):
        with torch.no_grad():
            hidden = towers.image_hidden(images.clone(), blocks=len(blocks) - count)
        with torch.enable_grad():
            for block in blocks[-count:]:
                query, key, value = query_key_value(block, hidden)
                paid = (query * query.shape[-1] ** -0.5 @ key.transpose(1, 2)).softmax(dim=-1)
                seen = paid @ value
                if not outputs:
                    seen = seen.detach().requires_grad_()
                hidden = after_attention(block, hidden, seen)
                outputs.append(seen)
                kept.append((query.detach(), key.detach(), value.detach(), paid[:, 0].detach()))
            feature = towers.visual.ln_post(hidden[:, 0]) @ towers.visual.proj
            cosine = _cosine(_full(text_features), feature)
            gradients = torch.autograd.grad(cosine.sum(), outputs)
    queries, keys, values, attention = (torch.stack(parts) for parts in zip(*kept, strict=True))
    first = torch.zeros(len(images), dtype=torch.long, device=images.device)
    at_cls = torch.stack([gradient[:, 0] for gradient in gradients])
    return Surrogate(queries, keys, values, attention, at_cls, feature.detach(), first)


def query_key_value(block: Block, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What a block's attention makes of (…, W) tokens, before any division into heads."""
    attention = block.attn
    together = functional.linear(block.ln_1(x), attention.in_proj_weight, attention.in_proj_bias)
    query, key, value = together.chunk(3, dim=-1)
    return query, key, value


def after_attention(block: Block, x: Tensor, seen: Tensor) -> Tensor:
    """The rest of a block: (…, W) tokens with what their attention put out."""
    x = x + block.attn.out_proj(seen)
    return x + block.mlp(block.ln_2(x))  # type: ignore[no-any-return]


def _full(x: Tensor) -> Tensor:
    """A copy without history, of float32 or more, that autograd may use whatever made `x`."""
    return x.detach().to(torch.promote_types(x.dtype, torch.float32), copy=True)


def _cosine(one: Tensor, other: Tensor) -> Tensor:
    """(B,) cosine of (B, D) and (B, D), row by row."""
    return (functional.normalize(one, dim=-1) * functional.normalize(other, dim=-1)).sum(dim=-1)
