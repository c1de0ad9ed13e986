"""The log in files: what moves there and when, what is read, and what is deleted."""

import re
from dataclasses import replace

import pytest

from pipeline.store import log_mover
from pipeline.store.budget import Budgets
from pipeline.store.forgetting import Forgetting
from pipeline.store.log_archive import LogArchive
from pipeline.store.log_chunk import read_chunk
from pipeline.store.model_change import ModelStore
from pipeline.store.retention import RetentionPolicy
from pipeline.store.sighting_log import START, SightingLog
from pipeline.store.tracks import TrackStore
from pipeline.store.weights import BLOCK
from pipeline.store.whole_log import WholeLog
from tests.log_house import House
from tests.store_messages import ALICE, BOB, NOON, logged, published

pytestmark = pytest.mark.redis


@pytest.fixture
def house(private_redis, tmp_path):
    return House(private_redis, tmp_path)


def test_nothing_moves_that_a_view_has_not_on_disk(house):
    house.see(1, 2, 3, 4)
    assert house.move() == 0  # nobody has registered yet: it may be about to
    house.has(START)  # an index in memory
    assert house.move() == 0
    positions = [position for position, _ in house.log.read(START, count=10)]
    house.has(positions[2])
    house.has(positions[1], "slower")
    assert house.move() == 2
    assert house.in_redis() == 2
    assert house.whole.in_files() == 2
    house.log.forget_view("slower")
    assert house.move() == 1
    assert house.shots() == [1, 2, 3, 4]


def test_the_youngest_stay_in_redis_and_few_more_are_not_worth_a_file(house):
    house.see(*range(1, 9))
    assert house.move_all(keep=5, chunk=3) == 0
    house.see(9)
    assert house.move_all(keep=5, chunk=3) == 4
    assert house.in_redis() == 5
    assert [path.name.count("_") for path in house.files()] == [1, 1]
    assert house.shots() == list(range(1, 10))


def test_redis_writes_its_file_anew_when_much_has_left_it(house, monkeypatch):
    def rewrites():
        told = house.redis.info("commandstats")
        return told.get("cmdstat_bgrewriteaof", {"calls": 0})["calls"]

    monkeypatch.setattr(log_mover, "KEEP_MESSAGES", 2)
    before = rewrites()
    house.see(1, 2)
    assert house.move_all() == 2
    assert rewrites() == before
    house.see(3, 4, 5)
    assert house.move_all() == 3
    assert rewrites() == before + 1


def test_who_knows_an_older_catalogue_or_another_log_changes_nothing(house):
    house.see(1, 2)
    house.move_all(chunk=1)
    catalogue = house.archive.catalogue
    older, upto = catalogue.now(), (2**60, 0)
    house.see(3, 4, 5)
    house.move_all(chunk=1, keep=1)
    name = older.chunks[0].name
    assert not catalogue.replace(older, old=name, new=None, trim_to=upto)
    other = replace(catalogue.now(), log_id="another")
    assert not catalogue.replace(other, old=name, new=None, trim_to=upto)
    assert house.shots() == [1, 2, 3, 4, 5]
    assert house.in_redis() == 1


def test_a_file_that_has_room_is_filled_first(house):
    for number in range(1, 8):
        house.see(number)
        house.move_all(chunk=3)
    assert len(house.files()) == 3
    assert [c.messages for c in house.archive.catalogue.now().chunks] == [3, 3, 1]
    assert house.shots() == list(range(1, 8))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 10])
def test_a_page_reaches_over_files_and_into_redis(house, count):
    house.see(1, 2, 3, 4, 5)
    house.move_all(chunk=2)
    house.see(6, 7)
    assert house.whole.in_files() == 5
    assert house.shots(count) == [1, 2, 3, 4, 5, 6, 7]
    assert house.log.length() == 7
    assert len(house.log.page(START, count=7).sightings) == 7


def test_messages_are_as_they_were(house):
    house.see(1, 2, zones=("door",), collection="case", imported_at=NOON)
    before = house.redis.xrange(house.keys.sightings)
    house.move_all()
    assert house.in_redis() == 0
    assert house.whole.rows(START, 10) == before
    for position, fields in before:
        assert house.whole.get(position.decode()) == fields
    assert house.whole.get("5-0") is None
    assert house.whole.last() == before[-1]


def test_positions_are_those_of_the_log_wherever_it_lies(house):
    assert house.log.last_id() == START
    house.see(1, 2)
    last, end = house.log.last_id(), house.log.end()
    house.move_all()
    assert (house.log.last_id(), house.log.end()) == (last, end)
    house.see(3)
    assert house.log.last_id() > last
    assert [s.shot.number for _, s in house.log.read(last, count=5)] == [3]


def test_a_reader_that_the_log_moves_away_from_goes_on_in_the_files(house):
    house.see(1, 2, 3, 4, 5, 6)
    reader = LogArchive(house.redis, house.keys, house.root)
    theirs = SightingLog(house.redis, house.keys, WholeLog(house.redis, house.keys, reader))
    first = theirs.page(START, count=2)
    house.move_all(chunk=2)
    second = theirs.page(first.last, count=2)
    house.see(7)
    house.move_all(chunk=2)  # the reader knows an older catalogue, and files that are no more
    rest = theirs.page(second.last, count=9)
    assert [s.shot.number for p in (first, second, rest) for _, s in p.sightings] == [*range(1, 8)]


def test_a_view_that_waits_is_woken(house):
    house.see(1)
    house.move_all()
    last = house.log.last_id()
    assert house.log.page(last, count=5, block_s=0.01).sightings == []
    house.see(2)
    assert len(house.log.page(last, count=5, block_s=5).sightings) == 1


def test_a_track_is_found_in_the_files_and_in_redis(house):
    for number in range(1, 5):
        house.see(number)
        house.see(number, track=BOB)
    house.move_all(chunk=3)
    house.see(9, track=BOB)
    assert [s.shot.number for s in house.log.of_track(BOB, since=0)] == [1, 2, 3, 4, 9]


def test_a_log_of_a_version_without_the_word_is_asked_for_its_model(house):
    house.see(1)
    house.move_all()
    house.redis.delete(house.keys.model)
    assert ModelStore(house.redis, house.keys, house.whole).in_use() == "m@1"


def test_what_is_deleted_leaves_no_byte_in_the_files(house):
    for number in range(1, 5):
        house.see(number)
        house.see(number, track=BOB)
    house.move_all(chunk=3)
    house.see(9)
    forgetting = Forgetting(house.redis, house.keys, house.whole)
    assert len(forgetting.vectors([ALICE])) == 5
    assert forgetting.messages([ALICE]) == 5
    assert [s.shot.track for _, s in house.log.read(START, count=9)] == [BOB] * 4
    assert not any(b"lobby/r1/1/" in path.read_bytes() for path in house.files())
    assert forgetting.messages([BOB]) == 4
    assert house.files() == []
    assert house.log.length() == 0


def test_what_is_past_retention_leaves_the_files_and_takes_its_picture_along(house):
    house.see(*range(1, 7))
    house.see(1, track=BOB, collection="case", imported_at=NOON, is_live=False)
    house.move_all(chunk=3)
    retention = house.retention(RetentionPolicy(live_s=100, imports_s=None))
    assert retention.sweep(NOON + 104.5).sightings == 4
    assert [s.shot.number for _, s in house.log.read(START, count=9)] == [5, 6, 1]
    assert len(list(house.media.root.rglob("*.jpg"))) == 3
    assert retention.sweep(NOON + 200).sightings == 2
    assert [s.shot.track for _, s in house.log.read(START, count=9)] == [BOB]
    assert house.log.length() == 1
    tracks = TrackStore(house.redis, house.keys)
    assert set(tracks.get_many([ALICE, BOB])) == {BOB}


def test_files_of_which_nothing_expires_are_not_opened(house, caplog):
    house.see(1, 2, 3)
    house.move_all()
    (path,) = house.files()
    path.unlink()
    house.retention(RetentionPolicy(live_s=100, imports_s=None)).sweep(NOON + 50)
    assert house.whole.lost()
    assert caplog.text == ""


def test_files_weigh_what_the_stream_did_and_are_read_for_it_once_where_a_budget_is(
    house, monkeypatch
):
    house.see(1, 2, 3)
    policy = RetentionPolicy(live_s=None, imports_s=None)
    retention = house.retention(policy)
    retention.sweep(NOON)
    weighed = retention.budget.weights()
    assert weighed["live"] > 3 * BLOCK
    house.move_all()
    house.see(4)
    retention.sweep(NOON)
    more = retention.budget.weights()["live"] - weighed["live"]
    assert BLOCK < more < weighed["live"] / 2

    read = []
    monkeypatch.setattr(
        "pipeline.store.log_archive.read_chunk",
        lambda *args: read.append(args) or read_chunk(*args),
    )
    house.retention(policy).sweep(NOON)
    assert read == []
    bounded = house.retention(policy, budgets=Budgets(live=10**9))
    for _ in range(2):
        bounded.sweep(NOON)
        assert bounded.budget.weights() == {"live": weighed["live"] + more}
    assert len(read) == 1
    assert house.retention(policy, budgets=Budgets(live=more)).sweep(NOON).sightings == 3
    assert house.log.length() == 1


def test_a_collection_is_removed_from_the_files(house):
    house.see(1, 2)
    house.see(1, track=BOB, collection="case", imported_at=NOON, is_live=False)
    house.move_all()
    retention = house.retention(RetentionPolicy(live_s=None, imports_s=None))
    assert retention.remove_collection("case").sightings == 1
    assert [s.shot.track for _, s in house.log.read(START, count=9)] == [ALICE, ALICE]


def test_a_log_that_others_may_read_from_elsewhere_stays_whole(house):
    whole = WholeLog(house.redis, house.keys)
    house.see(1, 2)
    assert whole.in_files() == 0
    assert whole.delete([house.log.last_id()]) == 1
    assert [len(rows) for rows in whole.walk(START, 5, re.compile(b"."))] == [1]


def test_what_was_deleted_while_it_moved_is_not_brought_back(house):
    house.see(*range(1, 10))
    house.has(house.log.end())
    seen = house.whole.messages(2)
    gone = [message.entry_id for message in next(seen)]
    house.move(chunk=4)
    assert house.whole.delete(gone) == 2
    gone = [message.entry_id for batch in seen for message in batch]
    assert house.whole.delete(gone) == 7
    assert house.shots() == []


def test_a_chunk_tells_of_a_copy_what_reindexing_asks(house):
    house.see(1, 2)
    copies = ModelStore(house.redis, house.keys, house.whole).copies
    copies.append([replace(logged(published(1)), model_id="n@2", is_copy=True)])
    house.move_all(chunk=2)
    told = [(str(each.shot), each.model_id, each.collection) for each in copies.scan()]
    assert told == [
        ("lobby/r1/1/1", "m@1", "live"),
        ("lobby/r1/1/2", "m@1", "live"),
        ("lobby/r1/1/1", "n@2", "live"),
    ]
    copies.delete([each.position for each in copies.scan() if each.model_id == "m@1"])
    assert [each.model_id for each in copies.scan()] == ["n@2"]
