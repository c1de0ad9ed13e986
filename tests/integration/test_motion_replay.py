"""A file read with the motion gate, killed at random: the same shots as one that was let be."""

import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

import numpy as np
import pytest

from detectors.areas import Area
from detectors.boxes import covered_shares
from detectors.fakes import ScriptedDetector
from detectors.motion import BackgroundGate
from detectors.shots import ShotChooser
from detectors.tracking import UltralyticsTracker
from detectors.types import Box, Detection, Frame
from pipeline.clock import ManualClock
from pipeline.store.crop_stream import CropStream
from pipeline.store.keys import Keys
from pipeline.store.runs import RunRecord, RunStore
from pipeline.store.tracks import TrackStore
from pipeline.telemetry import Telemetry
from pipeline.workers.following import RunFollower, Tally
from pipeline.workers.jobs import ReplayJob
from pipeline.workers.pictures import Publishing
from pipeline.workers.places import Place
from pipeline.workers.recording import Destination, Outbox, Recorder
from pipeline.workers.replay import ReplayParts, ReplayWorker

pytestmark = [pytest.mark.redis, pytest.mark.parametrize("redis_binary", ["found"], indirect=True)]

FPS, STARTED_AT = 5.0, 1_790_000_000.0
WIDTH, HEIGHT = 160, 90
FRAMES = 700
#: When each is there (frames), where from, pixels per frame, and after how many they stand still.
WALKS = [(90, 60, 0, 3, 60), (260, 160, 20, 2, 25), (300, 50, 140, -2, 50), (520, 90, 60, 1, 5)]
SCENE = np.random.default_rng(1).integers(70, 180, (HEIGHT, WIDTH, 1)).repeat(3, 2)
JOB = ReplayJob(
    path="film.mp4", camera_id="door", collection="imports", run_id="f0", digest="d",
    started_at=STARTED_AT, time_source="flag", fps=FPS, realtime=False, keep_boxes=False,
    detector="said", encoder="m", place=Place(),
)  # fmt: skip
PUBLISHING = Publishing("imports", 5.0, "flag", False, 80, 256)
LEFT = Area.of("left", [[0, 0], [0.5, 0], [0.5, 1], [0, 1]])


class Killed(BaseException):
    """The end of a process, wherever it was."""


def people(number: int) -> list[Detection]:
    found = []
    for first, count, x, speed, still in WALKS:
        if first <= number < first + count:
            at = x + speed * min(number - first, still)
            found.append(Detection(Box(max(at, 0), 40, at + 16, 80), 0.9))
    return found


def film(first: int) -> Iterator[Frame]:
    for number in range(first, FRAMES + 1):
        image = SCENE + np.random.default_rng(number).normal(0, 2, SCENE.shape)
        image *= 0.6 if number > 450 else 1.0
        for person in people(number):
            x1, y1, x2, y2 = map(int, person.box)
            image[y1:y2, x1:x2] = (20, 220, 30)
        at = STARTED_AT + number / FPS
        yield Frame("door", "f0", number, at, np.clip(image, 0, 255).astype(np.uint8))


class NarrowDetector(ScriptedDetector):
    """Finds nobody outside the part that it is asked to search, as one on a CPU does."""

    batch = 1

    def detect(
        self, frames: Sequence[Frame], parts: Sequence[Box | None] | None = None
    ) -> list[list[Detection]]:
        found = super().detect(frames)
        return [
            [one for one in people if part is None or covered_shares(one.box, [part])[0] == 1.0]
            for people, part in zip(found, parts or [None] * len(frames), strict=True)
        ]


class Film:
    """Frames of an undamaged file."""

    damaged = ()

    def __init__(self, frames: Iterator[Frame]) -> None:
        self._frames = frames

    def __iter__(self) -> Iterator[Frame]:
        return self._frames


class Reading:
    """Everything a replay worker needs; the store outlives it."""

    def __init__(self, redis, batch: int, name: str) -> None:
        keys = Keys(f"{redis.keys.namespace}:{name}")
        self.crops = CropStream(redis.client, keys, max_length=10_000)
        self.tracks, self.runs = TrackStore(redis.client, keys), RunStore(redis.client, keys)
        self.redis, self.keys = redis.client, keys
        self.batch, self.clock, self.telemetry = batch, ManualClock(), Telemetry()
        self.script = {n: people(n) for n in range(1, FRAMES + 1)}
        self.runs.begin(
            RunRecord(camera_id="door", run_id="f0", kind="file", source="film.mp4",
                      started_at=STARTED_AT, collection="imports", imported_at=5.0)
        )  # fmt: skip

    def read(self, die_at: int | None = None) -> None:
        """One process: reads on from the safe point to the end, or dies when shown a frame."""

        def frames(first: int) -> Iterator[Frame]:
            for count, frame in enumerate(film(first), 1):
                if count == die_at:
                    raise Killed
                self.clock.sleep(0.2)
                yield frame

        outbox = Outbox(at_most=None)
        parts = ReplayParts(
            open_frames=lambda first: Film(frames(first)),
            gate=BackgroundGate(),
            detector=(NarrowDetector if self.batch == 1 else ScriptedDetector)({"*": self.script}),
            batch=self.batch,
            follow=_follow,
            runs=self.runs,
            boxes=None,
            telemetry=self.telemetry,
            clock=self.clock,
        )
        destination = Destination(self.crops, self.tracks, self.telemetry)
        recorder = Recorder(destination, PUBLISHING, outbox, self.clock)
        ReplayWorker(JOB, parts, recorder, outbox).run(threading.Event())

    def left_behind(self) -> dict[str, object]:
        shots = {}
        self.crops.ensure_group()
        for taken in self.crops.take("t", count=1000, block_s=0.1, reclaim_idle_s=1e6):
            assert str(taken.shot.shot) not in shots
            shots[str(taken.shot.shot)] = replace(taken.shot, published_at=0.0)
        run = asdict(self.runs.get("door", "f0"))
        return {"shots": shots, "tracks": self.tracks.list(None, after=None, count=99), "run": run}


def _follow(number: int, tally: Tally) -> RunFollower:
    return RunFollower(
        "door",
        "f0",
        tracker=UltralyticsTracker(camera_id="door", first_number=number),
        chooser=ShotChooser("door", "f0", min_height_px=20, min_quality=0, zones=[LEFT]),
        tally=tally,
    )


@pytest.fixture
def undisturbed(private_redis) -> dict[str, object]:
    return _undisturbed(private_redis, 7)


def _undisturbed(redis, batch: int) -> dict[str, object]:
    reading = Reading(redis, batch, "undisturbed")
    reading.read()
    return reading.left_behind()


@pytest.mark.parametrize("batch", [1, pytest.param(7, marks=pytest.mark.slow)])
def test_a_reading_killed_at_random_leaves_what_an_undisturbed_one_leaves(private_redis, batch):
    rng = random.Random(batch)
    reading = Reading(private_redis, batch, "killed")
    deaths = 0
    while True:
        try:
            reading.read(die_at=rng.randint(20, 300) if deaths < 8 else None)
            break
        except Killed:
            deaths += 1
    assert deaths > 2
    assert reading.left_behind() == _undisturbed(private_redis, batch)


def test_frames_in_which_nothing_moves_are_skipped_and_counted(undisturbed):
    left = undisturbed
    run = left["run"]
    assert run["frames_looked_at"] + run["frames_skipped"] == FRAMES == run["frames_read"]
    assert run["frames_skipped"] > 150
    assert run["watched_until"] == STARTED_AT + FRAMES / FPS


@pytest.mark.parametrize("batch", [1, 7])
def test_everybody_is_found_with_the_gate(private_redis, batch):
    left = _undisturbed(private_redis, batch)
    assert len(left["tracks"]) == len(WALKS)
    spans = sorted((t.first_seen_at, t.last_seen_at) for t in left["tracks"])
    for (first, count, *_), (since, until) in zip(WALKS, spans, strict=True):
        assert (since - STARTED_AT) * FPS == pytest.approx(first, abs=3)
        assert (until - STARTED_AT) * FPS == pytest.approx(first + count - 1, abs=1)


def test_each_shot_and_its_track_say_in_which_zones_it_was_taken(undisturbed):
    left = undisturbed
    zones: dict[object, set[str]] = {}
    for shot in left["shots"].values():
        middle = (shot.box.x1 + shot.box.x2) / 2
        assert shot.zones == (("left",) if middle <= WIDTH / 2 else ())
        zones.setdefault(shot.shot.track, set()).update(shot.zones)
    assert {t.key: set(t.zones) for t in left["tracks"]} == zones
    assert set(map(frozenset, zones.values())) == {frozenset(), frozenset({"left"})}
