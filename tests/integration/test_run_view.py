"""pipeline.store.run_view on a real Redis: what is remembered is what is there."""

import threading
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.store.runs import RunRecord, RunStore

LIVE = RunRecord(
    camera_id="lobby", run_id="r1", kind="live", source="rtsp://x/1", started_at=1.0,
    collection="live",
)  # fmt: skip
RUNS = st.sampled_from(["r1", "r2", "r3"])
DEEDS = st.sampled_from(["begin", "progress", "finish", "forget", "empty"])


@pytest.fixture
def store(private_redis):
    return RunStore(private_redis.client, private_redis.keys)


def loads(client) -> int:
    """How many runs were read so far."""
    return int(client.info("commandstats").get("cmdstat_hgetall", {}).get("calls", 0))


def do(store, client, keys, deed, run_id, value):
    if deed == "begin":
        store.begin(replace(LIVE, run_id=run_id, started_at=value, source=str(value)))
    elif deed == "progress":
        store.progress("lobby", run_id, tracks=int(value))
    elif deed == "finish":
        store.finish("lobby", run_id, "broken", str(value))
    elif deed == "forget":
        client.zrem(keys.runs("lobby"), run_id)
        client.zrem(keys.run_changes("lobby"), run_id)
        client.delete(keys.run("lobby", run_id))
    else:
        client.flushall()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(DEEDS, RUNS, st.integers(0, 9), st.booleans()), max_size=25))
def test_one_who_remembers_sees_what_one_who_looks_anew_sees(private_redis, deeds):
    client, keys = private_redis.client, private_redis.keys
    client.flushall()
    reader, writer = RunStore(client, keys), RunStore(client, keys)
    for deed, run_id, value, looks in deeds:
        do(writer, client, keys, deed, run_id, float(value))
        if looks:
            assert reader.of_camera("lobby") == RunStore(client, keys).of_camera("lobby")
    assert reader.of_camera("lobby") == RunStore(client, keys).of_camera("lobby")


def test_only_what_changed_is_read_again(private_redis, store):
    for number in range(50):
        store.begin(replace(LIVE, run_id=f"r{number:02}", started_at=float(number)))
    assert len(store.of_camera("lobby")) == 50
    before = loads(private_redis.client)
    assert len(store.of_camera("lobby")) == 50
    assert loads(private_redis.client) == before
    RunStore(private_redis.client, private_redis.keys).progress("lobby", "r07", tracks=3)
    assert store.of_camera("lobby")[7].tracks == 3
    assert loads(private_redis.client) == before + 1


def test_threads_that_ask_while_another_writes_see_whole_lists(store):
    over, failures = threading.Event(), []

    def ask():
        while not over.is_set():
            runs = store.of_camera("lobby")
            if [run.started_at for run in runs] != sorted(run.started_at for run in runs):
                failures.append(runs)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(100):
        store.begin(replace(LIVE, run_id=f"r{number:03}", started_at=float(number % 10)))
    over.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(store.of_camera("lobby")) == 100
