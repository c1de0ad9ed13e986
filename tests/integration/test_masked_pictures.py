"""What a mask hides is in no published picture: the real workers as wired, on a real Redis."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.config import Settings, load_settings
from pipeline.shutdown import Stop
from pipeline.store.runs import RunRecord
from pipeline.store.wire import PublishedShot
from pipeline.wiring.places import place_of, words_of
from pipeline.wiring.stores import open_stores
from pipeline.wiring.workers import work_camera, work_replay
from pipeline.workers.jobs import ReplayJob, name_run
from pipeline.workers.spool import Spool
from tests.drawn_secret import LEFT, MASK, RIGHT, draw_film, secret_pixels
from tests.rtsp_server import RtspServer

pytestmark = [
    pytest.mark.redis,
    pytest.mark.rtsp,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

WITHIN_S = 200


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_film(tmp_path_factory.mktemp("film") / "film.mp4", 16)


class Site:
    """Settings for one camera, and what its workers published."""

    def __init__(self, redis, folder: Path, film: Path, **camera: object) -> None:
        file = folder / "descry.yaml"
        content = {
            "data_dir": str(folder / "data"),
            "redis": {"url": f"unix://{redis.socket}", "namespace": redis.keys.namespace},
            "detector": {"model": str(film.with_suffix(".boxes.json"))},
            "cameras": {"door": {"url": "rtsp://127.0.0.1:1/live", "fps": 10} | camera},
        }
        file.write_text(json.dumps(content))
        self.folder, self.film = folder, film
        self.settings: Settings = load_settings(file, {})
        self.stores = open_stores(self.settings)

    def replay(self) -> RunRecord:
        place = place_of(self.settings, "door")
        job = ReplayJob(
            path=str(self.film), camera_id="door", collection="imports", run_id="f1", digest="d",
            started_at=1_790_000_000.0, time_source="flag", fps=5.0, realtime=False,
            keep_boxes=False, detector="said", encoder="m", place=place,
        )  # fmt: skip
        begun = RunRecord(
            camera_id="door", run_id="f1", kind="file", source="film.mp4",
            started_at=job.started_at, collection="imports",
        )  # fmt: skip
        self.stores.runs.begin(begun)
        spool, stop = Spool(self.folder / "spool"), Stop()
        spool.put(1, job)
        arguments = (self.settings, self.folder / "spool", "reader", stop)
        reader = threading.Thread(target=work_replay, args=arguments)
        reader.start()
        deadline = time.monotonic() + WITHIN_S
        while not spool.finished() and time.monotonic() < deadline:
            time.sleep(0.05)
        stop.set()
        reader.join()
        return self.stores.runs.get("door", "f1")

    def watch_until_published(self) -> None:
        stop = Stop()
        worker = threading.Thread(target=work_camera, args=(self.settings, [], stop))
        worker.start()
        deadline = time.monotonic() + WITHIN_S
        while self.stores.crops.length() < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        stop.set()
        worker.join()

    def shots(self) -> Iterator[PublishedShot]:
        self.stores.crops.ensure_group()
        taken = self.stores.crops.take("t", count=100, block_s=0.1, reclaim_idle_s=1e6)
        return (crop.shot for crop in taken)


def test_without_a_mask_the_secret_is_in_the_pictures(private_redis, short_dir, film):
    """Or the other tests would prove nothing."""
    site = Site(private_redis, short_dir, film)
    site.replay()
    assert sum(secret_pixels(shot.jpeg) for shot in site.shots()) > 1000


def test_a_file_imported_for_a_camera_shows_nothing_that_its_masks_hide(
    private_redis, short_dir, film
):
    site = Site(private_redis, short_dir, film, masks={"window": MASK})
    site.replay()
    shots = list(site.shots())
    assert len({shot.shot.track for shot in shots}) == 2
    assert [secret_pixels(shot.jpeg) for shot in shots] == [0] * len(shots)


def test_a_live_camera_shows_nothing_that_its_masks_hide(private_redis, short_dir, film):
    with RtspServer(film) as server:
        site = Site(private_redis, short_dir, film, url=server.url, masks={"window": MASK})
        site.watch_until_published()
    shots = list(site.shots())
    assert len(shots) >= 2
    assert [secret_pixels(shot.jpeg) for shot in shots] == [0] * len(shots)


def test_zones_and_skipped_frames_of_a_file_are_recorded(private_redis, short_dir, film):
    site = Site(private_redis, short_dir, film, zones={"left": LEFT, "right": RIGHT})
    run = site.replay()
    assert run.frames_looked_at + run.frames_skipped == 16 * 5
    assert run.frames_skipped > 10
    assert {shot.zones for shot in site.shots()} == {("left",), ("right",)}
    tracks = site.stores.tracks.list("door", after=None, count=9)
    assert [track.zones for track in tracks] == [("left",), ("right",)]


def test_a_camera_may_say_that_every_frame_is_looked_at(private_redis, short_dir, film):
    run = Site(private_redis, short_dir, film, motion=False).replay()
    assert (run.frames_looked_at, run.frames_skipped) == (16 * 5, 0)


def test_masks_zones_and_gate_name_the_run(private_redis, short_dir, film):
    def name(**camera: object) -> str:
        settings = Site(private_redis, short_dir, film, **camera).settings
        return name_run(
            digest="d",
            camera_id="door",
            started_at=1.0,
            fps=5.0,
            makers=words_of(place_of(settings, "door")),
        )

    said = [{}, {"masks": {"a": MASK}}, {"zones": {"a": MASK}}, {"zones": {"b": MASK}}]
    said += [{"motion": False}, {"masks": {"a": LEFT}}]
    names = [name(**camera) for camera in said]
    assert len(set(names)) == len(said)
    # What a mask is called hides nothing more, nor does the order.
    assert name(masks={"b": MASK}) == names[1]
    both = {"a": MASK, "b": LEFT}
    assert name(masks=both) == name(masks=dict(reversed(both.items())))
