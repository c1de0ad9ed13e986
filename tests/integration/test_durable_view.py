"""A view of a real Redis's log, in an index on disk: what a restart reads again, and when all."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.clock import ManualClock
from pipeline.errors import StoreUnavailable
from pipeline.store.crop_stream import CropStream
from pipeline.store.media import FolderMedia
from pipeline.store.retention import RetentionPolicy
from pipeline.store.sighting_log import SightingLog
from pipeline.store.wire import encode_sighting
from pipeline.telemetry import Telemetry
from pipeline.workers import view as view_module
from pipeline.workers.bookmarks import CHECKPOINT_EVERY_S, Bookmarks
from pipeline.workers.view import VIEW_NAME, LogView
from retrieval.index.rolling import RollingIndex
from retrieval.types import Where
from tests.store_messages import NOON, logged, published

pytestmark = [
    pytest.mark.redis,
    pytest.mark.usefixtures("log_lies"),
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

POLICY = RetentionPolicy(live_s=None, imports_s=None)


class Reader:
    """A process that reads the log into the index of a folder, until it dies."""

    def __init__(self, log, folder, policy=POLICY):
        self.index, self.clock = RollingIndex(folder, "m@1", 4), ManualClock()
        self.view = LogView(
            log,
            self.index,
            model_id="m@1",
            policy=policy,
            clock=self.clock,
            telemetry=Telemetry(),
            bookmarks=Bookmarks(self.index, log, policy, self.clock),
        )

    def follow(self):
        self.view.follow_once(block_s=0)
        return len(self.index)

    def checkpoint(self):
        self.clock.sleep(CHECKPOINT_EVERY_S)
        return self.follow()


class Street:
    """Whoever fills the log, over a real Redis."""

    def __init__(self, private, folder):
        self.redis, self.keys = private.client, private.keys
        self.crops = CropStream(private.client, private.keys, max_length=1000)
        self.crops.ensure_group()
        self.log, self.folder = SightingLog(private.client, private.keys), folder
        self.media = FolderMedia(folder / "media")

    def see(self, *numbers, **more):
        for number in numbers:
            self.crops.publish(published(number, **more))
        taken = self.crops.take("w", count=100, block_s=0, reclaim_idle_s=60)
        self.log.settle([(crop, logged(crop.shot)) for crop in taken])

    def log_raw(self, number, **changes):
        message = encode_sighting(replace(logged(published(number)), **changes))
        self.redis.xadd(self.keys.sightings, message)

    def reader(self, policy=POLICY):
        return Reader(self.log, self.folder / "index", policy)


@pytest.fixture
def street(private_redis, tmp_path):
    return Street(private_redis, tmp_path)


def test_a_restart_reads_on_and_not_from_the_beginning(street):
    street.see(1, 2, 3)
    first = street.reader()
    assert first.checkpoint() == 3
    street.see(4)
    assert first.follow() == 4
    street.redis.xtrim(street.keys.sightings, maxlen=1, approximate=False)  # 1, 2, 3 are gone
    second = street.reader()
    assert second.follow() == 4
    assert second.view.state.caught_up


def test_the_log_is_told_what_is_on_disk(street):
    street.see(1, 2)
    reader = street.reader()
    reader.follow()
    assert street.log.views()[VIEW_NAME].position == "0-0"
    reader.checkpoint()
    reader.clock.sleep(60)
    reader.follow()
    assert street.log.views()[VIEW_NAME].position == street.log.last_id()


def test_a_redis_that_forgot_everything_makes_the_index_begin_again(street, caplog):
    street.see(1, 2, 3)
    street.reader().checkpoint()
    street.redis.flushall()
    street.crops.ensure_group()
    street.see(7)
    assert street.reader().follow() == 1
    assert "is built again from the log, for Redis has another log" in caplog.text


@pytest.mark.parametrize("log_lies", ["in Redis"], indirect=True)
def test_a_redis_that_forgot_the_end_of_the_log_makes_the_index_begin_again(street, caplog):
    street.see(1, 2, 3)
    street.reader().checkpoint()
    # As a Redis comes back that did not flush its last seconds.
    last = street.log.last_id()
    rows = street.redis.xrange(street.keys.sightings)
    street.redis.delete(street.keys.sightings)
    for entry, fields in rows:
        if entry.decode() != last:
            street.redis.xadd(street.keys.sightings, fields, entry)
    assert street.reader().follow() == 2
    assert "has forgotten the end of the log" in caplog.text


def test_another_retention_makes_the_index_begin_again(street, caplog):
    street.see(1, 2, 3)
    street.reader().checkpoint()
    assert street.reader().follow() == 3
    shorter = RetentionPolicy(live_s=50.0, imports_s=None)
    again = street.reader(shorter)
    assert again.follow() == 3
    assert "retention is another" in caplog.text
    found = again.index.search(np.eye(4, dtype=np.float32)[0], k=9, where=Where(now=0.0))
    assert {shot.sighting.expires_at - shot.sighting.captured_at for shot in found} == {50.0}


def test_what_is_damaged_is_read_again_and_the_rest_is_searched_meanwhile(street, monkeypatch):
    street.see(1, 2, captured_at=NOON)
    street.see(3, captured_at=NOON + 86_400)
    street.reader().checkpoint()
    damage(street)
    monkeypatch.setattr(view_module, "READ_AT_ONCE", 1)
    reader = street.reader()
    assert len(reader.index) == 1
    while not reader.view.state.caught_up:
        assert reader.follow() >= 1
    assert len(reader.index) == 3


def damage(street):
    min((street.folder / "index" / "segments").rglob("vectors.faiss")).write_bytes(b"")


def test_damage_does_not_hide_that_retention_is_another(street, caplog):
    street.see(1, captured_at=NOON)
    street.see(2, captured_at=NOON + 86_400)
    street.reader().checkpoint()
    damage(street)
    shorter = RetentionPolicy(live_s=50.0, imports_s=None)
    again = street.reader(shorter)
    assert again.follow() == 2
    found = again.index.search(np.eye(4, dtype=np.float32)[0], k=9, where=Where(now=0.0))
    assert {shot.sighting.expires_at - shot.sighting.captured_at for shot in found} == {50.0}


def test_damage_does_not_hide_that_redis_has_another_log(street):
    street.see(1, captured_at=NOON)
    street.see(2, captured_at=NOON + 86_400)
    street.reader().checkpoint()
    damage(street)
    street.redis.flushall()
    street.crops.ensure_group()
    street.see(7)
    assert street.reader().follow() == 1


def test_an_index_that_cannot_be_emptied_is_tried_again_and_finds_nothing_meanwhile(
    street, monkeypatch
):
    street.see(1)
    street.reader().checkpoint()
    street.redis.flushall()
    street.crops.ensure_group()
    street.see(7, 8)
    reader = street.reader()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(StoreUnavailable, match="cannot be emptied"):
            reader.follow()
        assert len(reader.index) == 0
    assert reader.follow() == 2


def test_messages_of_another_model_move_the_position_too(street):
    street.see(1)
    first = street.reader()
    first.checkpoint()
    for number in (2, 3):
        street.log_raw(number, model_id="other@2")
    first.checkpoint()
    second = street.reader()
    second.follow()
    assert second.view.state.messages == 0
    assert second.view.state.skipped == {"other@2": 2}


def test_a_vector_of_another_length_is_passed_over(street, caplog):
    street.see(1)
    street.log_raw(2, vector=np.array([1.0, 0.0], np.float32))
    street.see(3)
    assert street.reader().follow() == 2
    assert "passed over: shot lobby/r1/1/2 has a vector of shape (2,)" in caplog.text


HUGE = str(2**64).encode()


@pytest.mark.parametrize(
    "fields",
    [
        {b"shot": b"lobby/r1/" + HUGE + b"/1"},
        {b"shot": b"lobby/r1/1/" + HUGE},
        {b"shot": b"lobby/r1/1/" + HUGE, b"replaces": HUGE[:-1]},
    ],
)
def test_a_number_that_nothing_could_keep_is_passed_over(street, fields):
    street.see(1)
    message = encode_sighting(logged(published(2))) | fields
    street.redis.xadd(street.keys.sightings, message)
    street.see(3)
    assert street.reader().checkpoint() == 2
    assert street.reader().follow() == 2


def test_what_cannot_be_read_of_removals_is_passed_over(street):
    street.see(1)
    street.redis.hset(street.keys.removed, mapping={"live": "garbage", b"\xff": "1-0"})
    assert street.reader().follow() == 1


def test_a_removed_collection_stays_removed_though_nobody_made_a_checkpoint(street):
    street.see(1, 2)
    reader = street.reader()
    reader.checkpoint()
    street.redis.hset(street.keys.removed, "live", street.log.end())
    street.redis.xtrim(street.keys.sightings, maxlen=0, approximate=False)
    assert reader.follow() == 0
    assert street.reader().follow() == 0
