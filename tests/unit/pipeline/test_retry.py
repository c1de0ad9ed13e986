import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.retry import Backoff


@given(
    st.floats(0.01, 10),
    st.floats(1, 100),
    st.floats(1, 5),
    st.integers(0, 2**32),
    st.integers(1, 200),
)
def test_no_wait_exceeds_the_cap_by_more_than_the_jitter(min_s, span, factor, seed, tries):
    max_s = min_s * span
    backoff = Backoff(min_s, max_s, random.Random(seed), factor)
    waits = [backoff.next_wait_s() for _ in range(tries)] + [backoff.longest_wait_s()]
    assert all(min_s * 0.75 <= wait <= max_s * 1.25 + 1e-9 for wait in waits)


@given(st.integers(0, 50), st.integers(0, 2**32))
def test_success_starts_over(tries, seed):
    backoff = Backoff(1, 60, random.Random(seed))
    for _ in range(tries):
        backoff.next_wait_s()
    backoff.reset()
    assert backoff.next_wait_s() <= 1.25


class Even(random.Random):
    def uniform(self, a, b):
        return (a + b) / 2


def test_waits_double_up_to_the_cap():
    backoff = Backoff(1, 10, Even())
    assert [backoff.next_wait_s() for _ in range(6)] == [1, 2, 4, 8, 10, 10]


def test_two_readers_do_not_knock_together():
    waits = {Backoff(1, 60, random.Random(seed)).next_wait_s() for seed in range(16)}
    assert len(waits) == 16


@pytest.mark.parametrize(("min_s", "max_s", "factor"), [(0, 1, 2), (2, 1, 2), (1, 2, 0.5)])
def test_waits_that_make_no_sense_are_refused(min_s, max_s, factor):
    with pytest.raises(ValueError, match="cannot back off"):
        Backoff(min_s, max_s, random.Random(), factor)
