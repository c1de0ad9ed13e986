"""What every index promises: one body, each index a parameter."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.types import ShotId, TrackKey
from retrieval.errors import ModelMismatch
from retrieval.index.faiss_flat import FaissIndex
from retrieval.index.flat import FlatIndex
from retrieval.search.exact import find_tracks
from retrieval.types import Where
from tests.data.make_sightings import assert_as_by_hand, ids_of, shot_of, told
from tests.data.rolling_indexes import Compacting, OnDevice, Restarting, Rolling, Sealing
from tests.data.spread_indexes import ON_SERVERS, SPREAD
from tests.strategies import DIMENSION, filters, galleries, track_keys, unit_vectors

ALICE, BOB = TrackKey("lobby", "r1", 1), TrackKey("gate", "r1", 2)
EVERYTHING = Where(now=0.0)
EAST, NORTH = np.eye(DIMENSION, dtype=np.float32)[:2]
NORTHEAST = (EAST + NORTH) / np.sqrt(np.float32(2))


KINDS = {
    "flat": FlatIndex,
    "faiss": FaissIndex,
    "rolling": Rolling,
    "sealing": Sealing,
    "restarting": Restarting,
    "compacting": Compacting,
    "device": OnDevice,
}


@pytest.fixture(scope="session", params=[*KINDS, *ON_SERVERS])
def new_index(request):
    """Makes an empty index."""
    if request.param in KINDS:
        return KINDS[request.param]
    kind, servers = SPREAD[request.param]
    return partial(kind, request.getfixturevalue(servers))


@pytest.fixture
def index(new_index):
    return new_index("m@1", DIMENSION)


def survivors(gallery):
    retired = {ShotId(s.shot.track, s.replaces) for s in gallery if s.replaces is not None}
    return [s for s in gallery if s.shot not in retired]


def test_it_finds_what_was_added(index):
    assert index.add([shot_of(ALICE, vector=EAST), shot_of(BOB, vector=NORTH)]) == 2
    best, second = index.search(NORTH, k=2, where=EVERYTHING)
    assert (best.sighting.shot.track, best.score) == (BOB, 1.0)
    assert (second.sighting.shot.track, second.score) == (ALICE, 0.0)


def test_what_it_returns_is_what_went_in(index):
    went_in = shot_of(ALICE, 3, vector=NORTHEAST, at=7.0, replaces=2, expires_at=99.0)
    index.add([went_in])
    (found,) = index.search(EAST, k=1, where=EVERYTHING)
    np.testing.assert_allclose(found.sighting.vector, NORTHEAST, atol=1e-6)
    assert not found.sighting.vector.flags.writeable
    assert [getattr(found.sighting, n) for n in ("shot", "captured_at", "replaces")] == [
        went_in.shot,
        7.0,
        2,
    ]
    assert (found.sighting.picture, found.sighting.expires_at) == ("lobby/r1/1.jpg", 99.0)


def test_an_empty_index_finds_nothing(index):
    assert index.search(EAST, k=5, where=EVERYTHING) == []
    assert index.score_tracks(EAST, [ALICE], where=EVERYTHING) == []
    assert len(index) == 0
    assert index.add([]) == index.remove([ALICE]) == index.expire(1e12) == 0


def test_a_removed_collection_is_not_found_and_may_come_back(index):
    mine = shot_of(ALICE, vector=EAST)
    index.add([mine, replace(shot_of(BOB, vector=EAST), collection="case")])
    assert index.remove_collection("nobody's") == 0
    assert index.remove_collection("case") == 1
    assert index.remove_collection("case") == 0
    (found,) = index.search(EAST, k=5, where=EVERYTHING)
    assert found.sighting.shot == mine.shot
    index.add([replace(shot_of(BOB, vector=EAST), collection="case")])
    assert len(index) == 2


def test_adding_twice_is_adding_once(index):
    assert index.add([shot_of(ALICE), shot_of(ALICE)]) == 1
    assert index.add([shot_of(ALICE), shot_of(BOB)]) == 1
    assert len(index) == 2
    assert len(index.search(EAST, k=9, where=EVERYTHING)) == 2


def test_a_shot_that_comes_again_with_other_contents_is_kept_as_it_was_and_told(index, caplog):
    index.add([shot_of(ALICE, at=1.0)])
    assert index.add([shot_of(ALICE, at=1.0)]) == 0
    assert caplog.text == ""
    assert index.add([shot_of(ALICE, at=2.0)]) == 0
    assert "shot lobby/r1/1/1 came again with other contents: the first is kept" in caplog.text
    (found,) = index.search(EAST, k=9, where=EVERYTHING)
    assert found.sighting.captured_at == 1.0


def test_a_retired_shot_is_never_found(index):
    index.add([shot_of(ALICE, 1)])
    assert index.add([shot_of(ALICE, 2, replaces=1)]) == 1
    assert ids_of(index.search(EAST, k=9, where=EVERYTHING)) == [ShotId(ALICE, 2)]
    assert len(index) == 1


def test_a_shot_retired_before_it_arrived_stays_retired(index):
    assert index.add([shot_of(ALICE, 2, replaces=1)]) == 1
    assert index.add([shot_of(ALICE, 1)]) == 0
    assert ids_of(index.score_tracks(EAST, [ALICE], where=EVERYTHING)) == [ShotId(ALICE, 2)]


def test_a_removed_track_is_never_found(index):
    index.add([shot_of(ALICE, 1), shot_of(ALICE, 2), shot_of(BOB)])
    assert index.remove({ALICE}) == 2
    assert ids_of(index.search(EAST, k=9, where=EVERYTHING)) == [ShotId(BOB, 1)]
    assert index.score_tracks(EAST, [ALICE], where=EVERYTHING) == []


def test_what_has_expired_is_not_found_even_before_it_is_forgotten(index):
    index.add([shot_of(ALICE, expires_at=10.0), shot_of(BOB)])
    assert ids_of(index.search(EAST, k=9, where=Where(now=10.0))) == [ShotId(BOB, 1)]
    assert index.score_tracks(EAST, [ALICE], where=Where(now=10.0)) == []
    assert len(index.search(EAST, k=9, where=Where(now=9.9))) == 2
    assert index.expire(10.0) == 1
    assert len(index) == 1


def test_a_clock_that_goes_back_loses_nothing(index):
    instants = [500.0, 499.0, -3.0, 500.5, 0.0, 499.0]
    shots = [shot_of(ALICE, n + 1, vector=EAST, at=at) for n, at in enumerate(instants)]
    for shot in shots:
        assert index.add([shot]) == 1
    found = index.search(EAST, k=9, where=Where(now=0.0))
    assert [s.sighting.captured_at for s in found] == sorted(instants, reverse=True)
    span = Where(now=0.0, since=0.0, until=499.5)
    assert len(index.search(EAST, k=9, where=span)) == 3


def test_what_was_forgotten_stays_so_when_the_clock_goes_back(index):
    index.add([shot_of(ALICE, vector=EAST, expires_at=80.0), shot_of(BOB, vector=EAST)])
    assert index.expire(100.0) == 1
    assert index.expire(50.0) == 0
    (found,) = index.search(EAST, k=9, where=Where(now=50.0))
    assert found.sighting.shot.track == BOB


def test_a_shot_that_is_older_than_retention_is_never_found(index):
    index.add([shot_of(ALICE, vector=EAST, at=10.0, expires_at=20.0), shot_of(BOB, vector=NORTH)])
    (found,) = index.search(EAST, k=9, where=Where(now=1000.0))
    assert found.sighting.shot.track == BOB
    assert index.expire(1000.0) == 1
    assert len(index) == 1


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (replace(shot_of(BOB), model_id="other@2"), "encoded by other@2, and this index holds m@1"),
        (replace(shot_of(BOB), vector=np.ones(1, np.float32)), r"has a vector of shape \(1,\)"),
    ],
)
def test_a_vector_of_another_model_is_refused_and_nothing_is_added(index, bad, reason):
    with pytest.raises(ModelMismatch, match=reason):
        index.add([shot_of(ALICE), bad])
    assert len(index) == 0


def test_a_query_of_another_length_is_refused(index):
    with pytest.raises(ModelMismatch, match=r"the query has shape \(2,\)"):
        index.search(np.ones(2, np.float32), k=1, where=EVERYTHING)


def test_equal_scores_go_to_the_latest_then_by_id(index):
    shots = [shot_of(ALICE, 2, at=1.0), shot_of(BOB, 1, at=1.0), shot_of(ALICE, 1, at=5.0)]
    index.add(shots)
    expected = [ShotId(ALICE, 1), ShotId(BOB, 1), ShotId(ALICE, 2)]
    assert ids_of(index.search(EAST, k=3, where=EVERYTHING)) == expected
    assert ids_of(index.search(EAST, k=2, where=EVERYTHING)) == expected[:2]
    assert ids_of(index.score_tracks(EAST, [ALICE, BOB], where=EVERYTHING)) == expected


def test_lengths_that_fp16_rounded_are_mended(index):
    index.add([shot_of(ALICE, vector=EAST * np.float32(0.995))])
    (found,) = index.search(EAST, k=1, where=EVERYTHING)
    assert found.score == 1.0


@pytest.mark.parametrize("k", [0, -1])
def test_a_k_below_one_finds_nothing(index, k):
    index.add([shot_of(ALICE)])
    assert index.search(EAST, k=k, where=EVERYTHING) == []


@given(
    gallery=galleries(),
    query=unit_vectors(),
    where=filters(),
    k=st.integers(1, 12),
    removed=st.sets(track_keys, max_size=2),
)
def test_it_agrees_with_search_by_hand(new_index, gallery, query, where, k, removed):
    index = new_index("m@1", DIMENSION)
    index.add(gallery)
    index.remove(removed)
    left = [s for s in survivors(gallery) if s.shot.track not in removed]
    assert len(index) == len(left)
    assert_as_by_hand(index.search(query, k=k, where=where), left, query, k, where)
    of_lobby = [s for s in left if s.shot.track.camera_id == "lobby"]
    tracks = {s.shot.track for s in of_lobby}
    found = index.score_tracks(query, tracks, where=where)
    assert_as_by_hand(found, of_lobby, query, len(of_lobby), where)


@given(gallery=galleries(), data=st.data())
def test_the_order_in_which_shots_arrive_changes_nothing(new_index, gallery, data):
    shuffled = data.draw(st.permutations(gallery))
    first, second = new_index("m@1", DIMENSION), new_index("m@1", DIMENSION)
    first.add(gallery)
    for sighting in shuffled:
        second.add([sighting])
    assert told(first.search(EAST, k=99, where=EVERYTHING)) == told(
        second.search(EAST, k=99, where=EVERYTHING)
    )


@given(gallery=galleries(), query=unit_vectors(), where=filters(), k=st.integers(1, 12))
def test_it_gives_the_very_order_and_scores_of_the_flat_index(new_index, gallery, query, where, k):
    index, judge = new_index("m@1", DIMENSION), FlatIndex("m@1", DIMENSION)
    index.add(gallery)
    judge.add(gallery[::-1])
    assert told(index.search(query, k=k, where=where)) == told(
        judge.search(query, k=k, where=where)
    )


@settings(deadline=None, max_examples=40)
@given(batches=st.lists(galleries(10), max_size=4), now=st.integers(0, 9).map(float))
def test_expiry_forgets_just_what_a_search_no_longer_admits(new_index, batches, now):
    index = new_index("m@1", DIMENSION)
    for batch in batches:
        index.add(batch)
    before = ids_of(index.search(EAST, k=99, where=Where(now=now)))
    held = len(index)
    gone = index.expire(now)
    assert ids_of(index.search(EAST, k=99, where=Where(now=now))) == before
    assert len(index) == held - gone == len(before)


@settings(deadline=None)
@given(gallery=galleries(), query=unit_vectors(), where=filters(), best_of=st.integers(1, 4))
def test_a_sample_of_all_tracks_holds_the_very_scores_of_the_ranking(
    new_index, gallery, query, where, best_of
):
    index = new_index("m@1", DIMENSION)
    index.add(gallery)
    sample = index.sample_tracks(query, at_most=99, best_of=best_of, where=where)
    hits = find_tracks(index, query, limit=99, where=where, best_of=best_of)
    assert sample.tracks == len(hits)
    np.testing.assert_allclose(np.sort(sample.scores)[::-1], [hit.score for hit in hits], atol=1e-6)


def test_a_sample_of_some_tracks_is_spread_over_the_gallery_and_tells_how_many_there_are(index):
    tracks = [TrackKey("lobby", "r1", number) for number in range(1, 101)]
    turned = [np.array([np.cos(a), np.sin(a), 0, 0]) for a in np.linspace(0, 1, 100)]
    index.add(
        [
            shot_of(track, number, vector=vector.astype(np.float32))
            for track, vector in zip(tracks, turned, strict=True)
            for number in (1, 2, 3)
        ]
    )
    sample = index.sample_tracks(EAST, at_most=10, best_of=3, where=EVERYTHING)
    again = index.sample_tracks(EAST, at_most=10, best_of=3, where=EVERYTHING)
    assert len(sample.scores) == 10
    assert sample.tracks == 100
    np.testing.assert_array_equal(sample.scores, again.scores)
    assert sample.scores.max() > np.cos(0.05)
    assert sample.scores.min() < np.cos(0.95)


def test_a_sample_of_an_empty_index_is_empty(index):
    sample = index.sample_tracks(EAST, at_most=10, best_of=3, where=EVERYTHING)
    assert (len(sample.scores), sample.tracks) == (0, 0)
