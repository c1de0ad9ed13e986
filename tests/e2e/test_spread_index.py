"""`index.kind: redis`: searches of an index that lies on servers of its own."""

import json
import signal
from contextlib import suppress

import pytest

from pipeline.answers import SearchRequest
from pipeline.client import Client
from pipeline.errors import DescryError
from tests.certificates import certificate
from tests.e2e.conftest import wait_for
from tests.vector_servers import VectorServer, free_ports

pytestmark = [pytest.mark.redis, pytest.mark.slow]

START = ("--start", "2026-03-01T10:00:00Z", "--every-frame")
SENTENCE = "a man in a blue jacket"


@pytest.fixture(scope="module")
def server():
    """A Redis 8."""
    server = VectorServer(*free_ports(1))
    yield server
    server.stop()


def shots_of(descry, **environment):
    found = descry.run("search", SENTENCE, "--json", "--limit", "50", **environment).json()
    return found["coverage"]["shots_searched"], [
        (hit["track"], [(s["shot"], s["score"]) for s in hit["best_shots"]])
        for hit in found["hits"]
    ]


def keys_with(server, track):
    """The keys of a server in which a track is named."""
    client = server.client()
    names = [f"{track}{end}".encode() for end in ("/", '"', "|")]
    dumps = {key: client.dump(key) for key in client.scan_iter()}
    client.close()
    return [
        key for key, dump in dumps.items() if any(name in key + (dump or b"") for name in names)
    ]


def on(server, descry):
    return {
        "DESCRY_INDEX__KIND": "redis",
        "DESCRY_INDEX__URL": server.url,
        "DESCRY_INDEX__SHARDS": "3",
        "DESCRY_REDIS__NAMESPACE": f"e2e-{descry.folder.name}",
    }


def test_it_answers_as_the_one_on_disk_and_outlives_its_processes(descry, clip, server):
    here = {"DESCRY_REDIS__NAMESPACE": on(server, descry)["DESCRY_REDIS__NAMESPACE"]}
    descry.replay(clip, *START, **here)
    on_disk = shots_of(descry, **here)
    assert on_disk[0] > 0
    assert shots_of(descry, **on(server, descry)) == on_disk
    assert shots_of(descry, **on(server, descry)) == on_disk
    log = "".join(path.read_text() for path in (descry.data / "logs").iterdir())
    assert f"index: {on_disk[0]} shots are there again" in log
    stats = json.loads(descry.run("index", "stats", "--json", **on(server, descry)).out)
    assert (stats["shots"], stats["shards"], stats["servers"]) == (on_disk[0], 3, 1)
    said = descry.run("index", "compact", code=2, **on(server, descry))
    assert "index.kind is redis: there is nothing on this disk to compact" in said.err

    other = on(server, descry) | {"DESCRY_INDEX__SHARDS": "5"}
    said = descry.run("search", SENTENCE, code=2, **other)
    assert "the index was made with 3 shards, and index.shards is 5" in said.err
    assert f"the index holds {on_disk[0]} shots" in descry.run("index", "rebuild", **other).out
    assert shots_of(descry, **other) == on_disk

    descry.run("collections", "remove", "imports", "--yes", **other)
    assert shots_of(descry, **other) == (0, [])


def test_bus_and_index_may_be_encrypted(descry, clip, tmp_path):
    shown = certificate(tmp_path, "shown", "127.0.0.1")
    bus, server = (VectorServer(port, shown=shown) for port in free_ports(2))
    try:
        asked = {"DESCRY_REDIS__URL": bus.url, "DESCRY_REDIS__CA_FILE": str(shown.path)}
        asked |= on(server, descry) | {"DESCRY_INDEX__CA_FILE": str(shown.path)}
        descry.replay(clip, *START, **asked)
        found = shots_of(descry, **asked)
        assert found[0] > 0
        assert found[1]
        for name in ("REDIS", "INDEX"):
            left = {key: asked[key] for key in asked if key != f"DESCRY_{name}__CA_FILE"}
            said = descry.run("search", SENTENCE, code=2, **left)
            assert (
                f"is not to be trusted (self-signed certificate); check {name.lower()}." in said.err
            )
    finally:
        bus.stop()
        server.stop()


def test_what_is_erased_is_on_no_server(descry, clip):
    # What is kept in compressed pieces cannot be searched for names.
    server = VectorServer(*free_ports(1), "--rdbcompression", "no")
    try:
        where = on(server, descry)
        descry.replay(clip, *START, **where)
        _, hits = shots_of(descry, **where)
        track, stays = (name for name, _ in hits[:2])
        assert keys_with(server, track)
        gone = descry.run("erase", track, "--yes", "--json", **where)
        assert gone.json()["left"] == []
        assert "the servers of the index are not ours" in gone.err
        assert keys_with(server, track) == []
        assert keys_with(server, stays)
        assert [name for name, _ in shots_of(descry, **where)[1]] == [
            name for name, _ in hits if name != track
        ]
        descry.run("index", "rebuild", **where)
        assert keys_with(server, track) == []
    finally:
        server.stop()


class Replica:
    """A query worker of its own."""

    def __init__(self, descry, name, where):
        self._descry, self._socket, self._where = descry, descry.folder / name, where
        self.start()

    def start(self):
        (port,) = free_ports(1)
        command = ["worker", "query", "--socket", str(self._socket)]
        self._running = self._descry.start(*command, **self._where, DESCRY_API__PORT=str(port))

    def kill(self):
        self._running.stop(signal.SIGKILL)
        self._socket.unlink(missing_ok=True)

    def found(self):
        """How many shots it searched, and whom it found; None while it does not answer."""
        if not self._socket.exists():
            return None
        token = (self._descry.data / "token").read_text().strip()
        with Client(token=token, socket=self._socket) as client, suppress(DescryError):
            answer = client.search(SearchRequest(text=SENTENCE, limit=50))
            return answer.coverage.shots_searched, [hit.track for hit in answer.hits]
        return None


def test_query_workers_are_replicas_of_each_other(descry, clip):
    bus, server = (VectorServer(port) for port in free_ports(2))
    where = on(server, descry) | {"DESCRY_REDIS__URL": bus.url}
    try:
        descry.replay(clip, *START, **where)
        shots, tracks = shots_of(descry, **where)
        wanted = shots, [name for name, _ in tracks]
        pair = [Replica(descry, name, where) for name in ("a.sock", "b.sock")]
        for each in pair:
            wait_for(lambda each=each: each.found() == wanted, what="both to answer alike")
        # One of them fills the index: whichever dies, the other goes on.
        for day, (dies, lives) in enumerate([pair, pair[::-1]], start=2):
            dies.kill()
            again = ("--start", f"2026-03-{day:02d}T10:00:00Z", "--every-frame")
            descry.replay(clip, *again, **where)
            wait_for(lambda lives=lives, day=day: lives.found()[0] == day * shots)
            dies.start()
            wait_for(lambda dies=dies, lives=lives: dies.found() == lives.found())
        for each in pair:
            each.kill()
    finally:
        bus.stop()
        server.stop()


def test_what_is_missing_is_said_in_a_line(descry, server):
    (port,) = free_ports(1)
    where = {"DESCRY_INDEX__KIND": "redis"}
    said = descry.run("search", SENTENCE, code=2, **where)
    assert "index has kind redis and no url: name a server" in said.err
    gone = where | {"DESCRY_INDEX__URL": f"redis://127.0.0.1:{port}"}
    said = descry.run("index", "stats", code=3, **gone)
    assert f"no server of the index answers (redis://127.0.0.1:{port})" in said.err
    kept = {"DESCRY_INDEX__URL": f"redis://me:hush@127.0.0.1:{port}"}
    said = descry.run("index", "stats", code=2, **(where | kept))
    assert "holds credentials" in said.err
    assert "hush" not in said.err
