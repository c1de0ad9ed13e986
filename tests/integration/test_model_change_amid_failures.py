"""A change of model over a Redis 8 that is full, and one whose processes are killed."""

import random
from pathlib import Path

import pytest

from detectors.types import ShotId
from pipeline.errors import StoreFull, StoreUnavailable
from pipeline.store.connection import connect
from pipeline.store.keys import Keys
from pipeline.wiring.spread_index import check_memory, give_up_spread
from tests.fork_servers import fork_server
from tests.model_change_house import NEW, OLD, shots_in, waited
from tests.model_change_replicas import Replica
from tests.store_messages import ALICE
from tests.vector_servers import VectorServer, free_ports

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]


@pytest.fixture
def server():
    server = VectorServer(*free_ports(1))
    yield server
    server.stop()


def test_a_full_server_is_waited_for_and_room_can_be_made(private_redis, tmp_path, server):
    house = Replica(private_redis.client, private_redis.keys, tmp_path, server.url)
    house.have(1, 2)
    index, view = house.index(OLD), house.engine(OLD).view
    view.follow_once(block_s=0)
    client = server.client()
    client.config_set("maxmemory", client.info("memory")["used_memory"] - 1)
    try:
        with pytest.raises(StoreFull, match="of each server, and the server may use 0 MB more"):
            check_memory(house.settings, 2)
        house.have(3)
        with pytest.raises(StoreUnavailable, match="its server is full: raise its maxmemory"):
            view.follow_once(block_s=0)
        assert shots_in(index, OLD) == [ShotId(ALICE, 1), ShotId(ALICE, 2)]
        assert index.remove([ALICE]) == 2
        told = house.models.begin("fake", NEW.model_id)
        house.models.advance(told, state="undoing", model_id=OLD.model_id)
        house.client.set(house.keys.model, NEW.model_id)
        assert give_up_spread(house.settings, house.stores, OLD.model_id)
        assert house.left(OLD) == ([], None)
    finally:
        client.config_set("maxmemory", 0)
        client.close()
    check_memory(house.settings, 10**9)  # no limit
    house.close()


def work(role, socket, namespace, folder, url):
    """A process of an installation: a query worker, or the worker of the change."""
    client = connect(url=None, unix_socket=socket, username=None, password=None, timeout_s=10)
    house = Replica(client, Keys(namespace), Path(folder), url)
    if role == "reindex":
        house.worker().run(house.stop)
        return
    change = house.models.change()
    first = OLD if change.state == "switching" or house.models.in_use() == OLD.model_id else NEW
    house.succession(first).run(house.stop, house.failures.append)


@pytest.mark.slow
def test_whoever_is_killed_again_and_again_loses_nothing_and_doubles_nothing(
    private_redis, tmp_path, server
):
    house = Replica(private_redis.client, private_redis.keys, tmp_path, server.url)
    house.have(*range(1, 400))
    house.have(400, replaces=7)
    house.models.begin("fake", OLD.model_id)
    context = fork_server()
    bus = private_redis.socket, private_redis.keys.namespace, str(tmp_path), server.url

    def start(role):
        process = context.Process(target=work, args=(role, *bus))
        process.start()
        return process

    roles = ["query", "query", "reindex"]
    running = [start(role) for role in roles]
    drawn, kills = random.Random(6), 0
    while house.models.change().is_active:
        number = drawn.randrange(3)
        running[number].join(drawn.uniform(0.1, 0.7) if kills < 30 else 1.0)
        if kills < 30:
            running[number].kill()
            kills += 1
        for each, process in enumerate(running):
            if not process.is_alive() and house.models.change().is_active:
                process.join()
                running[each] = start(roles[each])
    assert house.models.change().state == "done"
    assert kills > 5
    waited(lambda: house.left(OLD) == ([], None))
    for process in running:
        process.kill()
        process.join()
    wanted = [ShotId(ALICE, number) for number in range(1, 401) if number != 7]
    index = house.index(NEW)
    assert shots_in(index, NEW) == wanted
    assert index.missing() == []
    assert sorted(house.logged(NEW)) == wanted
    assert house.logged(OLD) == []
    house.close()
