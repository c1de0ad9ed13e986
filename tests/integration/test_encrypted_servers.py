"""The bus and the servers of the index over TLS, and certificates that nobody vouches for."""

from uuid import uuid4

import pytest

from pipeline.errors import ConfigError
from pipeline.store.connection import connect, store_errors
from pipeline.store.keys import Keys
from pipeline.store.shard_access import Access
from pipeline.store.shard_servers import ShardServers
from retrieval.types import Where
from tests.certificates import certificate
from tests.data.make_sightings import crowd, ids_of
from tests.data.spread_indexes import spread
from tests.vector_servers import VectorCluster, VectorServer, connected, free_ports

pytestmark = pytest.mark.redis

ADDRESS = "127.0.0.1"
EVERYTHING = Where(now=0.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def shown(folder):
    """What the servers show."""
    return certificate(folder, "shown", ADDRESS)


@pytest.fixture(scope="module")
def other(folder):
    """What nobody shows."""
    return certificate(folder, "other", ADDRESS)


@pytest.fixture(params=["one", pytest.param("cluster", marks=pytest.mark.slow)])
def servers(request, shown):
    """One server, or a Cluster."""
    if request.param == "cluster":
        cluster = VectorCluster(shown=shown)
        yield cluster.servers
        cluster.stop()
    else:
        server = VectorServer(*free_ports(1), shown=shown)
        yield [server]
        server.stop()


def test_an_index_on_encrypted_servers_finds_what_it_was_given(servers):
    shots = crowd(1, 40, 8)
    keys = Keys(f"test:{uuid4()}")
    writer, reader = (spread(connected(servers[0]), "m@1", 8, keys=keys) for _ in range(2))
    writer.add(shots)
    for shot in shots[:5]:
        assert ids_of(reader.search(shot.vector, k=1, where=EVERYTHING)) == [shot.shot]
    assert len(reader) == 40


def test_a_certificate_that_nobody_vouches_for_is_told_with_the_setting(servers, other):
    urls = [each.url for each in servers]
    for ca_file in (None, other.path):
        with pytest.raises(ConfigError, match=r"is not to be trusted .*; check index\.ca_file"):
            ShardServers(Access(urls, None, None, 5.0, ca_file))


def test_the_bus_may_be_encrypted(shown, other):
    server = VectorServer(*free_ports(1), shown=shown)
    try:
        bus = {"unix_socket": None, "username": None, "password": None, "timeout_s": 5.0}
        with store_errors():
            assert connect(url=server.url, **bus, ca_file=shown.path).ping()
        for ca_file in (None, other.path):
            with (
                pytest.raises(ConfigError, match=r"not to be trusted .*; check redis\.ca_file"),
                store_errors(),
            ):
                connect(url=server.url, **bus, ca_file=ca_file).ping()
    finally:
        server.stop()


def test_a_file_without_certificates_is_named(tmp_path):
    bus = {"unix_socket": None, "username": None, "password": None, "timeout_s": 5.0}
    (tmp_path / "none.pem").write_text("nothing")
    for name in ("none.pem", "nowhere.pem"):
        path = tmp_path / name
        with pytest.raises(ConfigError, match=f"redis.ca_file: no certificates in {path}"):
            connect(url="rediss://localhost", **bus, ca_file=path)
        with pytest.raises(ConfigError, match=f"index.ca_file: no certificates in {path}"):
            ShardServers(Access(["rediss://localhost"], None, None, 1.0, path))
