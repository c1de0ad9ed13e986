"""Cameras added, changed, paused and removed under `descry run`, and moved between workers."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from redis import Redis

from pipeline.config import load_settings
from pipeline.store.keys import Keys
from tests.e2e.conftest import Descry, wait_for
from tests.rtsp_server import server_process

pytestmark = pytest.mark.rtsp

# What README.md and CHANGELOG.md promise of the cameras of a worker that died.
PROMISED_S = 10.0


def write(descry: Descry, script: Path, **urls: str) -> None:
    """The settings file, as an editor replaces it."""
    cameras = {name: {"url": url, "fps": 5} for name, url in urls.items()}
    sources = {"open_timeout_s": 3, "read_timeout_s": 3, "reconnect_min_s": 0.2}
    fresh = descry.folder / "fresh.yaml"
    settings = {"cameras": cameras, "detector": {"model": str(script)}, "sources": sources}
    fresh.write_text(json.dumps(settings))
    file = descry.folder / "descry.yaml"
    fresh.replace(file)
    descry.environment["DESCRY_CONFIG"] = str(file)


def cameras(descry: Descry) -> dict[str, dict]:
    return {one["camera"]: one for one in descry.run("cameras", "list", "--json").lines()}


def states(descry: Descry) -> dict[str, str]:
    return {name: one["state"] for name, one in cameras(descry).items()}


@pytest.fixture
def nobody(tmp_path: Path) -> Path:
    script = tmp_path / "nobody.json"
    script.write_text(json.dumps({"frames": {}}))
    return script


@pytest.mark.slow
def test_cameras_come_and_go_without_the_others_noticing(descry, clip, nobody):
    with server_process(clip) as (_, first), server_process(clip) as (_, second):
        write(descry, nobody, door=first)
        running = descry.watch()
        wait_for(lambda: states(descry) == {"door": "live"}, within_s=90, what="the first camera")
        (run,) = cameras(descry)["door"]["runs"]
        write(descry, nobody, door=first, yard=second)
        both = {"door": "live", "yard": "live"}
        wait_for(lambda: states(descry) == both, within_s=60, what="the added camera")
        assert descry.run("cameras", "pause", "yard").out == "yard  paused\n"
        paused = {"door": "live", "yard": "paused"}
        wait_for(lambda: states(descry) == paused, within_s=60, what="the pause")
        descry.run("cameras", "resume", "yard")
        wait_for(lambda: states(descry) == both, within_s=60, what="the second camera again")
        write(descry, nobody, door=first)
        gone = {"door": "live", "yard": "removed"}
        wait_for(lambda: states(descry) == gone, within_s=60, what="the removal")
        (after,) = cameras(descry)["door"]["runs"]
        assert after["run"] == run["run"]
        assert len(cameras(descry)["yard"]["runs"]) == 2
        said = descry.run("cameras", "pause", "attic", code=2).err
        assert "no camera 'attic'" in said
        assert running.stop().err.count("Traceback") == 0


@pytest.mark.slow
def test_a_camera_is_added_and_taken_out_where_there_was_none(descry, clip, nobody, tmp_path):
    """Through the API of what runs: `descry cameras` is its client."""
    descry.environment["DESCRY_DETECTOR__MODEL"] = str(nobody)
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    login = ("--username", "guard", "--password-file", str(secret))
    with server_process(clip) as (_, url):
        running = descry.watch()
        said = descry.run("cameras", "add", "yard", url, *login)
        assert said.out == "yard  idle  added; waits for a camera worker\n"
        wait_for(lambda: states(descry) == {"yard": "live"}, within_s=90, what="the added camera")
        slower = tmp_path / "slower.yaml"
        slower.write_text("fps: 1\n")
        descry.run("cameras", "add", "yard", url, "--more", str(slower))
        wait_for(lambda: len(cameras(descry)["yard"]["runs"]) == 2, what="its other settings")
        assert (
            "cameras.yard.fps"
            in descry.run(
                "cameras", "add", "yard", url, "--more", str(negative(tmp_path)), code=2
            ).err
        )
        assert descry.run("cameras", "remove", "yard").out == "yard  removed\n"
        wait_for(lambda: states(descry) == {"yard": "removed"}, what="the removal")
        assert "no camera 'yard' was added" in descry.run("cameras", "remove", "yard", code=2).err
        said = running.stop().err
        assert "Traceback" not in said
        assert "s3cret" not in said


def negative(folder: Path) -> Path:
    file = folder / "negative.yaml"
    file.write_text("fps: -1\n")
    return file


@pytest.mark.slow
def test_the_camera_of_a_killed_worker_moves_to_the_living_one(descry, clip, nobody):
    with server_process(clip) as (_, url):
        write(descry, nobody, door=url)
        running = descry.watch()  # its own camera worker
        wait_for(lambda: states(descry) == {"door": "live"}, within_s=90, what="the camera")
        owner = json.loads((descry.data / "owner.json").read_text())
        other = descry.start(
            "worker", "camera", DESCRY_REDIS__URL=f"unix://{owner['redis_socket']}"
        )
        (first,) = cameras(descry)["door"]["runs"]
        leader = worker_of(descry, running.process.pid)
        os.kill(leader, signal.SIGSTOP)  # as dead as a worker that nobody restarts
        try:
            wait_for(
                lambda: (
                    len(cameras(descry)["door"]["runs"]) > 1 and states(descry) == {"door": "live"}
                ),
                within_s=120,
                what="the camera at the other worker",
            )
        finally:
            os.kill(leader, signal.SIGCONT)
        runs = cameras(descry)["door"]["runs"]
        assert {run["run"] for run in runs} > {first["run"]}
        assert "Traceback" not in other.stop().err
        running.stop(within_s=30)


@pytest.mark.slow
def test_the_camera_of_a_worker_that_was_killed_is_held_by_another_within_ten_seconds(
    descry, clip, nobody
):
    """No supervisor restarts these two: what is measured is the lease alone."""
    with server_process(clip) as (_, url):
        write(descry, nobody, door=url)
        running = descry.watch()
        owner = json.loads((descry.data / "owner.json").read_text())
        socket = owner["redis_socket"]
        keys = Keys(load_settings(None, {}, {}).redis.namespace)
        client = Redis(unix_socket_path=socket)
        wait_for(lambda: states(descry) == {"door": "live"}, within_s=90, what="the camera")
        pair = [
            descry.start("worker", "camera", DESCRY_REDIS__URL=f"unix://{socket}") for _ in "ab"
        ]
        wait_for(lambda: client.zcard(keys.watchers) == 3, within_s=90, what="three workers")
        supervised = worker_of(descry, running.process.pid)
        os.kill(supervised, signal.SIGSTOP)
        try:
            held = holder_among(client, keys, pair, within_s=20.0)
            killed, other = sorted(pair, key=lambda one: f"-{one.process.pid}-" not in held)
            killed.process.kill()
            began = time.monotonic()
            killed.process.wait()
            assert f"-{other.process.pid}-" in holder_among(client, keys, [other], within_s=20.0)
            took_s = time.monotonic() - began
            assert took_s <= PROMISED_S, f"{took_s:.1f} s from the kill to the claim"
        finally:
            os.kill(supervised, signal.SIGCONT)
        assert "Traceback" not in other.stop().err
        running.stop(within_s=30)


def holder_among(client, keys, workers, *, within_s):
    """The lease's holder, once it is one of `workers`."""

    def holder():
        name = (client.get(keys.lease("door")) or b"").decode()
        return name if any(f"-{one.process.pid}-" in name for one in workers) else None

    return wait_for(holder, within_s=within_s, what="a holder of the lease")


def worker_of(descry: Descry, supervisor: int) -> int:
    """The camera worker that a `descry run` supervises."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_text().split("\0")
        except OSError:
            continue
        if words[3:5] == ["worker", "camera"] and str(supervisor) in words:
            return int(entry.name)
    raise AssertionError("no camera worker")
