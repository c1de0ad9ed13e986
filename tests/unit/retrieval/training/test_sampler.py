"""Every sample once an epoch, whoever takes it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import PlanRefused
from retrieval.training.sampler import BatchSchedule


@st.composite
def schedules(draw):
    ranks = draw(st.integers(1, 5))
    count = draw(st.integers(max(2, ranks), 60))
    return BatchSchedule(count, draw(st.integers(1, 9)), ranks, draw(st.integers(0, 3)))


def joined(schedule, epoch, step):
    parts = [schedule.rows(epoch, step, rank) for rank in range(schedule.ranks)]
    return np.concatenate(parts)


def whole(schedule, epoch):
    return np.concatenate([joined(schedule, epoch, step) for step in range(schedule.steps)])


@given(schedules(), st.integers(1, 4))
def test_no_row_comes_twice_and_fewer_than_ranks_are_left_out(schedule, epoch):
    rows = whole(schedule, epoch)
    assert len(set(rows.tolist())) == len(rows)
    assert set(rows.tolist()) <= set(range(schedule.count))
    assert schedule.count - len(rows) < schedule.ranks


@given(schedules(), st.integers(1, 4))
def test_all_ranks_take_equally_many_and_no_more_than_a_batch(schedule, epoch):
    for step in range(schedule.steps):
        sizes = {len(schedule.rows(epoch, step, rank)) for rank in range(schedule.ranks)}
        assert len(sizes) == 1
        (size,) = sizes
        assert size == schedule.batch or (step == schedule.steps - 1 and 0 < size < schedule.batch)


@given(schedules(), st.integers(1, 4))
def test_many_ranks_see_together_what_one_with_the_joined_batch_sees(schedule, epoch):
    alone = BatchSchedule(
        schedule.count, schedule.batch * schedule.ranks, ranks=1, seed=schedule.seed
    )
    for step in range(schedule.steps):
        together = joined(schedule, epoch, step)
        np.testing.assert_array_equal(together, alone.rows(epoch, step, 0)[: len(together)])


@given(schedules(), st.permutations([1, 2, 3]))
def test_an_epoch_has_its_rows_in_whatever_order_epochs_are_asked_for(schedule, epochs):
    again = BatchSchedule(schedule.count, schedule.batch, schedule.ranks, schedule.seed)
    rows_of = {epoch: whole(schedule, epoch) for epoch in (1, 2, 3)}
    for epoch in epochs:
        np.testing.assert_array_equal(whole(again, epoch), rows_of[epoch])


def test_epochs_and_seeds_have_orders_of_their_own():
    orders = [
        whole(BatchSchedule(100, 10, seed=seed), epoch).tolist()
        for seed, epoch in [(0, 1), (0, 2), (1, 1)]
    ]
    assert len({tuple(order) for order in orders}) == 3
    assert all(sorted(order) == list(range(100)) for order in orders)


def test_other_rows_are_left_out_each_epoch():
    schedule = BatchSchedule(11, 2, ranks=4)
    left = [set(range(11)) - set(whole(schedule, epoch).tolist()) for epoch in range(1, 9)]
    assert all(len(rows) == 3 for rows in left)
    assert len({frozenset(rows) for rows in left}) > 1


def test_rows_are_64_bit_numbers_whatever_is_kept():
    assert BatchSchedule(5, 2).rows(1, 0, 0).dtype == np.int64


def test_a_last_step_that_would_not_give_each_rank_a_row_is_no_step():
    assert BatchSchedule(9, 2, ranks=4).steps == 1
    assert BatchSchedule(12, 2, ranks=4).steps == 2


@pytest.mark.parametrize(
    ("count", "ranks", "said"),
    [(0, 1, "0 sample"), (1, 1, "1 sample"), (3, 4, "3 samples for 4 processes.*start fewer")],
)
def test_too_few_samples_are_refused(count, ranks, said):
    with pytest.raises(PlanRefused, match=said):
        BatchSchedule(count, 2, ranks)


@pytest.mark.parametrize(("batch", "ranks"), [(0, 1), (1, 0)])
def test_a_batch_of_nothing_is_refused(batch, ranks):
    with pytest.raises(ValueError, match="holds nothing"):
        BatchSchedule(10, batch, ranks)


@pytest.mark.parametrize(("step", "rank"), [(-1, 0), (3, 0), (0, 2), (0, -1)])
def test_a_step_or_rank_that_does_not_exist_is_refused(step, rank):
    with pytest.raises(ValueError, match="does not exist"):
        BatchSchedule(10, 2, ranks=2).rows(1, step, rank)
