"""`descry run` on a camera that is a real RTSP server: watched, searched, killed, back again."""

import json
import os
import shutil
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detectors.types import TrackKey
from tests.e2e.conftest import Descry, processes_of, wait_for
from tests.rtsp_server import Behaviour, RtspServer, server_process

pytestmark = pytest.mark.rtsp

PASSWORD = "p%40ss w/örd:7"


@pytest.fixture
def everywhere(clip: Path, tmp_path: Path) -> Path:
    """A script that finds one walking person in every frame number of a long stream."""
    frames = {}
    for number in range(1, 4001):
        x = 100 + 3 * (number % 100)
        frames[str(number)] = [[x, 90, x + 70, 300, 0.9]]
    script = tmp_path / "walker.json"
    script.write_text(json.dumps({"frames": frames}))
    return script


def settings(descry: Descry, url: str, script: Path, **more: str) -> Path:
    file = descry.folder / "descry.yaml"
    file.write_text(
        json.dumps(
            {
                "cameras": {"door": {"url": url, "fps": 10, **more}},
                "detector": {"model": str(script)},
                "sources": {
                    "open_timeout_s": 3,
                    "read_timeout_s": 3,
                    "reconnect_min_s": 0.2,
                    "reconnect_max_s": 1,
                },
            }
        )
    )
    descry.environment["DESCRY_CONFIG"] = str(file)
    return file


def live_hits(descry: Descry) -> list[dict]:
    return descry.run("search", "a person walking", "--live", "--json").json()["hits"]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_people_in_view_are_found_and_a_camera_that_dies_comes_back(descry, clip, everywhere):
    with server_process(clip) as (server, url):
        settings(descry, url, everywhere)
        running = descry.watch()
        hits = wait_for(lambda: live_hits(descry), within_s=90, what="a live hit")
        assert hits[0]["live"] is True
        assert hits[0]["collection"] == "live"
        before = TrackKey.parse(hits[0]["track"])
        os.kill(server.pid, signal.SIGKILL)
        port = url.rsplit(":", 1)[1].split("/")[0]
        wait_for(
            lambda: descry.run("cameras", "list", "--json").json()["state"] == "lost",
            what="the loss to be noticed",
        )
        wait_for(lambda: not live_hits(descry), what="the people in view to be gone")
    with server_process(clip, "--port", port):
        hits = wait_for(lambda: live_hits(descry), within_s=90, what="a live hit again")
        after = TrackKey.parse(hits[0]["track"])
        assert after.run_id != before.run_id
        assert after.camera_id == before.camera_id
        found = descry.run("search", "a person walking", "--json", "--limit", "50").json()
        runs = {TrackKey.parse(hit["track"]).run_id for hit in found["hits"]}
        assert {before.run_id, after.run_id} <= runs
        (coverage,) = found["coverage"]["cameras"]
        assert coverage["watched_s"] > 0
        said = running.stop()
        assert running.process.returncode == 0, said.err
        assert processes_of(descry.folder) == []
        assert "Traceback" not in said.err, said.err


@pytest.mark.slow
def test_people_are_in_view_of_a_camera_whose_clock_is_a_minute_behind(descry, clip, everywhere):
    with RtspServer(clip, Behaviour(reports=True, clock_ahead_s=-60.0)) as server:
        settings(descry, server.url, everywhere, timed_by="camera")
        running = descry.watch()
        hit = wait_for(lambda: live_hits(descry), within_s=90, what="a live hit")[0]
        behind_s = (datetime.now(UTC) - instant(hit["last_seen_at"])).total_seconds()
        assert 55 < behind_s < 90
        found = descry.run("search", "a person walking", "--json").json()
        (coverage,) = found["coverage"]["cameras"]
        assert coverage["blind_s"] < 10
        said = running.stop(within_s=30)
        assert "Traceback" not in said.err, said.err


@pytest.mark.slow
def test_a_killed_camera_worker_is_replaced_and_leaves_nobody_in_view(descry, clip, everywhere):
    with server_process(clip) as (_, url):
        settings(descry, url, everywhere)
        running = descry.watch()
        # The walker jumps back now and then, and is somebody new: there may be two.
        before = wait_for(lambda: live_hits(descry), within_s=90, what="a live hit")[0]
        run = TrackKey.parse(before["track"]).run_id
        (pid,) = processes_of(descry.folder, "worker camera")
        os.kill(pid, signal.SIGKILL)
        wait_for(
            lambda: [h for h in live_hits(descry) if TrackKey.parse(h["track"]).run_id != run],
            within_s=90,
            what="the next worker",
        )
        states = {track["track"]: track["state"] for track in descry.tracks()}
        assert states[before["track"]] == "ended"
        running.stop(within_s=30)


@pytest.mark.slow
def test_no_password_reaches_output_log_or_data(descry, clip, everywhere, monkeypatch):
    monkeypatch.setenv("RTSP_PASSWORD", PASSWORD)
    options = ("--user", "viewer", "--password-env", "RTSP_PASSWORD")
    with server_process(clip, *options) as (_, url):
        settings(descry, url, everywhere, username="viewer")
        descry.environment["DESCRY_LOG_LEVEL"] = "debug"
        wrong = descry.run(
            "cameras", "probe", code=3, DESCRY_CAMERAS__DOOR__PASSWORD="wrong-one-8431"
        )
        assert "password" in wrong.out
        assert "wrong-one-8431" not in wrong.out + wrong.err
        descry.environment["DESCRY_CAMERAS__DOOR__PASSWORD"] = PASSWORD
        running = descry.watch()
        wait_for(lambda: live_hits(descry), within_s=90, what="a live hit")
        running.stop(within_s=30)
    told = b""
    for file in descry.folder.rglob("*"):
        if file.is_file() and not file.is_socket():
            told += file.read_bytes()
    assert PASSWORD.encode() not in told
    assert b"%2540ss" not in told


@pytest.mark.slow
def test_everything_goes_on_when_redis_was_killed(descry, clip, everywhere):
    with server_process(clip) as (_, url):
        settings(descry, url, everywhere)
        running = descry.watch()
        wait_for(lambda: live_hits(descry), within_s=90, what="a live hit")
        (redis,) = processes_of(descry.folder, "redis-server unixsocket")
        os.kill(redis, signal.SIGKILL)
        wait_for(
            lambda: [
                p for p in processes_of(descry.folder, "redis-server unixsocket") if p != redis
            ],
            what="Redis to be started again",
        )
        struck_at = datetime.now(UTC)
        wait_for(
            lambda: [h for h in live_hits(descry) if instant(h["last_seen_at"]) > struck_at],
            within_s=60,
            what="somebody seen after Redis was killed",
        )
        assert running.process.poll() is None
        running.stop(within_s=30)


@pytest.mark.slow
def test_a_camera_that_refuses_is_one_line_and_does_not_stop_the_others(descry, clip, everywhere):
    with server_process(clip) as (_, url):
        settings(descry, url, everywhere)
        file = Path(descry.environment["DESCRY_CONFIG"])
        tree = json.loads(file.read_text())
        tree["cameras"]["nobody"] = {"url": "rtsp://127.0.0.1:9/live"}
        tree["cameras"]["unknown"] = {"url": "rtsp://no-such-host.invalid/live"}
        file.write_text(json.dumps(tree))
        probed = descry.run("cameras", "probe", "--json", code=3)
        found = {line["camera"]: line for line in probed.lines()}
        assert found["door"]["ok"]
        assert not found["nobody"]["ok"]
        assert not found["unknown"]["ok"]
        assert "no-such-host.invalid" in found["unknown"]["detail"]
        running = descry.watch()
        wait_for(lambda: live_hits(descry), within_s=90, what="a live hit")
        states = {c["camera"]: c["state"] for c in descry.run("cameras", "list", "--json").lines()}
        assert states["door"] == "live"
        assert states["nobody"] in {"lost", "connecting"}
        running.stop(within_s=30)
    shutil.rmtree(descry.data, ignore_errors=True)
