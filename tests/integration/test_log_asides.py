"""Files of the log that are damaged, missing, of another log or of a killed process; no room."""

import logging
import shutil

import pytest

from detectors.types import TrackKey
from pipeline.store.forgetting import Forgetting
from pipeline.store.log_mover import LogMover
from pipeline.store.positions import START
from pipeline.store.retention import RetentionPolicy
from pipeline.store.tracks import TrackStore
from tests.log_house import House
from tests.store_messages import ALICE, BOB, NOON

pytestmark = pytest.mark.redis


@pytest.fixture
def house(private_redis, tmp_path):
    return House(private_redis, tmp_path)


@pytest.mark.parametrize("harm", ["damaged", "missing"])
def test_a_file_that_is_lost_is_named_and_the_rest_is_read(house, harm, caplog):
    house.see(*range(1, 8))
    house.move_all(chunk=3)
    house.see(8)
    second = house.files()[1]
    data = second.read_bytes()
    second.unlink()
    if harm == "damaged":
        second.write_bytes(data[:-3] + b"xyz")
    house.open()
    with caplog.at_level(logging.WARNING):
        assert house.shots() == [1, 2, 3, 7, 8]
        assert house.shots(count=10) == [1, 2, 3, 7, 8]
    (said,) = [r.getMessage() for r in caplog.records if "passed over" in r.getMessage()]
    assert harm in said
    assert "its 3 messages" in said
    assert f"put '{second.name}' back from a backup" in said
    assert [chunk.messages for chunk in house.whole.lost()] == [3]
    house.open()
    assert house.shots() == [1, 2, 3, 7, 8]
    second.write_bytes(data)  # as the message says
    house.open()
    assert house.shots() == list(range(1, 9))
    assert house.whole.lost() == []


def test_a_lost_file_of_which_all_is_past_retention_is_forgotten_with_its_pictures(house):
    house.see(1, 2, 3)
    house.see(1, track=BOB, captured_at=NOON + 500_000)
    house.move_all(chunk=3)
    first = house.files()[0]
    first.write_bytes(b"nothing of ours")
    retention = house.retention(RetentionPolicy(live_s=100, imports_s=None))
    retention.sweep(NOON + 200)
    assert house.files()[0].name == first.name + ".damaged"
    assert house.shots() == [1]
    retention.sweep(NOON + 86_400 + 200)
    assert len(house.files()) == 1
    assert house.whole.lost() == []
    assert len(list(house.media.root.rglob("*.jpg"))) == 1
    assert set(TrackStore(house.redis, house.keys).get_many([ALICE, BOB])) == {BOB}


def test_an_erasure_leaves_nothing_in_a_damaged_file_either(house):
    house.see(1, 2)
    house.move_all()
    (path,) = house.files()
    path.write_bytes(path.read_bytes() + b"!")
    house.open()
    assert house.shots() == []
    Forgetting(house.redis, house.keys, house.whole).messages([BOB])
    assert [p.name for p in house.files()] == [path.name + ".damaged"]
    Forgetting(house.redis, house.keys, house.whole).messages([ALICE])
    assert house.files() == []


def test_the_files_of_another_log_are_kept_aside_aged_and_erased_from(house, caplog):
    house.see(1, 2)
    house.see(1, track=BOB, captured_at=NOON + 1000)
    house.move_all(chunk=2)
    old, later = house.files()
    for key in house.redis.scan_iter(f"{house.keys.namespace}:*"):
        house.redis.delete(key)
    house.open()
    house.crops.ensure_group()
    assert house.shots() == []
    house.see(7)
    house.move_all(chunk=2)
    assert house.shots() == [7]
    assert len(house.files()) == 3
    retention = house.retention(RetentionPolicy(live_s=100, imports_s=None))
    with caplog.at_level(logging.WARNING):
        retention.sweep(NOON + 50)
        retention.sweep(NOON + 51)
    (said,) = [r.getMessage() for r in caplog.records if "no more" in r.getMessage()]
    assert str(old.parent) in said
    assert old.exists()
    Forgetting(house.redis, house.keys, house.whole).messages([TrackKey("lobby", "r1", 2)])
    assert b"lobby/r1/2/" not in later.read_bytes()
    retention.sweep(NOON + 105)
    assert not old.exists()


def test_where_no_file_can_be_written_nothing_is_trimmed_and_that_is_said_once(house, caplog):
    house.see(1, 2, 3)
    house.has(house.log.end())
    house.root.write_text("no folder")
    mover = LogMover(house.redis, house.keys, house.archive, keep=0)
    with caplog.at_level(logging.WARNING):
        assert [mover.move(), mover.move()] == [0, 0]
    assert len(caplog.records) == 1
    assert "make room" in caplog.text
    assert house.in_redis() == 3
    house.root.unlink()
    assert mover.move() == 3
    assert house.shots() == [1, 2, 3]


def test_an_erasure_that_was_killed_leaves_no_leftover_when_it_is_resumed(house):
    house.see(1)
    house.see(1, track=BOB)
    house.move_all()
    (path,) = house.files()
    before = path.read_bytes()
    Forgetting(house.redis, house.keys, house.whole).messages([ALICE])
    path.write_bytes(before)  # as if it had been killed before it deleted the file
    assert Forgetting(house.redis, house.keys, house.whole).messages([ALICE]) == 0
    assert not any(b"lobby/r1/1/" in each.read_bytes() for each in house.files())
    assert [s.shot.track for _, s in house.log.read(START, count=9)] == [BOB]


def test_a_file_of_a_newer_version_is_left_where_it_is(house, caplog):
    house.see(1)
    house.move_all()
    (path,) = house.files()
    path.write_bytes(path.read_bytes().replace(b"descry-log 1 ", b"descry-log 9 "))
    house.open()
    assert house.shots() == []
    assert "it is of version 9" in caplog.text
    assert house.files() == [path]


def test_the_folder_is_marked_before_the_first_file_or_nothing_moves(house, caplog):
    house.see(1, 2)
    house.has(house.log.end())
    marked = []

    def mark():
        if len(marked) < 2:
            marked.append(len(house.files()))
        if len(marked) == 1:
            raise OSError("no space")

    mover = LogMover(house.redis, house.keys, house.archive, keep=0, chunk=1, before_first=mark)
    assert mover.move() == 0
    assert "no space" in caplog.text
    assert house.in_redis() == 2
    assert mover.move() == 2
    assert marked == [0, 0]


def test_leftovers_of_whoever_was_killed_are_deleted(house):
    house.see(1, 2)
    house.move_all()
    (path,) = house.files()
    shutil.copy(path, path.with_name("1-0_2-0.9.chunk"))
    path.with_name(".a.chunk.part").write_bytes(b"half")
    house.whole.delete([house.log.last_id()])
    (left,) = house.files()
    assert left.name != path.name
    assert house.shots() == [1]
