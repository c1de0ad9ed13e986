"""Brokers that are away, hang, refuse, are somebody else, or let two of one name in."""

import gc
import subprocess
import threading

import pytest

from pipeline.config_delivery import Mqtt
from pipeline.errors import ConfigError
from pipeline.webhook_urls import BROKER
from pipeline.wiring.delivering import broker_account
from pipeline.workers.broker import Broker
from pipeline.workers.broker_connection import BrokerConnection
from pipeline.workers.delivering import LONGEST_WAIT_S
from pipeline.workers.webhook import DeliveryFailed
from tests.certificates import certificate
from tests.mosquitto import Mosquitto, Subscriber, mosquitto_program, wait_for
from tests.mqtt_post import Mute, account, mqtt_post
from tests.receiver import Receiver
from tests.watch_site import track
from tests.webhook_post import RETRY_S

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]
LATER_S = 2 * LONGEST_WAIT_S


def test_a_broker_that_was_never_there_is_tried_again(private_redis, short_dir):
    broker = Mosquitto(short_dir)
    post = mqtt_post(private_redis, broker.port)
    post.site.watch()
    post.tell(track(1))
    post.look()
    (waiting,) = post.store.waiting()
    assert waiting.reason == "cannot be reached: Connection refused"
    broker.start()
    home = Subscriber(broker)
    post.look(after_s=LATER_S)
    wait_for(lambda: home.words() == [("new", 1)], "the word")
    post.deliverer.leave(post.threads)
    home.close()
    broker.kill()


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (b"", "did not answer within 0.5 s"),
        # what takes us, and never a message
        (b"\x20\x03\x00\x00\x00", "did not answer within 0.5 s"),
        # what knows 3.1.1 only
        (b"\x20\x02\x00\x01", "does not let us in: Unsupported protocol version"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "did not answer within 0.5 s"),
    ],
    ids=["mute", "takes nothing", "old", "no broker"],
)
def test_a_broker_that_hangs_holds_no_webhook_up(private_redis, says, reason):
    mute, receiver = Mute(says), Receiver()
    threading.Thread(target=mute.serve, daemon=True).start()
    post = mqtt_post(private_redis, mute.port, timeout_s=0.5)
    post.site.watch(webhook=receiver.url())
    post.tell(track(1))
    post.look()
    assert receiver.words() == [("new", 1)]
    (waiting,) = post.store.waiting()
    assert waiting.target == BROKER
    assert waiting.reason.startswith(reason)
    post.deliverer.leave(post.threads)
    mute.close()
    receiver.close()


def test_who_the_broker_does_not_let_in_is_told_and_let_in_later(private_redis, short_dir):
    known = short_dir / "known"
    subprocess.run(
        [mosquitto_program("mosquitto_passwd"), "-b", "-c", known, "descry", "s3cret"], check=True
    )
    asks = f"allow_anonymous false\npassword_file {known}\n"
    broker = Mosquitto(short_dir, conf=asks).start()
    post = mqtt_post(private_redis, broker.port, username="descry", password="wr0ng")
    post.site.watch()
    post.tell(track(1))
    post.look()
    (waiting,) = post.store.waiting()
    assert waiting.reason == (
        "does not let us in (Not authorized): check mqtt.username and mqtt.password"
    )
    post.look(after_s=RETRY_S + 1)
    (given_up,) = post.desk.undelivered()
    assert (given_up.to, given_up.attempts) == ("the MQTT broker", 2)
    assert "wr0ng" not in repr(given_up) + repr(account(1, password="wr0ng"))
    post.deliverer.leave(post.threads)

    post = mqtt_post(private_redis, broker.port, username="descry", password="s3cret")
    home = Subscriber(broker, username="descry", password="s3cret")
    private_redis.client.delete(private_redis.keys.lease(private_redis.keys.deliverer))
    assert post.desk.resend([given_up.id]).count == 1
    post.look(after_s=LATER_S)
    wait_for(lambda: home.words() == [("new", 1)], "the word")
    assert post.desk.undelivered() == []
    post.deliverer.leave(post.threads)
    home.close()
    broker.kill()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_only_the_broker_that_the_certificate_names_is_told(private_redis, short_dir):
    ours = certificate(short_dir, "ours", "127.0.0.1")
    theirs = certificate(short_dir, "theirs", "127.0.0.1")
    shows = f"cafile {ours.path}\ncertfile {ours.path}\nkeyfile {ours.key}\n"
    broker = Mosquitto(short_dir, conf=shows).start()
    url = f"mqtts://127.0.0.1:{broker.port}"
    with pytest.raises(DeliveryFailed, match="is not who it says: self"):
        BrokerConnection(broker_account(Mqtt(url=url, ca_file=theirs.path)))
    there = BrokerConnection(broker_account(Mqtt(url=url, ca_file=ours.path)))
    there.publish("descry/matches", b"{}")
    there.close()
    with pytest.raises(ConfigError, match="holds no certificates that can be read"):
        broker_account(Mqtt(url="mqtts://h", ca_file=ours.key))
    with pytest.raises(DeliveryFailed, match="does not speak TLS there"):
        plain = Mosquitto(short_dir).start()
        plain_url = f"mqtts://127.0.0.1:{plain.port}"
        try:
            BrokerConnection(broker_account(Mqtt(url=plain_url)), says_so=False)
        finally:
            plain.kill()
    broker.kill()
    gc.collect()  # the library leaves it to us to close what failed to greet


def test_a_broker_that_may_not_be_told_is_not_believed_to_have_been(private_redis, short_dir):
    rights = short_dir / "rights"
    rights.write_text("topic readwrite descry/available\ntopic read #\n")
    broker = Mosquitto(short_dir, conf=f"acl_file {rights}\n").start()
    post = mqtt_post(private_redis, broker.port)
    post.site.watch()
    post.tell(track(1))
    post.look()
    (waiting,) = post.store.waiting()
    assert waiting.reason == "refused a message on descry/matches: Not authorized"
    post.deliverer.leave(post.threads)
    broker.kill()


def test_two_of_one_name_take_turns_and_do_not_spin(private_redis, short_dir):
    mosquitto = Mosquitto(short_dir).start()
    home = Subscriber(mosquitto)
    brokers = [Broker(account(mosquitto.port), "descry/matches") for _ in range(2)]
    for broker in brokers:
        broker.attend(True)
        wait_for(lambda broker=broker: broker._connection, "the connection")
    wait_for(lambda: brokers[0]._connection.ended, "that it was put out")
    before = brokers[0]._rests_until
    brokers[0].attend(True)
    assert brokers[0]._connection is None
    assert brokers[0]._rests_until > before
    for broker in brokers:
        broker.attend(False)
    wait_for(lambda: home.availability()[-1:] == ["offline"], "that both left")
    home.close()
    mosquitto.kill()
