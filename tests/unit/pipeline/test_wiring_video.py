"""pipeline.wiring.video: which cameras keep video, and for how long."""

import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.config import Settings
from pipeline.errors import StoreUnavailable
from pipeline.store.ring import RingFolder
from pipeline.telemetry import Telemetry
from pipeline.wiring.stores import video_keep_s
from pipeline.wiring.video import Rings, why_no_ring

CAMERAS = {"door": {"url": "rtsp://10.0.0.1/live"}, "yard": {"url": "rtsp://10.0.0.2/live"}}


def masked(name: str) -> SimpleNamespace:
    """Settings in which one camera has masks."""
    plain, hidden = SimpleNamespace(masks={}), SimpleNamespace(masks={"window": "0,0,1,0,1,1"})
    cameras = {"door": plain, "yard": plain, name: hidden}
    return SimpleNamespace(**dict(Settings(cameras=CAMERAS)) | {"cameras": cameras})


class Cameras:
    """Hears how rings stand."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.said: dict[str, str] = {}
        self.failure = failure

    def set_ring(self, camera_id: str, state: str) -> None:
        if self.failure is not None:
            raise self.failure
        self.said[camera_id] = state


def old_video(root: Path, camera_id: str) -> RingFolder:
    folder = RingFolder(root / "ring")
    folder.begin(camera_id, 1_700_000_000.0)
    return folder


def test_a_camera_keeps_video_unless_it_has_masks_or_nobody_wants_any():
    assert why_no_ring(Settings(cameras=CAMERAS), "door") is None
    assert why_no_ring(masked("yard"), "door") is None
    assert "cameras.yard.masks" in why_no_ring(masked("yard"), "yard")
    settings = Settings(cameras=CAMERAS, ring={"enabled": False})
    assert "ring.enabled" in why_no_ring(settings, "door")


@pytest.mark.parametrize("failure", [None, StoreUnavailable("away")])
def test_video_that_a_camera_may_not_keep_is_removed_at_once_and_that_is_said(
    tmp_path, caplog, failure
):
    cameras, folder = Cameras(failure), old_video(tmp_path, "yard")
    stores = SimpleNamespace(ring=folder, cameras=cameras)
    assert Rings(stores, Telemetry()).of(masked("yard"), "yard") is None
    assert folder.segments("yard") == []
    assert len([r for r in caplog.records if "keeps no recent video" in r.message]) == 1
    assert failure is not None or "masks" in cameras.said["yard"]


def test_a_ring_is_written_from_the_first_look_at_its_camera_until_the_end(tmp_path):
    stores = SimpleNamespace(ring=RingFolder(tmp_path / "ring"), cameras=Cameras())
    settings, rings = Settings(cameras=CAMERAS), Rings(stores, Telemetry())
    door, yard = rings.of(settings, "door"), rings.of(settings, "yard")
    assert door is not yard
    assert door is rings.of(settings, "door")
    assert door.is_alive()
    rings.stop()
    assert not door.is_alive()
    assert not yard.is_alive()


def test_a_camera_that_gets_masks_while_it_is_watched_loses_its_video(tmp_path):
    cameras, folder = Cameras(), RingFolder(tmp_path / "ring")
    rings = Rings(SimpleNamespace(ring=folder, cameras=cameras), Telemetry())
    writer = rings.of(Settings(cameras=CAMERAS), "yard")
    begun = folder.begin("yard", time.time() - 5)
    folder.rename(begun, time.time() - 5, time.time())  # whole: the writer leaves it alone
    assert folder.segments("yard")
    assert rings.of(masked("yard"), "yard") is None
    assert not writer.is_alive()
    assert folder.segments("yard") == []
    assert "masks" in cameras.said["yard"]


def test_what_a_slow_disk_still_writes_of_a_camera_that_gets_masks_goes_too(tmp_path):
    cameras, folder = Cameras(), RingFolder(tmp_path / "ring")
    rings = Rings(SimpleNamespace(ring=folder, cameras=cameras), Telemetry())
    writer = rings.of(Settings(cameras=CAMERAS), "yard")
    is_free = threading.Event()

    def end_slowly() -> None:
        is_free.wait(30)
        folder.begin("yard", time.time())

    writer._recorder.end = end_slowly
    assert rings.of(masked("yard"), "yard") is None  # waited for it as long as it may
    assert writer.is_alive()
    is_free.set()
    writer.join(30)
    assert folder.segments("yard") == []


@pytest.mark.parametrize(
    ("settings", "keep_s"),
    [
        ({}, 600.0),
        ({"ring": {"minutes": 3}}, 180.0),
        ({"ring": {"enabled": False}}, 0.0),
        ({"retention": {"live_s": 60}}, 60.0),
        ({"retention": {"collections": {"live": "2m"}}}, 120.0),
        ({"retention": {"collections": {"live": None}}}, 600.0),
    ],
)
def test_video_never_outlives_live_sightings(settings, keep_s):
    assert video_keep_s(Settings(**settings)) == keep_s
