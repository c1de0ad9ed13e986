"""The ledger: what is known, what is admitted, what is forgotten."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import Box, ShotId, TrackKey
from retrieval.index.ledger import DEAD_ROWS_KEPT, Ledger
from retrieval.types import Sighting, Where
from tests.strategies import DIMENSION, filters, galleries, track_keys

ALICE = TrackKey("lobby", "r1", 1)
BOB = TrackKey("gate", "r1", 2)
VECTOR = np.eye(DIMENSION, dtype=np.float32)[0]
EVERYTHING = Where(now=0.0)


def shot_of(track, number, *, replaces=None, expires_at=None):
    return Sighting(
        shot=ShotId(track, number),
        collection="live",
        captured_at=float(number),
        vector=VECTOR,
        model_id="m@1",
        box=Box(0, 0, 1, 2),
        quality=0.5,
        picture="",
        replaces=replaces,
        expires_at=expires_at,
    )


def ids_in(ledger, where=EVERYTHING, tracks=None):
    rows = ledger.admitted(where, tracks).tolist()
    return [ledger.sighting(row, VECTOR).shot for row in rows]


@given(galleries(), filters())
def test_a_filter_in_columns_admits_what_the_filter_says_of_each_sighting(gallery, where):
    ledger = Ledger(DIMENSION)
    ledger.enter(gallery)
    retired = {ShotId(s.shot.track, s.replaces) for s in gallery if s.replaces is not None}
    expected = {s.shot for s in gallery if where.admits(s) and s.shot not in retired}
    found = ids_in(ledger, where)
    assert set(found) == expected
    assert len(found) == len(expected)


@given(galleries(), filters(), st.sets(track_keys))
def test_asking_for_some_tracks_is_filtering_by_them_too(gallery, where, tracks):
    ledger = Ledger(DIMENSION)
    ledger.enter(gallery)
    assert ids_in(ledger, where, tracks) == [
        shot for shot in ids_in(ledger, where) if shot.track in tracks
    ]


def test_in_whatever_order_a_chain_of_replacements_comes_only_its_end_stays():
    chain = [shot_of(ALICE, 1), shot_of(ALICE, 2, replaces=1), shot_of(ALICE, 3, replaces=2)]
    for order in itertools.permutations(chain):
        ledger = Ledger(DIMENSION)
        ledger.enter(order)
        assert ids_in(ledger) == [ShotId(ALICE, 3)]
        assert len(ledger) == 1


def test_a_shot_delivered_again_after_its_retirement_stays_retired():
    ledger = Ledger(DIMENSION)
    ledger.enter([shot_of(ALICE, 1), shot_of(ALICE, 2, replaces=1)])
    assert ledger.enter([shot_of(ALICE, 1)]) == []
    assert ids_in(ledger) == [ShotId(ALICE, 2)]


def test_rows_follow_the_order_of_what_entered():
    ledger = Ledger(DIMENSION)
    entered = ledger.enter([shot_of(ALICE, 2), shot_of(BOB, 1), shot_of(ALICE, 2)])
    assert [s.shot for s in entered] == ids_in(ledger) == [ShotId(ALICE, 2), ShotId(BOB, 1)]


def test_removing_a_track_forgets_its_retirements():
    ledger = Ledger(DIMENSION)
    ledger.enter([shot_of(ALICE, 1), shot_of(ALICE, 2, replaces=1), shot_of(BOB, 1)])
    assert ledger.remove([ALICE, ALICE]) == 1
    assert not ledger._memory._retired
    assert set(ledger._row_of) == {BOB}


def test_expiry_of_the_last_shot_forgets_the_retirements():
    ledger = Ledger(DIMENSION)
    ledger.enter([shot_of(ALICE, 1), shot_of(ALICE, 2, replaces=1, expires_at=5.0)])
    assert ledger.expire(4.9) == 0
    assert ledger.expire(5.0) == 1
    assert not ledger._memory._retired
    assert not ledger._row_of
    assert ledger.expire(5.0) == 0


@given(galleries(), st.sets(track_keys), st.integers(0, 9))
def test_retirements_are_remembered_only_of_tracks_that_can_be_found(gallery, removed, now):
    ledger = Ledger(DIMENSION)
    ledger.enter(gallery)
    ledger.remove(removed)
    ledger.expire(now)
    assert set(ledger._memory._retired) <= set(ledger._row_of)
    assert all(ledger._row_of.values())
    assert len(ledger) == sum(map(len, ledger._row_of.values()))


def test_squeezing_keeps_the_living_in_order_and_says_which_rows_stayed():
    ledger = Ledger(DIMENSION)
    tracks = [TrackKey("lobby", "r1", n) for n in range(2 * DEAD_ROWS_KEPT + 2)]
    ledger.enter([shot_of(track, 1) for track in tracks])
    ledger.remove(tracks[::2])
    assert ledger.squeeze() is None  # no more dead than living
    ledger.remove(tracks[1:2])
    kept = ledger.squeeze()
    assert kept is not None
    assert kept.tolist() == list(range(3, len(tracks), 2))
    assert [shot.track for shot in ids_in(ledger)] == tracks[3::2]
    assert ids_in(ledger, tracks={tracks[5]}) == [ShotId(tracks[5], 1)]
    assert ledger.size == len(ledger) == len(kept)


def test_a_dead_row_has_no_sighting():
    ledger = Ledger(DIMENSION)
    ledger.enter([shot_of(ALICE, 1)])
    ledger.remove([ALICE])
    with pytest.raises(LookupError, match="row 0 is dead"):
        ledger.sighting(0, VECTOR)


def test_a_span_of_time_holds_its_start_and_not_its_end():
    ledger = Ledger(DIMENSION)
    ledger.enter([shot_of(ALICE, 1), shot_of(ALICE, 2), shot_of(ALICE, 3)])  # seen at 1, 2 and 3
    assert ids_in(ledger, Where(now=0.0, since=1.0, until=3.0)) == [
        ShotId(ALICE, 1),
        ShotId(ALICE, 2),
    ]
