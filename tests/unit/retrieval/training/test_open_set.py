"""People who are there and people who are not, judged by comparing every pair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.training.metrics import metrics_of_similarity
from retrieval.training.open_set import open_set, open_set_of

# Few values, so that ties are common.
coarse = st.integers(-8, 8).map(lambda eighth: eighth / 8)
scores = st.lists(coarse, min_size=1, max_size=25)


def curve(present, absent):
    return open_set(np.array(present, np.float32), np.array(absent, np.float32))


@given(scores, st.lists(coarse | st.just(-np.inf), min_size=1, max_size=25))
def test_the_area_is_the_share_of_pairs_in_the_right_order(present, absent):
    right = [(own > other) + 0.5 * (own == other) for own in present for other in absent]
    assert curve(present, absent).auc == pytest.approx(sum(right) / len(right))


@given(scores, scores)
def test_the_threshold_is_the_highest_that_detects_95_per_cent(present, absent):
    def detected(threshold: float) -> int:
        return sum(own >= threshold for own in present)

    enough = [t for t in present if 100 * detected(t) >= 95 * len(present)]
    found = curve(present, absent)
    assert found.threshold95 == max(enough)
    assert found.fpr95 == pytest.approx(sum(s >= max(enough) for s in absent) / len(absent))


@given(scores, scores)
def test_the_curve_rises_from_nothing_to_everything(present, absent):
    found = curve(present, absent)
    for rates in (found.false_positive_rate, found.detection_rate):
        assert (rates[0], rates[-1]) == (0, 1)
        assert (np.diff(rates) >= 0).all()


@given(scores, scores, st.randoms(use_true_random=False))
def test_the_order_of_the_queries_changes_nothing(present, absent, random):
    before = curve(present, absent).to_mapping()
    random.shuffle(present)
    random.shuffle(absent)
    assert curve(present, absent).to_mapping() == before


def test_a_score_that_is_always_the_same_tells_nothing():
    found = curve([0.3] * 7, [0.3] * 7)
    assert (found.auc, found.fpr95) == (0.5, 1)


def test_a_score_that_parts_the_two_tells_everything():
    found = curve([0.8, 0.7, 0.9], [0.6, 0.1, 0.2])
    assert (found.auc, found.fpr95) == (1, 0)
    assert found.threshold95 == pytest.approx(0.7)


def test_one_query_of_twenty_may_be_missed():
    found = curve([0.1] + [0.5] * 19, [0.2] * 20)
    assert (found.threshold95, found.fpr95) == (0.5, 0)


def test_with_the_person_absent_the_best_of_the_others_decides():
    ranking = metrics_of_similarity(
        np.array([[0.75, 0.5, 0.25], [0.5, 1.0, 0.0]], np.float32),
        np.array([1, 2]),
        np.array([1, 2, 3]),
    )
    assert ranking.best_own.tolist() == [0.75, 1.0]
    assert ranking.best_other.tolist() == [0.5, 0.5]
    assert open_set_of(ranking).auc == 1


def test_nobody_left_is_never_a_false_positive():
    assert curve([-1.0], [-np.inf]).fpr95 == 0


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_a_score_that_is_no_number_is_refused(odd):
    with pytest.raises(ValueError, match="no number"):
        curve([odd], [0.1])
    with pytest.raises(ValueError, match="no number"):
        curve([0.1], [odd])


def test_no_scores_are_refused():
    with pytest.raises(ValueError, match="no scores"):
        curve([], [0.1])
    with pytest.raises(ValueError, match="no scores"):
        curve([0.1], [])
