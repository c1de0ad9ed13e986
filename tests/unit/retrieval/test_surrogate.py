"""The pass over one row and one backward is that over whole captions, with all its gradients."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from retrieval.gadms.surrogate import Surrogate, surrogate_image, surrogate_text
from retrieval.gadms.towers import DualEncoder
from tests.small_run import CONFIG, captions, features, small_model, small_views

lengths = st.lists(st.integers(0, 75), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def towers() -> DualEncoder:
    return small_model().base_model


def one_head(block, x: Tensor, mask: Tensor | None) -> tuple[Tensor, ...]:
    """Query, key, value, attention and output of a block whose attention has one wide head."""
    joint = block.ln_1(x) @ block.attn.in_proj_weight.T + block.attn.in_proj_bias
    query, key, value = joint.chunk(3, dim=-1)
    logits = (query * query.shape[-1] ** -0.5) @ key.transpose(1, 2)
    attention = (logits if mask is None else logits + mask).softmax(dim=-1)
    return query, key, value, attention, attention @ value


def whole_graph(blocks, x: Tensor, mask: Tensor | None) -> tuple[list[tuple[Tensor, ...]], Tensor]:
    """Everything of every block, with the graph of it, and the last hidden state."""
    kept = []
    for block in blocks:
        kept.append(one_head(block, x, mask))
        x = x + kept[-1][-1] @ block.attn.out_proj.weight.T + block.attn.out_proj.bias
        x = x + block.mlp(block.ln_2(x))
    return kept, x


def text_by_whole_graph(
    towers: DualEncoder, image_features: Tensor, ids: Tensor, count: int
) -> Surrogate:
    """The same as `surrogate_text`, one backward pass a block over whole captions."""
    blocks = list(towers.transformer.resblocks)[-count:]
    row, end = torch.arange(len(ids)), ids.argmax(dim=-1)
    hidden = towers.text_hidden(ids, blocks=CONFIG.text_layers - count)
    kept, last = whole_graph(blocks, hidden, towers.attn_mask)
    feature = towers.ln_final(last)[row, end] @ towers.text_projection
    trace = torch.trace(
        functional.normalize(image_features, dim=-1) @ functional.normalize(feature, dim=-1).T
    )
    gradients = [
        torch.autograd.grad(trace, outputs, retain_graph=True)[0][row, end] for *_, outputs in kept
    ]
    queries, keys, values, attention, _ = (torch.stack(parts) for parts in zip(*kept, strict=True))
    return Surrogate(
        queries, keys, values, attention[:, row, end], torch.stack(gradients), feature, end
    )


def assert_alike(found: Surrogate, expected: Surrogate) -> None:
    for name in Surrogate.__dataclass_fields__:
        ours, theirs = getattr(found, name), getattr(expected, name)
        torch.testing.assert_close(ours, theirs, atol=2e-6, rtol=1e-4, msg=name)
        assert not ours.requires_grad, name


@settings(deadline=None, max_examples=10)
@given(words=lengths, count=st.integers(1, CONFIG.text_layers), seed=st.integers(0, 99))
def test_the_row_of_the_end_token_has_the_gradient_of_the_whole_caption(
    towers: DualEncoder, words: list[int], count: int, seed: int
):
    ids, images = captions(words), features(len(words), seed)
    found = surrogate_text(towers, images, ids, layers=count)
    assert_alike(found, text_by_whole_graph(towers, images, ids, count))


def test_as_many_blocks_run_again_as_the_configuration_says(towers: DualEncoder):
    found = surrogate_text(towers, features(1), captions([4]))
    assert found.keys.shape == (CONFIG.score_layers, 1, 77, CONFIG.text_width)


@pytest.mark.parametrize("count", [1, 2])
def test_the_image_tower_is_read_at_its_class_token(towers: DualEncoder, count: int):
    images, texts = small_views().images[:2], features(2)
    found = surrogate_image(towers, images, texts, layers=count)
    hidden = towers.image_hidden(images, blocks=CONFIG.vision_layers - count)
    kept, last = whole_graph(list(towers.visual.transformer.resblocks)[-count:], hidden, None)
    feature = towers.visual.ln_post(last[:, 0]) @ towers.visual.proj
    cosine = functional.cosine_similarity(feature, texts).sum()
    gradients = torch.autograd.grad(cosine, [outputs for *_, outputs in kept])
    at_class = torch.stack([gradient[:, 0] for gradient in gradients])
    torch.testing.assert_close(found.gradients, at_class, atol=2e-6, rtol=1e-4)
    attention = torch.stack([paid[:, 0] for *_, paid, _ in kept])
    torch.testing.assert_close(found.attention, attention, atol=2e-6, rtol=1e-4)
    torch.testing.assert_close(found.feature, feature, atol=1e-5, rtol=1e-4)
    assert found.read_at.tolist() == [0, 0]


@pytest.mark.parametrize("scale", [1e-3, 7.0, 1e4])
def test_the_length_of_a_feature_does_not_count(towers: DualEncoder, scale: float):
    ids, images = captions([3, 12]), features(2)
    plain = surrogate_text(towers, images, ids).gradients
    scaled = surrogate_text(towers, images * scale, ids).gradients
    torch.testing.assert_close(scaled, plain, atol=1e-7, rtol=1e-4)


def test_attention_is_paid_to_nothing_after_the_end(towers: DualEncoder):
    attention = surrogate_text(towers, features(2), captions([0, 9])).attention
    assert attention[:, 0, 2:].max() == 0
    assert attention[:, 1, 11:].max() == 0
    torch.testing.assert_close(attention.sum(dim=-1), torch.ones(CONFIG.score_layers, 2))


def test_no_gradient_reaches_the_model_or_the_features():
    towers, images = small_model().base_model, features(2).requires_grad_()
    marks = {name: torch.full_like(p, 3.0) for name, p in towers.named_parameters()}
    for name, parameter in towers.named_parameters():
        parameter.grad = marks[name]
    surrogate_text(towers, images, captions([3, 12]))
    surrogate_image(towers, small_views().images[:2], images)
    assert images.grad is None
    for name, parameter in towers.named_parameters():
        assert parameter.grad is marks[name], name
        assert bool((parameter.grad == 3).all()), name


@pytest.mark.parametrize("quiet", [torch.inference_mode, torch.no_grad])
def test_it_differentiates_where_gradients_are_off(towers: DualEncoder, quiet):
    pictures = small_views().images[:2]
    expected = surrogate_text(towers, features(2), captions([3, 12]))
    expected_image = surrogate_image(towers, pictures, features(2))
    with quiet():
        inside = features(2)
        found = surrogate_text(towers, inside, captions([3, 12]))
        found_image = surrogate_image(towers, pictures, inside)
    assert_alike(found, expected)
    assert_alike(found_image, expected_image)


def test_its_gradients_keep_their_digits_in_half_precision(towers: DualEncoder):
    """What is halved is the pass to the end token; gradients themselves are float32."""
    ids, images = captions([3, 12]), features(2)
    expected = surrogate_text(towers, images, ids)
    with torch.autocast("cpu", torch.bfloat16):
        found = surrogate_text(towers, images, ids)
    assert {value.dtype for value in (found.keys, found.attention, found.gradients)} == {
        torch.float32
    }
    off = (found.gradients - expected.gradients).norm() / expected.gradients.norm()
    assert off < 0.05
