"""The promises of an index where they are hard to keep: in a crowd, and while it changes."""

import threading

import numpy as np
import pytest

from detectors.types import TrackKey
from retrieval.index.faiss_flat import FaissIndex
from retrieval.index.flat import FlatIndex
from retrieval.types import Where
from tests.data.make_sightings import EAST, assert_as_by_hand, crowd, ids_of, shot_of
from tests.data.rolling_indexes import Compacting, OnDevice, Sealing

EVERYTHING = Where(now=0.0)
NORTHEAST = np.array([1, 1, 0, 0], np.float32) / np.sqrt(np.float32(2))

#: More than the index scans without asking its store, so that the store's own search is tried.
MANY = 6_000

#: A compacted one has codes beside its vectors.
KINDS = {
    "flat": FlatIndex,
    "faiss": FaissIndex,
    "sealing": Sealing,
    "compacting": Compacting,
    "device": OnDevice,
}


@pytest.fixture(scope="module", params=KINDS.values(), ids=KINDS)
def new_index(request):
    """Makes an empty index."""
    return request.param


@pytest.fixture(scope="module")
def crowded():
    return crowd(5, MANY, 16)


@pytest.fixture(scope="module")
def crowded_index(new_index, crowded):
    index = new_index("m@1", 16)
    for start in range(0, MANY, 900):
        index.add(crowded[start : start + 3000])
    return index


CROWD_FILTERS = {
    "all": EVERYTHING,
    "half": Where(now=0.0, cameras=frozenset({"gate"})),
    "most": Where(now=0.0, since=100.0),
    "few": Where(now=0.0, since=500.0, until=1100.0),
    "six": Where(now=0.0, tracks=frozenset(TrackKey("lobby", "r1", n) for n in range(0, 12, 2))),
    "none": Where(now=0.0, collections=frozenset({"imports"})),
}


@pytest.mark.parametrize("name", CROWD_FILTERS)
@pytest.mark.parametrize("k", [1, 10, 300])
def test_in_a_crowd_it_agrees_with_search_by_hand(crowded_index, crowded, name, k):
    where = CROWD_FILTERS[name]
    for query in crowd(6, 3, 16):
        found = crowded_index.search(query.vector, k=k, where=where)
        assert_as_by_hand(found, crowded, query.vector, k, where)


def test_in_a_crowd_no_excluded_shot_ever_returns(crowded_index):
    for name, where in CROWD_FILTERS.items():
        found = crowded_index.search(crowd(7, 1, 16)[0].vector, k=MANY, where=where)
        assert all(where.admits(shot.sighting) for shot in found), name


def test_in_a_crowd_of_twins_the_cut_is_by_time_and_not_by_chance(new_index):
    index = new_index("m@1", 4)
    twins = [
        shot_of(TrackKey("lobby", "r1", n), vector=NORTHEAST, at=float(n)) for n in range(4000)
    ]
    index.add(twins)
    found = index.search(EAST, k=5, where=EVERYTHING)
    assert [s.sighting.captured_at for s in found] == [3999.0, 3998.0, 3997.0, 3996.0, 3995.0]


def test_it_goes_on_agreeing_after_most_of_the_crowd_has_gone(new_index, crowded):
    index = new_index("m@1", 16)
    index.add(crowded)
    assert index.remove([s.shot.track for s in crowded[::3]]) == len(crowded[::3])
    left = [s for i, s in enumerate(crowded) if i % 3]
    assert index.remove([s.shot.track for s in left[:2500]]) == 2500
    left = left[2500:]
    late = crowd(8, 3000, 16, cameras=("yard",))
    index.add(late)
    left += late
    query = crowd(9, 1, 16)[0].vector
    assert len(index) == len(left)
    assert_as_by_hand(index.search(query, k=50, where=EVERYTHING), left, query, 50, EVERYTHING)


def test_readers_search_while_a_writer_adds_and_removes(new_index):
    index = new_index("m@1", 16)
    people = crowd(10, 4000, 16)
    done, faults = threading.Event(), []

    def read():
        while not done.is_set():
            found = index.search(people[0].vector, k=10, where=EVERYTHING)
            scores = [shot.score for shot in found]
            if scores != sorted(scores, reverse=True) or len(set(ids_of(found))) != len(found):
                faults.append(scores)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for start in range(0, len(people), 250):
        index.add(people[start : start + 250])
        index.remove([s.shot.track for s in people[start : start + 200]])
    done.set()
    for reader in readers:
        reader.join(timeout=30)
    assert faults == []
    assert len(index) == 16 * 50
