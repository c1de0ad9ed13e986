"""`descry reindex` with `index.kind: redis`: servers of vector sets, and several query workers."""

import json
import os
import signal

import pytest

from tests.e2e.conftest import MODEL, processes_of, wait_for
from tests.e2e.test_reindex import OTHER, START, answer_of, name_of, other_models, shots_of, told
from tests.e2e.test_spread_index import Replica, keys_with, on
from tests.vector_servers import VectorServer, free_ports

pytestmark = [pytest.mark.redis, pytest.mark.slow]


@pytest.fixture
def server():
    # What is kept in compressed pieces cannot be searched for names.
    server = VectorServer(*free_ports(1), "--rdbcompression", "no")
    yield server
    server.stop()


@pytest.fixture
def spread(descry, server):
    """A Descry whose index lies on the server."""
    descry.environment |= on(server, descry)
    return descry


def stats_of(descry):
    return descry.run("index", "stats", "--json").lines()


def models_on(server):
    """The names of the models of which the server has vectors."""
    client = server.client()
    keys = [key.decode() for key in client.scan_iter(count=10_000)]
    client.close()
    return {key.split(":index:")[1].partition("@")[0] for key in keys if "}:v:" in key}


def test_a_change_finds_the_same_shots_and_leaves_nothing_of_the_old(spread, server, clip):
    said = spread.run("index", "stats", code=2)
    assert "the servers hold no index yet" in said.err
    spread.replay(clip, *START)
    before = answer_of(spread)
    assert models_on(server) == {MODEL}
    said = spread.run("reindex", "--model", OTHER)
    shots = before["coverage"]["shots_searched"]
    assert f"{shots} shots embedded, 0 without" in said.out
    after = answer_of(spread)
    assert (name_of(before), name_of(after)) == (MODEL, OTHER)
    assert shots_of(after) == shots_of(before)
    assert after["coverage"]["parts_missing"] == other_models(after) == []
    assert models_on(server) == {OTHER}
    (stats,) = stats_of(spread)
    assert (stats["model"], stats["shots"], stats["in_use"]) == (after["model"]["id"], shots, True)

    spread.replay(clip, "--start", "2026-03-02T10:00:00Z", "--every-frame")
    more = answer_of(spread)
    assert more["coverage"]["shots_searched"] == 2 * shots
    assert f"the index holds {2 * shots} shots" in spread.run("index", "rebuild").out
    assert answer_of(spread)["hits"] == more["hits"]
    # And back again.
    spread.run("reindex", "--model", MODEL)
    back = answer_of(spread)
    assert (name_of(back), shots_of(back)) == (MODEL, shots_of(more))
    assert models_on(server) == {MODEL}


def test_a_change_is_taken_back_and_an_erasure_reaches_both_indexes(spread, server, clip):
    spread.replay(clip, *START)
    before = answer_of(spread)
    changing = spread.start("reindex", "--model", OTHER, "--json")
    wait_for(lambda: models_on(server) == {MODEL, OTHER}, what="shots of both models")
    changing.process.kill()
    changing.end(5)
    wait_for(lambda: not processes_of(spread.folder), what="the workers to follow")
    both = stats_of(spread)
    assert [(each["model"].partition("@")[0], each["in_use"]) for each in both] == [
        (MODEL, True),
        (OTHER, False),
    ]
    track, stays = (hit["track"] for hit in before["hits"][:2])
    assert spread.run("erase", track, "--yes", "--json").json()["left"] == []
    assert keys_with(server, track) == []
    assert keys_with(server, stays)
    assert f"taken back: {MODEL} stays in use" in spread.run("reindex", "--cancel").out
    after = answer_of(spread)
    assert shots_of(after) == [each for each in shots_of(before) if each[0] != track]
    assert (name_of(after), models_on(server)) == (MODEL, {MODEL})
    assert len(stats_of(spread)) == 1


@pytest.mark.parametrize("victim", ["worker reindex", "worker query", "worker embed"])
def test_a_change_survives_the_death_of_each_process(spread, server, clip, victim):
    spread.replay(clip, *START)
    before = answer_of(spread)
    running = spread.watch()
    wait_for(lambda: processes_of(spread.folder, "worker query"))
    changing = spread.start("reindex", "--model", OTHER, "--json")
    wait_for(lambda: told(changing), what="the first word")
    for _ in range(2):
        pids = wait_for(lambda: processes_of(spread.folder, victim) or changing.has_ended())
        if changing.has_ended():
            break
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        wait_for(
            lambda killed=pids: (
                changing.has_ended() or set(processes_of(spread.folder, victim)) - set(killed)
            )
        )
    said = changing.end(180)
    assert changing.process.returncode == 0, said.err
    after = answer_of(spread)
    assert (name_of(after), shots_of(after)) == (OTHER, shots_of(before))
    assert after["coverage"]["parts_missing"] == []
    wait_for(lambda: models_on(server) == {OTHER}, what="the old sets to go")
    running.stop()


def test_workers_change_together_and_none_is_blind_meanwhile(spread, server, clip):
    (port,) = free_ports(1)
    bus = VectorServer(port)
    where = {"DESCRY_REDIS__URL": bus.url}
    spread.environment |= where
    try:
        spread.replay(clip, *START)
        wanted = answer_of(spread)
        found = wanted["coverage"]["shots_searched"], [hit["track"] for hit in wanted["hits"]]
        pair = [Replica(spread, name, {}) for name in ("a.sock", "b.sock")]
        for each in pair:
            wait_for(lambda each=each: each.found() == found, what="both to answer alike")
        changing = spread.start("reindex", "--model", OTHER, "--json")
        killed = False
        while not changing.has_ended():
            for each in pair[:1] if killed else pair:
                # Two models order tracks differently; both find all of them.
                shots, tracks = each.found() or found
                assert (shots, sorted(tracks)) == (found[0], sorted(found[1]))
            if not killed and [said for said in told(changing) if said["state"] == "encoding"]:
                pair[1].kill()
                killed = True
        said = changing.end(5)
        assert changing.process.returncode == 0, said.err
        pair[1].start()
        wait_for(lambda: pair[0].found() == pair[1].found(), what="both to answer alike")
        assert name_of(answer_of(spread)) == OTHER
        wait_for(lambda: models_on(server) == {OTHER}, what="the old sets to go")
        for each in pair:
            each.kill()
    finally:
        bus.stop()


def test_a_server_without_room_is_told_before_anything_is_begun(spread, server, clip):
    spread.replay(clip, *START)
    before = answer_of(spread)
    client = server.client()
    client.config_set("maxmemory", client.info("memory")["used_memory"] + 10_000)
    said = spread.run("reindex", "--model", OTHER, code=1)
    assert "an index beside the old one takes about" in said.err
    assert "raise its maxmemory, or add servers" in said.err
    client.close()
    assert json.loads(spread.run("index", "stats", "--json").out)["model"].startswith(MODEL)
    assert answer_of(spread)["hits"] == before["hits"]
