"""Losses against their formulas, and over parts against the whole."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from retrieval.gadms.losses import (
    hits,
    identity_loss,
    info_nce_loss,
    masked_word_loss,
    sdm_loss,
    tag_loss,
)

WIDTH = 6
batches = st.tuples(st.integers(1, 7), st.integers(0, 999))


def drawn(count: int, seed: int, dtype: torch.dtype = torch.float64) -> tuple[Tensor, ...]:
    """Picture features, text features, and identities of which some are equal."""
    draw = torch.Generator().manual_seed(seed)
    images, texts = (
        torch.randn(count, WIDTH, generator=draw, dtype=torch.float64).to(dtype) for _ in range(2)
    )
    return images, texts, torch.randint(0, 4, (count,), generator=draw)


def cosines(texts: Tensor, images: Tensor) -> np.ndarray:
    one, other = texts.numpy(), images.numpy()
    return np.array([[a @ b / math.sqrt(a @ a) / math.sqrt(b @ b) for b in other] for a in one])


def naive_sdm(images: Tensor, texts: Tensor, identities: Tensor, temperature: float) -> float:
    """Row by row in double precision, as the equations have it."""
    logits, total = cosines(texts, images) / temperature, 0.0
    for matrix in (logits, logits.T):
        for row, own in zip(matrix, identities.tolist(), strict=True):
            same = np.array([float(other == own) for other in identities.tolist()])
            target = same / same.sum()
            shares = np.exp(row - row.max()) / np.exp(row - row.max()).sum()
            logs = row - row.max() - math.log(np.exp(row - row.max()).sum())
            total += float((shares * (logs - np.log(target + 1e-8))).sum()) / len(matrix)
    return total


@settings(deadline=None, max_examples=40)
@given(batches, st.sampled_from([0.02, 0.5]))
def test_similarity_distribution_matching_is_its_formula(batch, temperature):
    images, texts, identities = drawn(*batch)
    found = sdm_loss(images, texts, identities, temperature=temperature)
    expected = naive_sdm(images, texts, identities, temperature)
    assert float(found) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    single = sdm_loss(images.float(), texts.float(), identities, temperature=temperature)
    assert float(single) == pytest.approx(expected, rel=1e-4, abs=1e-4)


@settings(deadline=None, max_examples=40)
@given(batches, st.randoms(use_true_random=False))
def test_the_order_of_the_batch_does_not_count(batch, random):
    images, texts, identities = drawn(*batch)
    order = list(range(len(images)))
    random.shuffle(order)
    torch.testing.assert_close(
        sdm_loss(images[order], texts[order], identities[order]),
        sdm_loss(images, texts, identities),
    )
    torch.testing.assert_close(
        info_nce_loss(images[order], texts[order]), info_nce_loss(images, texts)
    )


@settings(deadline=None, max_examples=40)
@given(batches, st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_only_the_direction_of_a_feature_counts(batch, of_images, of_texts):
    images, texts, identities = drawn(*batch)
    torch.testing.assert_close(
        sdm_loss(images * of_images, texts * of_texts, identities),
        sdm_loss(images, texts, identities),
    )
    torch.testing.assert_close(
        info_nce_loss(images * of_images, texts * of_texts), info_nce_loss(images, texts)
    )


@settings(deadline=None, max_examples=40)
@given(batches, st.permutations(range(4)))
def test_identities_are_names_not_numbers(batch, names):
    images, texts, identities = drawn(*batch)
    renamed = torch.tensor(names)[identities]
    assert torch.equal(sdm_loss(images, texts, renamed), sdm_loss(images, texts, identities))


@settings(deadline=None, max_examples=40)
@given(batches)
def test_both_kinds_of_features_play_the_same_part(batch):
    images, texts, identities = drawn(*batch)
    torch.testing.assert_close(
        sdm_loss(texts, images, identities), sdm_loss(images, texts, identities)
    )
    torch.testing.assert_close(info_nce_loss(texts, images), info_nce_loss(images, texts))


def test_one_person_alone_costs_nothing_where_all_look_alike():
    """All pairs are of one identity and equally similar: both distributions are flat."""
    same = torch.ones(4, WIDTH)
    loss = sdm_loss(same, same, torch.zeros(4, dtype=torch.long))
    assert float(loss) == pytest.approx(0, abs=1e-6)


def test_a_wholly_wrong_match_costs_the_logarithm_of_epsilon_in_both_directions():
    one_hot = torch.eye(2)
    loss = sdm_loss(one_hot, one_hot.flip(0), torch.tensor([0, 1]))
    assert float(loss) == pytest.approx(-2 * math.log(1e-8), rel=1e-6)


def test_people_of_one_identity_are_no_negatives_of_each_other():
    alike = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    together = sdm_loss(alike, alike, torch.tensor([0, 0, 1]))
    apart = sdm_loss(alike, alike, torch.tensor([0, 2, 1]))
    assert together < 1e-4 < 1 < apart


@settings(deadline=None, max_examples=40)
@given(batches)
def test_the_contrastive_loss_is_its_formula(batch):
    images, texts, _ = drawn(*batch)
    logits = cosines(texts, images) / 0.02
    total = 0.0
    for matrix in (logits, logits.T):
        for place, row in enumerate(matrix):
            top = row.max()
            total += top + math.log(np.exp(row - top).sum()) - row[place]
    expected = total / (2 * len(logits))
    assert float(info_nce_loss(images, texts)) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_gradients_are_those_of_the_differences():
    images, texts, identities = drawn(4, 3)
    images.requires_grad_()
    texts.requires_grad_()
    torch.autograd.gradcheck(
        lambda i, t: sdm_loss(i, t, identities, temperature=0.5), (images, texts)
    )
    torch.autograd.gradcheck(lambda i, t: info_nce_loss(i, t, temperature=0.5), (images, texts))


def logits_of(count: int, seed: int, classes: int = 9) -> tuple[Tensor, Tensor, Tensor]:
    draw = torch.Generator().manual_seed(seed)
    one, other = (torch.randn(count, classes, generator=draw) for _ in range(2))
    return one, other, torch.randint(0, classes, (count,), generator=draw)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 12), st.integers(0, 12), st.integers(0, 999))
def test_parts_divided_by_the_whole_count_sum_to_the_whole(count, cut, seed):
    one, other, wanted = logits_of(count, seed)
    parts = (slice(0, cut), slice(cut, None))
    words = sum(masked_word_loss(one[p], wanted[p], total=count) for p in parts)
    expected = torch.nn.functional.cross_entropy(one, wanted)
    torch.testing.assert_close(words, expected, atol=1e-5, rtol=1e-5)
    people = sum(identity_loss(one[p], other[p], wanted[p], total=count) for p in parts)
    both = (expected + torch.nn.functional.cross_entropy(other, wanted)) / 2
    torch.testing.assert_close(people, both, atol=1e-5, rtol=1e-5)
    assert sum(hits(one[p], wanted[p]) for p in parts) == (one.argmax(dim=1) == wanted).sum()


def test_tags_cost_what_their_cross_entropy_is_and_parts_sum_to_the_whole():
    one, other, _ = logits_of(7, 3)
    held = one > 0.3
    shares = [torch.sigmoid(logits) for logits in (one, other)]
    surprise = [-torch.where(held, p, 1 - p).log().sum() for p in shares]
    parts = (slice(0, 3), slice(3, None))
    found = sum(tag_loss(one[p], other[p], held[p], total=7) for p in parts)
    torch.testing.assert_close(found, (surprise[0] + surprise[1]) / 14)
    sure = (held.float() * 2 - 1) * 40
    assert tag_loss(sure, sure, held, total=7) < 1e-6


@pytest.mark.parametrize("total", [0, torch.tensor(0), torch.tensor(5)])
def test_no_hidden_word_costs_nothing_and_moves_nothing(total):
    weight = torch.randn(3, 9, requires_grad=True)
    loss = masked_word_loss(torch.zeros(0, 3) @ weight, torch.zeros(0).long(), total=total)
    assert loss == 0
    loss.backward()
    assert weight.grad is not None
    assert not weight.grad.any()
    assert hits(torch.zeros(0, 9), torch.zeros(0).long()) == 0


@settings(deadline=None, max_examples=10)
@given(st.sampled_from([torch.float16, torch.bfloat16]), st.integers(0, 99))
def test_logits_in_half_precision_are_summed_in_full(dtype, seed):
    one, _, wanted = logits_of(300, seed)
    found = masked_word_loss(one.to(dtype), wanted, total=300)
    assert found.dtype == torch.float32
    expected = torch.nn.functional.cross_entropy(one.to(dtype).float(), wanted)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
