from dataclasses import replace

import pytest

from pipeline.store.cameras import CameraStatus, CameraStore
from pipeline.store.crop_stream import CropStream
from pipeline.store.runs import RunRecord, RunStore, SafePoint
from pipeline.store.sighting_log import SightingLog
from pipeline.store_figures import CameraFigures
from pipeline.wiring.serving import read_figures

pytestmark = pytest.mark.redis

FILE = RunRecord(
    camera_id="lobby",
    run_id="r1",
    kind="file",
    source="monday.mp4",
    digest="abc",
    started_at=100.0,
    collection="imports",
    imported_at=5000.0,
    detector="yolo11n",
    expected_frames=250,
)


@pytest.fixture
def runs(private_redis):
    return RunStore(private_redis.client, private_redis.keys)


@pytest.fixture
def cameras(private_redis):
    return CameraStore(private_redis.client, private_redis.keys)


def test_a_run_that_begins_is_known_as_it_was_told(runs):
    assert runs.get("lobby", "r1") is None
    assert runs.begin(FILE) == FILE
    assert runs.get("lobby", "r1") == FILE


def test_the_day_of_its_first_import_stays_with_a_file_that_is_read_again(runs):
    runs.begin(FILE)
    runs.finish("lobby", "r1", "done")
    again = runs.begin(replace(FILE, imported_at=9000.0, source="copy of monday.mp4"))
    assert again.imported_at == 5000.0
    assert again.source == "copy of monday.mp4"
    assert again.state == "reading"


def test_a_file_that_is_read_again_keeps_its_figures_until_it_has_better(runs):
    runs.begin(FILE)
    runs.progress("lobby", "r1", frames_read=250, boxes_seen=7, watched_until=110.0)
    again = runs.begin(FILE)
    assert (again.frames_read, again.boxes_seen, again.watched_until) == (250, 7, 110.0)
    runs.progress("lobby", "r1", frames_read=3)
    assert runs.get("lobby", "r1").frames_read == 3


def test_a_live_run_has_no_import_and_no_expected_end(runs):
    live = replace(
        FILE, kind="live", collection="live", imported_at=None, expected_frames=None, digest=""
    )
    assert runs.begin(live) == live


def test_a_figure_that_nobody_knows_is_a_mistake(runs):
    runs.begin(FILE)
    with pytest.raises(TypeError, match="frames_seen"):
        runs.progress("lobby", "r1", frames_seen=1)


def test_a_broken_run_says_why(runs):
    runs.begin(FILE)
    runs.finish("lobby", "r1", "broken", "the file ends in the middle of a frame")
    run = runs.get("lobby", "r1")
    assert (run.state, run.reason) == ("broken", "the file ends in the middle of a frame")


def test_a_restart_takes_up_at_the_last_safe_point(runs):
    runs.begin(FILE)
    assert runs.safe_point("lobby", "r1") is None
    for frame in (50, 120):
        runs.save_safe_point("lobby", "r1", SafePoint(frame, 4, {"boxes_seen": frame * 2}))
    runs.begin(FILE)
    assert runs.safe_point("lobby", "r1") == SafePoint(120, 4, {"boxes_seen": 240})


def test_runs_are_listed_by_their_start(runs):
    for run_id, at in (("b", 300.0), ("a", 100.0), ("c", 200.0)):
        runs.begin(replace(FILE, run_id=run_id, started_at=at))
    assert [run.run_id for run in runs.of_camera("lobby")] == ["a", "c", "b"]
    assert runs.of_camera("gate") == []


def test_a_damaged_run_is_passed_over(runs, private_redis):
    runs.begin(FILE)
    runs.begin(replace(FILE, run_id="r2"))
    private_redis.client.hset(private_redis.keys.run("lobby", "r1"), "started_at", "rubbish")
    assert [run.run_id for run in runs.of_camera("lobby")] == ["r2"]


def test_collections_are_known_since_their_first_use(runs):
    runs.begin(FILE)
    runs.begin(replace(FILE, run_id="r2", imported_at=9000.0))
    runs.begin(replace(FILE, run_id="r3", collection="case-7", imported_at=7000.0))
    assert runs.collections() == {"imports": 5000.0, "case-7": 7000.0}


def test_a_camera_is_known_once_it_is_registered(cameras):
    assert cameras.known() == []
    assert cameras.status("lobby") is None
    cameras.register("lobby", "rtsp")
    cameras.register("gate", "file")
    assert cameras.known() == ["gate", "lobby"]
    assert cameras.status("gate") == CameraStatus("gate", "file")


def test_a_live_camera_that_files_are_imported_for_stays_live(cameras):
    cameras.register("lobby", "rtsp")
    cameras.register("lobby", "file")
    assert cameras.status("lobby").kind == "rtsp"


def test_a_camera_says_how_it_stands(cameras):
    cameras.register("lobby", "rtsp")
    cameras.set_status("lobby", "watching", "", at=10.0, rates={"frames_hz": 12.5})
    cameras.set_status("lobby", "lost", "timed out after 10 s", at=20.0)
    status = cameras.status("lobby")
    assert (status.state, status.detail, status.at) == ("lost", "timed out after 10 s", 20.0)
    assert status.rates == {"frames_hz": 12.5}


def test_what_is_scraped_is_summed_over_the_runs_of_a_camera(private_redis, runs, cameras):
    cameras.register("lobby", "rtsp")
    cameras.set_status("lobby", "live", "", at=900.0)
    for run_id, until in (("r1", 500.0), ("r2", 995.0)):
        runs.begin(replace(FILE, kind="live", run_id=run_id))
        runs.progress(
            "lobby",
            run_id,
            watched_until=until,
            frames_read=10,
            frames_dropped=2,
            tracks=1,
            shots_published=3,
        )
    runs.finish("lobby", "r1", "broken", "timed out")
    cameras.set_rates("lobby", {"reconnects": 1.0})
    crops = CropStream(private_redis.client, private_redis.keys, max_length=5)
    log = SightingLog(private_redis.client, private_redis.keys)
    figures = read_figures(crops, log, cameras, runs, now=1000.0)
    assert figures.cameras == [
        CameraFigures(
            "lobby",
            True,
            frames_read=20,
            frames_dropped=4,
            tracks=2,
            shots=6,
            outages=1,
            rates={"reconnects": 1.0},
        )
    ]
    assert (figures.crops_pending, figures.crop_age_s, figures.crops_damaged) == (0, 0.0, 0)
    assert figures.sightings == 0


def test_a_camera_whose_worker_died_is_down_though_it_last_said_live(private_redis, runs, cameras):
    cameras.register("lobby", "rtsp")
    cameras.register("gate", "rtsp")
    cameras.set_status("lobby", "live", "", at=900.0)
    runs.begin(replace(FILE, kind="live"))
    runs.progress("lobby", "r1", watched_until=900.0)
    crops = CropStream(private_redis.client, private_redis.keys, max_length=5)
    log = SightingLog(private_redis.client, private_redis.keys)
    figures = read_figures(crops, log, cameras, runs, now=1000.0)
    assert [(camera.camera_id, camera.is_up) for camera in figures.cameras] == [
        ("gate", False),
        ("lobby", False),
    ]
