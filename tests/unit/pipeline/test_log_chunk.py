import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from detectors.types import TrackKey
from pipeline.store.byte_search import Wanted, probe_of, search
from pipeline.store.log_chunk import Chunk, ages_of, read_chunk, write_chunk
from pipeline.store.positions import position_order
from pipeline.store.wire import encode_sighting
from tests.store_messages import ALICE, logged, published

FIELDS = st.dictionaries(st.binary(max_size=12), st.binary(max_size=40), max_size=6)
POSITIONS = st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
ROWS = st.lists(st.tuples(POSITIONS.map(lambda p: b"%d-%d" % p), FIELDS), max_size=6)


def message(number=1, **changes):
    return encode_sighting(logged(published(number, **changes)))


@given(rows=ROWS)
def test_what_is_read_is_what_was_written(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("log") / "a.chunk"
    write_chunk(path, rows)
    assert read_chunk(path) == rows


@example(where=11 / 463, bit=0)  # of the version
@given(where=st.floats(0, 1), bit=st.integers(0, 7))
def test_no_changed_bit_is_taken_for_a_message(tmp_path_factory, where, bit):
    path = tmp_path_factory.mktemp("log") / "a.chunk"
    write_chunk(path, [(b"7-0", message())])
    data = bytearray(path.read_bytes())
    data[round(where * (len(data) - 1))] ^= 1 << bit
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"damaged|other contents|version"):
        read_chunk(path)


@given(left=st.floats(0, 0.999))
def test_a_file_that_is_cut_off_is_damaged(tmp_path_factory, left):
    path = tmp_path_factory.mktemp("log") / "a.chunk"
    write_chunk(path, [(b"7-0", message()), (b"7-1", message(2))])
    data = path.read_bytes()
    path.write_bytes(data[: int(left * len(data))])
    with pytest.raises(ValueError, match=r"damaged|other contents"):
        read_chunk(path)


def test_a_file_of_a_newer_version_says_so(tmp_path):
    path = tmp_path / "a.chunk"
    write_chunk(path, [(b"7-0", message())])
    path.write_bytes(path.read_bytes().replace(b"descry-log 1 ", b"descry-log 9 "))
    with pytest.raises(ValueError, match="it is of version 9, and this Descry reads 1"):
        read_chunk(path)


@given(number=st.integers(0, 10**6), shot=st.integers(1, 300))
def test_a_search_of_the_bytes_finds_names_and_vectors(tmp_path_factory, number, shot):
    """Whatever lies beside a name in the file: an erasure believes this search."""
    track = TrackKey("lobby", "r1", number)
    vector = np.random.default_rng(number).standard_normal(64).astype(np.float32)
    sighting = replace(logged(published(shot, track)), vector=vector)
    folder = tmp_path_factory.mktemp("log")
    write_chunk(folder / "a.chunk", [(b"7-0", encode_sighting(sighting))])
    pieces = {probe_of(vector.astype("<f2").tobytes()): "vector"}
    found = {each.what for each in search(folder, Wanted([track], pieces))}
    assert found == {"name", "vector"}


def test_a_file_without_what_is_looked_for_is_not_taken_apart(tmp_path):
    path = tmp_path / "a.chunk"
    write_chunk(path, [(b"7-0", message())])
    assert read_chunk(path, re.compile(b"lobby/r1/1/")) == [(b"7-0", message())]
    assert read_chunk(path, re.compile(b"yard/")) == []


AGES = st.lists(
    st.tuples(
        st.sampled_from(["live", "case"]), st.integers(0, 50), st.none() | st.integers(0, 50)
    ),
    max_size=6,
)


@given(seen=AGES, until=st.integers(-1, 60))
def test_a_chunk_knows_whether_some_or_all_of_it_must_go(seen, until):
    def gone(collection, captured_at, imported_at):
        age = captured_at if imported_at is None else imported_at
        return collection == "live" and age <= until

    rows = [
        (b"%d-0" % n, message(1, collection=name, captured_at=at, imported_at=came))
        for n, (name, at, came) in enumerate(seen)
    ]
    chunk = Chunk.of(rows, (0, 0), (9, 0), 1)
    must = [gone(*each) for each in seen]
    assert chunk.has_some(gone) or not any(must)
    assert all(must) or not chunk.has_none_but(gone)
    ages_alone = [
        gone(a.collection, a.first_captured_at, a.first_imported_at) for a in ages_of(rows)
    ]
    assert chunk.has_some(gone) == any(ages_alone)


def test_what_redis_is_told_of_a_chunk_is_all_there_is_to_know():
    rows = [(b"7-0", message(1, imported_at=5.5)), (b"9-2", message(2))]
    chunk = Chunk.of(rows, position_order("7-0"), position_order("9-2"), 3)
    assert Chunk.known(chunk.name, chunk.told().encode()) == chunk
    assert chunk.messages == 2
    assert ALICE.camera_id not in chunk.told()
