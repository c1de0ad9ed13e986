"""Clips of hits on a real Redis: from a ring, from the imported file, and when both are gone."""

import stat
from itertools import islice

import av
import numpy as np
import pytest

from detectors.types import Box, ShotId, TrackKey
from pipeline.clock import ManualClock
from pipeline.errors import ConfigError, NotFound, VideoGone
from pipeline.instants import parse_instant
from pipeline.sources.video_file import digest_file
from pipeline.store.cameras import CameraStore
from pipeline.store.crop_stream import CropStream
from pipeline.store.originals import Originals
from pipeline.store.ring import RingFolder, RingLimits
from pipeline.store.ring_recorder import RingRecorder
from pipeline.store.runs import RunRecord, RunStore
from pipeline.store.sighting_log import SightingLog
from pipeline.store.tracks import TrackStore
from pipeline.store.wire import LoggedSighting, encode_sighting
from pipeline.workers.clipping import ClipDesk
from tests.drawn_clips import draw_clip, even, number_in
from tests.packets import Camera, encode

pytestmark = [
    pytest.mark.redis,
    pytest.mark.usefixtures("log_lies"),
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

FRAME_S = 0.04
KEEP_S = 60.0
TRACK = TrackKey("door", "run1", 7)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    return {name: encode(folder / name, name) for name in ("libx264", "libx264-b")}


class Scene:
    """A desk with its stores, a camera's ring, and an imported file."""

    def __init__(self, neighbour, root) -> None:
        client, keys = neighbour.client, neighbour.keys
        self.client, self.keys, self.root = client, keys, root
        self.clock, self.ring = ManualClock(), RingFolder(root / "ring")
        self.tracks, self.runs = TrackStore(client, keys), RunStore(client, keys)
        self.cameras = CameraStore(client, keys)
        self.cameras.register("door", "rtsp")
        CropStream(client, keys, max_length=10)
        self.out = root / "hit.mp4"

    def desk(self, *look_in, at_most_s: float = 600.0) -> ClipDesk:
        return ClipDesk(
            tracks=self.tracks,
            runs=self.runs,
            sightings=SightingLog(self.client, self.keys),
            cameras=self.cameras,
            ring=self.ring,
            keep_s=KEEP_S,
            originals=Originals(digest_file, look_in),
            clock=self.clock,
            at_most_s=at_most_s,
        )

    def watch(self, clip, seconds: float) -> float:
        """A ring of so many seconds; when it began."""
        camera, began_at = Camera(clip), self.clock.now()
        limits = RingLimits(KEEP_S, 10**8, segment_s=1.0)
        recorder = RingRecorder("door", self.ring, limits, self.clock)
        recorder.begin(camera.known, 25.0)
        for packet in islice(camera.packets(began_at), round(seconds / FRAME_S)):
            recorder.take(packet)
            self.clock.sleep(FRAME_S)
        recorder.end()
        return began_at

    def see(self, first_at: float, last_at: float, *, imported_at: float | None = None) -> None:
        is_live = imported_at is None
        self.tracks.open(
            TRACK,
            collection="live" if is_live else "imports",
            is_live=is_live,
            first_seen_at=first_at,
            imported_at=imported_at,
        )
        self.tracks.end({TRACK: last_at})

    def embed(self, number: int, captured_at: float, time_source: str) -> None:
        sighting = LoggedSighting(
            shot=ShotId(TRACK, number),
            collection="live",
            captured_at=captured_at,
            box=Box(0, 0, 9, 9),
            frame_width=64,
            frame_height=48,
            replaces=None,
            imported_at=None,
            time_source=time_source,
            is_live=True,
            published_at=captured_at,
            vector=np.eye(1, 4, dtype=np.float32)[0],
            model_id="m",
            quality=0.5,
            picture="p.jpg",
            embedded_at=captured_at,
        )
        self.client.xadd(self.keys.sightings, encode_sighting(sighting))

    def import_file(self, path, *, started_at: float, size: int | None = None) -> None:
        self.runs.begin(
            RunRecord(
                camera_id="door",
                run_id="run1",
                kind="file",
                source=path.name,
                path=str(path),
                file_bytes=path.stat().st_size if size is None else size,
                digest=digest_file(path),
                started_at=started_at,
                collection="imports",
                imported_at=self.clock.now(),
            )
        )


@pytest.fixture
def scene(private_redis, tmp_path):
    return Scene(private_redis, tmp_path)


def shown(path) -> list[tuple[float, int]]:
    """Time and number of every picture of an MP4."""
    with av.open(str(path)) as container:
        return [
            (frame.time, number_in(frame.to_ndarray(format="rgb24")))
            for frame in container.decode(video=0)
        ]


def check_instants(answer, out, started_at: float) -> None:
    """Every picture is shown as long after the begin as it was captured after it."""
    begin_at = parse_instant(answer.begin_at, now=2e9)
    pictures = shown(out)
    assert pictures
    for time_s, number in pictures:
        place = (begin_at + time_s - started_at) / FRAME_S
        assert round(place) % 32 == number
        assert abs(place - round(place)) < 0.1
    assert answer.seconds == pytest.approx(pictures[-1][0], abs=0.002)


@pytest.mark.parametrize("codec", ["libx264", "libx264-b"])
def test_the_clip_of_a_live_track_shows_the_person_and_both_margins(scene, clips, codec):
    began_at = scene.watch(clips[codec], 12)
    scene.see(began_at + 5.0, began_at + 7.0)
    answer = scene.desk().cut(str(TRACK), before_s=2.0, after_s=1.0, out=scene.out)
    check_instants(answer, scene.out, began_at - Camera(clips[codec]).ahead_s)
    begin_at = parse_instant(answer.begin_at, now=2e9)
    assert began_at + 2.5 < begin_at <= began_at + 3.0
    assert begin_at + answer.hit_from_s == pytest.approx(began_at + 5.0, abs=0.002)
    assert begin_at + answer.hit_until_s == pytest.approx(began_at + 7.0, abs=0.002)
    assert parse_instant(answer.end_at, now=2e9) == pytest.approx(began_at + 8.0, abs=0.1)
    assert answer.copied
    assert answer.notes == []
    assert stat.S_IMODE(scene.out.stat().st_mode) == 0o600


def test_a_hit_longer_than_a_clip_may_be_gives_its_beginning_and_says_so(scene, clips):
    began_at = scene.watch(clips["libx264"], 12)
    scene.see(began_at + 2.0, began_at + 11.0)
    desk = scene.desk(at_most_s=4.0)
    answer = desk.cut(str(TRACK), before_s=1.0, after_s=1.0, out=scene.out)
    check_instants(answer, scene.out, began_at)
    assert 3.9 <= answer.seconds <= 4.6  # it begins with a key frame
    assert answer.hit_until_s <= answer.seconds + 0.1
    assert answer.notes == ["its first 4 s: clips.max_s is the longest clip"]


def test_the_clip_of_a_shot_is_around_the_shot_and_says_where_its_time_is_from(scene, clips):
    began_at = scene.watch(clips["libx264"], 12)
    scene.see(began_at + 1.0, began_at + 11.0)
    scene.embed(1, began_at + 2.0, "arrival")
    scene.embed(3, began_at + 6.0, "rtcp")
    answer = scene.desk().cut(f"{TRACK}/3", before_s=1.0, after_s=1.0, out=scene.out)
    assert answer.hit_from_s == answer.hit_until_s
    assert 1.0 <= answer.hit_from_s <= 1.4
    assert answer.time_from == "rtcp"
    with pytest.raises(NotFound, match="no shot door/run1/7/2"):
        scene.desk().cut(f"{TRACK}/2", before_s=1.0, after_s=1.0, out=scene.out)


def test_what_the_ring_lacks_of_the_margins_is_said(scene, clips):
    began_at = scene.watch(clips["libx264"], 6)
    scene.see(began_at + 1.0, began_at + 5.5)
    answer = scene.desk().cut(str(TRACK), before_s=5.0, after_s=5.0, out=scene.out)
    assert [note.split(" 20")[0] for note in answer.notes] == ["no video before", "no video after"]
    assert shown(scene.out)


def test_a_ring_that_has_moved_on_says_so_and_writes_nothing(scene, clips):
    began_at = scene.watch(clips["libx264"], 6)
    scene.see(began_at - 30.0, began_at - 20.0)
    with pytest.raises(VideoGone, match=r"the ring has moved on and begins at 20\d\d-"):
        scene.desk().cut(str(TRACK), before_s=5.0, after_s=5.0, out=scene.out)
    scene.ring.erase_all()
    scene.clock.sleep(KEEP_S)
    with pytest.raises(VideoGone, match=r"is kept here.* 1 minutes at most .*, since 20\d\d-"):
        scene.desk().cut(str(TRACK), before_s=5.0, after_s=5.0, out=scene.out)
    assert [path.name for path in scene.root.iterdir() if "hit" in path.name] == []


def test_a_camera_without_a_ring_says_why(scene):
    scene.see(scene.clock.now() - 5.0, scene.clock.now())
    scene.cameras.set_ring("door", "off: cameras.door.masks are set")
    with pytest.raises(VideoGone, match=r"its ring is off: cameras\.door\.masks are set"):
        scene.desk().cut(str(TRACK), before_s=5.0, after_s=5.0, out=scene.out)


@pytest.mark.parametrize("codec", ["libx264", "libx264-b"])
def test_the_clip_of_an_import_is_cut_from_its_file(scene, clips, codec):
    scene.import_file(clips[codec], started_at=1000.0e6)
    scene.see(1000.0e6 + 1.0, 1000.0e6 + 1.4, imported_at=scene.clock.now())
    answer = scene.desk().cut(str(TRACK), before_s=0.3, after_s=0.3, out=scene.out)
    check_instants(answer, scene.out, 1000.0e6)
    assert answer.source == str(clips[codec])
    assert 0.3 <= answer.hit_from_s < 0.3 + 8 * FRAME_S


def test_what_mp4_cannot_hold_is_encoded_anew_and_that_is_said(scene, tmp_path):
    webm = draw_clip(tmp_path / "a.webm", even(64), codec="libvpx", options={"b": "2M"})
    scene.import_file(webm, started_at=1000.0e6)
    scene.see(1000.0e6 + 1.0, 1000.0e6 + 1.4, imported_at=scene.clock.now())
    answer = scene.desk().cut(str(TRACK), before_s=0.3, after_s=0.3, out=scene.out)
    assert not answer.copied
    assert "encoded anew" in answer.notes[0]
    check_instants(answer, scene.out, 1000.0e6)


@pytest.mark.parametrize("size", [None, 0])
def test_a_file_that_was_moved_is_found_by_its_content(scene, clips, tmp_path, size):
    lies_at = tmp_path / "then" / "a.mp4"
    lies_at.parent.mkdir()
    lies_at.write_bytes(clips["libx264"].read_bytes())
    scene.import_file(lies_at, started_at=1000.0e6, size=size)
    scene.see(1000.0e6 + 1.0, 1000.0e6 + 1.4, imported_at=scene.clock.now())
    now_at = tmp_path / "archive" / "2026" / "renamed.mp4"
    now_at.parent.mkdir(parents=True)
    lies_at.rename(now_at)
    (now_at.parent / "other.mp4").write_bytes(clips["libx264-b"].read_bytes())
    with pytest.raises(VideoGone, match=r"a\.mp4: is not there any more.*name its folder with"):
        scene.desk().cut(str(TRACK), before_s=0.3, after_s=0.3, out=scene.out)
    answer = scene.desk(tmp_path / "archive").cut(
        str(TRACK), before_s=0.3, after_s=0.3, out=scene.out
    )
    assert answer.source == str(now_at)
    assert shown(scene.out)


def test_a_file_that_was_changed_is_not_taken_for_the_one_that_was_imported(scene, clips, tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(clips["libx264"].read_bytes())
    scene.import_file(path, started_at=1000.0e6)
    scene.see(1000.0e6 + 1.0, 1000.0e6 + 1.4, imported_at=scene.clock.now())
    path.write_bytes(clips["libx264-b"].read_bytes())
    with pytest.raises(
        VideoGone, match=r"is not the video that was imported on .*; it was changed"
    ):
        scene.desk(tmp_path).cut(str(TRACK), before_s=0.3, after_s=0.3, out=scene.out)
    assert not scene.out.exists()


def test_a_name_that_names_nothing_is_told_from_one_that_is_forgotten(scene):
    with pytest.raises(ConfigError, match="names no track"):
        scene.desk().cut("door/7", before_s=1.0, after_s=1.0, out=scene.out)
    with pytest.raises(NotFound, match="no track door/run1/7"):
        scene.desk().cut(str(TRACK), before_s=1.0, after_s=1.0, out=scene.out)


def test_a_place_that_cannot_be_written_is_named(scene, clips):
    began_at = scene.watch(clips["libx264"], 3)
    scene.see(began_at + 1.0, began_at + 2.0)
    with pytest.raises(ConfigError, match=r"cannot write .*missing/hit\.mp4"):
        scene.desk().cut(
            str(TRACK), before_s=1.0, after_s=1.0, out=scene.root / "missing" / "hit.mp4"
        )
