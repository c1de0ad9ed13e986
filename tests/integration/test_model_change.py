"""A change of model over a real Redis: what is copied, when it switches, and what is left."""

import pytest

from detectors.types import ShotId
from pipeline.clock import SystemClock
from pipeline.errors import OtherModel
from pipeline.store.forgetting import Forgetting
from pipeline.telemetry import Telemetry
from pipeline.workers import copying
from pipeline.workers.embed import Embedding, EmbedWorker
from retrieval.errors import WeightsUnusable
from tests.model_change_house import BY_NAME, NEW, OLD, House, shots_in, waited
from tests.store_messages import ALICE, BOB

pytestmark = [
    pytest.mark.redis,
    pytest.mark.usefixtures("log_lies"),
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]


@pytest.fixture
def house(private_redis, tmp_path):
    house = House(private_redis.client, private_redis.keys, tmp_path)
    yield house
    house.close()


def shots(*numbers, track=ALICE):
    return [ShotId(track, number) for number in numbers]


def begin(house):
    return house.models.begin("fake", OLD.model_id)


def test_the_first_shot_says_which_model_is_in_use(house):
    assert house.models.in_use() is None
    house.have(1)
    assert house.models.in_use() == OLD.model_id


def test_a_log_of_before_is_of_the_model_of_its_last_shot(house):
    house.have(1)
    house.client.delete(house.keys.model)
    assert house.models.in_use() == OLD.model_id


def test_a_vector_of_a_model_that_is_not_in_use_is_refused_and_its_crop_waits(house):
    house.have(1)
    house.see(2)
    with pytest.raises(OtherModel):
        house.embed(NEW)
    assert house.logged(NEW) == []
    assert house.crops.length() == 1
    assert house.embed(OLD) == 1  # resumed by the same name
    assert house.logged(OLD) == shots(1, 2)


def test_an_embed_worker_ends_when_another_model_is_in_use(house):
    house.have(1)
    house.see(2)
    parts = Embedding(NEW, house.crops, house.log, house.media, Telemetry(), SystemClock())
    EmbedWorker(parts, name="own", batch=8, max_wait_s=0.0).run(house.stop)  # returns
    assert not house.stop.is_set()
    assert house.crops.length() == 1


def test_kept_shots_are_copied_once_and_retired_ones_are_not(house, monkeypatch):
    house.have(1, 2)
    house.have(3, replaces=2)
    copier = house.copier()
    assert copier.count() == 2
    assert copier.copy_some() is False
    assert house.logged(NEW) == shots(1, 3)
    monkeypatch.setattr(copying, "READ_AT_ONCE", 1)  # copies lie further on in the log
    again = house.copier()
    while again.copy_some():
        pass
    assert house.logged(NEW) == shots(1, 3)
    assert house.searched(NEW) == house.searched(OLD) == shots(1, 3)


def test_who_replaces_one_without_a_copy_retires_the_one_before(house):
    house.have(1)
    house.copier().copy_some()
    house.have(2, replaces=1)
    house.have(3, replaces=2)  # 2 is retired before its turn
    house.copier().copy_some()
    assert house.logged(NEW) == shots(1, 3)
    assert house.searched(NEW) == shots(3)


def test_who_replaces_one_without_a_picture_retires_the_one_before(house):
    house.have(1)
    copier = house.copier()
    copier.copy_some()
    house.have(2, replaces=1)
    key = dict(house.log.read("0-0", count=9))
    (picture,) = [s.picture for s in key.values() if s.shot == ShotId(ALICE, 2)]
    house.media.delete(picture)
    copier.copy_some()
    assert copier.copied.missing == set(shots(2))
    house.have(3, replaces=2)
    copier.copy_some()
    assert house.searched(NEW) == shots(3)


def test_what_is_forgotten_while_it_is_encoded_is_not_brought_back(house, monkeypatch):
    house.have(1, 2)

    def encode(pictures):
        house.client.hdel(house.keys.track(ALICE), "shot:1")  # as retention and erasure do
        return NEW.encode_images(pictures)

    encoder = Model(NEW, encode)
    house.copier(encoder).copy_some()
    assert house.logged(NEW) == shots(2)


class Model:
    """The encoder `like`, which encodes pictures by a function."""

    is_trained = False

    def __init__(self, like, encode):
        self.model_id, self.dimension, self.encode_images = like.model_id, like.dimension, encode


def test_a_picture_that_the_model_cannot_take_is_missing_and_a_model_that_takes_none_fails(house):
    house.have(*range(1, 20))
    calls = []

    def encode(pictures):
        calls.append(len(pictures))
        if len(calls) > 1 and len(pictures) > 1:
            raise WeightsUnusable("no numbers")
        if len(calls) == 3:
            raise WeightsUnusable("no numbers")
        return NEW.encode_images(pictures)

    copier = house.copier(Model(NEW, encode))
    copier.copy_some()
    assert copier.copied.missing == set(shots(17))
    assert house.logged(NEW) == [s for s in shots(*range(1, 20)) if s.number != 17]

    def refuse(pictures):
        raise WeightsUnusable("no numbers")

    house.have(20)
    with pytest.raises(WeightsUnusable):
        house.copier(Model(NEW, refuse)).copy_some()


def test_a_change_switches_once_both_agree_and_leaves_nothing_of_the_old(house):
    house.have(1, 2, 3)
    house.have(4, replaces=2)
    house.start(house.succession(), house.failures.append)
    waited(lambda: house.serving.view.state.caught_up)
    begin(house)
    house.worker().run(house.stop)
    change = house.models.change()
    assert (change.state, change.done, change.missing) == ("done", 3, 0)
    assert house.models.in_use() == NEW.model_id
    assert house.serving.encoder is NEW
    assert shots_in(house.serving.index, NEW) == shots(1, 3, 4)
    assert house.serving.view.state.skipped == {}
    assert house.logged(OLD) == []
    assert OLD.model_id in house.discarded
    assert list(house.log.views()) in ([], ["index"])
    assert house.failures == []


def test_shots_that_come_while_it_runs_are_in_both_and_later_ones_only_in_the_new(house):
    house.have(*range(1, 30))
    house.start(house.succession(), house.failures.append)
    begin(house)
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
    house.embed(NEW)
    waited(lambda: len(house.serving.index) == number - 1)
    assert house.serving.encoder is NEW
    assert shots_in(house.serving.index, NEW) == shots(*range(1, number))
    assert house.searched(NEW) == shots(*range(1, number))
    assert house.logged(OLD) == []
    assert house.failures == []


def test_the_old_model_is_searched_until_the_new_index_is_checked(house):
    house.have(1, 2)
    house.start(house.succession(), house.failures.append)
    change = begin(house)
    copier = house.copier()
    copier.copy_some()
    house.models.draw_sample(shots(1, 2))
    upto = house.log.last_id()
    now = house.models.advance(
        change, state="checking", model_id=NEW.model_id, total=2, done=2, upto=upto
    )
    waited(lambda: house.models.change().checked == "ok")
    assert house.serving.encoder is OLD
    assert house.models.in_use() == OLD.model_id
    house.have(3)  # behind the check, with the old
    switched = house.models.switch(now)
    assert house.models.in_use() == NEW.model_id
    looks = house.models.looks
    waited(lambda: house.models.looks >= looks + 3)
    assert house.serving.encoder is OLD  # one shot has no copy yet
    copier.copy_until(switched.cut)
    house.models.advance(switched, state="tidying", cut=house.log.last_id())
    waited(lambda: house.serving.encoder is NEW)
    assert shots_in(house.serving.index, NEW) == shots(1, 2, 3)


def test_an_index_that_lacks_a_shot_stops_the_switch(house):
    house.have(1, 2)
    house.start(house.succession(), house.failures.append)
    change = begin(house)
    house.copier().copy_some()
    (position,) = [p for p, s in house.log.read("0-0", count=9) if s.model_id == NEW.model_id][:1]
    house.models.copies.delete([position])
    house.models.draw_sample(shots(1, 2))
    house.models.advance(
        change, state="checking", model_id=NEW.model_id, total=2, done=2, upto=house.log.last_id()
    )
    checked = waited(lambda: house.models.change().checked)
    assert checked == f"shot {ALICE}/1 is kept, and the index of the new model lacks it"
    house.worker().run(house.stop)
    change = house.models.change()
    assert (change.state, change.reason) == ("failed", checked)
    assert house.models.in_use() == OLD.model_id
    assert house.logged(NEW) == []
    waited(lambda: NEW.model_id in house.discarded)
    assert house.serving.encoder is OLD


def test_a_shot_without_a_copy_stops_the_switch(house, monkeypatch):
    house.have(1, 2)
    begin(house)
    copier = house.copier()
    copier.copy_some()
    position, _ = next(x for x in house.log.read("0-0", count=9) if x[1].model_id == NEW.model_id)
    house.models.copies.delete([position])
    lacking, counts = copier.survey()
    assert lacking == shots(1)
    assert counts == {"live": (2, 1)}


def test_what_was_taken_back_leaves_nothing_of_the_new(house):
    house.have(1, 2)
    house.start(house.succession(), house.failures.append)
    change = begin(house)
    house.copier().copy_some()
    house.models.advance(change, state="encoding", model_id=NEW.model_id, total=2, done=2)
    waited(lambda: len(house.log.views()) >= 0)
    assert house.models.undo()
    house.worker().run(house.stop)
    assert house.models.change().state == "cancelled"
    assert house.logged(NEW) == []
    assert house.logged(OLD) == shots(1, 2)
    assert house.serving.view.state.skipped == {}  # copies are nobody's other shots
    assert not house.models.undo()


def test_the_same_weights_under_another_name_are_refused(house, monkeypatch):
    house.have(1)
    monkeypatch.setitem(BY_NAME, "fake", OLD)
    begin(house)
    house.worker().run(house.stop)
    change = house.models.change()
    assert change.state == "failed"
    assert "the very weights that are in use already" in change.reason
    assert house.logged(OLD) == shots(1)


def test_an_erased_track_is_not_named_by_a_change(house):
    house.have(1)
    house.have(1, track=BOB)
    house.models.name_missing(shots(1) + shots(1, track=BOB))
    house.models.draw_sample(shots(1) + shots(1, track=BOB))
    Forgetting(house.client, house.keys).messages([ALICE])
    assert house.models.missing() == house.models.sample() == shots(1, track=BOB)
    house.client.delete(house.keys.track(BOB))
    house.models.name_missing(shots(1, track=BOB))  # late
    assert house.models.missing() == []
