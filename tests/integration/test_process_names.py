"""Workers in containers on one host's network: their host and their process number are the same."""

import os
import socket

import pytest

from pipeline.config import Settings
from pipeline.shutdown import Stop
from pipeline.wiring import workers
from pipeline.workers import camera, embed

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]


@pytest.fixture
def settings(tmp_path, private_redis, monkeypatch):
    """Those of two containers with the same host name, in which each process is number 7."""
    monkeypatch.setattr(os, "getpid", lambda: 7)
    monkeypatch.setattr(socket, "gethostname", lambda: "nvr")
    nobody = tmp_path / "nobody.json"
    nobody.write_text('{"frames": {}}')
    return Settings(
        data_dir=tmp_path / "data",
        redis={"url": f"unix://{private_redis.socket}", "namespace": private_redis.keys.namespace},
        detector={"model": str(nobody)},
        encoder={"model": "untrained-tiny"},
        cameras={"gate": {"url": "rtsp://127.0.0.1:1/live"}},
    )


def test_two_camera_workers_never_hold_one_lease(settings, monkeypatch):
    leases = []
    monkeypatch.setattr(
        camera.CameraWorker, "run", lambda self, stop: leases.append(self._parts.roster._leases)
    )
    for _ in range(2):
        workers.work_camera(settings, [], Stop())
    assert [bool(worker.claim("gate")) for worker in leases] == [True, False]
    assert [worker.attend() for worker in leases] == [1, 2]


def test_an_embed_worker_takes_nothing_out_of_the_hands_of_another(settings, monkeypatch):
    names = []

    def run(self, stop):
        names.append(self._name)
        stop.set()

    monkeypatch.setattr(embed.EmbedWorker, "run", run)
    for name in (None, None, "own"):
        workers.work_embed(settings, name, Stop())
    assert len(set(names)) == 3
    assert names[2] == "own"
