"""Vectors in the memory of a device: brought there, given back, bounded, and lost with it.

The device is the CPU, but for tests marked `gpu`. That answers are right is in the contract
tests, which run over an index on a device.
"""

import gc
import logging

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.types import TrackKey
from retrieval.index.device_memory import BLOCK_ROWS, HALF_ROUNDING, DeviceFull, DeviceMemory, Place
from retrieval.index.device_scanning import DeviceScan
from retrieval.index.rolling import RollingIndex
from retrieval.types import Where
from tests.data.make_sightings import assert_as_by_hand, crowd, shot_of, told

EVERYTHING = Where(now=0.0)
D = 16


ROW_BYTES = 2 * D


def scan_on(device="cpu", rows=1_000_000, slack=0.0, **more):
    memory = DeviceMemory(device, D, rows * ROW_BYTES, **more)
    return DeviceScan(memory, slack, worth_bringing=100)


def index_of(folder, scan, shots):
    index = RollingIndex(folder, "m@1", D, scan)
    index.add(shots)
    index.checkpoint("here")
    return index


def query(seed=3):
    return crowd(seed, 1, D)[0].vector


def ask(index, scan, k=10, where=EVERYTHING):
    index.search(query(), k=k, where=where)
    scan.settle()
    return index.search(query(), k=k, where=where)


def test_a_segment_comes_to_the_device_with_its_first_search(tmp_path, monkeypatch):
    scan, shots = scan_on(), crowd(1, 3_000, D)
    index = index_of(tmp_path, scan, shots)
    assert scan.brought == 0
    asked = []
    best = DeviceMemory.best

    def counted(memory, *args):
        asked.append(args)
        return best(memory, *args)

    monkeypatch.setattr(DeviceMemory, "best", counted)
    first = index.search(query(), k=10, where=EVERYTHING)
    scan.settle()
    assert scan.brought == 1
    before = len(asked)
    assert told(index.search(query(), k=10, where=EVERYTHING)) == told(first)
    assert len(asked) == before + 1


def test_few_shots_stay_off_the_device(tmp_path):
    scan = scan_on()
    index = index_of(tmp_path, scan, crowd(1, 99, D))
    assert len(ask(index, scan)) == 10
    assert scan.brought == 0


def test_what_does_not_fit_the_budget_is_found_all_the_same(tmp_path):
    scan = scan_on(rows=1_500, block_rows=1_000)
    shots = [*crowd(1, 900, D), *crowd(2, 900, D, cameras=("yard", "dock"))]
    index = index_of(tmp_path, scan, shots[:900])
    index.add(shots[900:])
    index.checkpoint("there")
    found = ask(index, scan)
    assert scan.brought == 1
    assert_as_by_hand(found, shots, query(), 10, EVERYTHING)


def test_a_segment_that_is_merged_away_leaves_its_place(tmp_path):
    scan, shots = scan_on(block_rows=10_000), crowd(1, 3_000, D)
    index = index_of(tmp_path, scan, shots[:1_500])
    index.add(shots[1_500:])
    index.checkpoint("there")
    ask(index, scan)
    before = scan._memory.size
    for _ in range(100):
        index.remove({shots[0].shot.track})
        shots = shots[1:]
        index.compact()
        ask(index, scan)
    gc.collect()
    assert scan.brought == 1
    assert scan._memory.size == before
    assert_as_by_hand(ask(index, scan), shots, query(), 10, EVERYTHING)


@pytest.mark.parametrize("failing", ["write", "best", "take"])
def test_a_device_that_fails_costs_speed_and_nothing_else(tmp_path, monkeypatch, caplog, failing):
    scan, shots = scan_on(), crowd(1, 3_000, D)
    index = index_of(tmp_path, scan, shots)

    def fail(*args):
        raise RuntimeError("CUDA error: an illegal memory access was encountered\nCompile with …")

    monkeypatch.setattr(DeviceMemory, failing, fail)
    with caplog.at_level(logging.WARNING):
        assert_as_by_hand(ask(index, scan), shots, query(), 10, EVERYTHING)
    assert "the GPU failed (CUDA error: an illegal memory access was encountered)" in caplog.text
    assert "Compile" not in caplog.text
    monkeypatch.undo()
    assert_as_by_hand(ask(index, scan), shots, query(), 10, EVERYTHING)
    assert len([r for r in caplog.records if "the GPU failed" in r.message]) == 1


def test_a_device_without_room_is_asked_no_more(monkeypatch):
    memory = DeviceMemory("cpu", D, 10**9)

    def none_left(*args, **more):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch, "zeros", none_left)
    with pytest.raises(DeviceFull, match="no room left"):
        memory.take(10)
    monkeypatch.undo()
    with pytest.raises(DeviceFull, match="budget"):
        memory.take(10)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 40)), max_size=60))
def test_places_never_overlap_and_are_used_again(steps):
    memory, held = DeviceMemory("cpu", D, 256 * ROW_BYTES, block_rows=64), []
    for is_taken, rows in steps:
        if is_taken:
            try:
                held.append(memory.take(rows))
            except DeviceFull:
                assert sum(place.rows for place in held) + rows > 64
        elif held:
            memory.give_back(held.pop(rows % len(held)))
    taken = [(p.block, row) for p in held for row in range(p.begin, p.begin + p.rows)]
    assert len(set(taken)) == len(taken)
    assert all(row < 64 for _, row in taken)
    assert memory.size <= 256 * ROW_BYTES


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_best_of_places_are_those_of_a_product(data):
    memory = DeviceMemory("cpu", D, 10_000 * ROW_BYTES, block_rows=50)
    sizes = data.draw(st.lists(st.integers(1, 30), min_size=1, max_size=6))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    places = [memory.take(rows) for rows in sizes]
    vectors = [rng.standard_normal((rows, D)).astype(np.float16) for rows in sizes]
    for place, some in zip(places, vectors, strict=True):
        memory.write(place, 0, some)
    order = data.draw(st.permutations(range(len(sizes))))
    masks = [rng.random(rows) < 0.6 for rows in sizes]
    asked = rng.standard_normal(D).astype(np.float32)
    rows, scores = memory.best(asked, [(places[n], masks[n]) for n in order], 12)
    joined = np.concatenate([vectors[n].astype(np.float32) @ asked for n in order])
    admitted = np.concatenate([masks[n] for n in order])
    assert admitted[rows].all()
    np.testing.assert_allclose(scores, joined[rows], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(scores, np.sort(joined[admitted])[::-1][:12], rtol=1e-5, atol=1e-5)


def test_a_place_is_a_part_of_a_block():
    memory = DeviceMemory("cpu", D, 10**9)
    assert memory.take(7) == Place(0, 0, 7)
    assert memory.take(5) == Place(0, 7, 5)
    assert memory.size == BLOCK_ROWS * ROW_BYTES


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu_the_answer_is_that_of_the_cpu(tmp_path):
    shots = crowd(1, 20_000, D)
    scan = scan_on("cuda", slack=HALF_ROUNDING)
    index = index_of(tmp_path, scan, shots)
    for k in (1, 10, 500):
        assert_as_by_hand(ask(index, scan, k), shots, query(), k, EVERYTHING)
    few = Where(now=0.0, since=100.0, until=150.0)
    assert_as_by_hand(ask(index, scan, 10, few), shots, query(), 10, few)
    assert scan.brought == 1


def test_the_error_of_halves_is_allowed_for(tmp_path, monkeypatch):
    """A device that rounds as a GPU does, at worst: the answer is exact with its slack."""
    rng, best = np.random.default_rng(5), DeviceMemory.best
    alike = query() + 0.01 * rng.standard_normal((3_000, D)).astype(np.float32)
    alike /= np.linalg.norm(alike, axis=1, keepdims=True)
    shots = [shot_of(TrackKey("yard", "r1", n), vector=v) for n, v in enumerate(alike)]

    def rounded(memory, asked, admitted, fetch):
        count = sum(int(mask.sum()) for _, mask in admitted)
        rows, scores = best(memory, asked, admitted, count)
        scores = scores + HALF_ROUNDING * rng.uniform(-1, 1, len(scores)).astype(np.float32)
        order = np.argsort(-scores)[:fetch]
        return rows[order], scores[order]

    monkeypatch.setattr(DeviceMemory, "best", rounded)
    scan = scan_on(slack=HALF_ROUNDING)
    index = index_of(tmp_path, scan, shots)
    for asked in alike[:20]:
        index.search(asked, k=25, where=EVERYTHING)
        scan.settle()
        found = index.search(asked, k=25, where=EVERYTHING)
        assert_as_by_hand(found, shots, asked, 25, EVERYTHING)
