"""Queries of pictures, of pictures and words, and after judgements."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.feedback import moved_towards
from retrieval.search.likeness import compose, query_of_shots
from tests.strategies import DIMENSION, unit_vectors

EAST, NORTH = np.eye(DIMENSION, dtype=np.float32)[:2]
NOBODY = np.empty((0, DIMENSION), np.float32)
some = st.lists(unit_vectors(), min_size=1, max_size=6).map(np.stack)


@given(some, unit_vectors(), unit_vectors(), st.floats(0, 8))
def test_every_query_has_length_one(shots, picture, words, weight):
    for query in (
        query_of_shots(shots),
        compose(picture, words, weight=weight),
        moved_towards(picture, shots, towards=weight),
    ):
        assert query.dtype == np.float32
        assert np.linalg.norm(query) == pytest.approx(1, abs=1e-5)


@given(some, unit_vectors(), st.randoms())
def test_the_order_of_shots_and_of_judgements_does_not_matter(shots, query, random):
    shuffled = list(shots)
    random.shuffle(shuffled)
    assert np.array_equal(query_of_shots(np.stack(shuffled)), query_of_shots(shots))
    assert np.array_equal(moved_towards(query, np.stack(shuffled)), moved_towards(query, shots))


@given(unit_vectors(), unit_vectors())
def test_without_judgements_or_words_the_query_is_the_same_to_the_bit(query, words):
    assert moved_towards(query, NOBODY) is query
    assert compose(query, words, weight=0) is query


@given(unit_vectors(), unit_vectors())
def test_a_judgement_brings_who_fits_nearer(query, fitting):
    moved = moved_towards(query, fitting[None])
    assert float(moved @ fitting) >= float(query @ fitting) - 1e-6


@given(unit_vectors(), unit_vectors())
def test_words_bring_nearer_what_they_say(picture, words):
    composed = compose(picture, words)
    assert float(composed @ words) >= float(picture @ words) - 1e-6


def test_both_the_picture_and_the_words_count():
    composed = compose(EAST, NORTH, weight=2)
    np.testing.assert_allclose(composed, [1 / 5**0.5, 2 / 5**0.5, 0, 0], atol=1e-6)


def test_what_cancels_out_is_still_a_query():
    assert query_of_shots(np.stack([EAST, -EAST])).tolist() in (EAST.tolist(), (-EAST).tolist())
    assert compose(EAST, -EAST, weight=1).tolist() == EAST.tolist()
    assert moved_towards(EAST, -EAST[None], towards=1).tolist() == EAST.tolist()
