"""A camera worker on a real Redis, with one camera whose settings cannot be used."""

import json
import shutil
import threading
import time
from contextlib import contextmanager

import certifi
import pytest

from pipeline.config import Settings
from pipeline.errors import DescryError
from pipeline.shutdown import Stop
from pipeline.store.cameras import CameraStore
from pipeline.wiring.workers import work_camera
from pipeline.workers import attendance
from tests.drawn_clips import draw_clip, even
from tests.rtsp_server import RtspServer

pytestmark = [
    pytest.mark.redis,
    pytest.mark.rtsp,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]


@contextmanager
def working(settings, only=()):
    """A camera worker; the exception that ended it, if one did."""
    stop, ended = Stop(), []

    def work():
        try:
            work_camera(settings, list(only), stop)
        except DescryError as error:
            ended.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield ended
    finally:
        stop.set()
        thread.join(20)


@pytest.fixture
def settings(tmp_path, private_redis):
    """Makes settings of cameras."""
    nobody = tmp_path / "nobody.json"
    nobody.write_text(json.dumps({"frames": {}}))

    def make(**cameras):
        return Settings(
            data_dir=tmp_path / "data",
            redis={
                "url": f"unix://{private_redis.socket}",
                "namespace": private_redis.keys.namespace,
            },
            detector={"model": str(nobody)},
            cameras=cameras,
        )

    return make


def wait_for(cameras, name, *states, ended, within_s=30.0):
    last = time.monotonic() + within_s
    while (status := cameras.status(name)) is None or status.state not in states:
        assert not ended, f"the worker ended: {ended}"
        assert time.monotonic() < last, f"{name} is {status}, not {states}"
        time.sleep(0.05)
    return status


@pytest.mark.parametrize("chosen", [(), ("door", "yard")])
def test_a_bad_file_of_certificates_refuses_its_camera_and_no_other(
    settings, private_redis, tmp_path, monkeypatch, caplog, chosen
):
    monkeypatch.setattr(attendance, "TRY_AGAIN_S", 0.3, raising=False)
    cameras = CameraStore(private_redis.client, private_redis.keys)
    clip = draw_clip(tmp_path / "clip.mp4", even(64), options={"g": "16"})
    authority = tmp_path / "ca.pem"
    yard = {"url": "rtsps://127.0.0.1:1/live", "ca_file": str(authority)}
    with RtspServer(clip) as server:
        both = settings(yard=yard, door={"url": server.url})
        with working(both, chosen) as ended:
            status = wait_for(cameras, "yard", "refused", ended=ended)
            assert "cameras.yard.ca_file" in status.detail
            wait_for(cameras, "door", "live", ended=ended)
            time.sleep(1.0)
            said = [r for r in caplog.records if "cameras.yard.ca_file" in r.getMessage()]
            assert [r.levelname for r in said if r.levelname != "DEBUG"] == ["ERROR"]
            # The file may be put there by somebody, with no word to us.
            shutil.copy(certifi.where(), authority)
            wait_for(cameras, "yard", "connecting", "lost", ended=ended)
            authority.unlink()
            assert "ca_file" in wait_for(cameras, "yard", "refused", ended=ended).detail
        assert cameras.status("yard").state == cameras.status("door").state == "stopped"


def test_the_writer_of_recent_video_ends_when_its_camera_leaves(settings, private_redis):
    cameras = CameraStore(private_redis.client, private_redis.keys)

    def writers():
        return {each.name for each in threading.enumerate() if each.name.startswith("ring-")}

    both = settings(door={"url": "rtsp://127.0.0.1:1/a"}, yard={"url": "rtsp://127.0.0.1:1/b"})
    with working(both) as ended:
        for name in ("door", "yard"):
            wait_for(cameras, name, "lost", ended=ended)
        assert writers() == {"ring-door", "ring-yard"}
        cameras.pause("yard")
        wait_for(cameras, "yard", "paused", ended=ended)
        assert writers() == {"ring-door"}
        cameras.resume("yard")
        wait_for(cameras, "yard", "lost", ended=ended)
        assert writers() == {"ring-door", "ring-yard"}
