"""Why a picture and a sentence match: a number for each word, and a map over the picture."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detectors.types import Image
from retrieval.gadms.gradient_attention import layer_maps, range_of_each, score_words
from retrieval.gadms.surrogate import surrogate_image
from retrieval.gadms.towers import DualEncoder
from retrieval.preprocess import prepare_pictures
from retrieval.tokenizer import Word, tokenize, words_of
from retrieval.types import Relevance, WordRelevance

__all__ = ["Relevance", "WordRelevance", "heat_maps", "relevance_of"]


def relevance_of(
    towers: DualEncoder, pictures: Sequence[Image], texts: Sequence[str], *, batch: int = 16
) -> list[Relevance]:
    """Words and patches that support each match, by the gradient-attention score.

    Both sides are read by the equations of arXiv 2509.09118, section 4.1, per pair: words from
    the end token of the text tower, patches, by the same equations without pooling, from the
    class token of the image tower. Computed in float32 whatever the encoder's precision, since
    half the digits of a gradient would be lost.

    Args:
        towers: the model, in float32.
        pictures: N of (H, W, 3) uint8 RGB, any size from 1×1.
        texts: N sentences, one for each picture.
        batch: pairs at once; a pair of ViT-B/16 takes about 60 MB.

    Returns:
        N, in order; that of a pair does not depend on the others.

    Raises:
        ValueError: not as many sentences as pictures, or a picture is no (H, W, 3) uint8.
    """
    if len(pictures) != len(texts):
        raise ValueError(f"{len(pictures)} pictures, {len(texts)} sentences: one for each")
    found: list[Relevance] = []
    for start in range(0, len(pictures), batch):
        part = slice(start, start + batch)
        found += _of_batch(towers, pictures[part], texts[part])
    return found


def _of_batch(
    towers: DualEncoder, pictures: Sequence[Image], texts: Sequence[str]
) -> list[Relevance]:
    config = towers.config
    device = towers.visual.conv1.weight.device
    height, width = config.image_height, config.image_width
    images = torch.from_numpy(prepare_pictures(pictures, height=height, width=width)).to(device)
    ids = tokenize(texts)
    on_device = torch.from_numpy(ids).to(device)
    with torch.no_grad(), torch.autocast(device.type, enabled=False):
        image_features = towers.encode_image(images)
        text_features = towers.encode_text(on_device)
        scores = score_words(towers, image_features, on_device, variant="paper").cpu().numpy()
        heat = heat_maps(towers, images, text_features).cpu().numpy()
    return [
        Relevance(_by_word(words_of(row), of_tokens), over)
        for row, of_tokens, over in zip(ids, scores, heat, strict=True)
    ]


def heat_maps(towers: DualEncoder, images: Tensor, text_features: Tensor) -> Tensor:
    """How much each patch supports the match with a sentence, 0 to 1.

    Args:
        towers: the model, in float32.
        images: (B, 3, height, width) normalised.
        text_features: (B, D), any length.

    Returns:
        (B, rows, columns); the least supporting patch has 0, the most 1, and all have 0 where
        none does more than another.
    """
    trace = surrogate_image(towers, images, text_features)
    patches = torch.ones(trace.attention.shape[1:], dtype=torch.bool, device=images.device)
    patches[:, 0] = False  # the class token is no place
    maps = layer_maps(trace, patches, normaliser="attention_sum", scales=(1,)).maps
    supporting = maps.mean(dim=0).relu()[:, 1:]  # (B, patches)
    return range_of_each(supporting).reshape(len(images), *towers.config.grid)


def _by_word(words: Sequence[Word], of_tokens: NDArray[np.float32]) -> tuple[WordRelevance, ...]:
    return tuple(
        WordRelevance(word.text, float(of_tokens[word.start : word.stop].max())) for word in words
    )
