"""The camera worker on a real Redis, with readers that say what a test tells them."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from detectors.fakes import ScriptedDetector
from detectors.ports import MotionGate
from detectors.shots import ShotChooser
from detectors.tracking import UltralyticsTracker
from detectors.types import Box, Detection, Frame
from pipeline.clock import ManualClock
from pipeline.handoff import NewestFrames
from pipeline.store.cameras import CameraStore
from pipeline.store.crop_stream import CropStream
from pipeline.store.runs import RunRecord, RunStore
from pipeline.store.tracks import TrackStore
from pipeline.store.wire import PublishedShot
from pipeline.telemetry import Telemetry
from pipeline.workers.attendance import FixedRoster
from pipeline.workers.camera import CameraParts, CameraWorker
from pipeline.workers.following import RunFollower
from pipeline.workers.pictures import Publishing
from pipeline.workers.recording import Destination, Recorder
from pipeline.workers.roster import WantedCamera

pytestmark = pytest.mark.redis

CAMERA = "door"
PERSON = Detection(Box(40, 20, 110, 220), 0.9)
PICTURE = np.random.default_rng(5).integers(0, 255, (240, 320, 3), np.uint8)
PUBLISHING = Publishing(
    collection="live",
    imported_at=None,
    time_source="arrival",
    is_live=True,
    jpeg_quality=80,
    long_side_px=256,
)


class Reader:
    """A reader that reads nothing; a test speaks for it."""

    frames_read = 0
    frames_dropped = 0

    def __init__(self) -> None:
        self.dropped_by = Counter[str]()

    def start(self) -> None:
        pass

    def stop(self, wait_s: float = 1.0) -> bool:
        return True

    def figures(self) -> dict[str, float]:
        return {"frames_dropped": 0}

    def is_alive(self) -> bool:
        return True


class Scene:
    """A camera worker with one camera, its stores, and its reader's voice."""

    def __init__(self, redis, gate: MotionGate | None = None, clock=None, roster=None) -> None:
        client, keys = redis.client, redis.keys
        self.runs, self.cameras = RunStore(client, keys), CameraStore(client, keys)
        self.tracks = TrackStore(client, keys)
        self.crops = CropStream(client, keys, max_length=100)
        self.frames: NewestFrames[Frame] = NewestFrames()
        self.telemetry, self.clock = Telemetry(), clock or ManualClock()
        self.say: Callable[[str, str, str, str, float], None] = lambda *_: None
        destination = Destination(self.crops, self.tracks, self.telemetry)
        parts = CameraParts(
            make_reader=self._make_reader,
            roster=roster or FixedRoster({CAMERA: "rtsp://10.0.0.1/live"}),
            frames=self.frames,
            detector=ScriptedDetector({"*": {n: [PERSON] for n in range(1, 400)}}),
            detector_name="street-yolo",
            batch=8,
            follow=lambda camera, run: RunFollower(
                camera,
                run,
                tracker=UltralyticsTracker(camera_id=camera),
                chooser=ShotChooser(camera, run),
            ),
            gate=lambda _: gate,
            record=lambda outbox: Recorder(destination, PUBLISHING, outbox, self.clock),
            end_open_tracks=lambda name: self.tracks.end_all_of(
                name, except_run=None, now=self.clock.now()
            ),
            cameras=self.cameras,
            runs=self.runs,
            telemetry=self.telemetry,
            clock=self.clock,
            end_tracks_of=self.tracks.end_all_of_runs,
        )
        self.worker = CameraWorker(parts)

    def _make_reader(self, _camera: str, on_state):
        self.say = on_state
        self.reader = Reader()
        return self.reader

    def begin(self) -> None:
        self.worker.work_once(timeout_s=0.0)

    def see(self, run: str, *numbers: int, time_source: str | None = None) -> None:
        for number in numbers:
            self.clock.sleep(0.2)
            frame = Frame(CAMERA, run, number, self.clock.now(), PICTURE, time_source)
            self.frames.put(CAMERA, frame)
            self.worker.work_once(timeout_s=0.01)

    def tell(self, state: str, run: str) -> None:
        self.say(CAMERA, state, "told so", run, self.clock.now())

    def published(self) -> list[PublishedShot]:
        self.crops.ensure_group()
        taken = self.crops.take("test", count=100, block_s=0.1, reclaim_idle_s=60.0)
        return [crop.shot for crop in taken]

    def states(self) -> dict[str, str]:
        return {run.run_id: run.state for run in self.runs.of_camera(CAMERA)}


@pytest.fixture
def scene(private_redis) -> Scene:
    return Scene(private_redis)


@pytest.mark.parametrize("state", ["lost", "refused", "blind"])
def test_a_camera_that_shows_nothing_ends_its_run_and_its_tracks(scene, state):
    scene.begin()
    scene.see("a", *range(1, 6))
    scene.tell(state, "a")
    scene.worker.work_once(timeout_s=0.01)
    assert scene.states() == {"a": "broken"}
    assert [track.state for track in scene.tracks.list(CAMERA, after=None, count=9)] == ["ended"]


def test_the_figures_of_a_camera_are_kept_beside_its_state(scene):
    scene.begin()
    scene.tell("live", "a")
    scene.clock.sleep(1.5)
    scene.worker.work_once(timeout_s=0.01)
    status = scene.cameras.status(CAMERA)
    assert (status.state, dict(status.rates)) == ("live", Reader().figures())


@pytest.mark.parametrize(("said", "kept"), [("sender report", "sender report"), (None, "arrival")])
def test_each_shot_keeps_whose_clock_dated_it(scene, said, kept):
    scene.begin()
    scene.see("a", *range(1, 6), time_source=said)
    assert {shot.time_source for shot in scene.published()} == {kept}


def test_a_run_notes_the_name_of_the_detector_that_looked(scene):
    scene.begin()
    scene.see("a", 1)
    assert scene.runs.get(CAMERA, "a").detector == "street-yolo"


def test_news_of_an_old_run_does_not_end_the_new_one(scene):
    scene.begin()
    scene.see("a", *range(1, 6))
    scene.tell("lost", "a")
    scene.tell("live", "b")
    scene.see("b", *range(1, 6))
    scene.tell("lost", "a")
    scene.see("b", *range(6, 12))
    assert scene.states() == {"a": "broken", "b": "reading"}
    tracks = scene.tracks.list(CAMERA, after=None, count=9)
    assert [(t.key.run_id, t.key.number, t.state) for t in tracks] == [
        ("a", 1, "ended"),
        ("b", 1, "open"),
    ]


def test_a_frame_left_over_from_an_ended_run_is_dropped_and_counted(scene):
    scene.begin()
    scene.see("a", *range(1, 6))
    scene.reader.dropped_by["newer"] += 3
    scene.tell("lost", "a")
    scene.worker.work_once(timeout_s=0.01)
    before = scene.runs.get(CAMERA, "a")
    assert before.dropped_by == {"newer": 3}
    scene.see("a", 6)
    scene.clock.sleep(2)
    scene.worker.work_once(timeout_s=0.01)
    assert scene.runs.get(CAMERA, "a") == before
    dropped = scene.telemetry.frames_dropped.labels(CAMERA, "stale")
    assert dropped._value.get() == 1
    # What nobody looked at between two runs is told by the later one, and nothing twice.
    scene.reader.dropped_by["black"] += 4
    scene.see("b", *range(1, 6))
    scene.tell("lost", "b")
    scene.worker.work_once(timeout_s=0.01)
    assert scene.runs.get(CAMERA, "b").dropped_by == {"stale": 1, "black": 4}
    assert scene.runs.get(CAMERA, "a") == before


def test_what_a_killed_worker_left_open_is_closed_by_the_next(scene):
    scene.runs.begin(
        RunRecord(
            camera_id=CAMERA,
            run_id="old",
            kind="live",
            source="rtsp://10.0.0.1/live",
            started_at=scene.clock.now() - 60,
            collection="live",
        )
    )
    scene.begin()
    scene.worker.work_once(timeout_s=0.01)
    assert scene.states() == {"old": "broken"}


class Listed(FixedRoster):
    """A roster that a test rewrites."""

    def list(self, *cameras, **absences):
        self._cameras = {c: WantedCamera(f"rtsp://10.0.0.1/{c}", v) for c, v in cameras}
        self.absences = absences


def reviewed(scene):
    scene.clock.sleep(2.0)
    scene.worker.work_once(timeout_s=0.0)


@pytest.mark.parametrize("why", ["paused", "removed"])
def test_a_camera_that_leaves_ends_its_run_and_says_why(scene, why):
    scene.begin()
    scene.see("a", *range(1, 6))
    scene.tell("live", "a")
    scene.worker.work_once(timeout_s=0.0)
    roster = scene.worker._attendance._roster = Listed({})
    roster.list(**{CAMERA: why})
    reviewed(scene)
    assert scene.states() == {"a": "done"}
    assert scene.runs.get(CAMERA, "a").reason == why
    assert scene.cameras.status(CAMERA).state == why
    scene.frames.put(CAMERA, Frame(CAMERA, "a", 7, scene.clock.now(), PICTURE))
    scene.worker.work_once(timeout_s=0.0)
    assert scene.states() == {"a": "done"}
    assert b'reason="stale"' in scene.telemetry.render()


def test_a_changed_camera_is_read_anew_and_the_others_do_not_notice(scene):
    scene.begin()
    roster = scene.worker._attendance._roster = Listed({})
    roster.list((CAMERA, 0), ("yard", 0))
    reviewed(scene)
    scene.see("a", *range(1, 6))
    readers = dict(scene.worker._attendance.readers)
    roster.list((CAMERA, 0), ("yard", 1))
    reviewed(scene)
    assert scene.worker._attendance.readers[CAMERA] is readers[CAMERA]
    assert scene.worker._attendance.readers["yard"] is not readers["yard"]
    assert scene.states() == {"a": "reading"}
    roster.list((CAMERA, 0))
    reviewed(scene)
    assert scene.worker._attendance.readers == {CAMERA: readers[CAMERA]}
    scene.see("a", 6)
    assert scene.states() == {"a": "reading"}
