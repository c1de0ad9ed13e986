"""pipeline.workers.collecting over a real Redis: listed truly, removed wholly."""

import pytest

from detectors.types import TrackKey
from pipeline.clock import ManualClock
from pipeline.errors import ConfigError, NotFound
from pipeline.store.boxes import BoxArchive
from pipeline.store.cameras import CameraStore
from pipeline.store.crop_stream import CropStream
from pipeline.store.imports import DEAD_AFTER_S, ImportsAtWork
from pipeline.store.media import FolderMedia
from pipeline.store.retention import Retention, RetentionPolicy
from pipeline.store.runs import RunRecord, RunStore
from pipeline.store.sighting_log import START, SightingLog
from pipeline.store.tracks import TrackStore
from pipeline.telemetry import Telemetry
from pipeline.workers.collecting import Collections
from pipeline.workers.view import LogView
from retrieval.index.flat import FlatIndex
from tests.store_messages import NOON, logged, published

pytestmark = [
    pytest.mark.redis,
    pytest.mark.usefixtures("log_lies"),
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

POLICY = RetentionPolicy(live_s=100.0, imports_s=None, collections={"case": 50.0})


class Shelf:
    """Collections over real stores, and an index that follows the log."""

    def __init__(self, client, keys, folder):
        self.crops = CropStream(client, keys, max_length=1000)
        self.crops.ensure_group()
        self.log, self.runs = SightingLog(client, keys), RunStore(client, keys)
        self.tracks, self.cameras = TrackStore(client, keys), CameraStore(client, keys)
        self.media, self.boxes = FolderMedia(folder / "media"), BoxArchive(folder / "boxes")
        self.imports, self.clock = ImportsAtWork(client, keys), ManualClock()
        self.index = FlatIndex("m@1", 4)
        self.collections = Collections(
            cameras=self.cameras,
            runs=self.runs,
            tracks=self.tracks,
            imports=self.imports,
            policy=POLICY,
            retention=Retention(client, keys, self.media, self.boxes, POLICY),
            clock=self.clock,
        )
        self.view = self.fresh_view(self.index)

    def fresh_view(self, index):
        return LogView(
            self.log, index, model_id="m@1", policy=POLICY, clock=self.clock, telemetry=Telemetry()
        )

    def fill(self, collection, camera, *numbers):
        track = TrackKey(camera, f"r-{collection}", 1)
        self.cameras.register(camera, "file")
        self.runs.begin(
            RunRecord(
                camera_id=camera, run_id=track.run_id, kind="file", source="x", started_at=NOON,
                collection=collection, imported_at=NOON, watched_until=NOON + 60,
            )
        )  # fmt: skip
        for number in numbers:
            self.crops.publish(
                published(number, track, collection=collection, imported_at=NOON, is_live=False)
            )
        taken = self.crops.take("w", count=100, block_s=0, reclaim_idle_s=60)
        pairs = [(crop, logged(crop.shot)) for crop in taken]
        for crop, sighting in pairs:
            self.media.write(sighting.picture, crop.shot.jpeg)
        self.log.settle(pairs)
        self.view.follow_once(block_s=0)

    def pictures(self):
        return sorted(path for path in self.media.root.rglob("*") if path.is_file())


@pytest.fixture
def shelf(private_redis, tmp_path):
    shelf = Shelf(private_redis.client, private_redis.keys, tmp_path)
    yield shelf
    shelf.boxes.close()


def test_a_collection_tells_what_it_holds(shelf):
    shelf.fill("case", "lobby", 1, 2, 3)
    shelf.fill("case", "yard", 1)
    shelf.fill("imports", "lobby", 1, 2)
    case, imports = shelf.collections.collections()
    assert (case.collection, case.cameras, case.runs) == ("case", ["lobby", "yard"], 2)
    assert (case.tracks, case.shots, case.kept_s) == (2, 4, 50.0)
    assert (imports.tracks, imports.shots, imports.kept_s) == (1, 2, None)
    assert case.first_captured_at < case.last_captured_at


def test_a_removed_collection_is_nowhere_and_the_others_are_whole(shelf):
    shelf.fill("case", "lobby", 1, 2, 3)
    shelf.fill("imports", "lobby", 1, 2)
    kept = [path for path in shelf.pictures() if "r-imports" in str(path)]
    assert len(shelf.index) == 5
    gone = shelf.collections.remove_collection("case")
    assert (gone.tracks, gone.shots, gone.pictures, gone.runs) == (1, 3, 3, 1)
    assert [each.collection for each in shelf.collections.collections()] == ["imports"]
    assert shelf.pictures() == kept
    assert {m.collection for _, m in shelf.log.read(START, count=100)} == {"imports"}
    shelf.view.follow_once(block_s=0)
    assert len(shelf.index) == 2
    restarted = FlatIndex("m@1", 4)
    shelf.fresh_view(restarted).follow_once(block_s=0)
    assert len(restarted) == 2


def test_what_is_imported_again_after_a_removal_is_found(shelf):
    shelf.fill("case", "lobby", 1, 2)
    shelf.collections.remove_collection("case")
    shelf.fill("case", "lobby", 1)
    assert len(shelf.index) == 1
    restarted = FlatIndex("m@1", 4)
    shelf.fresh_view(restarted).follow_once(block_s=0)
    assert len(restarted) == 1


def test_a_collection_that_is_being_filled_is_not_removed_until_the_import_is_over(shelf):
    shelf.fill("case", "lobby", 1)
    shelf.imports.say("case", "me", shelf.clock.now())
    with pytest.raises(ConfigError, match="being imported into"):
        shelf.collections.remove_collection("case")
    shelf.imports.leave("case", "me")
    shelf.imports.say("case", "killed", shelf.clock.now())
    shelf.clock.sleep(DEAD_AFTER_S + 1)
    shelf.collections.remove_collection("case")


def test_no_import_begins_while_its_collection_is_being_removed(shelf, monkeypatch):
    shelf.fill("case", "lobby", 1, 2)
    refused = []

    def meanwhile(key):
        with pytest.raises(ConfigError, match="'case' is being removed: try again in a moment"):
            shelf.imports.begin("case", "me", shelf.clock.now())
        shelf.imports.begin("other", "me", shelf.clock.now())
        refused.append(key)
        return True

    monkeypatch.setattr(shelf.media, "delete", meanwhile)
    shelf.collections.remove_collection("case")
    assert len(refused) == 2
    assert shelf.imports.count("case", shelf.clock.now()) == 0
    shelf.imports.begin("case", "me", shelf.clock.now())
    shelf.fill("case", "lobby", 1)
    with pytest.raises(ConfigError, match="being imported into"):
        shelf.collections.remove_collection("case")
    shelf.imports.begin("case", "another", shelf.clock.now())


def test_only_what_is_there_and_imported_can_be_removed(shelf):
    shelf.fill("case", "lobby", 1)
    with pytest.raises(ConfigError, match=r"retention\.live_s"):
        shelf.collections.remove_collection("live")
    with pytest.raises(NotFound, match="no collection 'other'; known: case"):
        shelf.collections.remove_collection("other")
