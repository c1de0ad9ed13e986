import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.gadms.configuration import PRESETS, GadmsConfig
from retrieval.gadms.towers import DualEncoder, causal_mask, draw_weights, towers_from

TINY = PRESETS["tiny"]


@pytest.fixture(scope="module")
def towers() -> DualEncoder:
    return towers_from(TINY, draw_weights(TINY, 1))


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


def pictures(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, 3, 384, 128, generator=torch.Generator().manual_seed(seed))


def captions(*lengths: int) -> torch.Tensor:
    """Ids with the end token after `length` words."""
    ids = torch.zeros(len(lengths), 77, dtype=torch.long)
    for row, length in zip(ids, lengths, strict=True):
        row[0], row[length + 1] = 49406, 49407
        row[1 : length + 1] = torch.arange(1000, 1000 + length)
    return ids


def test_the_full_model_has_the_parameters_of_the_reference():
    with torch.device("meta"):
        full = DualEncoder(PRESETS["vit-b16"])
    assert len(full.state_dict()) == 301
    assert sum(parameter.numel() for parameter in full.parameters()) == 149_617_664


def test_the_temperature_is_no_parameter(towers: DualEncoder):
    assert not [name for name, _ in towers.named_parameters() if "logit_scale" in name]


def test_the_image_feature_is_the_first_projected_token(towers: DualEncoder):
    images = pictures(2)
    first = towers.image_tokens(images)[:, 0]
    torch.testing.assert_close(towers.encode_image(images), first, atol=1e-5, rtol=0)


def test_every_patch_has_a_projected_token(towers: DualEncoder):
    assert towers.image_tokens(pictures(1)).shape == (1, 12 * 4 + 1, TINY.embed_dim)


def test_the_text_feature_is_the_projected_end_token(towers: DualEncoder):
    ids = captions(3, 20, 75)
    tokens = towers.text_tokens(ids)
    ends = tokens[torch.arange(3), torch.tensor([4, 21, 76])]
    torch.testing.assert_close(towers.encode_text(ids), ends, atol=1e-5, rtol=0)


def test_what_follows_the_end_token_changes_nothing(towers: DualEncoder):
    plain, padded = captions(5), captions(5)
    padded[0, 30:40] = 777
    torch.testing.assert_close(towers.encode_text(plain), towers.encode_text(padded))


@settings(deadline=None, max_examples=15)
@given(lengths=st.lists(st.integers(0, 75), min_size=1, max_size=4))
def test_a_sentence_is_encoded_alike_in_any_company(towers: DualEncoder, lengths: list[int]):
    together = towers.encode_text(captions(*lengths))
    alone = torch.cat([towers.encode_text(captions(length)) for length in lengths])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_stopping_after_all_blocks_is_not_stopping(towers: DualEncoder):
    ids = captions(4)
    whole = towers.text_hidden(ids)
    assert torch.equal(towers.text_hidden(ids, blocks=TINY.text_layers), whole)
    assert not torch.allclose(towers.text_hidden(ids, blocks=1), whole)


def test_nothing_to_encode_gives_no_features(towers: DualEncoder):
    assert towers.encode_text(torch.zeros(0, 77, dtype=torch.long)).shape == (0, 32)


def test_head_counts_matter():
    weights = draw_weights(TINY, 1)
    other = GadmsConfig.from_mapping({**TINY.to_mapping(), "text_heads": 4})
    ids = captions(6)
    first, second = towers_from(TINY, weights), towers_from(other, weights)
    assert not torch.allclose(first.encode_text(ids), second.encode_text(ids), atol=1e-4)


def test_towers_laid_out_without_memory_compute_as_others_do():
    torch.manual_seed(3)
    ordinary = DualEncoder(TINY).eval()
    laid_out = towers_from(TINY, ordinary.state_dict())
    ids = captions(6)
    assert torch.equal(laid_out.encode_text(ids), ordinary.encode_text(ids))
    assert torch.equal(laid_out.attn_mask, ordinary.attn_mask)
    assert torch.equal(causal_mask(77), ordinary.attn_mask)


def test_half_precision_weights_are_upcast_exactly():
    halves = {name: value.half() for name, value in draw_weights(TINY, 1).items()}
    towers = towers_from(TINY, halves)
    for name, value in towers.state_dict().items():
        assert value.dtype == torch.float32
        assert torch.equal(value, halves[name].float())


def test_weights_are_drawn_alike_from_the_same_seed_only():
    first, again, other = (draw_weights(TINY, seed) for seed in (5, 5, 6))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["visual.proj"], other["visual.proj"])


def test_drawn_weights_are_the_same_bits_everywhere():
    noted = ["0x1.a928f00000000p-3", "0x1.28486a0000000p-4", "0x1.16e0d40000000p-5"]
    # Noted once; a machine or a torch that draws others would rename every gallery.
    drawn = draw_weights(TINY, 0)["text_projection"][0, :3]
    assert [value.hex() for value in drawn.tolist()] == noted


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"vision_width": 100}, "no multiple"),
        ({"text_heads": 7}, "no multiple"),
        ({"embed_dim": 0}, "whole number"),
        ({"text_layers": 1.5}, "whole number"),
        ({"colour": 1}, "unknown"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(values: dict[str, object], reason: str):
    with pytest.raises(ValueError, match=reason):
        GadmsConfig.from_mapping(values)


@pytest.mark.parametrize("name", PRESETS)
def test_a_configuration_reads_back_what_it_wrote(name: str):
    assert GadmsConfig.from_mapping(PRESETS[name].to_mapping()) == PRESETS[name]
