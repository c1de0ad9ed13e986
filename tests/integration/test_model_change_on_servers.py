"""A change of model over a real Redis 8 that several query workers share: `index.kind: redis`."""

import pytest

from detectors.types import ShotId
from pipeline.errors import OtherModel
from pipeline.store.searchers import SearcherStore
from pipeline.wiring.spread_index import erase_spread, give_up_spread, report_spread
from tests.model_change_house import NEW, OLD, shots_in, waited
from tests.model_change_replicas import Replica
from tests.store_messages import ALICE, BOB
from tests.vector_servers import VectorServer, free_ports

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

NOTHING = ([], None)


@pytest.fixture(scope="module")
def server():
    server = VectorServer(*free_ports(1))
    yield server
    server.stop()


@pytest.fixture
def replica(private_redis, tmp_path, server):
    """Makes query workers of one installation."""
    made = []

    def make():
        made.append(Replica(private_redis.client, private_redis.keys, tmp_path, server.url))
        return made[-1]

    yield make
    for each in made:
        each.close()


def shots(*numbers, track=ALICE):
    return [ShotId(track, number) for number in numbers]


def begun(house, first=OLD):
    """A query worker that runs."""
    house.start(house.succession(first), house.failures.append)
    return house


def change(house):
    house.models.begin("fake", OLD.model_id)
    house.worker().run(house.stop)
    return house.models.change()


def test_all_workers_change_and_nothing_is_left_of_the_old(replica):
    pair = [replica(), replica()]
    pair[0].have(1, 2, 3)
    pair[0].have(4, replaces=2)
    for each in pair:
        begun(each)
        waited(lambda each=each: each.serving.view.state.caught_up)
    told = change(pair[0])
    assert (told.state, told.done, told.missing) == ("done", 3, 0)
    for each in pair:  # the change is over when both have changed
        assert each.serving.encoder is NEW
        assert shots_in(each.serving.index, NEW) == shots(1, 3, 4)
        assert each.serving.index.missing() == []
    waited(lambda: pair[0].left(OLD) == NOTHING)
    pair[0].embed(NEW)
    pair[0].see(5)
    pair[0].embed(NEW)
    for each in pair:
        waited(lambda each=each: len(each.serving.index) == 4)
        waited(lambda each=each: each.serving.view.state.skipped == {})
        assert each.failures == []
    assert pair[0].logged(OLD) == []


def test_shots_that_come_while_it_runs_are_in_both_and_later_ones_only_in_the_new(replica):
    pair = [replica(), replica()]
    house = pair[0]
    house.have(*range(1, 30))
    for each in pair:
        begun(each)
    house.models.begin("fake", OLD.model_id)
    working = house.start(house.worker())
    number = 30
    while working.is_alive():
        house.see(number)
        number += 1
        for encoder in (OLD, NEW):
            try:
                house.embed(encoder)
            except OtherModel:
                continue
        house.stop.wait(0.05)  # the workers are threads of this process
    house.embed(NEW)
    for each in pair:
        waited(lambda each=each: len(each.serving.index) == number - 1)
        assert each.serving.encoder is NEW
        assert shots_in(each.serving.index, NEW) == shots(*range(1, number))
        assert each.failures == []
    assert house.logged(OLD) == []


def test_the_log_keeps_the_old_until_the_last_worker_has_changed(replica):
    """And a worker that heard nothing for so long that the others went on follows them."""
    fast, slow = replica(), replica()
    fast.have(1, 2)
    begun(fast)
    slow.serving = slow.engine(OLD)
    slow.searchers.attend(OLD.model_id)
    fast.models.begin("fake", OLD.model_id)
    working = fast.start(fast.worker())
    waited(lambda: fast.serving.encoder is NEW)
    for _ in range(5):
        slow.searchers.attend(OLD.model_id)
        looks = fast.models.looks
        waited(lambda looks=looks: fast.models.looks > looks)
        assert fast.models.change().state == "tidying"
        assert shots_in(slow.serving.index, OLD) == shots(1, 2)
    working.join()  # it says nothing more
    assert fast.models.change().state == "done"
    waited(lambda: fast.left(OLD) == NOTHING)
    slow.serving.index.missing()
    assert shots_in(slow.serving.index, OLD) == []
    assert slow.serving.index.missing() == ["shard 0", "shard 1", "shard 2"]
    begun(slow)
    waited(lambda: slow.serving.encoder is NEW)
    assert shots_in(slow.serving.index, NEW) == shots(1, 2)
    assert shots_in(fast.serving.index, NEW) == shots(1, 2)
    waited(lambda: slow.left(OLD) == NOTHING)
    assert slow.failures == fast.failures == []


def test_who_writes_to_an_index_that_was_given_up_is_refused_and_does_not_begin_anew(replica):
    house = replica()
    house.have(1, 2)
    writer = house.engine(OLD)
    assert writer.view.follow_once(block_s=0) == 2
    house.have(3)
    old = house.models.begin("fake", OLD.model_id)
    house.models.advance(old, state="done", model_id=NEW.model_id)
    house.client.set(house.keys.model, NEW.model_id)
    house.discard(OLD.model_id)
    for _ in range(4):
        assert writer.view.follow_once(block_s=0) == 0
        assert house.left(OLD) == NOTHING
    # The way back: the same index is filled again.
    house.client.set(house.keys.model, OLD.model_id)
    again = house.engine(OLD)
    assert again.view.follow_once(block_s=0) == 3
    again.view.leave()
    again.index.missing()
    assert shots_in(again.index, OLD) == shots(1, 2, 3)
    assert again.index.missing() == []
    (first, *_) = house.keys.index_shards(OLD.model_id, 3)
    assert house.servers.tell(first.state, ("TTL", first.state)) == -1


def test_what_is_searched_or_in_use_is_not_given_up(replica):
    house = replica()
    house.have(1)
    assert house.engine(OLD).view.follow_once(block_s=0) == 1
    told = house.models.begin("fake", OLD.model_id)
    assert not give_up_spread(house.settings, house.stores, OLD.model_id)  # it may come to nothing
    house.models.advance(told, state="done", model_id=NEW.model_id)
    house.client.set(house.keys.model, NEW.model_id)
    assert not give_up_spread(house.settings, house.stores, NEW.model_id)
    searchers = SearcherStore(house.client, house.keys, house.name)
    searchers.attend(OLD.model_id)
    assert searchers.is_searched(OLD.model_id)
    searchers.attend(NEW.model_id)
    assert not searchers.is_searched(OLD.model_id)
    assert not give_up_spread(house.settings, house.stores, OLD.model_id)  # a search may end yet
    assert len(house.index(OLD)) == 1
    searchers.leave()
    assert give_up_spread(house.settings, house.stores, OLD.model_id)
    assert house.left(OLD) == NOTHING


def test_what_was_taken_back_leaves_nothing_of_the_new(replica):
    pair = [begun(each) for each in (replica(), replica())]
    house = pair[0]
    house.have(1, 2)
    told = house.models.begin("fake", OLD.model_id)
    house.copier().copy_some()
    house.models.advance(told, state="encoding", model_id=NEW.model_id, total=2, done=2)
    waited(lambda: house.left(NEW)[1] == 3)
    waited(lambda: len(house.index(NEW)) == 2)
    assert house.models.undo()
    house.worker().run(house.stop)
    assert house.models.change().state == "cancelled"
    assert house.logged(NEW) == []
    waited(lambda: all(NEW.model_id in each.discarded for each in pair))
    assert house.left(NEW) == NOTHING
    for each in pair:
        assert shots_in(each.serving.index, OLD) == shots(1, 2)
        assert each.failures == []
    # And it may be begun again.
    assert change(house).state == "done"
    for each in pair:
        assert shots_in(each.serving.index, NEW) == shots(1, 2)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # it ends so
def test_who_missed_a_change_and_its_way_back_does_not_serve_what_is_filled_anew(replica):
    house = begun(replica())
    house.have(1)
    waited(lambda: len(house.serving.index) == 1)
    house.client.set(house.keys.model, NEW.model_id)
    told = house.models.begin("fake", NEW.model_id)
    house.models.advance(told, state="encoding", model_id=OLD.model_id, total=1)
    (failure,) = waited(lambda: house.failures)
    assert str(failure) == f"{OLD.model_id} is not in use any more: this worker begins anew"


def test_an_index_that_lacks_a_shot_stops_the_switch(replica):
    house = begun(replica())
    house.have(1, 2)
    told = house.models.begin("fake", OLD.model_id)
    house.copier().copy_some()
    (position,) = [p for p, s in house.log.read("0-0", count=9) if s.model_id == NEW.model_id][:1]
    house.models.copies.delete([position])
    house.models.draw_sample(shots(1, 2))
    upto = house.log.last_id()
    house.models.advance(told, state="checking", model_id=NEW.model_id, total=2, done=2, upto=upto)
    checked = waited(lambda: house.models.change().checked)
    assert checked == f"shot {ALICE}/1 is kept, and the index of the new model lacks it"
    house.worker().run(house.stop)
    assert house.models.change().state == "failed"
    waited(lambda: house.left(NEW) == NOTHING)
    assert shots_in(house.serving.index, OLD) == shots(1, 2)


def test_a_part_that_lacks_something_for_now_is_no_reason_to_fail(replica):
    house = begun(replica())
    house.have(1, 2)
    told = house.models.begin("fake", OLD.model_id)
    house.copier().copy_some()
    told = house.models.advance(told, state="encoding", model_id=NEW.model_id, total=2, done=2)
    end = house.log.last_id()
    waited(lambda: end in (house.index(NEW).position or ""))
    states = [keys.state for keys in house.keys.index_shards(NEW.model_id, 3)]

    def are_behind():
        for state in states:
            house.servers.tell(state, ("HSET", state, "behind", 1))  # as after a fail-over
        looks = house.models.looks
        waited(lambda: house.models.looks > looks + 4)
        # A checkpoint that was on its way says that nothing is behind.
        return all(house.servers.tell(state, ("HGET", state, "behind")) for state in states)

    waited(are_behind)
    house.models.draw_sample(shots(1, 2))
    house.models.advance(told, state="checking", upto=end)
    looks = house.models.looks
    waited(lambda: house.models.looks > looks + 4)
    assert house.models.change().checked == ""
    for state in states:
        house.servers.tell(state, ("HDEL", state, "behind"))
    waited(lambda: house.models.change().checked == "ok")


def test_an_erasure_reaches_the_index_of_both_models(replica):
    house = begun(replica())
    house.have(1, 2)
    house.have(1, track=BOB)
    told = house.models.begin("fake", OLD.model_id)
    house.copier().copy_some()
    house.models.advance(told, state="encoding", model_id=NEW.model_id, total=3, done=3)
    waited(lambda: house.left(NEW)[1] == 3)
    waited(lambda: len(house.index(NEW)) == 3)
    erase_spread(house.settings, house.stores, [ALICE])
    for encoder in (OLD, NEW):
        assert shots_in(house.index(encoder), encoder) == shots(1, track=BOB)
        assert not [key for key in house.left(encoder)[0] if str(ALICE).encode() in key]
    both = report_spread(house.settings, house.stores)
    assert [(each.model, each.shots, each.in_use) for each in both] == [
        (OLD.model_id, 1, True),
        (NEW.model_id, 1, False),
    ]


def test_retention_reaches_the_index_of_both_models(replica):
    house = begun(replica())
    house.have(1, 2)
    told = house.models.begin("fake", OLD.model_id)
    house.copier().copy_some()
    house.models.advance(told, state="encoding", model_id=NEW.model_id, total=2, done=2)
    waited(lambda: house.left(NEW)[1] == 3)
    waited(lambda: len(house.index(NEW)) == 2)
    house.client.hset(house.keys.removed, "live", house.log.end())
    for encoder in (OLD, NEW):
        waited(lambda encoder=encoder: len(house.index(encoder)) == 0)
    assert shots_in(house.serving.index, OLD) == []
