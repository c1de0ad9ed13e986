"""Retention by bytes: what a collection may take, over a real Redis and an index on disk."""

import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.types import ShotId, TrackKey
from pipeline.store.budget import Budgets
from pipeline.store.runs import RunRecord
from pipeline.store.weights import INDEX_ROW
from retrieval.index.rolling import RollingIndex
from tests.budget_house import House
from tests.data.make_sightings import crowd
from tests.store_messages import NOON, published

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("log_lies")]

COLLECTIONS = ["live", "case", "trial"]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seen=st.lists(
        st.tuples(st.sampled_from(COLLECTIONS), st.integers(0, 9), st.integers(1, 9000)),
        max_size=14,
    ),
    budgets=st.dictionaries(
        st.sampled_from(COLLECTIONS), st.none() | st.integers(1, 60_000), max_size=3
    ),
)
def test_what_stays_is_the_youngest_that_fits(private_redis, tmp_path_factory, seen, budgets):
    client, keys = private_redis.client, private_redis.keys
    client.delete("test:none", *client.keys(f"{keys.namespace}:*"))
    house = House(client, keys, tmp_path_factory.mktemp("house"), Budgets(collections=budgets))
    shots = {}
    for number, (collection, at, size) in enumerate(seen, 1):
        shots[house.see(collection, number, at, size=size)] = (collection, at)
    taken = house.taken()

    def bytes_from(collection, since):
        return sum(
            taken[s] for s, (name, at) in shots.items() if (name, at >= since) == (collection, True)
        )

    expected = {
        shot
        for shot, (collection, at) in shots.items()
        if budgets.get(collection) is None or bytes_from(collection, at) <= budgets[collection]
    }
    house.retention.sweep(NOON)
    assert house.shots() == expected
    assert house.pictures() == {f"{s.track.run_id}-{s.track.number}-1" for s in expected}
    assert set(house.tracks.get_many([s.track for s in shots])) == {s.track for s in expected}
    weights = house.retention.budget.weights()
    assert weights == {
        name: sum(taken[s] for s in expected if shots[s][0] == name)
        for name in {shots[s][0] for s in expected}
    }
    assert not house.retention.sweep(NOON)
    house.boxes.close()


def test_what_comes_late_is_not_brought_back_until_the_budget_is_greater(new_house):
    house = new_house(Budgets(live=1))
    house.see("live", 1, 10)
    assert house.retention.sweep(NOON).sightings == 1
    house.see("live", 2, 9)
    assert house.retention.sweep(NOON).sightings == 1
    assert house.bounded(Budgets(live=10**6)).sweep(NOON).sightings == 0
    late = house.see("live", 3, 8)
    house.bounded(Budgets(live=10**6)).sweep(NOON)
    assert house.shots() == {late}
    assert house.log.floors.known() == {}


def test_a_removed_collection_has_no_floor_when_its_name_is_used_again(new_house):
    house = new_house(Budgets(imports=1))
    house.see("case", 1, 10)
    house.retention.sweep(NOON)
    assert house.log.floors.known() == {"case": NOON + 10}
    house.retention.remove_collection("case")
    assert house.log.floors.known() == house.retention.budget.weights() == {}


def test_a_run_that_is_being_read_is_not_forgotten_under_it(new_house):
    house = new_house(Budgets(imports=1))
    run = RunRecord(
        camera_id="lobby", run_id="case", kind="file", source="x", started_at=NOON,
        collection="case", imported_at=NOON + 10**6,
    )  # fmt: skip
    house.runs.begin(run)
    house.see("case", 1, 10)
    report = house.retention.sweep(NOON)
    assert (report.sightings, report.runs) == (1, 0)
    house.runs.finish("lobby", "case", state="done")
    assert house.retention.sweep(NOON).runs == 1


def test_an_import_greater_than_its_budget_is_told_once(new_house, caplog):
    house = new_house(Budgets(imports=1))
    for number in (1, 2):
        house.see("case", number, number)
        with caplog.at_level(logging.WARNING):
            house.retention.sweep(NOON)
    (said,) = caplog.messages
    assert said.startswith("collection 'case': takes 0.0 MB, its budget is 0.0 MB: the oldest")
    assert said.endswith("raise retention.collections_mb.case")


def test_pictures_of_messages_that_do_not_say_their_size_are_looked_at(new_house):
    house = new_house(Budgets())
    house.see("case", 1, 1, size=5000)
    ((entry, fields),) = house.client.xrange(house.keys.sightings)
    house.client.xdel(house.keys.sightings, entry)
    del fields[b"picture_bytes"]
    house.client.xadd(house.keys.sightings, fields)
    house.retention.sweep(NOON)
    assert house.retention.budget.weights()["case"] == sum(house.taken().values()) > 8192


def test_a_picture_that_two_models_share_counts_once(new_house):
    house = new_house(Budgets())
    house.see("case", 1, 1, size=5000)
    ((_, fields),) = house.client.xrange(house.keys.sightings)
    house.client.xadd(house.keys.sightings, fields | {b"copy": b"1", b"model": b"m@2"})
    house.retention.sweep(NOON)
    messages = [m for some in house.log.whole.messages(9) for m in some]
    rest = sum(m.log_bytes + 2 * m.vector_bytes + INDEX_ROW for m in messages)
    assert house.retention.budget.weights() == {"case": rest + 8192}


def test_the_bound_on_what_an_index_takes_of_a_shot_is_one(tmp_path):
    index = RollingIndex(tmp_path, "m@1", 256)
    shots = crowd(7, 1000, 256)
    index.add(shots)
    index.checkpoint("1")
    taken = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert len(shots) >= 1000
    assert taken <= len(index) * (2 * 2 * 256 + INDEX_ROW)


def test_a_shot_that_waits_for_its_vector_goes_too(new_house):
    house = new_house(Budgets(live=1))
    house.see("live", 1, 10)
    shot = published(1, TrackKey("lobby", "live", 2), captured_at=NOON + 5)
    house.crops.publish(shot)
    assert house.retention.sweep(NOON).crops == 1
    assert ShotId(TrackKey("lobby", "live", 2), 1) not in house.shots()
