"""pipeline.workers.holding over a real data folder: what is held outlives retention."""

from pathlib import Path

import numpy as np
import pytest

from detectors.types import ShotId, TrackKey
from pipeline.errors import ConfigError, NotFound, StoreFull
from pipeline.workers.holding import HoldFolder
from retrieval.index.rolling import RollingIndex
from tests.erasing_house import DIMENSION, EVERYTHING, MODEL, House, jpeg_of, vector_of
from tests.store_messages import NOON

pytestmark = [
    pytest.mark.redis,
    pytest.mark.usefixtures("log_lies"),
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

ALICE, BOB = TrackKey("lobby", "r1", 1), TrackKey("lobby", "r1", 2)
LATER = NOON + 31 * 86_400.0


@pytest.fixture
def house(redis_binary, short_dir):
    house = House(short_dir / "data", short_dir / "run", redis_binary, live_s=30 * 86_400.0)
    yield house
    house.close()


@pytest.fixture
def filled(house):
    house.see(ALICE, 1, 2)
    house.see(BOB, 1)
    house.embed()
    return house


def copies(house):
    """What lies in the hold: each shot, its vector, its picture."""
    root = HoldFolder(house.folder.path / "holds")
    index = RollingIndex(root.index(MODEL), MODEL, DIMENSION)
    found = index.search(np.eye(1, DIMENSION, dtype=np.float32)[0], k=99, where=EVERYTHING)
    return {
        scored.sighting.shot: (
            scored.sighting.vector,
            root.pictures().read(scored.sighting.picture),
        )
        for scored in found
    }


def assert_held(house, *shots):
    found = copies(house)
    assert found.keys() == set(shots)
    for shot, (vector, picture) in found.items():
        assert picture == jpeg_of(shot)
        np.testing.assert_allclose(vector, vector_of(shot), atol=1e-3)


def test_what_is_held_outlives_retention_and_is_not_found(filled):
    held = filled.stores.holding.hold(str(ALICE))
    assert [Path(path).read_bytes() for path in held.pictures] == [
        jpeg_of(ShotId(ALICE, number)) for number in (1, 2)
    ]
    assert len(filled.follow()) == 3
    filled.stores.retention.sweep(LATER)
    assert filled.stores.tracks.count() == 0
    filled.index.expire(LATER)
    assert list((filled.folder.media).rglob("*.jpg")) == []
    assert_held(filled, ShotId(ALICE, 1), ShotId(ALICE, 2))
    assert filled.follow() == set()
    assert [each.track for each in filled.stores.holding.holds()] == [str(ALICE)]


def test_what_comes_later_is_held_before_retention_forgets_it(filled):
    filled.stores.holding.hold(str(ALICE))
    filled.see(ALICE, 3)
    filled.embed()
    filled.stores.retention.sweep(LATER)
    assert_held(filled, *(ShotId(ALICE, number) for number in (1, 2, 3)))


def test_what_is_held_stays_though_another_shot_takes_its_place(filled):
    filled.stores.holding.hold(str(ALICE))
    filled.see(ALICE, 3, replaces=1)
    filled.embed()
    filled.stores.retention.sweep(LATER)
    assert_held(filled, *(ShotId(ALICE, number) for number in (1, 2, 3)))


def test_a_hold_that_was_cut_off_is_completed_before_retention_forgets(filled, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(RollingIndex, "checkpoint", lambda *_: (_ for _ in ()).throw(OSError(28)))
        with pytest.raises(StoreFull, match="what is held cannot be written"):
            filled.stores.holding.hold(str(ALICE))
        with pytest.raises(StoreFull):
            filled.stores.retention.sweep(LATER)
    assert filled.stores.tracks.count() == 2  # nothing was forgotten
    filled.stores.retention.sweep(LATER)
    assert_held(filled, ShotId(ALICE, 1), ShotId(ALICE, 2))


def test_what_is_held_is_not_erased_until_it_is_held_no_longer(filled):
    filled.stores.holding.hold(str(ALICE))
    with pytest.raises(ConfigError, match="track lobby/r1/1 is held, and nothing was erased"):
        filled.erasing().erase([str(BOB), str(ALICE)])
    assert filled.erasing().resume() is None
    assert filled.follow() == {"lobby/r1/1/1", "lobby/r1/1/2", "lobby/r1/2/1"}
    filled.stores.holding.release(str(ALICE))
    assert copies(filled) == {}
    assert filled.erasing().erase([str(ALICE), str(BOB)]).left == []


def test_what_is_held_past_retention_is_not_erased_either(filled):
    filled.stores.holding.hold(str(ALICE))
    filled.stores.retention.sweep(LATER)
    with pytest.raises(ConfigError, match="track lobby/r1/1 is held, and nothing was erased"):
        filled.erasing().erase([str(ALICE)])
    assert_held(filled, ShotId(ALICE, 1), ShotId(ALICE, 2))


def test_a_copy_whose_deletion_was_cut_off_is_deleted_later(filled, monkeypatch):
    filled.stores.holding.hold(str(ALICE))
    with monkeypatch.context() as patch:
        patch.setattr(RollingIndex, "erase", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            filled.stores.holding.release(str(ALICE))
    filled.stores.retention.sweep(NOON)
    assert copies(filled) == {}
    assert filled.files_with(jpeg_of(ShotId(ALICE, 1))[100:200]) != []  # within retention it stays


def test_a_removed_collection_leaves_what_is_held_of_it(house):
    house.see(ALICE, 1, collection="case", imported_at=NOON, is_live=False)
    house.embed()
    house.stores.holding.hold(str(ALICE))
    house.see(ALICE, 2, collection="case", imported_at=NOON, is_live=False)
    house.embed()
    house.stores.retention.remove_collection("case")
    assert house.follow() == set()
    assert_held(house, ShotId(ALICE, 1), ShotId(ALICE, 2))


def test_only_what_is_known_is_held_and_only_what_is_held_is_released(filled):
    holding = filled.stores.holding
    for name, error in (("lobby", ConfigError), ("lobby/r1/9", NotFound)):
        with pytest.raises(error, match="descry tracks list"):
            holding.hold(name)
    with pytest.raises(NotFound, match="'descry hold list'"):
        holding.release(str(BOB))
    filled.erasing().erase([str(BOB)])
    with pytest.raises(NotFound, match="no track lobby/r1/2"):
        holding.hold(str(BOB))
    first = holding.hold(str(ALICE))
    assert holding.hold(str(ALICE)) == first
