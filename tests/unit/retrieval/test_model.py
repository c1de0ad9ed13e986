"""The whole model: its size, its names, and what is read of a masked caption."""

import pytest
import torch

from retrieval.gadms.configuration import PRESETS
from retrieval.gadms.model import Gadms, model_from, with_fresh_heads
from retrieval.gadms.towers import draw_weights
from tests.small_run import CLASSES, CONFIG, small_model, small_views

TINY = PRESETS["tiny"]


@pytest.fixture(scope="module")
def model() -> Gadms:
    return small_model()


def tiny_state(classes: int | None = None) -> dict[str, torch.Tensor]:
    return with_fresh_heads(TINY, draw_weights(TINY, 1), classes=classes, seed=2)


def test_the_full_model_has_the_parameters_of_the_reference():
    with torch.device("meta"):
        full = Gadms(PRESETS["vit-b16"])
    assert len(full.state_dict()) == 365
    assert sum(parameter.numel() for parameter in full.parameters()) == 188_890_880
    heads = [p for name, p in full.named_parameters() if not name.startswith("base_model.")]
    assert len(heads) == 64
    assert sum(parameter.numel() for parameter in heads) == 39_273_216


def test_a_classifier_is_two_tensors_more():
    with torch.device("meta"):
        without, with_one = Gadms(TINY), Gadms(TINY, classes=11_003)
    assert without.classifier is None
    more = set(with_one.state_dict()) - set(without.state_dict())
    assert more == {"classifier.weight", "classifier.bias"}
    assert with_one.state_dict()["classifier.weight"].shape == (11_003, TINY.embed_dim)


def test_a_classifier_scores_a_feature_for_every_identity(model: Gadms):
    assert model.classifier is not None
    feature = torch.ones(3, CONFIG.embed_dim)
    expected = feature @ model.classifier.weight.T + model.classifier.bias
    assert model.classifier(feature).shape == (3, CLASSES)
    torch.testing.assert_close(model.classifier(feature), expected)


def test_a_model_holds_copies_of_what_it_was_made_from_and_trains_all_of_it():
    state = tiny_state(classes=3)
    state["classifier.weight"] = state["classifier.weight"].half()
    kept = {name: value.clone() for name, value in state.items()}
    model = model_from(TINY, state, classes=3)
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad, name
        assert parameter.dtype == torch.float32, name
        assert torch.equal(parameter, kept[name].float()), name
    with torch.no_grad():
        model.ln_post.weight.zero_()
    assert torch.equal(state["ln_post.weight"], kept["ln_post.weight"])


def test_a_model_laid_out_without_memory_sees_no_word_before_its_time():
    towers = model_from(TINY, tiny_state()).base_model
    assert towers.attn_mask.device.type == "cpu"
    assert towers.attn_mask[0, 1] == float("-inf")
    assert not any(value.is_meta for value in towers.state_dict().values())


@pytest.mark.parametrize("name", ["ln_post.weight", "base_model.visual.proj", "mlm_head.fc.bias"])
def test_a_missing_tensor_is_refused_by_name(name: str):
    state = tiny_state()
    del state[name]
    with pytest.raises(RuntimeError, match=name):
        model_from(TINY, state)


def test_a_tensor_too_many_is_refused_by_name():
    with pytest.raises(RuntimeError, match=r"classifier\.weight"):
        model_from(TINY, tiny_state(classes=3))


def test_a_tensor_of_another_shape_is_refused_by_name():
    state = tiny_state() | {"ln_post.weight": torch.ones(TINY.embed_dim + 1)}
    with pytest.raises(RuntimeError, match=r"ln_post\.weight"):
        model_from(TINY, state)


def test_fresh_heads_leave_the_towers_as_they_are():
    towers = draw_weights(TINY, 1)
    state = with_fresh_heads(TINY, towers, classes=None, seed=2)
    assert all(torch.equal(state[f"base_model.{name}"], value) for name, value in towers.items())
    again = with_fresh_heads(TINY, towers, classes=None, seed=2)
    assert all(torch.equal(state[name], value) for name, value in again.items())


def test_words_are_scored_at_hidden_places_as_they_would_be_among_all(model: Gadms):
    views = small_views()
    with torch.no_grad():
        text_tokens = model.base_model.text_tokens(views.masked_ids)
        image_tokens = model.base_model.image_tokens(views.images)
        logits = model.masked_word_logits(text_tokens, image_tokens, views.labels)
        every = model.mlm_head(model.cross_former(text_tokens, image_tokens))
    places = views.labels.nonzero().tolist()
    assert len(logits) == len(places) > 4
    for row, (caption, place) in zip(logits, places, strict=True):
        torch.testing.assert_close(row, every[caption, place], atol=1e-5, rtol=0)


def test_no_hidden_word_gives_no_scores(model: Gadms):
    views = small_views()
    image_tokens = torch.zeros(4, CONFIG.image_tokens, CONFIG.embed_dim)
    text_tokens = torch.zeros(4, 77, CONFIG.embed_dim)
    labels = torch.zeros_like(views.labels)
    assert model.masked_word_logits(text_tokens, image_tokens, labels).shape == (0, 49408)


def test_a_masked_caption_is_read_where_the_whole_one_ends(model: Gadms):
    """Even where a view has lost its end token, as a caption's owner would know."""
    views = small_views()
    end = views.ids.argmax(dim=-1)
    with torch.no_grad():
        plain = model.encode_masked(views.ids, end)
        torch.testing.assert_close(plain, model.base_model.encode_text(views.ids))
        lost = views.ids.clone()
        lost[0, end[0]] = 49405
        tokens = model.base_model.text_tokens(lost)
        found = model.encode_masked(lost, end)
    torch.testing.assert_close(found[0], tokens[0, end[0]], atol=1e-5, rtol=0)
