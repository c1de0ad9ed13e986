"""Whether probabilities keep their word."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.search.reliability import (
    absent_refused_share,
    expected_calibration_error,
    false_alarms_at_recall,
    false_refusal_share,
)

untimed = settings(deadline=None)  # the machine may be busy
cases = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50)


def split(pairs):
    chances, outcomes = zip(*pairs, strict=True)
    return np.array(chances), np.array(outcomes)


def test_the_error_is_the_gap_between_what_was_said_and_what_happened():
    # Said 0.25 four times, and 1 of 4 came true; said 0.8 twice, and none did.
    chances = np.array([0.25, 0.25, 0.25, 0.25, 0.8, 0.8])
    outcomes = np.array([True, False, False, False, False, False])
    assert expected_calibration_error(chances, outcomes) == pytest.approx(0.8 * 2 / 6)


def test_certainty_that_comes_true_has_no_error_and_that_does_not_has_all():
    outcomes = np.array([True, False, True])
    assert expected_calibration_error(outcomes.astype(float), outcomes) == 0.0
    assert expected_calibration_error(1 - outcomes.astype(float), outcomes) == 1.0


@untimed
@given(cases, st.integers(1, 20), st.randoms(use_true_random=False))
def test_the_error_is_a_share_whatever_the_order(pairs, bins, random):
    error = expected_calibration_error(*split(pairs), bins=bins)
    random.shuffle(pairs)
    assert 0 <= error <= 1
    assert expected_calibration_error(*split(pairs), bins=bins) == pytest.approx(error)


@pytest.mark.parametrize(
    ("chances", "outcomes", "bins"),
    [([], [], 10), ([0.5], [True, False], 10), ([1.5], [True], 10), ([np.nan], [True], 10),
     ([0.5], [True], 0)],
)  # fmt: skip
def test_what_is_no_probability_is_refused(chances, outcomes, bins):
    with pytest.raises(ValueError, match=r"probabilit|bins"):
        expected_calibration_error(np.array(chances), np.array(outcomes, bool), bins)


def test_refusals_of_present_and_of_absent_people_are_counted_apart():
    refused = np.array([True, False, False, True, True])
    present = np.array([True, True, True, True, False])
    assert false_refusal_share(refused, present) == 0.5
    assert absent_refused_share(refused, present) == 1.0


def test_a_share_of_nobody_is_refused():
    everybody = np.array([True, True])
    with pytest.raises(ValueError, match="absent"):
        absent_refused_share(everybody, everybody)
    with pytest.raises(ValueError, match="nobody"):
        false_refusal_share(everybody, ~everybody)
    with pytest.raises(ValueError, match="1 answers to 2 queries"):
        false_refusal_share(everybody[:1], everybody)


@pytest.mark.parametrize(
    ("recall", "share"), [(0.01, 0.0), (0.5, 0.25), (0.75, 0.5), (0.9, 1.0), (1.0, 1.0)]
)
def test_the_more_who_are_there_have_to_pass_the_more_absent_do(recall, share):
    present, absent = [0.9, 0.8, 0.5, 0.1], [0.8, 0.6, 0.2, 0.1]
    assert false_alarms_at_recall(present, absent, recall) == share


def test_a_constant_tells_of_everybody_who_is_absent():
    assert false_alarms_at_recall([0.5] * 10, [0.5] * 7) == 1.0


@pytest.mark.parametrize(
    ("present", "absent", "recall"), [([], [0.1], 0.9), ([0.1], [], 0.9), ([0.1], [0.1], 0.0)]
)
def test_without_present_and_absent_people_there_is_no_such_share(present, absent, recall):
    with pytest.raises(ValueError, match="present"):
        false_alarms_at_recall(present, absent, recall)
