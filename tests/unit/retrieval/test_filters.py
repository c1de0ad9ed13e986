"""retrieval.index.filters: some of many rows, by a mask of the stretch that they lie in."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from retrieval.index.filters import Admitted


@st.composite
def some(draw):
    """Some of some rows, and the same as a mask of all."""
    of = draw(st.integers(1, 40))
    first = draw(st.integers(0, of))
    mask = np.array(draw(st.lists(st.booleans(), max_size=of - first)), np.bool_)
    whole = np.zeros(of, np.bool_)
    whole[first : first + len(mask)] = mask
    return Admitted(of, first, mask, int(mask.sum())), whole


@given(some())
def test_a_stretch_means_what_its_mask_of_all_rows_means(both):
    admitted, whole = both
    assert admitted.whole().tolist() == whole.tolist()
    assert admitted.rows().tolist() == np.flatnonzero(whole).tolist()
    assert admitted.is_all == whole.all()
    assert Admitted.among(whole).rows().tolist() == admitted.rows().tolist()


@given(some(), st.data())
def test_rows_are_asked_for_by_number(both, data):
    admitted, whole = both
    rows = np.array(data.draw(st.lists(st.integers(0, len(whole) - 1))), np.int64)
    assert admitted.among_rows(rows).tolist() == whole[rows].tolist()


@given(some())
def test_a_narrowed_stretch_begins_and_ends_with_a_row_that_is_meant(both):
    admitted, whole = both
    near = admitted.narrowed()
    assert near.whole().tolist() == whole.tolist()
    if near.count:
        assert near.mask[0]
        assert near.mask[-1]


def test_nobody_is_no_row_of_so_many():
    nobody = Admitted.nobody(5)
    assert (nobody.whole().tolist(), nobody.count, nobody.is_all) == ([False] * 5, 0, False)
    assert nobody.among_rows(np.arange(5)).tolist() == [False] * 5
