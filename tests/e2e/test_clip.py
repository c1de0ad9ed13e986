"""`descry clip`: the video of a hit, live and imported, through real processes."""

import json
import os
import shutil
import signal
from pathlib import Path

import av
import pytest

from pipeline.client import Client
from pipeline.data_folder import DataFolder
from pipeline.errors import VideoGone
from pipeline.store.connection import connect
from pipeline.store.keys import Keys
from pipeline.store.track_record import TrackRecord
from pipeline.store.tracks import TrackStore
from tests.e2e.conftest import Descry, processes_of, wait_for
from tests.packets import encode
from tests.rtsp_server import server_process

SCRIPT = {"frames": {str(n): [[8, 4, 40, 44, 0.9]] for n in range(1, 4001)}}


@pytest.fixture
def camera_clip(tmp_path: Path) -> Path:
    return encode(tmp_path / "camera", "libx264", frames=64)


def watching(descry: Descry, url: str, tmp_path: Path, **more) -> None:
    script = tmp_path / "walker.json"
    script.write_text(json.dumps(SCRIPT))
    file = descry.folder / "descry.yaml"
    tree = {
        "cameras": {"door": {"url": url, "fps": 5}},
        "detector": {"model": str(script)},
        "ring": {"min_free_megabytes": 0, **more},
    }
    file.write_text(json.dumps(tree))
    descry.environment["DESCRY_CONFIG"] = str(file)


def a_track(descry: Descry) -> str:
    """Somebody who was seen more than once, asked of the store: the camera worker is up first."""
    owner = DataFolder.open(descry.data, runtime_dir=descry.folder / "run").read_owner()
    assert owner is not None
    client = connect(
        url=None, unix_socket=owner.redis_socket, username=None, password=None, timeout_s=10
    )
    tracks = TrackStore(client, Keys("descry"))

    def followed() -> list[TrackRecord]:
        found = tracks.list("door", after=None, count=9)
        return [record for record in found if record.last_seen_at > record.first_seen_at + 0.5]

    record = wait_for(followed, within_s=200, what="a track")[0]
    client.close()
    return str(record.key)


def pictures_in(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.mark.slow
@pytest.mark.rtsp
def test_a_live_hit_has_a_clip_until_its_ring_is_gone(descry, camera_clip, tmp_path):
    out = tmp_path / "hit.mp4"
    with server_process(camera_clip) as (_, url):
        watching(descry, url, tmp_path)
        running = descry.watch()
        track = a_track(descry)
        (pid,) = processes_of(descry.folder, "worker camera")
        os.kill(pid, signal.SIGKILL)
        said = descry.run("clip", track, "--out", str(out), "--before", "1s", "--json").json()
        assert said["source"] == "ring"
        assert pictures_in(out) >= 5
        folder = DataFolder.open(descry.data, runtime_dir=descry.folder / "run")
        wait_for((folder.runtime_dir / "api.sock").exists, within_s=120, what="the query worker")
        with Client(token=folder.token(), socket=folder.runtime_dir / "api.sock") as client:
            wait_for(client.is_ready, within_s=120, what="the query worker to be ready")
            answer = client.clip(track, out=tmp_path / "http.mp4")
            assert answer.track == track
            assert pictures_in(tmp_path / "http.mp4") >= 5
            assert list(folder.clips.iterdir()) == []
            shutil.rmtree(folder.ring / "door")
            with pytest.raises(VideoGone, match="camera 'door'"):
                client.clip(track, out=tmp_path / "none.mp4")
        running.stop(within_s=30)
    gone = descry.run("clip", track, "--out", str(tmp_path / "none.mp4"), code=1)
    assert gone.err.count("\n") == 1
    assert "10 minutes" in gone.err
    assert not (tmp_path / "none.mp4").exists()


@pytest.mark.rtsp
@pytest.mark.slow
def test_a_camera_without_a_ring_says_so_once_and_keeps_nothing(descry, camera_clip, tmp_path):
    with server_process(camera_clip) as (_, url):
        watching(descry, url, tmp_path, enabled=False)
        running = descry.watch()
        track = a_track(descry)
        gone = descry.run("clip", track, "--out", str(tmp_path / "none.mp4"), code=1)
        assert "its ring is off: ring.enabled is false" in gone.err
        said = running.stop(within_s=30)
    assert said.err.count("keeps no recent video") == 1
    assert list((descry.data / "ring").iterdir()) == []


@pytest.mark.slow
def test_an_imported_hit_has_a_clip_wherever_its_file_went(descry, clip, tmp_path):
    film = tmp_path / "film.mp4"
    shutil.copy(clip, film)
    shutil.copy(clip.with_suffix(".boxes.json"), film.with_suffix(".boxes.json"))
    descry.replay(film, "--start", "2026-03-01T10:00:00Z")
    track = descry.tracks()[0]
    out = tmp_path / "hit.mp4"
    said = descry.run("clip", track["track"], "--out", str(out), "--json").json()
    assert said["source"] == str(film)
    assert said["time_from"] == "flag"
    assert pictures_in(out) >= 5
    moved = tmp_path / "archive" / "other.mp4"
    moved.parent.mkdir()
    film.rename(moved)
    gone = descry.run("clip", track["track"], "--out", str(tmp_path / "none.mp4"), code=1)
    assert "is not there any more; it was imported on" in gone.err
    arguments = ("clip", track["track"], "--out", str(out), "--look-in", str(moved.parent))
    assert str(moved) in descry.run(*arguments).out
    descry.run("clip", "no-such-thing", "--out", str(out), code=2)
    descry.run("clip", "door/run/1", "--out", str(out), code=2)
    descry.run(*arguments, "--before", "soon", code=2)
