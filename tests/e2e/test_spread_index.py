"""`index.kind: redis`: searches of an index that lies on servers of its own."""

import json

import pytest

from tests.certificates import certificate
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
