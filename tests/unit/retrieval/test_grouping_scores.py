"""retrieval.search.grouping_scores."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.grouping_scores import b_cubed

PEOPLE = ["anna", "anna", "otto", "otto", "otto"]


def test_what_is_right_has_one_and_the_extremes_have_one_of_both():
    assert b_cubed([[0, 1], [2, 3, 4]], PEOPLE).f == 1
    apart = b_cubed([[at] for at in range(5)], PEOPLE)
    assert apart.purity == 1
    assert apart.completeness == pytest.approx((2 * 1 / 2 + 3 * 1 / 3) / 5)
    heap = b_cubed([[0, 1, 2, 3, 4]], PEOPLE)
    assert heap.completeness == 1
    assert heap.purity == pytest.approx((2 * 2 / 5 + 3 * 3 / 5) / 5)


def test_the_example_of_the_paper():
    """Figure 2 of Bagga and Baldwin: 5, 2 and 5 mentions; two of the groups are mixed."""
    people = [1] * 5 + [2] * 2 + [3] * 5
    first = b_cubed([list(range(5)), list(range(5, 12))], people)
    second = b_cubed([[*range(5), *range(7, 12)], [5, 6]], people)
    assert (round(first.purity, 2), first.completeness) == (0.76, 1.0)
    assert (round(second.purity, 2), second.completeness) == (0.58, 1.0)


@pytest.mark.parametrize("groups", [[], [[0, 1]], [[0, 1, 2], [2, 3, 4]], [[0, 1, 2, 3, 4, 5]]])
def test_tracks_that_are_not_in_one_group_are_refused(groups):
    with pytest.raises(ValueError, match="not each in one"):
        b_cubed(groups, PEOPLE)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12))
def test_it_lies_between_nothing_and_all(tracks):
    groups: dict[int, list[int]] = {}
    for at, (own, _) in enumerate(tracks):
        groups.setdefault(own, []).append(at)
    found = b_cubed(list(groups.values()), [person for _, person in tracks])
    assert 0 < found.purity <= 1
    assert 0 < found.completeness <= 1
    rounding = 4 * sys.float_info.epsilon
    assert min(found) - rounding <= found.f <= max(found) + rounding
