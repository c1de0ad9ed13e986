"""A draw hangs on what it is for, and on nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.training.seeds import NO_ROW, draw_seed

numbers = st.integers(0, 2**40)


def test_a_seed_is_the_same_for_ever():
    # Another value here and runs that were begun before could not go on.
    assert draw_seed(0, 1, 0, "picture") == 436520291831073183
    assert draw_seed(3, 1, NO_ROW, "order") == 3375107175646055676


@given(st.lists(st.tuples(numbers, numbers, numbers, st.text(max_size=5)), unique=True))
def test_draws_that_differ_in_anything_have_seeds_of_their_own(draws):
    assert len({draw_seed(*draw) for draw in draws}) == len(draws)


@given(numbers, numbers, numbers)
def test_a_seed_is_a_number_that_every_generator_takes(seed, epoch, row):
    assert 0 <= draw_seed(seed, epoch, row, "mask") < 2**63


@pytest.mark.parametrize("numbers", [(2**63, 1, 0), (0, -(2**64), 0), (0, 1, 2**63)])
def test_a_number_beyond_64_bits_is_refused(numbers):
    with pytest.raises(ValueError, match="beyond 64 bits"):
        draw_seed(*numbers, "picture")
