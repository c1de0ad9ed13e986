"""What is remembered of a caption is what was said of it last."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from retrieval.training.scores import ScoreTable

COUNT, LENGTH = 6, 4
unit = st.floats(0, 1, width=32)
updates = st.lists(
    st.tuples(
        st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=4),
        arrays.arrays(np.float32, (4, LENGTH), elements=unit),
    ),
    max_size=5,
)


def test_a_caption_never_drawn_has_the_initial_score_exactly():
    table = ScoreTable(3)
    assert table.rows(np.array([2, 0])).tolist() == [[0.85] * 77] * 2
    assert table.rows(np.array([0])).dtype == np.float64
    assert table.seen == 0


@given(updates)
def test_the_last_scores_of_a_caption_are_remembered_in_half_precision(updates):
    table, expected = ScoreTable(COUNT, LENGTH), np.full((COUNT, LENGTH), 0.85)
    for rows, scores in updates:
        table.update(np.array(rows), scores[: len(rows)])
        for row, row_scores in zip(rows, scores, strict=False):
            expected[row] = row_scores.astype(np.float16)
    np.testing.assert_array_equal(table.rows(np.arange(COUNT)), expected)


@given(updates)
def test_a_checkpoint_gives_the_same_table_with_memory_of_its_own(updates):
    table = ScoreTable(COUNT, LENGTH, initial=0.5)
    for rows, scores in updates:
        table.update(np.array(rows), scores[: len(rows)])
    again = ScoreTable.from_tensors(table.to_tensors())
    before = table.rows(np.arange(COUNT))
    np.testing.assert_array_equal(again.rows(np.arange(COUNT)), before)
    again.update(np.arange(COUNT), np.zeros((COUNT, LENGTH)))
    np.testing.assert_array_equal(table.rows(np.arange(COUNT)), before)
    assert (again.seen, again.initial, len(again)) == (COUNT, 0.5, COUNT)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -0.01, 1.01, 1e9])
def test_a_caption_with_a_score_that_is_none_keeps_what_it_had(odd):
    table = ScoreTable(2, LENGTH)
    assert table.update(np.array([0]), np.full((1, LENGTH), 0.25)) == 0
    scores = np.full((2, LENGTH), 0.75)
    scores[0, 1] = odd
    assert table.update(np.array([0, 1]), scores) == 1
    assert table.rows(np.array([0, 1])).tolist() == [[0.25] * LENGTH, [0.75] * LENGTH]


@pytest.mark.parametrize("shape", [(1, LENGTH), (2, LENGTH - 1), (2,)])
def test_scores_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match="expected"):
        ScoreTable(2, LENGTH).update(np.array([0, 1]), np.zeros(shape))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("scores", lambda tensor: tensor.float()),
        ("scores", lambda tensor: tensor[0]),
        ("seen", lambda tensor: tensor[:1]),
        ("seen", lambda tensor: tensor.int()),
    ],
)
def test_tensors_of_another_kind_are_refused(name, change):
    tensors = ScoreTable(2, LENGTH).to_tensors()
    with pytest.raises(ValueError, match=r"no scores|seen"):
        ScoreTable.from_tensors({**tensors, name: change(tensors[name])})


def test_a_missing_tensor_is_named():
    tensors = ScoreTable(2, LENGTH).to_tensors()
    del tensors["seen"]
    with pytest.raises(ValueError, match="seen missing"):
        ScoreTable.from_tensors(tensors)


def test_a_table_of_ten_million_captions_takes_memory_only_as_they_are_drawn():
    table = ScoreTable(10_000_000)
    table.update(np.array([9_999_999]), np.ones((1, 77)))
    assert table.rows(np.array([9_999_999, 5]))[:, 0].tolist() == [1.0, 0.85]
