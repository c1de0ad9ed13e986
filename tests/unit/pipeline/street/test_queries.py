import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.street.casting import cast, cast_apart, cast_many
from pipeline.street.words.fits import Relevance, fits, relevant
from pipeline.street.words.queries import (
    FEWEST_CLAIMS,
    MOST_CLAIMS,
    absent_query,
    nearness,
    query_for,
)

untimed = settings(deadline=None, max_examples=25)
seeds = st.integers(0, 2**32 - 1)


@untimed
@given(seeds)
def test_a_query_is_true_of_whom_it_asks_for_and_is_no_longer_than_needed(seed):
    rng = np.random.default_rng(seed)
    people = cast_many(rng, 5, "test")
    told = query_for(rng, people[2], people)
    assert fits(told.claims, people[2])
    assert FEWEST_CLAIMS <= len(told.claims) <= MOST_CLAIMS
    assert not any(claim.negated for claim in told.claims)


def test_people_cast_apart_are_found_by_a_sentence_each():
    people = cast_apart(np.random.default_rng(1), 10, "test", tries=30)
    rng, crowd = np.random.default_rng(2), Relevance(people)
    for look in people:
        assert crowd.of(query_for(rng, look, crowd).claims) == {look.person}


def test_few_of_many_people_share_their_sentence_with_another():
    people = cast_many(np.random.default_rng(3), 120, "test")
    rng, crowd = np.random.default_rng(4), Relevance(people)
    alone = [len(crowd.of(query_for(rng, look, crowd).claims)) == 1 for look in people]
    assert np.mean(alone) > 0.9


def test_the_same_seed_asks_the_same():
    people = cast_many(np.random.default_rng(5), 4, "test")
    first, second = (query_for(np.random.default_rng(6), people[0], people) for _ in range(2))
    assert first == second


@untimed
@given(seeds)
def test_nobody_fits_a_query_for_somebody_absent_nor_nearly(seed):
    rng = np.random.default_rng(seed)
    people = cast_many(rng, 3, "test")
    told = absent_query(rng, people, tries=4)
    assert relevant(told.claims, people) == frozenset()
    assert max(nearness(told, look) for look in people) <= 0.75


def test_nobody_is_near_where_nobody_is():
    assert absent_query(np.random.default_rng(7), [], tries=2).text


def test_a_street_that_has_everybody_leaves_nobody_to_ask_for():
    seed = 8
    stranger = cast(np.random.default_rng(seed), "p1", "test")
    with pytest.raises(ValueError, match="every one of 1 people"):
        absent_query(np.random.default_rng(seed), [stranger], tries=1)


def test_who_fits_is_as_near_as_can_be():
    look = cast(np.random.default_rng(9), "p1", "test")
    assert nearness(query_for(np.random.default_rng(10), look, []), look) == 1
