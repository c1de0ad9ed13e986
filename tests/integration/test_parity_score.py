"""The gradient-attention score against the recording, step by step: the first to fail is wrong."""

from pathlib import Path

import pytest
import torch
from torch.nn.functional import normalize

from retrieval.gadms.gradient_attention import (
    LayerMaps,
    is_word,
    layer_maps,
    range_of_each,
    score_words,
)
from retrieval.gadms.model import Gadms
from retrieval.gadms.surrogate import Surrogate, surrogate_text
from tests.recording import Recording, recorded_model

pytestmark = pytest.mark.media


@pytest.fixture(scope="module")
def model(parity_dir: Path) -> Gadms:
    return recorded_model(parity_dir)


@pytest.fixture(scope="module")
def trace(model: Gadms, recorded: Recording) -> Surrogate:
    features = model.base_model.encode_image(recorded.tensor("images"))
    return surrogate_text(model.base_model, features, recorded.tensor("caption_ids_ori"))


@pytest.fixture(scope="module")
def maps(trace: Surrogate, recorded: Recording) -> LayerMaps:
    words = is_word(recorded.tensor("caption_ids_ori"))
    return layer_maps(trace, words, normaliser="importance_sum")


def test_the_single_head_pass_gives_the_recorded_feature(trace: Surrogate, recorded: Recording):
    recorded.compare("surrogate_text_feat", trace.feature, within=2e-5)


def test_the_cosine_that_is_differentiated_matches(
    model: Gadms, trace: Surrogate, recorded: Recording
):
    with torch.no_grad():
        images = model.base_model.encode_image(recorded.tensor("images"))
    cosine = normalize(images, dim=-1) @ normalize(trace.feature, dim=-1).T
    recorded.compare("gass_cosine", cosine, within=2e-6)


def test_the_gradients_of_one_backward_pass_match_those_of_eight(
    trace: Surrogate, recorded: Recording
):
    recorded.compare("gass_grad_eos", trace.gradients, within=1e-6)


def test_the_attention_of_the_end_token_matches(trace: Surrogate, recorded: Recording):
    recorded.compare("gass_attn_eos", trace.attention, within=1e-6)


def test_the_queries_that_are_pooled_match(trace: Surrogate, recorded: Recording):
    recorded.compare("gass_msp_example_in", trace.queries[0].transpose(0, 1), within=2e-5)


def test_query_key_weights_match(maps: LayerMaps, recorded: Recording):
    recorded.compare("gass_w", maps.weights, within=1e-5)


def test_importance_and_its_signed_sum_match(maps: LayerMaps, recorded: Recording):
    recorded.compare("gass_importance_raw", maps.importance, within=1e-6)
    recorded.compare("gass_denominator", maps.denominators, within=2e-5)


def test_the_map_of_each_block_matches(maps: LayerMaps, recorded: Recording):
    recorded.compare("gass_layer_maps", maps.maps, within=1e-6)


def test_the_score_matches(model: Gadms, recorded: Recording):
    with torch.inference_mode():
        images = model.base_model.encode_image(recorded.tensor("images"))
        ids = recorded.tensor("caption_ids_ori")
        scores = score_words(model.base_model, images, ids, variant="reference")
    recorded.compare("grad_emap", scores, within=1e-4)


def test_no_parameter_gets_a_gradient_from_the_score(parity_dir: Path, recorded: Recording):
    fresh = recorded_model(parity_dir)
    images = fresh.base_model.encode_image(recorded.tensor("images"))
    scores = score_words(fresh.base_model, images, recorded.tensor("caption_ids_ori"))
    assert not scores.requires_grad
    assert all(parameter.grad is None for parameter in fresh.parameters())


def test_the_papers_score_is_that_of_its_equations(trace: Surrogate, model, recorded: Recording):
    """Equation by equation from the recorded steps that both readings share."""
    words = is_word(recorded.tensor("caption_ids_ori"))
    importance = recorded.tensor("gass_importance_raw")
    attention = recorded.tensor("gass_attn_eos") * words
    shares = attention / attention.sum(dim=-1, keepdim=True)
    expected = range_of_each((importance * shares).mean(dim=0).relu() * words)
    with torch.no_grad():
        images = model.base_model.encode_image(recorded.tensor("images"))
    ids = recorded.tensor("caption_ids_ori")
    ours = score_words(model.base_model, images, ids, variant="paper")
    torch.testing.assert_close(ours, expected, atol=1e-4, rtol=0)
    assert ours.amax(dim=-1).tolist() == [1, 1, 1, 1]  # each caption by itself
