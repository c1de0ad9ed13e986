"""Alerts to a real receiver over a real Redis: failing, hanging, killed amid, erased, given up."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.clock import ManualClock
from pipeline.errors import NotFound
from pipeline.store.forgetting import Forgetting
from pipeline.workers import delivering
from pipeline.workers.delivering import LONGEST_WAIT_S, TIDY_EVERY_S
from tests.receiver import SECRET, Receiver
from tests.store_messages import NOON
from tests.watch_site import BLUE, Site, track
from tests.webhook_post import RETRY_S, Post

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def post(private_redis, receiver):
    post = Post(private_redis)
    post.site.watch(webhook=receiver.url())
    yield post
    post.threads.shutdown()


def test_words_arrive_signed_and_in_their_order(post, receiver):
    post.tell(track(1))
    post.leave(track(1))
    post.look()
    assert receiver.words() == [("new", 1), ("end", 2)]
    receiver.refuse_forgeries()
    (_, headers, body), _ = receiver.got
    (alert,) = receiver.once()
    assert headers["Idempotency-Key"] == f"{alert}-new-1"
    assert headers["Content-Type"] == "application/json"
    assert SECRET.encode() not in body
    assert post.store.figures() == (0, 0, {"webhook delivered": 2})


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        (500, "answered 500"),
        (404, "answered 404"),
        ("redirect", "answered 307: no redirect is followed"),
        ("hang", "did not answer within 0.5 s"),
        ("drip", "did not answer within 0.5 s"),
        ("trickle", "did not answer within 0.5 s"),
        ("cut", "closed amid its answer"),
        ("drop", "closed amid its answer (RemoteDisconnected)"),
    ],
)
def test_a_receiver_that_fails_is_tried_again_until_it_is_back(post, receiver, mode, reason):
    receiver.modes["/hook"] = mode
    post.tell(track(1))
    post.leave(track(1))
    post.look()
    assert receiver.words() == [("new", 1)]  # the end waits for it
    (first, _) = sorted(post.store.waiting(), key=lambda one: one.word)
    assert (first.reason, first.attempts) == (reason, 1)
    assert "elsewhere" not in "".join(path for path, _, _ in receiver.got)
    post.look(after_s=2 * LONGEST_WAIT_S)
    assert receiver.words() == [("new", 1)] * 2
    receiver.modes.clear()
    post.look(after_s=2 * LONGEST_WAIT_S)
    assert receiver.words() == [*[("new", 1)] * 3, ("end", 2)]
    assert list(receiver.once().values()) == [[("new", 1), ("end", 2)]]
    assert post.store.waiting() == []
    receiver.refuse_forgeries()


def test_a_receiver_that_is_not_there_is_tried_again(post, receiver):
    receiver.close()
    post.tell(track(1))
    post.look()
    (waiting,) = post.store.waiting()
    assert waiting.reason.startswith("cannot be reached")


def test_of_an_endless_answer_little_is_read(post, receiver):
    receiver.modes["/hook"] = "endless"
    post.tell(track(1))
    post.look()
    assert post.store.waiting() == []


def test_waits_grow_and_are_kept_through_a_restart(post, receiver, private_redis):
    receiver.modes["/hook"] = 500
    post.tell(track(1))
    post.look()
    waits = []
    for _ in range(8):
        (one,) = post.store.waiting()
        waits.append(one.next_at - one.failed_at)
        post.look(after_s=2 * LONGEST_WAIT_S if one.attempts > 5 else waits[-1] * 2)
    for number, wait_s in enumerate(waits):
        expected_s = min(2.0**number, LONGEST_WAIT_S)
        assert 0.75 * expected_s <= wait_s <= 1.25 * expected_s


def test_who_hangs_holds_nobody_up(private_redis, receiver):
    post = Post(private_redis, timeout_s=20.0)
    post.site.watch("slow", webhook=receiver.url("/slow"))
    post.site.watch("quick", "blue coat", webhook=receiver.url("/quick"))
    receiver.modes["/slow"] = "hang"
    receiver.modes["/quick"] = lambda _: "ok"
    post.tell(track(1))
    post.tell(track(2), vector=BLUE)
    for _ in range(2):
        post.deliverer.look_once(post.threads)
    quick = post.deliverer._lanes[receiver.url("/quick")].work
    quick.result(15)
    assert receiver.words("/quick")
    assert post.deliverer._lanes[receiver.url("/slow")].is_busy
    receiver.released.set()
    post.threads.shutdown()


def test_one_alert_that_is_refused_does_not_hold_up_the_others(post, receiver):
    refused = str(track(1)).encode()
    receiver.modes["/hook"] = lambda got: 400 if refused in got[2] else "ok"
    post.tell(track(1), track(2))
    post.look()
    post.look(after_s=1.5)  # it is not its turn yet
    assert {path for path, _, body in receiver.got if refused not in body} == {"/hook"}


def test_what_is_given_up_is_listed_and_sent_again(post, receiver):
    receiver.modes["/hook"] = 500
    post.tell(track(1))
    post.look()
    post.look(after_s=RETRY_S + 1)
    assert post.store.waiting() == []
    (given_up,) = post.desk.undelivered()
    assert (given_up.to, given_up.reason) == (f"http://127.0.0.1:{receiver.port}/…", "answered 500")
    assert (given_up.attempts, given_up.alert.track) == (2, str(track(1)))
    assert post.store.figures()[1:] == (
        1,
        {"webhook failed": 1, "webhook undelivered": 1},
    )
    with pytest.raises(NotFound, match="nothing undelivered has the id 'other'"):
        post.desk.resend(["other"])
    receiver.modes.clear()
    assert post.desk.resend([]).count == 1
    post.look(after_s=2 * LONGEST_WAIT_S)
    assert receiver.words()[-1] == ("new", 1)
    assert post.desk.undelivered() == []
    assert post.store.waiting() == []


def test_lists_are_bounded(post, receiver, monkeypatch):
    monkeypatch.setattr(delivering, "MOST_WAITING", 2)
    monkeypatch.setattr("pipeline.store.deliveries.MOST_UNDELIVERED", 1)
    receiver.modes["/hook"] = 500
    post.tell(*(track(number) for number in range(1, 6)))
    post.look()
    assert len(post.store.waiting()) == 2
    (given_up,) = post.desk.undelivered()
    assert given_up.reason == "2 others wait for it already"
    assert given_up.attempts == 0


def test_nothing_on_its_way_is_left_of_an_erased_track(post, receiver):
    receiver.modes["/hook"] = 500
    post.tell(track(1))
    post.tell(track(2), vector=BLUE)
    post.look()
    post.look(after_s=RETRY_S + 1)
    post.look(after_s=2 * LONGEST_WAIT_S)  # both are given up
    post.leave(track(1), track(2))
    post.look()
    assert len(post.store.waiting()) == len(post.desk.undelivered()) == 2
    post.site.erased.mark([track(1)], NOON)
    Forgetting(post.site.bus.client, post.site.bus.keys).messages([track(1)])
    assert [one.alert.track for one in post.desk.undelivered()] == [str(track(2))]
    kept = [post.site.alerts.word(one.word).track for one in post.store.waiting()]
    assert kept == [str(track(2))]
    assert len(post.store.undelivered()) == 1


def test_what_was_read_before_it_was_erased_is_not_sent(post, receiver):
    receiver.modes["/hook"] = 500
    post.tell(track(1))
    post.look()
    (waiting,) = post.store.waiting()
    post.site.alerts.expire(lambda at: True)
    post.store.failed(waiting)  # whoever had it in hand
    assert post.store.waiting() == []
    before = len(receiver.got)
    post.look(after_s=2 * LONGEST_WAIT_S)
    assert len(receiver.got) == before


def test_the_last_words_of_a_removed_watch_arrive_and_its_webhook_is_forgotten(post, receiver):
    post.tell(track(1))
    post.look()
    assert post.site.watches.remove("red")
    post.worker.tell_once(block_s=0)
    post.worker.tell_once(block_s=0)
    post.look()
    assert receiver.words() == [("new", 1), ("end", 2)]
    for _ in range(3):
        post.look(after_s=TIDY_EVERY_S)
    assert post.site.watches.receivers() == {}


def test_a_webhook_of_the_settings_hears_of_every_watch_once(private_redis, receiver):
    post = Post(private_redis, everywhere=[receiver.url()])
    post.site.watch(webhook=receiver.url())
    post.site.watch("blue", "blue coat")
    post.tell(track(1))
    post.look()
    assert len(receiver.got) == len(post.site.words())
    post.threads.shutdown()


def test_what_was_told_before_anybody_delivered_is_not_sent(private_redis, receiver):
    site = Site(private_redis)
    site.clock = ManualClock(NOON)
    site.watch(webhook=receiver.url())
    site.see(track(1))
    site.worker().tell_once(block_s=0)
    post = Post(private_redis)
    post.look()
    assert receiver.got == []
    post.threads.shutdown()


KILLED = """
import sys, threading
from types import SimpleNamespace
import redis
from pipeline.store.keys import Keys
from tests.webhook_post import Post
bus = SimpleNamespace(client=redis.Redis(unix_socket_path=sys.argv[1]), keys=Keys(sys.argv[2]))
post = Post(bus, timeout_s=20.0)
post.deliverer.run(threading.Event())
"""


@pytest.mark.parametrize("amid", [1, 3])
def test_who_is_killed_amid_delivery_loses_nothing(post, receiver, amid):
    post.tell(track(1), track(2))
    post.leave(track(1), track(2))
    bus, killed = post.site.bus, []

    def kill(_):
        if len(receiver.got) == amid and not killed:
            os.kill(process.pid, signal.SIGKILL)
            killed.append(process.pid)
        return "ok"

    receiver.modes["/hook"] = kill
    bus.client.delete(bus.keys.lease(bus.keys.deliverer))
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(bus.socket), bus.keys.namespace],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    assert process.wait(120) == -signal.SIGKILL
    bus.client.delete(bus.keys.lease(bus.keys.deliverer))
    post.look()
    assert list(receiver.once().values()) == [[("new", 1), ("end", 2)]] * 2
    assert len(receiver.got) <= 5  # one of them twice
    assert post.store.waiting() == []
