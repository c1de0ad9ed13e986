"""pipeline.workers.erasing over a real data folder: found no more, and not a byte of it left."""

import json

import numpy as np
import pytest

from detectors.types import ShotId, TrackKey
from pipeline.errors import Busy, ConfigError, NotFound
from pipeline.store.crop_stream import Publish
from pipeline.store.intents import Intents
from pipeline.store.keys import Keys
from pipeline.store.runs import RunRecord
from pipeline.store.travel import TravelStore
from pipeline.store.watches import Watch, WatchStore
from retrieval.index.traces import hash_bytes
from retrieval.search.travel import TravelTimes
from tests.erasing_house import House, jpeg_of, vector_of
from tests.store_messages import NOON

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("log_lies")]

ALICE, BOB = TrackKey("lobby", "r1", 4), TrackKey("lobby", "r1", 42)


@pytest.fixture
def house(redis_binary, short_dir):
    house = House(short_dir / "data", short_dir / "run", redis_binary)
    yield house
    house.close()


def needles(track, *numbers):
    """What must not be left of a track."""
    shots = [ShotId(track, number) for number in numbers]
    return [
        f"{track}/".encode(),
        f"{track.run_id}-{track.number}-".encode(),
        hash_bytes(track),
        *(jpeg_of(shot)[100:200] for shot in shots),
        *(vector_of(shot).astype("<f2").tobytes() for shot in shots),
    ]


def fill(house):
    house.see(ALICE, 1, 2, 3)
    house.see(BOB, 1, 2)
    house.embed()
    house.checkpoint()
    house.see(ALICE, 5, replaces=3)  # its retirement and a dead row are on disk as well
    house.embed()
    house.checkpoint()
    house.see(ALICE, 6)  # waits to be embedded
    house.keep_boxes(ALICE, BOB.number)
    (house.folder.logs / "query.log").write_text(f"shot {ALICE}/3 came again\nshot {BOB}/1 too\n")
    return needles(ALICE, 1, 2, 3, 5, 6)


def test_nothing_is_left_of_an_erased_track_and_all_of_the_others(house):
    gone = fill(house)
    assert set(house.files_with(*gone))
    answer = house.erasing().erase([str(ALICE)])
    assert answer.left == []
    assert (answer.count, answer.messages, answer.pictures, answer.boxes) == (1, 5, 4, 1)
    assert answer.searched_bytes > 0
    assert house.files_with(*gone) == []
    house.reader()
    assert house.follow() == {f"{BOB}/1", f"{BOB}/2"}
    assert all(house.files_with(needle) for needle in needles(BOB, 1, 2))
    assert [row.number for row in house.stores.boxes.rows("lobby", "r1")] == [BOB.number]
    assert f"shot {BOB}/1 too" in (house.folder.logs / "query.log").read_text()
    assert house.stores.tracks.get_many([ALICE, BOB]).keys() == {BOB}


def test_an_erased_track_stays_away_from_what_comes_late_and_from_a_rebuild(house):
    house.see(ALICE, 1, 2)
    house.see(BOB, 1)
    in_hand = house.take()
    assert house.erasing().erase([str(ALICE)]).left == []
    assert house.settle(in_hand) == 1  # an embed worker had them in hand
    assert house.see(ALICE, 3) == [Publish.ERASED]
    house.stores.tracks.open(
        ALICE, collection="live", is_live=True, first_seen_at=NOON, imported_at=None
    )
    assert house.stores.tracks.get_many([ALICE]) == {}
    house.embed()
    assert house.follow() == {f"{BOB}/1"}
    assert house.files_with(*needles(ALICE, 1, 2, 3)) == []
    house.index.clear()
    house.reader()
    assert house.follow() == {f"{BOB}/1"}


def test_what_redis_deleted_does_not_come_back_with_its_next_snapshot(house):
    gone = fill(house)
    house.erasing().erase([str(ALICE)])
    client = house.stores.client
    for preamble in ("no", "yes"):
        house.server.restart()
        client.config_set("aof-use-rdb-preamble", preamble)
        client.bgrewriteaof()
        while any(client.info("persistence")[f"aof_rewrite_{w}"] for w in _UNDER_WAY):
            pass
        assert house.files_with(*gone) == []


_UNDER_WAY = ("in_progress", "scheduled")


def test_a_track_is_found_no_more_before_a_byte_is_deleted(house, monkeypatch):
    fill(house)
    house.follow()
    seen = []

    def collect(tracks):
        # The marks are there: whoever has an index takes them out at its next look.
        seen.append(house.follow())
        return []

    erasing = house.erasing()
    monkeypatch.setattr(erasing._parts.forgetting, "crop_pictures", collect)
    erasing.erase([str(ALICE)])
    assert seen == [{f"{BOB}/1", f"{BOB}/2"}]


def test_their_vectors_leave_the_memory_of_cameras_and_lights_as_well(house):
    fill(house)
    house.follow()
    house.scenes.tracks()
    known = house.scenes.tracks()
    assert known is not None and len(known.scene) == 2
    house.stores.sightings.erased.mark([ALICE], NOON)  # as an erasure begins
    house.follow()
    assert house.scenes.tracks() is None
    left = house.scenes.tracks()
    assert left is not None and len(left.scene) == 1
    theirs = [vector_of(ShotId(BOB, number)) for number in (1, 2)]
    assert np.abs(left.shots[:, None] - np.stack(theirs)).max(axis=2).min(axis=1).max() < 1e-3


def test_several_are_erased_in_one_go_and_once_more_without_harm(house):
    fill(house)
    house.see(TrackKey("yard", "r2", 1), 1)
    house.embed()
    house.checkpoint()
    names = [str(ALICE), "yard/r2/1", str(ALICE)]
    assert house.erasing().erase(names).count == 2
    again = house.erasing().erase(names)
    assert (again.left, again.messages, again.pictures) == ([], 0, 0)


def test_what_is_left_is_named(house, monkeypatch):
    fill(house)
    monkeypatch.setattr("pipeline.workers.erasing.LOOK_AGAIN_S", 0.0)
    (house.folder.path / "note.txt").write_text(f"I saw {ALICE}.")
    (house.folder.path / "copy.bin").write_bytes(jpeg_of(ShotId(ALICE, 2)))
    answer = house.erasing().erase([str(ALICE)])
    assert answer.left == ["copy.bin: picture", "note.txt: name"]


def test_who_was_cut_off_is_finished_by_whoever_comes_next(house, monkeypatch):
    gone = fill(house)
    for step in ("pictures_of", "delete_pictures", "delete_boxes", "black_out", "search"):
        with monkeypatch.context() as patch:
            patch.setattr(f"pipeline.workers.erasing.{step}", _cut_off)
            with pytest.raises(KeyboardInterrupt):
                house.erasing().erase([str(ALICE)])
        assert Intents(house.folder.path / "erasures").read() is not None
    answer = house.erasing().resume()
    assert answer is not None
    assert answer.left == []
    assert house.files_with(*gone) == []
    assert house.erasing().resume() is None


def _cut_off(*_args, **_more):
    raise KeyboardInterrupt


def test_one_erasure_at_a_time(house):
    fill(house)
    intents = Intents(house.folder.path / "erasures")
    with intents.lock(), pytest.raises(Busy, match="other tracks are being erased"):
        house.erasing().erase([str(ALICE)])
    assert house.erasing().erase([str(ALICE)]).left == []


def test_what_cannot_be_erased_is_refused_and_nothing_happens(house):
    gone = fill(house)
    before = set(house.files_with(*gone))
    for names, error, told in (
        (["lobby/r1"], ConfigError, "not a track key.*'descry tracks list'"),
        ([str(ALICE), "lobby/r1/9"], NotFound, "no track lobby/r1/9"),
    ):
        with pytest.raises(error, match=told):
            house.erasing().erase(names)
    assert set(house.files_with(*gone)) == before
    assert str(ALICE) + "/1" in house.follow()


def test_who_has_expired_and_is_watched_for_can_be_erased(house):
    fill(house)
    watched = TrackKey("lobby", "r1", 9)
    picture = Watch(
        watch_id="w1", name="her", kind="picture", text="", like=f"{watched}/2", cameras=(),
        zones=(), hours="", timezone="UTC", false_alarms=1.0, cooldown_s=0.0, created_at=NOON,
    )  # fmt: skip
    watches = WatchStore(house.stores.client, Keys(house.settings.redis.namespace))
    watches.add(picture)
    assert house.erasing().erase([str(watched)]).left == []
    assert watches.all() == []


def test_what_was_learnt_of_travel_goes_with_whoever_is_erased(house):
    fill(house)
    travel = TravelStore(house.stores.client, Keys(house.settings.redis.namespace))
    travel.replace("2026-03-01", {("lobby", "gate"): TravelTimes.of([60.0])}, token="t")
    house.erasing().erase([str(ALICE)])
    assert travel.by_day() == {}


def test_a_run_whose_boxes_are_being_written_is_waited_for(house):
    fill(house)
    run = RunRecord(
        camera_id="lobby", run_id="r1", kind="file", source="door.mp4", started_at=NOON,
        collection="imports", imported_at=NOON,
    )  # fmt: skip
    house.stores.runs.begin(run)
    with pytest.raises(ConfigError, match="run r1 of camera 'lobby' is being read with"):
        house.erasing().erase([str(ALICE)])
    house.stores.runs.finish("lobby", "r1", "done")
    answer = house.erasing().erase([str(ALICE)])
    assert "the imported file 'door.mp4' is yours, and shows them still" in answer.notes


def test_a_recording_that_was_sent_to_us_shows_them_still_and_is_named(house):
    fill(house)
    sent = house.folder.path / "uploads" / "0123456789abcdef" / "door.mp4"
    sent.parent.mkdir(parents=True)
    sent.write_bytes(b"video")
    run = RunRecord(
        camera_id="lobby", run_id="r1", kind="file", source="door.mp4", started_at=NOON,
        collection="imports", imported_at=NOON, path=str(sent),
    )  # fmt: skip
    house.stores.runs.begin(run)
    house.stores.runs.finish("lobby", "r1", "done")
    answer = house.erasing().erase([str(ALICE)])
    (left,) = answer.left
    assert left.startswith("uploads/0123456789abcdef/door.mp4: recording that was sent")
    assert answer.certificate is None


def test_the_video_in_which_they_were_in_view_goes(house):
    fill(house)
    ring = house.stores.ring
    during = ring.begin("lobby", NOON - 5)
    during = ring.rename(during, NOON - 5, NOON + 2)
    before = ring.rename(ring.begin("lobby", NOON - 60), NOON - 60, NOON - 50)
    elsewhere = ring.begin("yard", NOON)
    assert house.erasing().erase([str(ALICE)]).videos == 1
    assert [path.exists() for path in (during, before, elsewhere)] == [False, True, True]


def test_a_damaged_note_of_an_erasure_is_told(house):
    fill(house)
    house.erasing().erase([str(ALICE)])
    intents = Intents(house.folder.path / "erasures")
    intents.file.write_text(json.dumps({"tracks": 1}))
    with pytest.raises(Exception, match=r"pending\.json is damaged .* delete it"):
        house.erasing().resume()
