from pathlib import Path

import pytest
import redis
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
)

from pipeline.errors import ConfigError, StoreUnavailable
from pipeline.store.connection import block_ms, connect, store_errors


def client_of(url="redis://localhost:1", **changes):
    plain = {"unix_socket": None, "username": None, "password": None, "timeout_s": 2.0}
    return connect(url=url, **(plain | changes))


@pytest.mark.parametrize(
    "url",
    [
        "redis://me:hunter2@redis.local:6379",
        "redis://:hunter2@redis.local",
        "redis://redis.local?password=hunter2",
        "unix:///run/redis.sock?username=me&password=hunter2",
    ],
)
def test_a_password_inside_the_address_is_refused_and_not_repeated(url):
    with pytest.raises(ConfigError, match=r"redis\.password") as refused:
        client_of(url)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://redis.local", "redis.local:6379", "redis://host:port"])
def test_an_address_of_something_else_is_refused(url):
    with pytest.raises(ConfigError, match=r"redis\.url"):
        client_of(url)


def test_exactly_one_redis_must_be_named():
    with pytest.raises(ConfigError, match="one Redis"):
        client_of(None)
    with pytest.raises(ConfigError, match="one Redis"):
        client_of("redis://localhost", unix_socket=Path("/run/redis.sock"))


def test_the_path_of_a_socket_is_taken_as_it_is():
    socket = Path("/run/a b?c#d%41/redis.sock")
    client = client_of(None, unix_socket=socket)
    assert client.connection_pool.connection_kwargs["path"] == str(socket)


def test_nobody_at_the_address_means_unavailable(tmp_path):
    client = client_of(None, unix_socket=tmp_path / "none.sock", password="hunter2")
    with pytest.raises(StoreUnavailable, match="did not answer") as unavailable, store_errors():
        client.ping()
    assert "hunter2" not in str(unavailable.value)


@pytest.mark.parametrize(
    "error",
    [
        redis.ConnectionError("Connection refused"),
        redis.TimeoutError("Timeout reading from socket"),
        BusyLoadingError("Redis is loading the dataset in memory"),
        ResponseError("READONLY You can't write against a read only replica."),
        OutOfMemoryError("command not allowed when used memory > 'maxmemory'."),
        ReadOnlyError("You can't write against a read only replica."),
        MasterDownError("Link with MASTER is down and replica-serve-stale-data is set to 'no'."),
        ResponseError("OOM command not allowed when used memory > 'maxmemory'."),
        ResponseError("Error running script: @user_script: 8: -OOM command not allowed when"),
        ResponseError("MISCONF Errors writing to the AOF file: No space left on device"),
    ],
)
def test_what_passes_by_itself_or_by_a_mended_server_means_unavailable(error):
    with pytest.raises(StoreUnavailable) as unavailable, store_errors():
        raise error
    assert "\n" not in str(unavailable.value)


@pytest.mark.parametrize("error", [AuthenticationError("WRONGPASS"), NoPermissionError("NOPERM")])
def test_being_turned_away_is_for_a_person_to_mend(error):
    with pytest.raises(ConfigError, match=r"redis\.password"), store_errors():
        raise error


def test_a_bug_of_ours_stays_a_bug():
    with pytest.raises(ResponseError, match="WRONGTYPE"), store_errors():
        raise ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value")


def test_it_decorates_too():
    @store_errors()
    def ask():
        raise redis.TimeoutError

    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            ask()


@pytest.mark.parametrize(("wanted_s", "waits_ms"), [(0.3, 300), (60, 1000), (0.0001, 1)])
def test_a_blocking_read_never_outwaits_its_socket_and_never_waits_for_ever(wanted_s, waits_ms):
    assert block_ms(client_of(), wanted_s) == waits_ms
