"""The heads of training: their first values, and what they let look at what."""

import pytest
import torch

from retrieval.gadms.configuration import PRESETS, GadmsConfig
from retrieval.gadms.heads import CrossModalHeads, draw_heads

WIDE = GadmsConfig(embed_dim=64, cross_heads=4, cross_layers=3)
TINY = PRESETS["tiny"]
DEVIATIONS = {
    "cross_attn.in_proj_weight": 64**-0.5,
    "cross_attn.out_proj.weight": 64**-0.5 * 6**-0.5,
    "cross_modal_transformer.resblocks.2.attn.in_proj_weight": 64**-0.5,
    "cross_modal_transformer.resblocks.2.attn.out_proj.weight": 64**-0.5 * 6**-0.5,
    "cross_modal_transformer.resblocks.2.mlp.c_fc.weight": 128**-0.5,
    "cross_modal_transformer.resblocks.2.mlp.c_proj.weight": 64**-0.5 * 6**-0.5,
    "mlm_head.dense.weight": 128**-0.5,
    "mlm_head.fc.weight": 64**-0.5 * 6**-0.5,
    "classifier.weight": 0.001,
}
NORMS = ("ln", "ln_1", "ln_2", "ln_pre_t", "ln_pre_i", "ln_post")


@pytest.fixture(scope="module")
def drawn() -> dict[str, torch.Tensor]:
    return draw_heads(WIDE, classes=200, seed=1)


@pytest.fixture(scope="module")
def heads() -> CrossModalHeads:
    heads = CrossModalHeads(TINY)
    drawn = draw_heads(TINY, classes=None, seed=1)
    heads.load_state_dict(drawn)
    return heads.requires_grad_(False)


def tokens(count: int, seed: int) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(2, count, TINY.embed_dim, generator=draw)


@pytest.mark.parametrize("name", DEVIATIONS)
def test_first_weights_are_normal_with_the_deviation_of_the_reference(drawn, name: str):
    """Of n draws the deviation is off by 1 / √(2n) or so; six times that is never left."""
    value = drawn[name].double()
    expected, within = DEVIATIONS[name], 6 / (2 * value.numel()) ** 0.5
    assert float(value.std()) == pytest.approx(expected, rel=within)
    assert abs(float(value.mean())) < 6 * expected / value.numel() ** 0.5
    inside = (value.abs() < expected).double().mean()  # 68 % of a normal one, 58 of a uniform
    assert float(inside) == pytest.approx(0.6827, abs=0.04)


def test_norms_and_the_biases_of_attention_and_classifier_start_as_torch_has_them(drawn):
    for name, value in drawn.items():
        *_, owner, last = name.split(".")
        if owner in NORMS:
            assert bool((value == (1.0 if last == "weight" else 0.0)).all()), name
    assert not drawn["cross_attn.in_proj_bias"].any()
    assert not drawn["classifier.bias"].any()
    assert drawn["classifier.bias"].shape == (200,)


def test_the_same_seed_draws_the_same_values_and_leaves_other_draws_alone():
    torch.manual_seed(9)
    expected = torch.rand(3)
    torch.manual_seed(9)
    first, again, other = (draw_heads(TINY, classes=3, seed=seed) for seed in (5, 5, 6))
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["mlm_head.fc.weight"], other["mlm_head.fc.weight"])
    assert not torch.equal(first["classifier.weight"], other["classifier.weight"])


def test_a_classifier_changes_no_other_value():
    without, with_one = (draw_heads(TINY, classes=classes, seed=5) for classes in (None, 7))
    assert set(with_one) - set(without) == {"classifier.weight", "classifier.bias"}
    assert all(torch.equal(with_one[name], value) for name, value in without.items())


def test_words_ask_and_patches_answer(heads: CrossModalHeads):
    """One row for each word, and the order of the patches does not count."""
    words, patches = tokens(5, 1), tokens(9, 2)
    crossed = heads.cross_former(words, patches)
    assert crossed.shape == words.shape
    turned = heads.cross_former(words, patches.flip(1))
    torch.testing.assert_close(turned, crossed, atol=1e-5, rtol=0)
    assert not torch.allclose(heads.cross_former(words, patches * 2 + tokens(9, 3)), crossed)


def test_no_word_is_hidden_from_another(heads: CrossModalHeads):
    words, patches = tokens(5, 1), tokens(9, 2)
    changed = words.clone()
    changed[:, 4] += 1
    moved = heads.cross_former(changed, patches) - heads.cross_former(words, patches)
    assert bool((moved.abs().amax(dim=-1) > 0).all())  # the first word sees the last


def test_the_cross_attention_has_no_residual(heads: CrossModalHeads):
    """Where all patches are alike, every word gets the same answer, whatever it is."""
    patches = tokens(1, 2).expand(2, 9, -1)
    crossed = heads.cross_former(tokens(5, 1), patches)
    torch.testing.assert_close(crossed, crossed[:, :1].expand_as(crossed), atol=1e-5, rtol=0)


def test_a_token_becomes_a_score_for_every_word(heads: CrossModalHeads):
    logits = heads.mlm_head(tokens(5, 1))
    assert logits.shape == (2, 5, TINY.vocab_size)
