"""retrieval.search.alarm_budget: what pictures score falls off otherwise than what sentences do."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.alarm_budget import (
    LEAST_SCORES,
    LOOKS,
    TAIL_SHARE,
    false_alarms_of,
    tail_of,
    threshold_of,
)
from retrieval.search.background import spread_of


def draw(seed, count, is_heavy=True):
    """Scores of strangers: some spread normally, the others up to a long exponential tail."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0.3, 0.05, count)
    return scores + (rng.random(count) < 0.3) * rng.exponential(0.1, count) * is_heavy


def test_of_few_scores_nothing_is_told():
    assert tail_of(draw(1, LEAST_SCORES - 1)) is None


def test_strangers_who_dress_alike_keep_within_the_budget():
    sample, later = draw(2, 512), draw(3, 200_000)
    chance, spread = 0.002, spread_of(sample)
    asked = {"false_alarms": chance * LOOKS * 1000.0, "per_day": 1000.0}
    by_spread = threshold_of(spread, **asked)
    threshold = threshold_of(spread, **asked, tail=tail_of(sample))
    assert (later >= by_spread).mean() > 5 * chance
    assert (later >= threshold).mean() < 2 * chance


def test_the_person_among_the_strangers_changes_little():
    sample = draw(4, 500)
    with_person = np.concatenate([sample, np.full(4, 0.95)])
    before, after = tail_of(sample).score(7.0), tail_of(with_person).score(7.0)
    assert before <= after < before + 0.1


def test_what_is_expected_is_what_was_allowed():
    sample = draw(5, 400)
    tail, spread = tail_of(sample), spread_of(sample)
    threshold = threshold_of(spread, false_alarms=2.0, per_day=500.0, tail=tail)
    told = false_alarms_of(threshold, spread, per_day=500.0, tail=tail)
    assert told == pytest.approx(2.0, rel=1e-3)


@given(
    st.lists(st.floats(-1, 1), min_size=LEAST_SCORES, max_size=200),
    st.floats(-math.log(TAIL_SHARE), 30),
    st.floats(0, 10),
)
def test_rarer_is_higher_and_back_again(scores, surprise, more):
    tail = tail_of(np.array(scores))
    assert tail.score(surprise + more) >= tail.score(surprise)
    assert tail.surprise(tail.score(surprise)) == pytest.approx(surprise, abs=1e-6)
    assert np.isfinite(tail.score(surprise))


@given(st.integers(0, 50), st.floats(0.01, 100), st.floats(1, 5000))
def test_a_tail_never_lowers_a_threshold(seed, false_alarms, per_day):
    sample = draw(seed, 100)
    asked = {"false_alarms": false_alarms, "per_day": per_day}
    plain = threshold_of(spread_of(sample), **asked)
    assert threshold_of(spread_of(sample), **asked, tail=tail_of(sample)) >= plain
