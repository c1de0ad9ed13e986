"""The score of words: where it is zero, what it does not depend on, and its steps."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import Tensor

from retrieval.gadms.gradient_attention import (
    Variant,
    is_word,
    pool_scales,
    pooling_matrix,
    range_of_batch,
    range_of_each,
    score_words,
)
from retrieval.gadms.towers import DualEncoder
from tests.small_run import captions, features, small_model

VARIANTS: list[Variant] = ["reference", "paper"]
lengths = st.lists(st.integers(0, 75), min_size=1, max_size=4)
maps = arrays.arrays("float32", (3, 5), elements=st.floats(0, 4, width=32))


@pytest.fixture(scope="module")
def towers() -> DualEncoder:
    return small_model().base_model


@settings(deadline=None, max_examples=10)
@given(words=lengths, seed=st.integers(0, 99), variant=st.sampled_from(VARIANTS))
def test_scores_are_shares_and_only_words_have_one(
    towers: DualEncoder, words: list[int], seed: int, variant: Variant
):
    ids = captions(words)
    scores = score_words(towers, features(len(words), seed), ids, variant=variant)
    assert scores.shape == (len(words), 77)
    assert scores.dtype == torch.float32
    assert not scores.requires_grad
    assert 0 <= scores.min() <= scores.max() <= 1
    for row, count in zip(scores, words, strict=True):
        assert row[0] == 0
        assert not row[count + 1 :].any()


@settings(deadline=None, max_examples=5)
@given(words=lengths, seed=st.integers(0, 99))
def test_the_papers_score_of_a_caption_does_not_depend_on_its_company(
    towers: DualEncoder, words: list[int], seed: int
):
    images, ids = features(len(words), seed), captions(words)
    together = score_words(towers, images, ids, variant="paper")
    for place in range(len(words)):
        one = slice(place, place + 1)
        alone = score_words(towers, images[one], ids[one], variant="paper")
        torch.testing.assert_close(together[one], alone, atol=1e-3, rtol=0)


def test_the_references_score_depends_on_the_company(towers: DualEncoder):
    """One word of the whole batch has 1; each caption alone has a word with 1."""
    images, ids = features(3), captions([5, 9, 20])
    together = score_words(towers, images, ids)
    tops = torch.cat([score_words(towers, images[i : i + 1], ids[i : i + 1]) for i in range(3)])
    assert (together == 1).sum() == 1
    assert tops.amax(dim=-1).tolist() == [1, 1, 1]
    shares = together / together.amax(dim=-1, keepdim=True)
    torch.testing.assert_close(shares, tops, atol=1e-4, rtol=0)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("scale", [1e-2, 300.0])
def test_longer_picture_features_change_nothing(
    towers: DualEncoder, variant: Variant, scale: float
):
    images, ids = features(2), captions([5, 30])
    plain = score_words(towers, images, ids, variant=variant)
    scaled = score_words(towers, images * scale, ids, variant=variant)
    torch.testing.assert_close(scaled, plain, atol=1e-3, rtol=0)


@pytest.mark.parametrize("variant", VARIANTS)
def test_one_word_none_and_seventy_five_are_scored(towers: DualEncoder, variant: Variant):
    ids = captions([1, 0, 75])
    assert ids[2, 76] == 49407
    scores = score_words(towers, features(3), ids, variant=variant)
    assert scores[0, 2:].count_nonzero() == 0
    assert scores[1].count_nonzero() == 0
    assert scores[2, 1:76].count_nonzero() > 0


def test_nothing_but_empty_captions_has_no_score(towers: DualEncoder):
    for variant in VARIANTS:
        assert not score_words(towers, features(2), captions([0, 0]), variant=variant).any()


def test_one_feature_that_is_no_number_zeroes_the_references_batch_and_the_papers_caption(
    towers: DualEncoder,
):
    images, ids = features(2), captions([5, 9])
    images[0, 0] = torch.nan
    assert not score_words(towers, images, ids, variant="reference").any()
    by_paper = score_words(towers, images, ids, variant="paper")
    assert not by_paper[0].any()
    assert by_paper[1].max() == 1


def test_the_range_of_the_reference_may_be_that_of_other_batches(towers: DualEncoder):
    given_maps: list[Tensor] = []

    def of_all_ranks(raw: Tensor) -> tuple[Tensor, Tensor]:
        given_maps.append(raw)
        return raw.new_tensor(0.0), raw.amax() * 4

    images, ids = features(2), captions([5, 9])
    plain = score_words(towers, images, ids)
    shared = score_words(towers, images, ids, extremes=of_all_ranks)
    assert given_maps[0].shape == (2, 77)
    torch.testing.assert_close(shared, plain / 4, atol=1e-6, rtol=0)
    score_words(towers, images, ids, variant="paper", extremes=of_all_ranks)
    assert len(given_maps) == 1  # a caption is ranged by itself


def test_no_parameter_is_touched():
    towers = small_model().base_model
    before = {name: p.detach().clone() for name, p in towers.named_parameters()}
    for variant in VARIANTS:
        score_words(towers, features(2), captions([5, 9]), variant=variant)
    for name, parameter in towers.named_parameters():
        assert parameter.grad is None, name
        assert torch.equal(parameter, before[name]), name


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_is_the_same_where_gradients_are_off(towers: DualEncoder, variant: Variant):
    expected = score_words(towers, features(2), captions([5, 9]), variant=variant)
    with torch.inference_mode():
        found = score_words(towers, features(2), captions([5, 9]), variant=variant)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("variant", VARIANTS)
def test_in_half_precision_it_stays_near_and_float32(towers: DualEncoder, variant: Variant):
    images, ids = features(2), captions([5, 9])
    expected = score_words(towers, images, ids, variant=variant)
    with torch.autocast("cpu", torch.bfloat16):
        found = score_words(towers, images.bfloat16(), ids, variant=variant)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, atol=0.1, rtol=0)


def test_words_lie_between_start_and_end():
    words = is_word(captions([0, 1, 75]))
    assert [row.nonzero().flatten().tolist() for row in words] == [[], [1], list(range(1, 76))]


@settings(deadline=None, max_examples=40)
@given(
    length=st.integers(1, 90),
    scales=st.lists(st.integers(1, 7), min_size=1, max_size=3).map(tuple),
    seed=st.integers(0, 99),
)
def test_pooling_is_a_matrix_whatever_length_and_scales(
    length: int, scales: tuple[int, ...], seed: int
):
    scales = tuple(min(scale, length) for scale in scales)
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(2, length, 3, generator=draw, dtype=torch.float64)
    matrix = pooling_matrix(length, scales)
    torch.testing.assert_close(matrix @ x, pool_scales(x, scales), atol=1e-12, rtol=0)
    torch.testing.assert_close(matrix.sum(dim=1), torch.ones(length, dtype=torch.float64))


def test_pooling_by_two_averages_a_place_with_its_pair():
    """Pairs (0, 1), (2, 3) and 4 alone, at 0.8, 2.5 and 4.2 of five: stretched, then averaged."""
    x = torch.tensor([1.0, 3.0, 5.0, 7.0, 20.0]).reshape(1, 5, 1)
    # Place j reads the means (2, 6, 20) at (j + ½) × 3 / 5 − ½: 0.1 of the way for j = 1, say.
    means = [2.0, 2 + 4 * 0.4, 6.0, 6 + 14 * 0.6, 20.0]
    expected = [(a + b) / 2 for a, b in zip([1, 3, 5, 7, 20], means, strict=True)]
    torch.testing.assert_close(pool_scales(x).flatten(), torch.tensor(expected))


@settings(deadline=None)
@given(maps)
def test_a_range_is_zero_to_one_or_nothing(values):
    raw = torch.from_numpy(values)
    joint = range_of_batch(raw, lambda m: (m.amin(), m.amax()))
    for ranged, whole in ((joint[None], raw[None]), (range_of_each(raw), raw)):
        for row, given_row in zip(ranged, whole, strict=True):
            is_flat = bool(given_row.amin() == given_row.amax())
            assert (row.min(), row.max()) == ((0, 0) if is_flat else (0, 1))
