"""The whole of GA-DMS: both towers with the heads that only training needs."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from retrieval.gadms.configuration import GadmsConfig
from retrieval.gadms.heads import CrossModalHeads, draw_heads
from retrieval.gadms.towers import DualEncoder, causal_mask
from retrieval.gadms.unfilled import Unfilled


class Gadms(CrossModalHeads):
    """Towers and heads; parameter names are those of the reference's checkpoints.

    `base_model` is the dual encoder, all that inference needs. The classifier exists for
    fine-tuning alone, `tag_head` where tags are learnt: it is ours, the reference has none.
    """

    def __init__(
        self, config: GadmsConfig, *, classes: int | None = None, tags: int | None = None
    ) -> None:
        super().__init__(config)
        self.base_model = DualEncoder(config)
        self.classifier = None if classes is None else nn.Linear(config.embed_dim, classes)
        self.tag_head = None if tags is None else nn.Linear(config.embed_dim, tags)

    @property
    def config(self) -> GadmsConfig:
        """The shape of towers and heads."""
        return self.base_model.config

    def encode_masked(self, ids: Tensor, end: Tensor) -> Tensor:
        """(B, D) features of (B, N) masked captions, read at `end` (B,), their end token.

        The end is that of the caption before masking: a view never hides it, but only the
        caption's owner knows for sure.
        """
        hidden = self.base_model.text_hidden(ids)
        return self.project_text(hidden[torch.arange(len(ids), device=ids.device), end])

    def project_text(self, hidden: Tensor) -> Tensor:
        """(…, D) from (…, width) hidden states of the text tower's last block."""
        return self.base_model.ln_final(hidden) @ self.base_model.text_projection  # type: ignore[no-any-return]

    def masked_word_logits(
        self, text_tokens: Tensor, image_tokens: Tensor, labels: Tensor
    ) -> Tensor:
        """Scores of every word at the hidden positions alone: elsewhere nobody asks.

        Args:
            text_tokens: (B, N, D) projected tokens of the masked captions.
            image_tokens: (B, P, D) projected tokens of their pictures.
            labels: (B, N) the hidden ids, 0 where nothing is hidden.

        Returns:
            (M, vocabulary), in row-major order of the M positions with a label.
        """
        crossed = self.cross_former(text_tokens, image_tokens)
        return self.mlm_head(crossed[labels > 0])  # type: ignore[no-any-return]


def model_from(
    config: GadmsConfig,
    tensors: Mapping[str, Tensor],
    *,
    classes: int | None = None,
    tags: int | None = None,
) -> Gadms:
    """A model in float32 that holds `tensors`, by reference name, and trains all of them.

    Raises:
        RuntimeError: a tensor is missing, too many, or of another shape.
    """
    with Unfilled():
        model = Gadms(config, classes=classes, tags=tags)
    state = {name: tensor.to(torch.float32, copy=True) for name, tensor in tensors.items()}
    model.load_state_dict(state, strict=True, assign=True)
    model.base_model.attn_mask = causal_mask(config.context_length)
    return model.requires_grad_(True)


def with_fresh_heads(
    config: GadmsConfig,
    towers: Mapping[str, Tensor],
    *,
    classes: int | None,
    tags: int | None = None,
    seed: int,
) -> dict[str, Tensor]:
    """All tensors of a model that starts from these towers (by open_clip name) and new heads."""
    named = {f"base_model.{name}": tensor for name, tensor in towers.items()}
    return named | draw_heads(config, classes=classes, tags=tags, seed=seed)
