"""Alerts to a real MQTT broker over a real Redis: in order, killed amid, erased, coming back."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.store.forgetting import Forgetting
from pipeline.workers.delivering import LONGEST_WAIT_S, TIDY_EVERY_S
from tests.mosquitto import Mosquitto, Subscriber, wait_for
from tests.mqtt_post import mqtt_post
from tests.receiver import Receiver
from tests.store_messages import NOON
from tests.watch_site import BLUE, track

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]
LATER_S = 2 * LONGEST_WAIT_S


@pytest.fixture
def mosquitto(short_dir):
    broker = Mosquitto(short_dir).start()
    yield broker
    broker.kill()


@pytest.fixture
def home(mosquitto):
    subscriber = Subscriber(mosquitto)
    yield subscriber
    subscriber.close()


@pytest.fixture
def post(private_redis, mosquitto):
    post = mqtt_post(private_redis, mosquitto.port)
    post.site.watch()
    yield post
    post.deliverer.leave(post.threads)


def test_words_arrive_in_their_order_acknowledged_and_as_a_webhook_has_them(post, home):
    receiver = Receiver()
    post.site.watch("blue", "blue coat", webhook=receiver.url())
    post.tell(track(1))
    post.tell(track(2), vector=BLUE)
    post.leave(track(1), track(2))
    post.look()
    # each watch tells of both
    wait_for(lambda: len(home.told()) == len(post.site.words()), "all words")
    assert list(home.once().values()) == [[("new", 1), ("end", 2)]] * 4
    assert {each.qos for each in home.got if each.topic == "descry/matches"} == {1}
    assert not any(each.retain for each in home.got if each.topic == "descry/matches")
    bodies = {each.payload for each in home.got if each.topic == "descry/matches"}
    assert {body for _, _, body in receiver.got} < bodies
    keys = {headers["Idempotency-Key"] for _, headers, _ in receiver.got}
    assert keys < {word["key"] for word in home.told()}
    counts = {"mqtt delivered": 8, "webhook delivered": 4}
    assert post.store.figures() == (0, 0, counts)
    receiver.close()


def test_it_is_told_that_somebody_is_there_and_that_they_left(post, home):
    wait_for(lambda: home.availability() == ["online"], "that somebody is there")
    post.deliverer.leave(post.threads)
    wait_for(lambda: home.availability() == ["online", "offline"], "that they left")


def test_a_broker_that_is_killed_amid_words_loses_none(post, home, mosquitto):
    post.tell(track(1))
    post.look()
    wait_for(lambda: home.words() == [("new", 1)], "the first word")
    mosquitto.save()
    mosquitto.kill()
    post.leave(track(1))
    post.tell(track(2), vector=BLUE)
    post.look()
    (first, *_) = sorted(post.store.waiting(), key=lambda one: one.word)
    assert first.attempts == 1
    mosquitto.start()
    post.look(after_s=LATER_S)
    wait_for(lambda: len(home.once()) == 2, "the rest")
    assert list(home.once().values()) == [[("new", 1), ("end", 2)], [("new", 1)]]
    assert home.availability()[-1] == "online"
    assert post.store.waiting() == []


def test_only_watches_that_ask_for_it_are_told_to_the_end(private_redis, mosquitto, home):
    post = mqtt_post(private_redis, mosquitto.port, everywhere=())
    post.site.watch(mqtt=True)
    post.site.watch("blue", "blue coat")
    post.tell(track(1))
    post.look()
    assert {word.watch for word in post.site.alerts.page("0-0", 9)} == {"red", "blue"}
    assert post.site.watches.remove("red")
    post.worker.tell_once(block_s=0)
    post.worker.tell_once(block_s=0)
    post.look()
    wait_for(lambda: len(home.told()) == 2, "the last word")
    assert {word["watch_id"] for word in home.told()} == {"red"}
    assert home.words() == [("new", 1), ("end", 2)]
    for _ in range(3):
        post.look(after_s=TIDY_EVERY_S)
    assert post.site.watches.receivers() == {}
    post.deliverer.leave(post.threads)


def test_what_is_erased_while_the_broker_is_away_is_not_told(post, home, mosquitto):
    wait_for(home.availability, "that somebody is there")
    mosquitto.save()
    mosquitto.kill()
    post.tell(track(1))
    post.look()
    assert len(post.store.waiting()) == 1
    post.site.erased.mark([track(1)], NOON)
    Forgetting(post.site.bus.client, post.site.bus.keys).messages([track(1)])
    assert post.store.waiting() == []
    mosquitto.start()
    post.look(after_s=LATER_S)
    post.tell(track(2))
    post.look()
    wait_for(home.told, "the word of another")
    assert [word["track"] for word in home.told()] == [str(track(2))]


KILLED = """
import sys, threading
from types import SimpleNamespace
import redis
from pipeline.store.keys import Keys
from tests.mqtt_post import mqtt_post
bus = SimpleNamespace(client=redis.Redis(unix_socket_path=sys.argv[1]), keys=Keys(sys.argv[2]))
mqtt_post(bus, int(sys.argv[3])).deliverer.run(threading.Event())
"""


def test_who_is_killed_amid_delivery_is_told_of_and_loses_nothing(post, home, mosquitto):
    post.deliverer.leave(post.threads)
    post.tell(track(1), track(2))
    post.leave(track(1), track(2))
    bus, root = post.site.bus, Path(__file__).resolve().parents[2]
    home.got.clear()
    at_second = home.client.on_message

    def kill(client, data, message):
        at_second(client, data, message)
        if len(home.told()) == 2:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)

    home.client.on_message = kill
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(bus.socket), bus.keys.namespace, str(mosquitto.port)],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    assert process.wait(120) == -signal.SIGKILL
    wait_for(lambda: home.availability()[-2:] == ["online", "offline"], "the last will")
    home.client.on_message = at_second
    bus.client.delete(bus.keys.lease(bus.keys.deliverer))
    again = mqtt_post(bus, mosquitto.port)
    again.look(after_s=LATER_S)
    wait_for(lambda: len(home.once()) == 2, "all alerts")
    wait_for(lambda: len(set(map(str, home.told()))) == 4, "all words")
    assert list(home.once().values()) == [[("new", 1), ("end", 2)]] * 2
    assert len(home.told()) <= 5  # one of them twice
    assert again.store.waiting() == []
    again.deliverer.leave(again.threads)
