"""A very small model, the same bits on every machine, and everything it computes in one step."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import torch

from retrieval.gadms.configuration import GadmsConfig
from retrieval.gadms.gradient_attention import is_word, layer_maps, score_words
from retrieval.gadms.heads import CrossModalHeads
from retrieval.gadms.model import Gadms, model_from
from retrieval.gadms.state_layout import resize_positional
from retrieval.gadms.surrogate import surrogate_text
from retrieval.gadms.towers import draw_weights
from retrieval.relevance import heat_maps
from retrieval.tokenizer import tokenize
from retrieval.training.ranks import Ranks
from retrieval.training.steps import LearningStep, Views

#: Every width and head count differs, so that none can be taken for another.
CONFIG = GadmsConfig(
    vision_width=32, vision_layers=2, vision_head_width=16, text_width=48, text_heads=8,
    text_layers=4, embed_dim=20, patch_size=32, cross_heads=4, cross_layers=2, score_layers=3,
)  # fmt: skip
CLASSES = 5
CAPTIONS = [
    "a woman in a red coat with a black rucksack",
    "man, grey hoodie, blue jeans and white trainers, carrying a yellow bag on his left shoulder",
    "someone with an umbrella",
    "child " * 90,
]
IDENTITIES = [2, 0, 0, 4]


def _uniform(shape: torch.Size, draw: torch.Generator, spread: float) -> torch.Tensor:
    return (torch.rand(shape, generator=draw) * 2 - 1) * spread


def small_model() -> Gadms:
    """Weights of uniform numbers, which come out bit for bit alike everywhere; no bias is 0."""
    draw = torch.Generator().manual_seed(11)
    state = {f"base_model.{name}": value for name, value in draw_weights(CONFIG, 11).items()}
    state |= CrossModalHeads(CONFIG).state_dict()
    state["classifier.weight"] = torch.empty(CLASSES, CONFIG.embed_dim)
    state["classifier.bias"] = torch.empty(CLASSES)
    for name in sorted(state):
        value = state[name]
        if not name.startswith("base_model."):
            spread = 0.3 if value.ndim == 1 else (3.0 / value.shape[-1]) ** 0.5
            state[name] = _uniform(value.shape, draw, spread)
        elif value.ndim == 1:
            state[name] = value + _uniform(value.shape, draw, 0.2)
    return model_from(CONFIG, state, classes=CLASSES)


def captions(words: Sequence[int]) -> torch.Tensor:
    """Ids with the end token after so many words."""
    ids = torch.zeros(len(words), 77, dtype=torch.long)
    for row, count in zip(ids, words, strict=True):
        row[0], row[count + 1] = 49406, 49407
        row[1 : count + 1] = torch.arange(2000, 2000 + count)
    return ids


def features(count: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(count, CONFIG.embed_dim, generator=torch.Generator().manual_seed(seed))


def small_views() -> Views:
    draw = torch.Generator().manual_seed(12)
    ids = torch.from_numpy(tokenize(CAPTIONS))
    place, end = torch.arange(77), ids.argmax(dim=-1, keepdim=True)
    words = (place > 0) & (place < end)
    labels = torch.where(words & (place % 4 == 1), ids, torch.zeros_like(ids))
    masked = torch.where(labels > 0, torch.full_like(ids, 49405), ids)
    noise = torch.where(words & (place % 7 == 2), torch.full_like(ids, 49405), ids)
    # One view hides its end, which no draw does: whoever looks for the end there reads elsewhere.
    noise[0, end[0]] = 49405
    images = _uniform(torch.Size((4, 3, 384, 128)), draw, 1.7)
    return Views(images, torch.tensor(IDENTITIES), ids, noise, masked, labels)


def rows_of(views: Views, part: slice) -> Views:
    """Some rows of a batch."""
    given = {field.name: getattr(views, field.name) for field in fields(Views)}
    return Views(**{name: value[part] for name, value in given.items() if value is not None})


def run_small() -> dict[str, Any]:
    """Arrays by name: tokens, every step of the score, both variants, losses, gradients."""
    model, views = small_model(), small_views()
    towers = model.base_model
    with torch.no_grad():
        images, texts = towers.encode_image(views.images), towers.encode_text(views.ids)
        found = {
            "image_tokens": towers.image_tokens(views.images),
            "text_tokens": towers.text_tokens(views.ids)[:, ::6],
            "image_features": images,
            "text_features": texts,
            "noise_features": model.encode_masked(views.matched_ids, views.ids.argmax(dim=-1)),
            "heat": heat_maps(towers, views.images, texts),
        }
        crossed = model.cross_former(
            towers.text_tokens(views.masked_ids), towers.image_tokens(views.images)
        )
        found["crossed"] = crossed[:, ::6]
        square = torch.linspace(-1, 1, 50 * 8).reshape(50, 8).sin()
        found["resized"] = resize_positional(square, (12, 4))
    trace = surrogate_text(towers, images, views.ids)
    maps = layer_maps(trace, is_word(views.ids), normaliser="importance_sum")
    found |= {
        "surrogate_feature": trace.feature, "gradients": trace.gradients,
        "attention": trace.attention, "weights": maps.weights, "importance": maps.importance,
        "denominators": maps.denominators, "maps": maps.maps,
    }  # fmt: skip
    for variant in ("reference", "paper"):
        found[f"score_{variant}"] = score_words(towers, images, views.ids, variant=variant)
    found |= _losses(model, views)
    return {name: np.asarray(value.detach()) for name, value in found.items()}


def _losses(model: Gadms, views: Views) -> dict[str, torch.Tensor]:
    weights = {"sdm": 1.0, "mlm": 0.3, "id": 0.5, "itc": 0.25}
    step = LearningStep(model, weights=weights, score=None, ranks=Ranks())
    outcome = step(views)
    outcome["loss"].backward()
    norms = [p.grad.double().norm() for _, p in sorted(model.named_parameters())]
    found = {name: value for name, value in outcome.items() if name != "loss"}
    return found | {"gradient_norms": torch.stack(norms)}
