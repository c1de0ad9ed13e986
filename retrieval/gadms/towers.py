"""The dual encoder: open_clip's towers, with every projected token within reach."""

from collections.abc import Mapping

import torch
from torch import Tensor

from retrieval.gadms.configuration import GadmsConfig
from retrieval.gadms.unfilled import Unfilled
from retrieval.open_clip_parts import CLIP, CLIPTextCfg, CLIPVisionCfg

#: Temperature of the training losses; a constant of the model, never learnt.
TEMPERATURE = 0.02


class DualEncoder(CLIP):  # type: ignore[misc]  # open_clip carries no types
    """Pictures and sentences to one space; features are as projected, not yet of length 1.

    Parameter names are open_clip's, so a checkpoint's image and text towers load unchanged, and
    as a part called `base_model` it writes the layout of the reference. CLIP's learnable
    `logit_scale` is gone: the temperature is a constant.
    """

    def __init__(self, config: GadmsConfig) -> None:
        vision = CLIPVisionCfg(
            layers=config.vision_layers,
            width=config.vision_width,
            head_width=config.vision_head_width,
            patch_size=config.patch_size,
            image_size=(config.image_height, config.image_width),
        )
        text = CLIPTextCfg(
            context_length=config.context_length,
            vocab_size=config.vocab_size,
            width=config.text_width,
            heads=config.text_heads,
            layers=config.text_layers,
        )
        super().__init__(config.embed_dim, vision, text, quick_gelu=True)
        del self.logit_scale
        self.config = config

    def image_tokens(self, images: Tensor) -> Tensor:
        """All projected tokens of (B, 3, height, width): (B, patches + 1, D), CLS first."""
        return self.visual.ln_post(self.image_hidden(images)) @ self.visual.proj  # type: ignore[no-any-return]

    def image_hidden(self, images: Tensor, *, blocks: int | None = None) -> Tensor:
        """Hidden state (B, patches + 1, width) of pictures after the first `blocks` blocks."""
        x = self._embed_patches(images)
        for block in self.visual.transformer.resblocks[:blocks]:
            x = block(x)
        return x

    def encode_image(self, images: Tensor) -> Tensor:
        """(B, D) features of (B, 3, height, width) pictures.

        Only the CLS token leaves the last block, so only its row of that block is computed.
        """
        x = self._embed_patches(images)
        *blocks, last = self.visual.transformer.resblocks
        for block in blocks:
            x = block(x)
        normed = last.ln_1(x)
        x = x[:, :1] + last.attention(normed[:, :1], normed, normed)  # (B, 1, width)
        x = x + last.mlp(last.ln_2(x))
        return self.visual.ln_post(x[:, 0]) @ self.visual.proj  # type: ignore[no-any-return]

    def text_hidden(self, ids: Tensor, *, blocks: int | None = None) -> Tensor:
        """Hidden state (B, N, width) of (B, N) ids after the first `blocks` blocks, or all."""
        length = ids.shape[1]
        x = self.token_embedding(ids) + self.positional_embedding[:length]
        mask = self.attn_mask[:length, :length]
        for block in self.transformer.resblocks[:blocks]:
            x = block(x, attn_mask=mask)
        return x  # type: ignore[no-any-return]

    def text_tokens(self, ids: Tensor) -> Tensor:
        """All projected tokens of (B, N) ids: (B, N, D)."""
        return self.ln_final(self.text_hidden(ids)) @ self.text_projection  # type: ignore[no-any-return]

    def encode_text(self, ids: Tensor) -> Tensor:
        """(B, D) features of (B, N) ids, read where the highest id (the end token) stands.

        A token sees only those before it, so what follows the last end token of the batch is
        padding that no feature depends on: it is cut off, which is most of the work.
        """
        end = ids.argmax(dim=-1)  # (B,)
        if len(ids):
            ids = ids[:, : int(end.max()) + 1]
        x = self.text_hidden(ids)[torch.arange(len(ids), device=ids.device), end]  # (B, width)
        return self.ln_final(x) @ self.text_projection  # type: ignore[no-any-return]

    def _embed_patches(self, images: Tensor) -> Tensor:
        visual = self.visual
        x = visual.conv1(images).flatten(2).transpose(1, 2)  # (B, patches, width)
        # Under autocast the convolution gives halves; what the blocks add to must not be one.
        x = x.to(torch.promote_types(x.dtype, visual.positional_embedding.dtype))
        cls = visual.class_embedding.to(x.dtype).expand(len(x), 1, -1)
        x = torch.cat([cls, x], dim=1) + visual.positional_embedding
        return visual.ln_pre(x)  # type: ignore[no-any-return]


def expected_shapes(config: GadmsConfig) -> dict[str, torch.Size]:
    """Name and shape of every parameter of such towers, without the memory for them."""
    with Unfilled():
        towers = DualEncoder(config)
    return {name: value.shape for name, value in towers.state_dict().items()}


def towers_from(config: GadmsConfig, tensors: Mapping[str, Tensor]) -> DualEncoder:
    """Towers in float32 that hold `tensors`, ready for inference.

    Args:
        config: the shape; `tensors` fit it exactly.
        tensors: by open_clip name, of any float type.
    """
    with Unfilled():
        towers = DualEncoder(config)
    state = {name: tensor.to(torch.float32) for name, tensor in tensors.items()}
    towers.load_state_dict(state, strict=True, assign=True)
    towers.attn_mask = causal_mask(config.context_length)
    return towers.eval().requires_grad_(False)  # type: ignore[no-any-return]


def causal_mask(length: int) -> Tensor:
    """(N, N): 0 where a token may look, −inf above the diagonal."""
    return torch.full((length, length), float("-inf")).triu_(1)


def draw_weights(config: GadmsConfig, seed: int) -> dict[str, Tensor]:
    """Weights that mean nothing, the same on every machine for the same `seed`.

    Uniform numbers come out of the generator bit for bit alike everywhere; normal ones pass
    through logarithms and cosines that processors round differently.
    """
    rng = torch.Generator(device="cpu").manual_seed(seed)
    drawn: dict[str, Tensor] = {}
    for name, shape in sorted(expected_shapes(config).items()):
        if len(shape) == 1 and name != "visual.class_embedding":
            is_scale = name.endswith("weight")  # a layer norm's; all else one-dimensional is bias
            drawn[name] = torch.full(shape, 1.0 if is_scale else 0.0)
            continue
        spread = (3.0 / shape[-1]) ** 0.5  # uniform in ±spread has variance 1 / width
        drawn[name] = (torch.rand(shape, generator=rng) * 2 - 1) * spread
    return drawn
