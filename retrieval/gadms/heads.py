"""The heads that training adds to the towers, under the names of the reference's checkpoints."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from retrieval.gadms.configuration import GadmsConfig
from retrieval.open_clip_parts import QuickGELU, Transformer

#: Deviation of the classifier's first weights; its bias starts at zero.
_CLASSIFIER_STD = 0.001

#: How the names of the head of tags begin; it is ours, the reference has none.
TAG_HEAD = "tag_head."

#: Of the head of tags; the bias starts where most tags are rare.
_TAG_STD, _TAG_LOG_ODDS = 0.02, -3.0


class MaskedWordHead(nn.Module):
    """From a token of the cross-modal blocks to a score for every word of the vocabulary."""

    def __init__(self, config: GadmsConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.embed_dim, config.embed_dim)
        self.gelu = QuickGELU()
        self.ln = nn.LayerNorm(config.embed_dim)
        self.fc = nn.Linear(config.embed_dim, config.vocab_size)

    def forward(self, x: Tensor) -> Tensor:
        """(…, D) tokens to (…, vocabulary) logits."""
        return self.fc(self.ln(self.gelu(self.dense(x))))  # type: ignore[no-any-return]


class CrossModalHeads(nn.Module):
    """Words that look at patches: what predicts a hidden word from picture and sentence.

    Structure of the GA-DMS reference (commit 2680562, inherited from IRRA): one cross attention
    without a residual, then blocks over the text positions without any mask.
    """

    def __init__(self, config: GadmsConfig) -> None:
        super().__init__()
        width, heads = config.embed_dim, config.cross_heads
        self.cross_attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.cross_modal_transformer = Transformer(
            width, config.cross_layers, heads, act_layer=QuickGELU
        )
        self.ln_pre_t = nn.LayerNorm(width)
        self.ln_pre_i = nn.LayerNorm(width)
        self.ln_post = nn.LayerNorm(width)
        self.mlm_head = MaskedWordHead(config)

    def cross_former(self, text_tokens: Tensor, image_tokens: Tensor) -> Tensor:
        """Let words look at the picture: the words ask, the patches answer.

        Args:
            text_tokens: (B, N, D), all projected tokens of a masked caption.
            image_tokens: (B, P, D), all projected tokens of its picture, CLS included.

        Returns:
            (B, N, D).
        """
        patches = self.ln_pre_i(image_tokens)
        x = self.cross_attn(self.ln_pre_t(text_tokens), patches, patches, need_weights=False)[0]
        return self.ln_post(self.cross_modal_transformer(x))  # type: ignore[no-any-return]


def draw_heads(
    config: GadmsConfig, *, classes: int | None, tags: int | None = None, seed: int
) -> dict[str, Tensor]:
    """First values of all heads, the same for the same `seed` on the same kind of machine.

    Deviations as in the reference: with width w and depth L, w^-½ for what attends, (2w)^-½ for
    what widens, w^-½ (2L)^-½ for what a residual adds; layer norms and biases as torch has them.

    Args:
        config: their shape.
        classes: of the identity classifier; None for a model without one.
        tags: that a head tells; None for a model without one.
        seed: of the draw.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        heads = CrossModalHeads(config)
        for name, deviation in _deviations(config):
            nn.init.normal_(heads.get_parameter(name), std=deviation)
        drawn = dict(heads.state_dict())
        if classes is not None:
            weight = torch.empty(classes, config.embed_dim)
            drawn["classifier.weight"] = nn.init.normal_(weight, std=_CLASSIFIER_STD)
            drawn["classifier.bias"] = torch.zeros(classes)
        if tags is not None:
            weight = torch.empty(tags, config.embed_dim)
            drawn[f"{TAG_HEAD}weight"] = nn.init.normal_(weight, std=_TAG_STD)
            drawn[f"{TAG_HEAD}bias"] = torch.full((tags,), _TAG_LOG_ODDS)
    return drawn


def _deviations(config: GadmsConfig) -> Iterator[tuple[str, float]]:
    width, depth = config.embed_dim, config.cross_layers
    attends, widens = width**-0.5, (2 * width) ** -0.5
    adds = attends * (2 * depth) ** -0.5
    for number in range(depth):
        block = f"cross_modal_transformer.resblocks.{number}"
        yield f"{block}.attn.in_proj_weight", attends
        yield f"{block}.attn.out_proj.weight", adds
        yield f"{block}.mlp.c_fc.weight", widens
        yield f"{block}.mlp.c_proj.weight", adds
    yield "cross_attn.in_proj_weight", attends
    yield "cross_attn.out_proj.weight", adds
    yield "mlm_head.dense.weight", widens
    yield "mlm_head.fc.weight", adds
