"""`descry run` with a webhook: what is told is delivered, though the deliverer is killed."""

import os
import signal

import numpy as np
import pytest

from detectors.types import TrackKey
from pipeline.store.alerts import AlertStore
from pipeline.store.connection import connect
from pipeline.store.keys import Keys
from pipeline.store.leases import Held
from retrieval.search.watches import Told, alert_id
from tests.e2e.conftest import processes_of, wait_for
from tests.e2e.test_live import settings
from tests.e2e.test_watches import EVERYBODY, stroller  # noqa: F401  (a fixture)
from tests.receiver import SECRET, Receiver
from tests.rtsp_server import server_process

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


def tell(descry, watch):
    """Say that somebody is new, as the worker that watches does; it ends that itself."""
    (socket,) = (descry.folder / "run").rglob("redis.sock")
    client = connect(url=None, unix_socket=socket, username=None, password=None, timeout_s=10)
    keys, track = Keys("descry"), TrackKey("door", "r1", 1)
    lease = keys.lease(keys.watch_teller)
    holder = wait_for(lambda: client.get(lease), what="who tells").decode()
    alert, seen_at, person = alert_id(watch, track), 1.8e9, np.ones(4, np.float32) / 2
    seen = (0.3, seen_at, seen_at, "p.jpg", person, "m@1")
    word = Told(alert, watch, track, track, "new", 1, *seen)
    store = AlertStore(client, keys)
    assert store.tell(word, None, watch="walker", now=seen_at, by=Held(lease, holder))
    client.close()


def test_alerts_reach_a_webhook_that_fails_though_the_deliverer_is_killed(descry, receiver):
    secret = descry.folder / "secret"
    secret.write_text(SECRET)
    descry.environment["DESCRY_WEBHOOKS__SECRET_FILE"] = str(secret)
    add = ("watch", "add", "walker", "a person walking", "--webhook")
    said = descry.run(*add, "http://me:hush@10.0.0.1/", code=2)
    assert said.err.startswith("descry: --webhook holds credentials")
    assert "me:hush" not in said.err
    running = descry.watch()
    said = descry.run(*add, receiver.url(), code=2, timeout_s=300)
    assert "webhooks.allow_private_addresses" in said.err
    assert "Traceback" not in running.stop(within_s=30).err
    descry.environment["DESCRY_WEBHOOKS__ALLOW_PRIVATE_ADDRESSES"] = "true"
    running = descry.watch()
    added = descry.run(*add, receiver.url("/hook?key=k3y"), "--json", timeout_s=300).json()
    assert added["webhook"] == f"http://127.0.0.1:{receiver.port}/…"
    receiver.modes["/hook?key=k3y"] = 500
    tell(descry, added["id"])
    wait_for(lambda: len(receiver.got) >= 2, within_s=60, what="two attempts")
    (pid,) = processes_of(descry.folder, "worker deliver")
    os.kill(pid, signal.SIGKILL)
    receiver.modes.clear()
    wait_for(
        lambda: receiver.words("/hook?key=k3y")[-1] == ("end", 2), within_s=120, what="the end"
    )
    assert list(receiver.once().values()) == [[("new", 1), ("end", 2)]]
    receiver.refuse_forgeries()
    assert descry.run("alerts", "--undelivered").out == ""
    assert "0 on the way again" in descry.run("alerts", "--resend", "all").out
    said = running.stop(within_s=30).err
    assert "answered 500" in said
    for hidden in ("Traceback", SECRET, "k3y"):
        assert hidden not in said


@pytest.mark.rtsp
def test_an_alert_of_a_live_camera_arrives_to_its_end(descry, clip, stroller, receiver):  # noqa: F811
    descry.environment["DESCRY_WEBHOOKS__SECRET"] = SECRET
    descry.environment["DESCRY_WEBHOOKS__ALLOW_PRIVATE_ADDRESSES"] = "true"
    receiver.modes["/hook"] = 500
    with server_process(clip) as (_, url):
        settings(descry, url, stroller)
        running = descry.watch()
        asked = ("watch", "add", "walker", "a person walking", *EVERYBODY, "--webhook")
        descry.run(*asked, receiver.url(), timeout_s=300)
        wait_for(lambda: len(receiver.got) >= 2, within_s=240, what="two attempts")
        receiver.modes.clear()
    wait_for(
        lambda: any(words[-1][0] == "end" for words in receiver.once().values()),
        within_s=240,
        what="the end of an alert",
    )
    for words in receiver.once().values():
        assert words[0][0] == "new"
        assert [number for _, number in words] == list(range(1, len(words) + 1))
    receiver.refuse_forgeries()
    assert "Traceback" not in running.stop(within_s=30).err
