"""Where webhooks may go, and who may answer there: real addresses, real certificates."""

import ssl

import pytest

from pipeline.workers.webhook import DeliveryFailed
from tests.certificates import certificate
from tests.receiver import Receiver
from tests.webhook_post import Post, sender, told

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


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]"])
def test_a_name_that_leads_to_a_private_address_is_not_connected_to(post, receiver, host):
    (word,) = told(post)
    with pytest.raises(DeliveryFailed, match="leads to a private address"):
        sender(allow_private=False).send(f"http://{host}:{receiver.port}/hook", word)
    assert receiver.connections == 0


def test_only_who_is_vouched_for_is_sent_anything(post, tmp_path):
    made = certificate(tmp_path, "receiver", "127.0.0.1")
    receiver = Receiver(tls=made.served())
    (word,) = told(post)
    with pytest.raises(DeliveryFailed, match="is not who it says"):
        sender().send(receiver.url(), word)
    assert receiver.got == []
    sender(tls=ssl.create_default_context(cafile=made.path)).send(receiver.url(), word)
    assert receiver.words() == [("new", 1)]
    receiver.close()


def test_without_a_secret_nothing_is_sent(post, receiver):
    (word,) = told(post)
    with pytest.raises(DeliveryFailed, match=r"set webhooks\.secret"):
        sender(secret=None).send(receiver.url(), word)
    assert receiver.connections == 0
