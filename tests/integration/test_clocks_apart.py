"""A camera that dates its pictures by a clock far from ours: who is in view, and what is kept."""

import time
from dataclasses import replace
from itertools import islice

import pytest

from detectors.types import Frame
from pipeline.clock import ManualClock
from pipeline.coverage import WatchedRun, cover
from pipeline.errors import VideoGone
from pipeline.store.crop_stream import CropStream
from pipeline.store.ring import RingFolder, RingLimits
from pipeline.store.ring_recorder import RingRecorder
from pipeline.store.sighting_log import SightingLog
from pipeline.wiring.serving import read_figures
from pipeline.workers.catalogue import LIVE_WITHIN_S
from tests.integration import test_clips as clips
from tests.integration.test_camera_worker import CAMERA, PICTURE, Reader, Scene
from tests.packets import Camera, encode

APART = pytest.mark.parametrize("ahead_s", [-60.0, 3600.0, -86_400.0])


class Apart(Scene):
    """A camera worker whose camera is `ahead_s` ahead of us, and says so."""

    def __init__(self, redis, ahead_s: float) -> None:
        super().__init__(redis)
        self.ahead_s = ahead_s

    def see(self, run: str, *numbers: int, time_source: str | None = "sender report") -> None:
        self.reader.figures = lambda: Reader().figures() | {"clock_offset_s": self.ahead_s}
        for number in numbers:
            self.clock.sleep(0.2)
            at = self.clock.now() + self.ahead_s
            self.frames.put(CAMERA, Frame(CAMERA, run, number, at, PICTURE, time_source))
            self.worker.work_once(timeout_s=0.01)

    def in_view(self) -> int:
        return len(self.tracks.live_keys(self.clock.now(), LIVE_WITHIN_S))

    def is_up(self, redis) -> bool | None:
        log, crops = (
            SightingLog(redis.client, redis.keys),
            CropStream(redis.client, redis.keys, max_length=9),
        )
        figures = read_figures(crops, log, self.cameras, self.runs, now=self.clock.now())
        return figures.cameras[0].is_up


@pytest.mark.redis
@APART
def test_people_are_in_view_while_their_worker_tells_of_them(private_redis, ahead_s):
    scene = Apart(private_redis, ahead_s)
    scene.begin()
    scene.tell("live", "a")
    scene.see("a", *range(1, 150))
    (record,) = scene.tracks.list(CAMERA, after=None, count=9)
    assert record.last_seen_at == pytest.approx(scene.clock.now() + ahead_s, abs=1.5)
    assert record.heard_at == pytest.approx(scene.clock.now(), abs=1.5)
    assert scene.in_view() == 1
    assert scene.is_up(private_redis)
    # The worker is killed: nobody tells of them any more.
    scene.clock.sleep(LIVE_WITHIN_S + 1.5)
    assert scene.in_view() == 0
    assert not scene.is_up(private_redis)


@pytest.mark.redis
@APART
def test_the_camera_is_not_blind_between_its_clock_and_ours(private_redis, ahead_s):
    scene = Apart(private_redis, ahead_s)
    scene.begin()
    scene.see("a", *range(1, 150))
    (run,) = scene.runs.of_camera(CAMERA)
    assert run.clock_ahead_s == ahead_s
    watched = WatchedRun(
        *(CAMERA, True, run.started_at, run.watched_until, 0, 1, 0),
        clock_ahead_s=run.clock_ahead_s,
    )
    asked = {"since": None, "until": None}
    (camera,) = cover([watched], **asked, now=scene.clock.now())
    assert camera.blind == ()
    (camera,) = cover([watched], **asked, now=scene.clock.now() + 100)
    ((since, until),) = camera.blind
    assert (since, until) == (run.watched_until, scene.clock.now() + ahead_s + 100)


@pytest.mark.redis
@pytest.mark.parametrize("ahead_s", [-7200.0, 7200.0])
def test_a_shot_is_found_for_its_clip_though_the_log_is_by_our_clock(
    private_redis, tmp_path, ahead_s
):
    scene = clips.Scene(private_redis, tmp_path)
    at = time.time() + ahead_s
    scene.tracks.open(
        clips.TRACK,
        collection="live",
        is_live=True,
        first_seen_at=at,
        imported_at=None,
        heard_at=time.time(),
    )
    scene.embed(1, at, "sender report")
    with pytest.raises(VideoGone):  # the shot is known, and there is no ring
        scene.desk().cut(f"{clips.TRACK}/1", before_s=1.0, after_s=1.0, out=scene.out)


@pytest.mark.parametrize("ahead_s", [-3600.0, 3600.0])
def test_recent_video_ages_from_when_it_came_in(tmp_path, ahead_s):
    camera, clock, folder = (
        Camera(encode(tmp_path / "a", "libx264")),
        ManualClock(),
        RingFolder(tmp_path),
    )
    recorder = RingRecorder("door", folder, RingLimits(600.0, 10**8, segment_s=1.0), clock)
    recorder.begin(camera.known, 25.0)
    began_at = clock.now()
    for packet in islice(camera.packets(began_at + ahead_s), 125):
        recorder.take(packet)
        recorder.tick()
        clock.sleep(0.04)
    recorder.end()
    segments = folder.segments("door")
    assert segments[0].first_at == pytest.approx(began_at + ahead_s, abs=0.01)
    assert segments[-1].last_at == pytest.approx(clock.now() + ahead_s, abs=0.1)
    assert folder.sweep(began_at + 599.0, 600.0) == 0
    assert folder.sweep(clock.now() + 600.0, 600.0) == len(segments)


@pytest.mark.parametrize("ahead_s", [0.12, -3600.0, 3600.0])
def test_what_comes_before_anything_is_dated_gets_its_instants_from_what_is(tmp_path, ahead_s):
    """Sent ahead of its turn, or before a report of the camera's clock."""
    camera, clock = Camera(encode(tmp_path / "a", "libx264-b")), ManualClock()
    folder = RingFolder(tmp_path)
    recorder = RingRecorder("door", folder, RingLimits(600.0, 10**8), clock)
    recorder.begin(camera.known, 25.0)
    shown, began_at = [], clock.now()
    for count, packet in enumerate(islice(camera.packets(began_at), 60)):
        dated = packet.shown_s + began_at + ahead_s
        at = clock.now() if count < 3 else dated
        recorder.take(replace(packet, captured_at=at, is_dated=count >= 3))
        shown.append(dated)
        clock.sleep(0.04)
    recorder.end()
    (segment,) = folder.segments("door")
    assert segment.first_at == pytest.approx(shown[0], abs=0.002)
    assert segment.last_at == pytest.approx(max(shown), abs=0.002)
    assert recorder.dropped == {}


def test_where_room_is_short_what_came_in_first_goes_first(tmp_path):
    folder = RingFolder(tmp_path)
    for arrived_at, captured_at in ((1000.0, 9000.0), (1010.0, 9010.0), (1020.0, 20.0)):
        path = folder.begin("door", captured_at, arrived_at)
        path.write_bytes(b"x" * 10)
        folder.rename(path, captured_at, captured_at + 9)
    assert folder.trim("door", now=1030.0, keep_s=600.0, at_most_bytes=20) == 1
    assert [segment.first_at for segment in folder.segments("door")] == [20.0, 9010.0]


def test_a_segment_of_before_arrivals_were_kept_ages_by_its_first_picture(tmp_path):
    (tmp_path / "door").mkdir()
    (tmp_path / "door" / "1000000-1009000.mkv").write_bytes(b"x")
    folder = RingFolder(tmp_path)
    (segment,) = folder.segments("door")
    assert (segment.first_at, segment.last_at, segment.arrived_at) == (1000.0, 1009.0, 1000.0)
    assert folder.sweep(1599.0, 600.0) == 0
    assert folder.sweep(1601.0, 600.0) == 1
