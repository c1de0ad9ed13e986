import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.errors import StoreUnavailable
from pipeline.store.connection import connect
from pipeline.store.crop_stream import MAX_DELIVERIES, CropStream, Publish
from pipeline.store.keys import GROUP
from pipeline.store.wire import encode_shot
from tests.store_messages import ALICE, BOB, published

pytestmark = pytest.mark.redis


@pytest.fixture
def crops(private_redis):
    crops = CropStream(private_redis.client, private_redis.keys, max_length=5)
    crops.ensure_group()
    return crops


def take(crops, consumer="w1", *, count=10, block_s=0.0, reclaim_idle_s=60.0):
    return crops.take(consumer, count=count, block_s=block_s, reclaim_idle_s=reclaim_idle_s)


def numbers(taken):
    return [crop.shot.shot.number for crop in taken]


def test_what_is_published_is_taken_once(crops):
    assert crops.publish(published(1)) is Publish.PUBLISHED
    assert [crop.shot for crop in take(crops)] == [published(1)]
    assert take(crops) == []
    assert take(crops, "w2") == []


def test_reading_a_file_again_publishes_nothing_twice(crops):
    for number in (1, 3):
        assert crops.publish(published(number)) is Publish.PUBLISHED
    for number in (1, 2, 3):
        assert crops.publish(published(number)) is Publish.KNOWN
    assert crops.publish(published(1, BOB)) is Publish.PUBLISHED
    assert crops.length() == 3


def test_a_full_stream_takes_nothing_trims_nothing_and_forgets_nothing(crops):
    outcomes = [crops.publish(published(n)) for n in range(1, 8)]
    assert outcomes == [Publish.PUBLISHED] * 5 + [Publish.FULL] * 2
    assert numbers(take(crops)) == [1, 2, 3, 4, 5]


def test_a_shot_that_found_no_room_may_be_offered_again(crops, private_redis):
    for number in range(1, 6):
        crops.publish(published(number))
    assert crops.publish(published(6)) is Publish.FULL
    (first, *_) = take(crops)
    crops.discard(first.entry_id, "to make room")
    assert crops.publish(published(6)) is Publish.PUBLISHED


def test_many_who_publish_the_same_shots_at_once_publish_each_once(private_redis):
    crops = CropStream(private_redis.client, private_redis.keys, max_length=1000)
    crops.ensure_group()
    start = threading.Barrier(4)

    def publish_all(_):
        start.wait()
        return [crops.publish(published(n)) for n in range(1, 51)]

    with ThreadPoolExecutor(4) as pool:
        outcomes = [o for each in pool.map(publish_all, range(4)) for o in each]
    # A number below the highest published is known, so a laggard loses nothing of its own.
    assert Counter(outcomes)[Publish.PUBLISHED] == crops.length()
    taken = numbers(take(crops, count=100))
    assert taken == sorted(set(taken))
    assert taken[-1] == 50


def test_many_workers_share_the_crops_and_none_gets_anothers(private_redis):
    crops = CropStream(private_redis.client, private_redis.keys, max_length=1000)
    crops.ensure_group()
    for number in range(1, 61):
        crops.publish(published(number))

    def work(name):
        found = []
        while batch := take(crops, name, count=7):
            found += numbers(batch)
        return found

    with ThreadPoolExecutor(4) as pool:
        found = [n for each in pool.map(work, "abcd") for n in each]
    assert sorted(found) == list(range(1, 61))


def test_what_a_dead_worker_held_goes_to_another_one_by_one_before_anything_new(crops):
    crops.publish(published(1))
    crops.publish(published(2))
    assert numbers(take(crops, "dead")) == [1, 2]
    crops.publish(published(3))
    threading.Event().wait(0.3)
    taken = [take(crops, "alive", reclaim_idle_s=0.25) for _ in range(3)]
    assert [numbers(each) for each in taken] == [[1], [2], [3]]
    assert [crop.deliveries for each in taken for crop in each] == [2, 2, 1]
    assert crops.pending() == 3


def test_a_worker_that_was_killed_gets_its_own_crops_back_at_once_and_one_by_one(crops):
    for number in (1, 2, 3):
        crops.publish(published(number))
    assert numbers(take(crops, "own", count=2)) == [1, 2]
    assert numbers(take(crops, "other", count=1)) == [3]
    (first,) = crops.resume("own", count=1)
    assert (first.shot.shot.number, first.deliveries) == (1, 2)
    assert crops.discard(first.entry_id, "tested")
    (second,) = crops.resume("own", count=1)
    assert (second.shot.shot.number, second.deliveries) == (2, 2)
    assert crops.discard(second.entry_id, "tested")
    assert crops.resume("own", count=1) == []
    assert crops.resume("nobody", count=1) == []


def test_what_a_living_worker_holds_stays_with_it(crops):
    crops.publish(published(1))
    take(crops, "slow")
    assert take(crops, "other", reclaim_idle_s=30.0) == []


def test_a_slow_worker_keeps_its_crops_by_a_sign_of_life(crops):
    crops.publish(published(1))
    (crop,) = take(crops, "slow")
    threading.Event().wait(0.2)
    assert crops.touch("slow", [crop.entry_id]) == 1
    assert take(crops, "other", reclaim_idle_s=0.15) == []
    assert crops.touch("slow", []) == 0


def test_a_sign_of_life_takes_nothing_back_from_another(crops):
    crops.publish(published(1))
    (crop,) = take(crops, "slow")
    assert numbers(take(crops, "other", reclaim_idle_s=0.0)) == [1]
    assert crops.touch("slow", [crop.entry_id]) == 0
    assert crops.touch("other", [crop.entry_id]) == 1


def test_a_sign_of_life_is_no_delivery(crops):
    crops.publish(published(1))
    (crop,) = take(crops, "slow")
    for _ in range(MAX_DELIVERIES + 1):
        crops.touch("slow", [crop.entry_id])
    (again,) = take(crops, "other", reclaim_idle_s=0.0)
    assert again.deliveries == 2


def test_a_crop_that_kills_its_workers_is_put_aside_in_the_end(crops):
    crops.publish(published(1))
    crops.publish(published(1, BOB))
    deliveries = [[c.deliveries for c in take(crops, "w", reclaim_idle_s=0.0)] for _ in range(14)]
    alone = [[n] for n in range(2, MAX_DELIVERIES + 1)]
    assert deliveries[0] == [1, 1]
    assert [each for each in deliveries[1:] if each] == alone + alone
    assert crops.length() == 0
    assert crops.pending() == 0
    assert crops.damaged() == 2


def test_a_message_that_cannot_be_read_is_put_aside_and_the_rest_goes_on(crops, private_redis):
    client, keys = private_redis.client, private_redis.keys
    client.xadd(keys.crops, {"v": "99"})
    client.xadd(keys.crops, encode_shot(published(1)) | {b"box": b"rubbish"})
    crops.publish(published(2))
    assert numbers(take(crops)) == [2]
    assert crops.damaged() == 2
    assert crops.length() == 1
    reasons = [fields[b"reason"] for _, fields in client.xrange(keys.damaged)]
    assert b"version" in reasons[0]
    assert b"box" in reasons[1]


def test_what_was_put_aside_keeps_no_picture_and_is_capped(crops, private_redis):
    client, keys = private_redis.client, private_redis.keys
    for n in range(1200):
        crops.discard(client.xadd(keys.crops, {"v": str(n), "jpeg": "secret"}).decode(), "test")
    assert crops.damaged() < 1200
    (_, fields) = client.xrevrange(keys.damaged, count=1)[0]
    assert fields.keys() == {b"id", b"reason"}


def test_a_waiting_worker_is_woken_by_the_next_crop(crops, private_redis):
    other = connect(
        url=None, unix_socket=private_redis.socket, username=None, password=None, timeout_s=5
    )
    waiting = CropStream(other, private_redis.keys, max_length=5)
    with ThreadPoolExecutor(1) as pool:
        taken = pool.submit(take, waiting, block_s=2.0)
        crops.publish(published(1))
        assert numbers(taken.result()) == [1]
    other.close()


def test_a_worker_that_leaves_takes_nothing_with_it(crops, private_redis):
    crops.publish(published(1))
    take(crops, "w1")
    assert not crops.leave("w1")
    (crop,) = take(crops, "w2", reclaim_idle_s=0.0)
    assert crops.leave("w1")
    consumers = private_redis.client.xinfo_consumers(private_redis.keys.crops, GROUP)
    assert [c["name"] for c in consumers] == [b"w2"]
    assert crops.touch("w2", [crop.entry_id]) == 1


def test_a_group_that_vanished_is_made_again(crops, private_redis):
    private_redis.client.delete(private_redis.keys.crops)
    crops.publish(published(1))
    assert take(crops) == []
    assert numbers(take(crops)) == [1]
    crops.ensure_group()


def test_the_age_of_the_oldest_crop_is_known(crops, private_redis):
    assert crops.oldest_age_s(now=1e9) == 0.0
    crops.publish(published(1))
    (entry_id, _) = private_redis.client.xrange(private_redis.keys.crops)[0]
    at = int(entry_id.split(b"-")[0]) / 1000
    assert crops.oldest_age_s(now=at + 7.5) == pytest.approx(7.5, abs=0.001)


def test_publishing_makes_the_track_known(crops, private_redis):
    crops.publish(published(2))
    fields = private_redis.client.hgetall(private_redis.keys.track(ALICE))
    assert fields[b"published"] == b"2"
    assert fields[b"collection"] == b"live"


def test_out_of_memory_means_wait_and_nothing_is_half_published(short_dir, redis_binary):
    """A server of its own: its memory limit would hit other tests."""
    from pipeline.store.keys import Keys
    from pipeline.store.server import PrivateRedis

    with PrivateRedis(short_dir, short_dir, binary=redis_binary) as server:
        client = connect(
            url=None, unix_socket=server.socket, username=None, password=None, timeout_s=5
        )
        crops = CropStream(client, Keys("test"), max_length=5)
        crops.ensure_group()
        client.config_set("maxmemory", "1")
        with pytest.raises(StoreUnavailable, match="memory"):
            crops.publish(published(1))
        client.config_set("maxmemory", "0")
        assert crops.length() == 0
        assert crops.publish(published(1)) is Publish.PUBLISHED
        client.close()


def test_a_worker_killed_with_a_crop_in_hand_loses_nothing(crops, private_redis):
    crops.publish(published(1))
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from pipeline.store.connection import connect\n"
        "from pipeline.store.crop_stream import CropStream\n"
        "from pipeline.store.keys import Keys\n"
        "client = connect(url=None, unix_socket=Path(sys.argv[1]), username=None, password=None,\n"
        "                 timeout_s=5)\n"
        "crops = CropStream(client, Keys(sys.argv[2]), max_length=5)\n"
        "assert crops.take('victim', count=1, block_s=1, reclaim_idle_s=60)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    arguments = [str(private_redis.socket), private_redis.keys.namespace]
    killed = subprocess.run([sys.executable, "-c", program, *arguments], timeout=60)
    assert killed.returncode == -9
    assert crops.pending() == 1
    assert numbers(take(crops, "w2", reclaim_idle_s=0.0)) == [1]
