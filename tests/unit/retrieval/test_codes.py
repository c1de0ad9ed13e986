"""retrieval.index.codes: what stands for vectors, and which rows share it."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.index import codes
from retrieval.index.codes import ERRORS, Codebook, Coder
from retrieval.index.mapped_file import mapped_arrays, write_arrays
from retrieval.index.sharing import are_no_starts, rows_of, together
from tests.data.draw_crowds import DIMENSION, anyhow, dressed_alike


def rows_near(made, query, fetch):
    """The rows of the codes that are nearest."""
    near = made.nearest(query, fetch)
    return rows_of(near.firsts, near.lengths)


def apart(count):
    """As many tracks as shots."""
    return np.arange(count, dtype=np.uint64)


def in_fours(count):
    """Tracks of four shots."""
    return apart(count) // 4


def test_a_codebook_is_kept_for_as_long_as_it_fits():
    rng = np.random.default_rng(18)
    coder = Coder()
    some = dressed_alike(rng, 5_000).astype(np.float16)
    first = coder.codes(some, apart(5_000))
    again = coder.codes(dressed_alike(rng, 5_000).astype(np.float16), in_fours(5_000))
    assert again.errors.learnt == first.errors.learnt
    spiky = np.zeros((5_000, DIMENSION))
    spiky[np.arange(5_000), rng.integers(DIMENSION, size=5_000)] = 1.0
    coded = coder.codes(spiky.astype(np.float16), apart(5_000))
    assert coded.errors.learnt != first.errors.learnt
    assert not coded.is_outworn


@pytest.mark.parametrize("tracks", [apart, in_fours])
def test_codes_are_the_same_behind_a_restart(tmp_path, tracks):
    vectors = dressed_alike(np.random.default_rng(19), 5_000).astype(np.float16)
    made = Codebook.learnt(vectors).codes(vectors, tracks(5_000))
    made.write(tmp_path)
    read = codes.Codes.read(tmp_path, 5_000, DIMENSION)
    query = vectors[3].astype(np.float32)
    assert np.array_equal(rows_near(read, query, 50), rows_near(made, query, 50))
    assert (read.errors, read.shared_by) == (made.errors, made.shared_by)
    assert np.array_equal(read.strange, made.strange)
    some = vectors[:4100], tracks(4100)
    assert np.array_equal(
        rows_near(read.codebook.codes(*some), query, 9),
        rows_near(Codebook.learnt(vectors).codes(*some), query, 9),
    )


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), min_size=1, max_size=30),
)
def test_rows_that_share_a_code_are_neighbours_of_one_track(runs):
    tracks = np.repeat(*np.array(runs, np.uint64).T.astype(np.int64)).astype(np.uint64)
    starts = together(tracks)
    pieces = np.split(tracks, starts[1:])
    assert all(len(set(piece.tolist())) == 1 and len(piece) <= 4 for piece in pieces)
    alike = [a[-1] == b[0] and len(a) < 4 for a, b in itertools.pairwise(pieces)]
    assert not any(alike)
    assert not are_no_starts(starts, len(tracks))


def test_shots_of_a_track_share_a_code_where_they_are_alike():
    rng = np.random.default_rng(22)
    alike = dressed_alike(rng, 5_000).astype(np.float16)
    other = anyhow(rng, 5_000).astype(np.float16)
    assert Coder().codes(alike, in_fours(5_000)).shared_by > 3
    assert Coder().codes(other, in_fours(5_000)).shared_by == 1


def test_the_best_code_names_all_rows_that_share_it():
    rng = np.random.default_rng(23)
    vectors = dressed_alike(rng, 6_002).astype(np.float16)
    made = Codebook.learnt(vectors).codes(vectors, in_fours(6_002))
    for row in (0, 2_001, 6_001):
        query = vectors[row].astype(np.float32)
        near = rows_near(made, query, 12)
        assert row in near
        assert 12 <= len(near) <= 16  # a whole number of codes
        assert sorted(near.tolist()) == [r for r in range(6_002) if r // 4 in set(near // 4)]
        assert (np.diff(made.nearest(query, 12).scores) <= 0).all()
    everything = rows_near(made, vectors[5].astype(np.float32), 6_002)
    assert sorted(everything.tolist()) == list(range(6_002))


@pytest.mark.parametrize("starts", [[], [1, 4], [0, 4, 4], [0, 9, 5], [0, 6_000]])
def test_rows_of_codes_that_cannot_be_are_refused(tmp_path, starts):
    vectors = dressed_alike(np.random.default_rng(24), 4_000).astype(np.float16)
    Codebook.learnt(vectors).codes(vectors, in_fours(4_000)).write(tmp_path)
    arrays, _ = mapped_arrays(tmp_path / ERRORS)
    other = {name: np.array(values) for name, values in arrays.items()}
    write_arrays(tmp_path / ERRORS, other | {"starts": np.array(starts, np.int64)}, {})
    with pytest.raises(ValueError, match="begin in"):
        codes.Codes.read(tmp_path, 4_000, DIMENSION)


def test_vectors_of_odd_length_and_few_vectors_have_no_codes():
    assert Coder().codes(np.ones((5_000, 7), np.float16), apart(5_000)) is None
    few = codes.CODED_FROM - 1
    assert Coder().codes(np.ones((few, 8), np.float16), apart(few)) is None


def test_rows_that_are_no_numbers_are_strange_and_harm_no_other():
    """As damage on a disk makes them: vectors are compared with their digest by `verify` alone."""
    vectors = dressed_alike(np.random.default_rng(26), 6_000).astype(np.float16)
    vectors[[0, 1_001, 4_402]] = np.nan
    vectors[2_002] = np.inf
    coder = Coder()
    made = coder.codes(vectors, in_fours(6_000))
    assert set(made.strange.tolist()) >= {0, 1_001, 2_002, 4_402}
    assert len(made.strange) < 20
    assert made.shared_by > 3
    assert np.isfinite([made.errors.rows, made.errors.coded, made.errors.learnt]).all()
    for sibling in (1_000, 4_403):
        assert sibling in rows_near(made, vectors[sibling].astype(np.float32), 8)
    assert not coder.codes(dressed_alike(np.random.default_rng(27), 5_000), apart(5_000)).is_outworn


def test_a_row_that_is_far_from_its_track_has_a_code_of_its_own():
    vectors = dressed_alike(np.random.default_rng(28), 6_000)
    vectors[2_002] = anyhow(np.random.default_rng(29), 1)
    made = Coder().codes(vectors.astype(np.float16), in_fours(6_000))
    assert rows_near(made, vectors[2_002], 1).tolist() == [2_002]
