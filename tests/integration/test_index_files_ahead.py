"""retrieval.index.mapped_file: what is about to be used is read from disk in whole pieces."""

import ctypes
import mmap
import os
import time
from itertools import pairwise

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.index.faiss_flat import FaissHalves, products
from retrieval.index.filters import Admitted
from retrieval.index.mapped_file import FileAhead, runs

ROWS, DIMENSION, ROW_BYTES = 8192, 512, 1024


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 5))
def test_pieces_hold_all_that_is_wanted_and_no_wide_gap(wanted, gap):
    pieces = runs(np.array(wanted, np.bool_), gap)
    inside = {row for first, last in pieces for row in range(first, last)}
    assert inside >= {row for row, is_wanted in enumerate(wanted) if is_wanted}
    for first, last in pieces:
        assert wanted[first]
        assert wanted[last - 1]
        assert not any(not any(wanted[at : at + gap]) for at in range(first, last - gap + 1))
    assert all(b - a >= gap for (_, a), (b, _) in pairwise(pieces))


def test_rows_in_very_many_places_are_left_to_come_by_themselves():
    assert runs(np.arange(1200) % 4 == 0, 2) == []
    assert len(runs(np.arange(1000) % 4 == 0, 2)) == 250


def test_a_file_that_is_too_short_is_refused(tmp_path):
    (tmp_path / "short").write_bytes(b"\0" * 1000)
    with pytest.raises(ValueError, match="does not hold 2 vectors"):
        FileAhead(tmp_path / "short", 2, 501)
    with pytest.raises(ValueError, match="of 0 bytes"):
        FileAhead(tmp_path / "short", 2, 0)


def in_memory(path):
    """(P,) whether each page of a file is in memory."""
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        pages = -(-len(mapped) // mmap.PAGESIZE)
        told = (ctypes.c_ubyte * pages)()
        begin = ctypes.c_char.from_buffer(mapped)
        libc = ctypes.CDLL(None, use_errno=True)
        told_well = libc.mincore(ctypes.byref(begin), ctypes.c_size_t(len(mapped)), told)
        del begin
        assert told_well == 0, os.strerror(ctypes.get_errno())
    return np.frombuffer(told, np.uint8) & 1 == 1


def test_rows_that_are_expected_are_read_and_no_others(tmp_path):
    path = tmp_path / "vectors.faiss"
    store = FaissHalves.empty(DIMENSION)
    store.append(np.eye(ROWS, DIMENSION, dtype=np.float16))
    store.write(path)
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if in_memory(path)[8:-8].any():
        pytest.skip(f"SKIPPED LOUDLY: the file system of {tmp_path} keeps files in memory")
    mapped = FaissHalves.mapped(path, store.slack)
    wanted = np.zeros(ROWS, np.bool_)
    wanted[2000:3000] = True
    mapped.expect(Admitted.among(wanted))
    a_page = mmap.PAGESIZE // ROW_BYTES
    expected = np.zeros(len(in_memory(path)), np.bool_)
    expected[2000 // a_page + 1 : 3000 // a_page] = True
    until = time.monotonic() + 20
    while not in_memory(path)[expected].all() and time.monotonic() < until:
        time.sleep(0.01)
    assert in_memory(path)[expected].all()
    assert not in_memory(path)[64 : 1900 // a_page].any()  # but for the head
    assert not in_memory(path)[3100 // a_page :].any()


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    """Rows in a mapped file, and the same in memory."""
    path = tmp_path_factory.mktemp("pieces") / "vectors.faiss"
    store = FaissHalves.empty(32)
    vectors = np.random.default_rng(31).standard_normal((4_000, 32))
    vectors[100:110] = vectors[90:100]  # equals, within a piece and across its ends
    store.append((vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16))
    store.write(path)
    found = FaissHalves.mapped(path, store.slack)
    path.unlink()
    return found, store


@given(st.lists(st.integers(0, 3_999), max_size=200), st.integers(0, 199))
def test_rows_of_a_file_multiply_as_those_in_memory(mapped, rows, at):
    here, there = mapped
    some = np.array(rows, np.int64)
    assert here.kept(some).tobytes() == there.kept(some).tobytes() == here.packed(some).tobytes()
    query = there.kept(np.array([7]))[0].astype(np.float32)
    right = there.kept(some).astype(np.float64) @ query.astype(np.float64)
    np.testing.assert_allclose(here.products(query, some), right, atol=1e-5)
    damaged = here.packed(some)
    damaged[at : at + 1] = 0xFF  # halves that are no numbers
    told = np.isnan(products(damaged, query))
    assert np.flatnonzero(told).tolist() == [n for n in range(len(some)) if n == at]


@given(
    st.integers(0, 3_999), st.integers(1, 999), st.integers(1, 400), st.integers(0, 99),
    st.integers(0, 2**32),
)  # fmt: skip
def test_a_piece_of_a_file_is_searched_as_all_of_it_is(mapped, first, length, k, holes, seed):
    rng = np.random.default_rng(seed)
    admitted = np.zeros(4_000, np.bool_)
    piece = admitted[first : first + length]
    piece[:] = rng.random(len(piece)) >= holes / 100
    count = int(np.count_nonzero(admitted))
    if not count:
        return
    query = rng.standard_normal(32).astype(np.float32)
    k = min(k, count)
    pieces, whole = (each.best(query, k=k, admitted=Admitted.among(admitted)) for each in mapped)
    assert admitted[pieces.rows].all()
    found = dict(zip(pieces.rows.tolist(), pieces.scores.tolist(), strict=True))
    wanted = dict(zip(whole.rows.tolist(), whole.scores.tolist(), strict=True))
    cut = sorted(wanted.values())[-k]
    assert {row for row, score in wanted.items() if score > cut} <= found.keys()
    assert all(found[row] == pytest.approx(wanted[row], abs=1e-5) for row in found.keys() & wanted)


def test_rows_that_are_no_numbers_bring_in_nobody_else(mapped, tmp_path):
    halves = mapped[1].kept(np.arange(4_000))
    store = FaissHalves.empty(32)
    store.append(halves)
    store.write(tmp_path / "vectors.faiss")
    content = bytearray((tmp_path / "vectors.faiss").read_bytes())
    at = len(content) - (4_000 - 1_010) * 64
    content[at : at + 64] = b"\xff" * 64  # halves that are no numbers
    (tmp_path / "vectors.faiss").write_bytes(content)
    store = FaissHalves.mapped(tmp_path / "vectors.faiss", store.slack)
    admitted = np.zeros(4_000, np.bool_)
    admitted[1_000:1_100] = True
    query = halves[1_000].astype(np.float32)
    for k in (10, 100, 200):
        assert admitted[store.best(query, k=k, admitted=Admitted.among(admitted)).rows].all()


@pytest.mark.parametrize("kind", ["other numbers", "distances", "cut"])
def test_a_file_of_something_else_is_refused(tmp_path, kind):
    quantizer = faiss.ScalarQuantizer
    made = faiss.IndexScalarQuantizer(
        32,
        quantizer.QT_bf16 if kind == "other numbers" else quantizer.QT_fp16,
        faiss.METRIC_L2 if kind == "distances" else faiss.METRIC_INNER_PRODUCT,
    )
    made.add(np.ones((10, 32), np.float32))
    faiss.write_index(made, str(tmp_path / "vectors.faiss"))
    if kind == "cut":
        content = (tmp_path / "vectors.faiss").read_bytes()
        (tmp_path / "vectors.faiss").write_bytes(content[:-64])
    with pytest.raises(ValueError, match=r"halves|FAISS cannot read"):
        FaissHalves.mapped(tmp_path / "vectors.faiss", 0.1)


def test_a_search_of_a_piece_outlives_its_index(mapped, tmp_path):
    path = tmp_path / "vectors.faiss"
    mapped[1].write(path)
    store = FaissHalves.mapped(path, mapped[1].slack)
    piece = store._piece(500, 900)  # no search can be stopped halfway
    path.unlink()
    del store
    query = mapped[1].kept(np.array([700]))[0].astype(np.float32)
    _, rows = piece.search(query[None], 1)
    assert rows[0, 0] == 200
