"""A real Cluster of three masters and three replicas, one master killed while it works."""

import signal
import threading
from itertools import count

import numpy as np
import pytest
import redis
from redis.crc import key_slot

from detectors.types import TrackKey
from pipeline.clock import SystemClock
from pipeline.errors import StoreUnavailable
from pipeline.store.keys import Keys
from pipeline.store.leases import LeaseStore
from pipeline.store.retention import RetentionPolicy
from pipeline.store.sighting_log import SightingLog
from pipeline.store.wire import encode_sighting
from pipeline.telemetry import Telemetry
from pipeline.workers.bookmarks import Bookmarks
from pipeline.workers.shared_view import SharedView
from retrieval.types import Where
from tests.data.spread_indexes import spread
from tests.e2e.conftest import wait_for
from tests.store_messages import logged, published
from tests.vector_servers import VectorCluster, connected

pytestmark = [
    pytest.mark.redis,
    pytest.mark.slow,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

SHARDS = 12
CAMERAS = [f"camera{number}" for number in range(30)]
EVERYTHING = Where(now=0.0)
NORTH = np.array([0.0, 1.0, 0.0, 0.0], np.float32)
POLICY = RetentionPolicy(live_s=None, imports_s=None)


@pytest.fixture(scope="module")
def cluster():
    cluster = VectorCluster()
    yield cluster
    cluster.stop()


class Site:
    """Shots that go into the log, and query workers that share an index of them."""

    def __init__(self, cluster, bus):
        self.cluster, self.bus, self.numbers, self.logged = cluster, bus, count(1), set()
        self.index_keys = Keys(bus.keys.namespace)
        self.alarms, self.stop, self.threads = [], threading.Event(), []
        self.reader = self.index()

    def index(self):
        servers = connected(*self.cluster.servers, timeout_s=1.0)
        return spread(servers, "m@1", 4, keys=self.index_keys, shards=SHARDS, clock=SystemClock())

    def see(self, shots):
        for number in [next(self.numbers) for _ in range(shots)]:
            track = TrackKey(CAMERAS[number % len(CAMERAS)], "r1", number)
            message = encode_sighting(logged(published(1, track)))
            self.bus.client.xadd(self.bus.keys.sightings, message)
            self.logged.add(str(track))

    def start(self, name):
        index, log = self.index(), SightingLog(self.bus.client, self.bus.keys)
        view = SharedView(
            log,
            index,
            model_id="m@1",
            policy=POLICY,
            clock=SystemClock(),
            telemetry=Telemetry(),
            bookmarks=Bookmarks(index, log, POLICY, SystemClock(), every_s=0.5),
            lease=LeaseStore(self.bus.client, self.bus.keys, name, ttl_s=3),
            lease_name=self.bus.keys.index_writer("m@1"),
            is_given_up=lambda: False,
        )
        thread = threading.Thread(target=view.run, args=(self.stop, self.alarms.append))
        thread.start()
        self.threads.append(thread)
        return view

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(20)

    def found(self):
        shots = self.reader.search(NORTH, k=10**6, where=EVERYTHING)
        return [str(shot.sighting.shot.track) for shot in shots]

    def is_whole(self):
        found = self.found()
        self.away = self.reader.missing()
        return not self.away and sorted(found) == sorted(self.logged)

    def victim(self):
        """The master that has the shard of the first camera, and its replica."""
        shard = int(self.reader.part_of(CAMERAS[0]).split()[1])
        keys = self.index_keys.index_shards("m@1", SHARDS)
        master = self.cluster.master_of(key_slot(keys[shard].state.encode()))
        theirs = [
            f"shard {n}"
            for n, each in enumerate(keys)
            if self.cluster.master_of(key_slot(each.state.encode())) is master
        ]
        return master, self.replica_of(master), theirs

    def replica_of(self, master):
        told = redis.Redis.from_url(master.url).info("replication")["slave0"]
        return next(each for each in self.cluster.servers if each.port == told["port"])


@pytest.fixture
def site(cluster, private_redis):
    site = Site(cluster, private_redis)
    yield site
    site.end()
    assert site.alarms == []


def test_a_killed_master_is_named_and_what_the_fail_over_lost_comes_back(site, caplog):
    site.see(300)
    site.start("one")
    wait_for(site.is_whole, what="the first shots")

    master, replica, theirs = site.victim()
    # What is written from now on is acknowledged, and is on no replica.
    replica.process.send_signal(signal.SIGSTOP)
    redis.Redis.from_url(master.url).execute_command("CLIENT", "KILL", "TYPE", "replica")
    site.see(300)
    wait_for(site.is_whole, what="shots that the replica has not")
    site.see(200)
    master.kill()
    some = site.found()
    assert site.reader.missing() == sorted(theirs, key=lambda part: int(part.split()[1]))
    assert 0 < len(some) < len(site.logged)  # the other shards are searched
    replica.process.send_signal(signal.SIGCONT)
    site.see(200)
    away = set()

    def has_come_back():
        is_whole = site.is_whole()
        away.update(site.away)
        return is_whole

    wait_for(has_come_back, what="the fail-over and the replay")
    assert away <= set(theirs)
    assert "has not what came last; the log is read again" in caplog.text
    assert len(site.reader) == len(site.logged) == 1000
    master.start()


def test_another_worker_goes_on_where_the_one_that_filled_the_index_was_killed(site):
    site.see(100)
    first = site.start("one")
    wait_for(lambda: first.state.caught_up)
    first.leave = lambda: None  # as a kill: no checkpoint, and the lease stays
    site.end()
    site.stop.clear()
    second = site.start("two")
    site.see(50)
    wait_for(site.is_whole)
    assert second.state.caught_up


def test_a_removal_that_no_replica_has_is_told_and_tried_again(site):
    site.see(60)
    site.start("one")
    wait_for(site.is_whole)
    site.end()
    track = TrackKey(CAMERAS[0], "r1", 30)
    _, replica, _ = site.victim()
    replica.process.send_signal(signal.SIGSTOP)
    with pytest.raises(StoreUnavailable, match="no replica of the index has what was removed"):
        site.reader.remove([track])
    assert str(track) not in site.found()
    replica.process.send_signal(signal.SIGCONT)
    assert site.reader.remove([track]) == 0
