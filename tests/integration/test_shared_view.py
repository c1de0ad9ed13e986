"""Two query workers over one index on a real Redis 8: one fills it, the other looks on."""

import pytest

from pipeline.clock import ManualClock
from pipeline.store.leases import LeaseStore
from pipeline.store.retention import RetentionPolicy
from pipeline.store.sighting_log import SightingLog
from pipeline.store.wire import encode_sighting
from pipeline.telemetry import Telemetry
from pipeline.workers.bookmarks import Bookmarks
from pipeline.workers.shared_view import CHECKPOINT_EVERY_S, SharedView
from tests.data.spread_indexes import spread
from tests.store_messages import logged, published

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

POLICY = RetentionPolicy(live_s=None, imports_s=None)


class Site:
    """A log, and workers that share an index of it."""

    def __init__(self, bus, servers):
        self.bus, self.servers, self.clock = bus, servers, ManualClock()
        self.is_given_up = False
        self.log = SightingLog(bus.client, bus.keys)

    def see(self, *numbers, **more):
        for number in numbers:
            message = encode_sighting(logged(published(number, **more)))
            self.bus.client.xadd(self.bus.keys.sightings, message)

    def worker(self, name):
        index = spread(self.servers, "m@1", 4, keys=self.bus.keys)
        return SharedView(
            self.log,
            index,
            model_id="m@1",
            policy=POLICY,
            clock=self.clock,
            telemetry=Telemetry(),
            bookmarks=Bookmarks(index, self.log, POLICY, self.clock, every_s=CHECKPOINT_EVERY_S),
            lease=LeaseStore(self.bus.client, self.bus.keys, name, ttl_s=60),
            lease_name=self.bus.keys.index_writer("m@1"),
            is_given_up=lambda: self.is_given_up,
        )

    def checkpoint(self, worker):
        self.clock.sleep(CHECKPOINT_EVERY_S)
        return worker.follow_once(block_s=0)


@pytest.fixture
def site(private_redis, vector_servers):
    return Site(private_redis, vector_servers)


def test_one_fills_and_the_other_knows_how_far_it_is(site):
    site.see(1, 2, 3)
    first, second = site.worker("one"), site.worker("two")
    assert first.follow_once(block_s=0) == 3
    assert second.follow_once(block_s=0) == 0
    assert not second.state.caught_up  # for all it knows
    site.checkpoint(first)
    second.follow_once(block_s=0)
    assert second.state.caught_up
    assert second.state.position == first.state.position
    assert second.state.indexed_until == site.clock.now()
    site.see(4)
    second.follow_once(block_s=0)
    assert second.state.indexed_until < 1e12  # of the last message that is in, by the log's clock
    assert second.state.caught_up
    assert len(second._index) == 3


def test_a_removed_collection_is_heard_of_by_all(site):
    site.see(1, 2)
    first, second = site.worker("one"), site.worker("two")
    first.follow_once(block_s=0)
    end = site.log.end()
    site.bus.client.hset(site.bus.keys.removed, "live", end)
    site.checkpoint(first)
    second.follow_once(block_s=0)
    assert second.state.removed == {"live": end}
    assert len(second._index) == 0


def test_who_leaves_lets_the_other_go_on_from_there(site):
    site.see(1, 2)
    first, second = site.worker("one"), site.worker("two")
    first.follow_once(block_s=0)
    second.follow_once(block_s=0)
    first.leave()
    site.see(3)
    assert second.follow_once(block_s=0) == 1
    assert second.state.messages == 1  # it read what was new, and nothing again
    first.follow_once(block_s=0)
    assert len(first._index) == 3


def test_who_was_passed_over_reads_again_and_nothing_is_doubled(site, caplog):
    site.see(1, 2)
    first, second = site.worker("one"), site.worker("two")
    first.follow_once(block_s=0)
    site.checkpoint(first)
    site.bus.client.delete(site.bus.keys.lease(site.bus.keys.index_writer("m@1")))  # it ran out
    site.see(3)
    assert second.follow_once(block_s=0) == 1
    site.bus.client.delete(site.bus.keys.lease(site.bus.keys.index_writer("m@1")))
    site.see(4)
    first.follow_once(block_s=0)
    assert "has not what came last; the log is read again" in caplog.text
    assert first.follow_once(block_s=0) == 1
    assert len(first._index) == 4


def test_another_retention_empties_the_index_and_fills_it_anew(site, caplog):
    site.see(1, 2)
    first = site.worker("one")
    first.follow_once(block_s=0)
    first.leave()
    second = site.worker("two")
    shorter = RetentionPolicy(live_s=1e9, imports_s=None)
    second._policy = shorter
    second._kept = second._bookmarks = Bookmarks(second._index, site.log, shorter, site.clock)
    assert second.follow_once(block_s=0) == 2
    assert "is built again from the log, for retention is another" in caplog.text
