"""Camera workers as processes of their own, one of them stopped for longer than its lease."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.coverage import WatchedRun, cover
from pipeline.store.crop_stream import CropStream
from pipeline.store.runs import RunStore
from pipeline.store.tracks import TrackStore
from pipeline.workers.giving_way import TAKEN_OVER
from tests.conftest import ROOT
from tests.drawn_street.clip import draw_clip
from tests.e2e.conftest import wait_for
from tests.rtsp_server import Behaviour, RtspServer

WITHIN_S = 600.0
pytestmark = [
    pytest.mark.redis,
    pytest.mark.rtsp,
    pytest.mark.slow,
    pytest.mark.timeout(6 * WITHIN_S),
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

WORK = """
import json, sys
from pipeline.config import Settings
from pipeline.shutdown import stopping
from pipeline.wiring.workers import work_camera
with stopping() as stop:
    work_camera(Settings(**json.loads(sys.argv[1])), [], stop)
"""
LATE_S = 4.0
"""Video that a connection holds while its reader is stopped comes in for so long afterwards."""


@contextmanager
def worker(settings):
    """A camera worker in a process of its own."""
    command = [sys.executable, "-c", WORK, json.dumps(settings)]
    with (
        Path(f"{settings['data_dir']}.txt").open("wb") as said,
        subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def settings(tmp_path, private_redis):
    """Makes settings of one camera in which somebody walks."""
    walk = {str(n): [[100 + 3 * (n % 100), 90, 170 + 3 * (n % 100), 300, 0.9]] for n in range(9999)}
    script = tmp_path / "walker.json"
    script.write_text(json.dumps({"frames": walk}))

    def make(name, url, **camera):
        return {
            "data_dir": str(tmp_path / name),
            "redis": {
                "url": f"unix://{private_redis.socket}",
                "namespace": private_redis.keys.namespace,
            },
            "detector": {"model": str(script)},
            "cameras": {"door": {"url": url, "fps": 5, **camera}},
        }

    return make


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "street.mp4"
    draw_clip(path, seconds=10, fps=10)
    return path


def watched(run):
    until = run.watched_until or run.started_at
    return WatchedRun("door", True, run.started_at, until, 0, 0, 0, run.reason, run.dropped_by)


def test_a_worker_that_was_stopped_leaves_its_camera_to_the_one_that_took_it(
    settings, private_redis, clip
):
    client, keys = private_redis.client, private_redis.keys
    runs, tracks = RunStore(client, keys), TrackStore(client, keys)

    def known():
        return {run.run_id: run for run in runs.of_camera("door")}

    def followed(besides=()):
        records = tracks.list("door", after=None, count=999)
        return [t for t in records if t.key.run_id not in besides and t.published]

    with (
        RtspServer(clip) as server,
        worker(settings("one", server.url)) as one,
        worker(settings("other", server.url)) as other,
    ):
        (mine,) = {t.key.run_id for t in wait_for(followed, within_s=WITHIN_S, what="a track")}
        wait_for(lambda: client.zcard(keys.watchers) == 2, within_s=WITHIN_S, what="both workers")
        holder = client.get(keys.lease("door")).decode()
        stopped, living = (one, other) if f"-{one.pid}-" in holder else (other, one)
        os.kill(stopped.pid, signal.SIGSTOP)
        wait_for(lambda: followed([mine]), within_s=WITHIN_S, what="the other worker's track")
        os.kill(stopped.pid, signal.SIGCONT)
        wait_for(lambda: known()[mine].reason == TAKEN_OVER, within_s=WITHIN_S, what="the word")
        time.sleep(LATE_S)
        assert stopped.poll() is None
        assert living.poll() is None
        (its,) = known().keys() - {mine}
        assert known()[its].state == "reading"
        assert f"-{living.pid}-" in client.get(keys.lease("door")).decode()
        wait_for(lambda: len(server._sessions) == 1, within_s=WITHIN_S, what="one reader")
    cut_off, taken = known()[mine], known()[its]
    assert cut_off.watched_until < taken.started_at
    crops = CropStream(client, keys, max_length=9999)
    crops.ensure_group()
    shots = [c.shot for c in crops.take("test", count=9999, block_s=0.1, reclaim_idle_s=60.0)]
    seen = {
        run: [s.captured_at for s in shots if s.shot.track.run_id == run] for run in (mine, its)
    }
    assert len(shots) == len({str(shot.shot) for shot in shots}) == len(seen[mine]) + len(seen[its])
    assert max(seen[mine]) < taken.started_at <= min(seen[its])
    assert all(t.last_seen_at < taken.started_at for t in followed([its]))
    assert all(t.state == "ended" for t in followed([its]))
    (camera,) = cover(
        [watched(r) for r in (cut_off, taken)], since=None, until=taken.started_at, now=time.time()
    )
    assert camera.blind == ((cut_off.watched_until, taken.started_at),)
    assert camera.blind_reasons == (TAKEN_OVER,)


def test_people_are_in_view_of_a_camera_whose_clock_is_a_minute_behind(
    settings, private_redis, clip
):
    client, keys = private_redis.client, private_redis.keys
    tracks, runs = TrackStore(client, keys), RunStore(client, keys)
    behind = Behaviour(reports=True, clock_ahead_s=-60.0)
    with (
        RtspServer(clip, behind) as server,
        worker(settings("one", server.url, timed_by="camera")),
    ):
        live = wait_for(
            lambda: tracks.live_keys(time.time(), 15.0), within_s=WITHIN_S, what="somebody in view"
        )
        record = tracks.get_many(live)[next(iter(live))]
        assert time.time() - record.last_seen_at > 55.0
        run_id = record.key.run_id
        wait_for(lambda: runs.get("door", run_id).clock_ahead_s, within_s=WITHIN_S, what="progress")
        assert runs.get("door", run_id).clock_ahead_s < -55.0
