"""What query workers say of themselves and of a change of model, and for how long it counts."""

import time
from dataclasses import replace

import pytest

from pipeline.store.searchers import SearcherStore
from tests.model_change_house import NEW, OLD, House, waited

pytestmark = pytest.mark.redis

STAYS_S = 1.5


def test_what_is_said_of_a_change_that_is_over_says_nothing_of_the_next(private_redis, tmp_path):
    house = House(private_redis.client, private_redis.keys, tmp_path)
    house.have(1)
    models = house.models
    old = models.advance(models.begin("fake", OLD.model_id), state="checking", upto="5-0")
    assert models.note(old, checked="ok")
    assert models.change().checked == "ok"
    assert models.undo()
    models.advance(models.change(), state="cancelled")
    new = models.advance(models.begin("fake", OLD.model_id), state="checking", upto="6-0")
    assert not models.note(old, checked="ok")
    assert models.change().checked == ""
    assert not models.note(replace(new, state="tidying"), served="1")
    assert not models.note(replace(new, model_id="another@1"), checked="ok")
    assert models.note(new, checked="an index lacks a shot")
    assert models.change().checked == "an index lacks a shot"


@pytest.mark.parametrize("redis_binary", ["found"], indirect=True)
def test_who_loads_a_model_for_long_counts_all_the_while(private_redis, tmp_path):
    house = House(private_redis.client, private_redis.keys, tmp_path)
    house.searchers = SearcherStore(house.client, house.keys, "own", stays_s=STAYS_S)
    house.have(1)
    build, known = house.engine, []

    def slow(encoder, *name):
        if encoder is NEW:
            for _ in range(3):
                time.sleep(STAYS_S)  # as weights on a slow disk
                known.append(house.searchers.is_searched(OLD.model_id))
        return build(encoder, *name)

    house.engine = slow
    house.start(house.succession(), house.failures.append)
    house.embed()
    told = house.models.begin("fake", OLD.model_id)
    house.models.advance(told, state="encoding", model_id=NEW.model_id)
    waited(lambda: len(known) == 3)
    assert known == [True, True, True]
    house.close()
