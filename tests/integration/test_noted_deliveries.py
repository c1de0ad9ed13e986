"""What watches tell a receiver outside is in the audit before it leaves, or it does not leave."""

import pytest

from pipeline.errors import AuditUnavailable
from pipeline.workers.delivering import LONGEST_WAIT_S
from pipeline.workers.noted_deliveries import NotedDeliveries
from tests.receiver import Receiver
from tests.watch_site import track
from tests.webhook_post import Post

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


class Notebook:
    """As the audit: keeps what is noted, with how much the receiver had got by then."""

    def __init__(self, receiver):
        self.receiver, self.noted, self.is_full = receiver, [], False

    def note(self, event):
        if self.is_full:
            raise AuditUnavailable("the audit cannot be written")
        self.noted.append((event, len(self.receiver.got)))
        return len(self.noted)


@pytest.fixture
def notebook(receiver):
    return Notebook(receiver)


@pytest.fixture
def noted_post(private_redis, receiver, notebook):
    post = Post(private_redis, note=NotedDeliveries(notebook).note)
    post.site.watch(webhook=receiver.url("/T01/secret"))
    yield post
    post.threads.shutdown()


def test_what_leaves_is_noted_before_it_is_sent_and_by_whom_it_shows(
    noted_post, receiver, notebook
):
    noted_post.tell(track(1))
    noted_post.look()
    ((event, got_before),) = notebook.noted
    assert (event.who, event.what, got_before) == ("worker:deliver", "alert-sent", 0)
    assert str(track(1)) in event.shown
    (watch,) = noted_post.site.watches.all()
    assert (event.asked["watch"], event.asked["word"]) == (watch.watch_id, "new")
    assert "127.0.0.1" in event.asked["to"]
    assert "secret" not in str(event)


def test_nothing_leaves_that_cannot_be_noted_and_it_leaves_later(noted_post, receiver, notebook):
    notebook.is_full = True
    noted_post.tell(track(1))
    noted_post.look()
    assert receiver.got == []
    (waiting,) = noted_post.store.waiting()
    assert waiting.attempts == 0  # the receiver is not to blame
    notebook.is_full = False
    noted_post.look(after_s=2 * LONGEST_WAIT_S)
    assert receiver.words("/T01/secret") == [("new", 1)]


def test_what_is_tried_again_is_noted_once(noted_post, receiver, notebook):
    receiver.modes["/T01/secret"] = 500
    noted_post.tell(track(1))
    noted_post.look()
    noted_post.look(after_s=2 * LONGEST_WAIT_S)
    assert len(receiver.got) == 2
    assert len(notebook.noted) == 1
