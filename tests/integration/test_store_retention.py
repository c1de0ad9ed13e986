import os
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.types import Box, ShotId, TrackedBox, TrackKey
from pipeline.store import retention as retention_module
from pipeline.store.boxes import BoxArchive
from pipeline.store.crop_stream import CropStream
from pipeline.store.media import FolderMedia
from pipeline.store.retention import Retention, RetentionPolicy
from pipeline.store.ring import RingFolder
from pipeline.store.runs import RunRecord, RunStore
from pipeline.store.sighting_log import START, SightingLog
from pipeline.store.tracks import TrackStore
from pipeline.store.video_sweep import VideoSweep
from tests.store_messages import ALICE, NOON, logged, published

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("log_lies")]

POLICY = RetentionPolicy(live_s=100, imports_s=None, collections={"case": 50})


class House:
    """Everything that retention looks after."""

    def __init__(self, client, keys, folder, policy=POLICY):
        self.client, self.keys = client, keys
        self.crops = CropStream(client, keys, max_length=10_000)
        self.crops.ensure_group()
        self.log, self.tracks = SightingLog(client, keys), TrackStore(client, keys)
        self.runs, self.boxes = RunStore(client, keys), BoxArchive(folder / "boxes")
        self.media = FolderMedia(folder / "media")
        self.ring = RingFolder(folder / "ring")
        self.video = VideoSweep(self.ring, 10.0, folder / "clips")
        self.retention = Retention(
            *(client, keys, self.media, self.boxes, policy),
            view_timeout_s=86_400,
            video=self.video,
        )

    def publish(self, *shots):
        for shot in shots:
            self.crops.publish(shot)

    def embed(self, *shots):
        """What the camera and the embed worker do to a shot."""
        self.publish(*shots)
        taken = self.crops.take("w", count=10_000, block_s=0, reclaim_idle_s=60)
        pairs = [(crop, logged(crop.shot)) for crop in taken]
        for crop, sighting in pairs:
            self.media.write(sighting.picture, crop.shot.jpeg)
        self.log.settle(pairs)

    def begin_run(self, collection, run_id, *, until, imported_at=None):
        kind = "file" if imported_at else "live"
        run = RunRecord(
            camera_id="lobby", run_id=run_id, kind=kind, source="x", started_at=until - 5,
            collection=collection, imported_at=imported_at, watched_until=until,
        )  # fmt: skip
        self.runs.begin(run)
        self.boxes.write("lobby", run_id, 1, [TrackedBox(1, Box(0, 0, 1, 1), 0.5)], at=1.0)
        self.boxes.commit()

    def shots_in_log(self):
        return {sighting.shot for _, sighting in self.log.read(START, count=10_000)}

    def pictures(self):
        found = (p for p in self.media.root.rglob("*") if p.is_file())
        return {str(p.relative_to(self.media.root)) for p in found}


@pytest.fixture
def house(private_redis, tmp_path):
    house = House(private_redis.client, private_redis.keys, tmp_path)
    yield house
    house.boxes.close()


@dataclass(frozen=True)
class Seen:
    """One shot of the property test."""

    collection: str
    track: int
    captured_at: float
    imported_at: float | None
    is_embedded: bool

    def expires_at(self):
        return POLICY.expires_at(self.collection, self.captured_at, self.imported_at)


@st.composite
def all_seen(draw):
    """Up to a dozen shots: every track in one collection, shots in order of capture."""
    instants = st.integers(0, 12).map(lambda n: NOON + 20.0 * n)
    seen = []
    for track in range(1, draw(st.integers(1, 5)) + 1):
        collection = draw(st.sampled_from(["live", "imports", "case"]))
        imported_at = None if collection == "live" else draw(instants)
        captured = sorted(draw(st.lists(instants, min_size=1, max_size=3)))
        waiting = draw(st.booleans())
        seen += [Seen(collection, track, at, imported_at, not waiting) for at in captured]
    return seen


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seen=all_seen(), now=st.integers(0, 20).map(lambda n: NOON + 20.0 * n))
def test_nothing_expired_remains_and_nothing_unexpired_goes(
    private_redis, tmp_path_factory, seen, now
):
    client, keys = private_redis.client, private_redis.keys
    client.delete("test:none", *client.keys(f"{keys.namespace}:*"))
    house = House(client, keys, tmp_path_factory.mktemp("house"))
    numbers, shot_of = {}, {}
    for one in seen:
        numbers[one.track] = numbers.get(one.track, 0) + 1
        shot = published(
            numbers[one.track], TrackKey("lobby", "r1", one.track), captured_at=one.captured_at,
            collection=one.collection, imported_at=one.imported_at,
            is_live=one.collection == "live",
        )  # fmt: skip
        shot_of[shot.shot] = one
        if one.is_embedded:
            house.embed(shot)
    for shot_id, one in shot_of.items():
        if not one.is_embedded:
            house.publish(
                published(
                    shot_id.number, shot_id.track, captured_at=one.captured_at,
                    collection=one.collection, imported_at=one.imported_at,
                    is_live=one.collection == "live",
                )
            )  # fmt: skip

    report = house.retention.sweep(now)

    young = {s for s, o in shot_of.items() if o.expires_at() is None or o.expires_at() > now}
    embedded = {s for s, one in shot_of.items() if one.is_embedded}
    assert report.finished
    assert house.shots_in_log() == young & embedded
    waiting = house.crops.take("w", count=100, block_s=0, reclaim_idle_s=60)
    assert {crop.shot.shot for crop in waiting} == young - embedded
    assert len(house.pictures()) == len(young & embedded)
    assert report.sightings + report.crops == len(shot_of) - len(young)
    records = house.tracks.list(None, after=None, count=100)
    # A track is as old as its last shot.
    assert {record.key for record in records} == {shot.track for shot in young}
    for record in records:
        kept = [s for s in young & embedded if s.track == record.key]
        assert record.shots == len(kept)
        assert (record.thumbnail is None) == (not kept)
        assert record.thumbnail is None or record.thumbnail in house.pictures()
    assert not house.retention.sweep(now)


def test_a_shot_expires_at_its_instant_and_not_before(house):
    house.embed(published(1, captured_at=NOON))
    assert house.retention.sweep(NOON + 99.999).sightings == 0
    assert house.retention.sweep(NOON + 100.0).sightings == 1


def test_a_run_goes_with_its_last_track_and_takes_its_boxes_along(house):
    house.begin_run("live", "r1", until=NOON)
    house.begin_run("live", "r2", until=NOON + 200)
    house.embed(published(1, captured_at=NOON - 1))
    report = house.retention.sweep(NOON + 100)
    assert (report.runs, report.tracks) == (1, 1)
    assert [run.run_id for run in house.runs.of_camera("lobby")] == ["r2"]
    assert house.boxes.runs("lobby") == ["r2"]


def test_a_run_stays_while_a_track_of_it_does(house):
    house.begin_run("live", "r1", until=NOON)
    house.embed(published(1, captured_at=NOON + 50))  # the run's own word is behind
    assert house.retention.sweep(NOON + 120).runs == 0
    assert house.retention.sweep(NOON + 150).runs == 1


def test_a_picture_that_was_replaced_goes_after_ten_minutes(house):
    first, second = published(1), published(2, replaces=1, quality=0.9)
    house.embed(first)
    house.embed(second)
    at = logged(second).embedded_at
    assert house.retention.sweep(at).pictures == 0
    policy = RetentionPolicy(live_s=None, imports_s=None)
    retention = Retention(house.client, house.keys, house.media, house.boxes, policy)
    assert retention.sweep(at + 599).pictures == 0
    assert retention.sweep(at + 601).pictures == 1
    assert house.pictures() == {logged(second).picture}
    assert house.shots_in_log() == {first.shot, second.shot}


def test_half_written_pictures_go_after_an_hour(house):
    left = house.media.root / ".x.jpg.0.tmp"
    left.write_bytes(b"half")
    os.utime(left, (NOON, NOON))
    assert house.retention.sweep(NOON + 3599).leftovers == 0
    assert house.retention.sweep(NOON + 3601).leftovers == 1


def test_a_silent_view_is_unregistered_and_a_living_one_stays(house):
    house.log.register_view("dead", START, now=NOON)
    house.log.register_view("alive", START, now=NOON + 80_000)
    assert house.retention.sweep(NOON + 86_401).views == 1
    assert list(house.log.views()) == ["alive"]


def test_it_stops_when_asked_and_the_next_sweep_completes_it(house, monkeypatch):
    monkeypatch.setattr(retention_module, "_BATCH", 2)
    house.embed(*(published(n, captured_at=NOON) for n in range(1, 8)))
    asked = iter([False, False, False, True])
    report = house.retention.sweep(NOON + 500, stopped=lambda: next(asked))
    assert not report.finished
    assert 0 < report.sightings < 7
    rest = house.retention.sweep(NOON + 500)
    assert rest.finished
    assert report.sightings + rest.sightings == 7
    assert house.log.length() == 0
    assert house.pictures() == set()


def test_a_removed_collection_leaves_nothing_of_itself_and_all_of_the_others(house):
    bob = TrackKey("lobby", "r2", 1)
    carol = TrackKey("lobby", "r2", 2)
    house.embed(published(1, captured_at=NOON))
    imported = {"collection": "case", "imported_at": NOON, "is_live": False}
    house.embed(published(1, bob, **imported))
    house.publish(published(1, carol, **imported))
    house.begin_run("case", "r2", until=NOON, imported_at=NOON)
    report = house.retention.remove_collection("case")
    assert (report.sightings, report.crops, report.tracks, report.runs) == (1, 1, 2, 1)
    assert house.shots_in_log() == {ShotId(ALICE, 1)}
    assert set(house.tracks.get_many([ALICE, bob, carol])) == {ALICE}
    assert house.runs.collections() == {}
    assert house.boxes.runs("lobby") == []
    assert house.pictures() == {logged(published(1, captured_at=NOON)).picture}
    assert house.crops.length() == 0


def test_recent_video_goes_with_its_age_and_with_the_live_collection(house):
    house.ring.begin("lobby", NOON - 11)
    house.ring.begin("lobby", NOON - 9)
    assert house.retention.sweep(NOON).videos == 1
    assert house.retention.remove_collection("case").videos == 0
    assert house.retention.remove_collection("live").videos == 1


def test_a_crop_in_the_hands_of_a_worker_that_has_expired_is_taken_from_it(house):
    house.publish(published(1, captured_at=NOON))
    (crop,) = house.crops.take("w", count=1, block_s=0, reclaim_idle_s=60)
    assert house.retention.sweep(NOON + 500).crops == 1
    assert house.crops.pending() == 0
    assert house.log.settle([(crop, logged(crop.shot))]).sightings == 0
    assert house.log.length() == 0
    # The worker wrote a picture of it meanwhile: that goes, too.
    assert house.client.zcard(house.keys.retired) == 1


def test_a_message_too_damaged_to_tell_ages_since_it_was_written(house):
    house.client.xadd(house.keys.sightings, {"v": "9", "captured_at": "nan"}, id="1000000-0")
    house.client.xadd(house.keys.crops, {"v": "9"}, id="1000000-0")
    assert house.retention.sweep(1099.0).sightings == 0
    report = house.retention.sweep(1100.0)
    assert (report.sightings, report.crops) == (1, 1)


def test_a_message_that_names_a_file_outside_the_media_folder_deletes_nothing(house, tmp_path):
    (tmp_path / "diary").write_text("mine")
    fields = {"v": "1", "collection": "live", "captured_at": "1.0", "picture": "../diary"}
    house.client.xadd(house.keys.sightings, fields)
    assert house.retention.sweep(NOON).sightings == 1
    assert (tmp_path / "diary").exists()


def test_nothing_unread_is_trimmed_however_much_there_is(house):
    house.embed(published(1, captured_at=NOON))
    ((_, fields),) = house.client.xrange(house.keys.sightings)
    with house.client.pipeline() as pipe:
        for _ in range(5000):
            pipe.xadd(house.keys.sightings, fields)
        pipe.execute()
    assert house.retention.sweep(NOON + 99).sightings == 0
    assert house.log.length() == 5001
    assert house.retention.sweep(NOON + 100).sightings == 5001
