"""The video of what is held: it outlives the ring, retention, and the erasure of others."""

import json
import stat
import zipfile
from itertools import islice

import av
import pytest

from detectors.types import TrackKey
from pipeline.callers import Caller, Role
from pipeline.case_answers import CaseRequest, EvidenceRequest, ItemRequest
from pipeline.clock import ManualClock
from pipeline.errors import NotFound
from pipeline.instants import parse_instant
from pipeline.store.ring import RingLimits
from pipeline.store.ring_recorder import RingRecorder
from pipeline.wiring.casework import build_evidence_desk
from tests.erasing_house import House
from tests.packets import Camera, encode
from tests.store_messages import NOON

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

FRAME_S, SECONDS = 0.04, 16
ALICE, BOB = TrackKey("lobby", "r1", 4), TrackKey("lobby", "r1", 42)
ANNA = Caller("anna", Role.ADMINISTRATOR)
LATER = NOON + 31 * 86_400.0


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return encode(tmp_path_factory.mktemp("film") / "film", "libx264")


@pytest.fixture
def house(redis_binary, short_dir, film):
    """Alice and Bob in view at the same time, with the ring of those seconds."""
    house = House(short_dir / "data", short_dir / "run", redis_binary, live_s=30 * 86_400.0)
    nobody = short_dir / "nobody.json"
    nobody.write_text(json.dumps({"frames": {"1": []}}))
    detector = house.settings.detector.model_copy(update={"model": str(nobody)})
    house.settings = house.settings.model_copy(update={"detector": detector})
    house.see(ALICE, 1, 4)
    house.see(BOB, 2)
    house.embed()
    camera, clock = Camera(film), ManualClock(NOON - 4.0)
    recorder = RingRecorder("lobby", house.stores.ring, RingLimits(600, 10**8), clock)
    recorder.begin(camera.known, 25.0)
    for packet in islice(camera.packets(clock.now()), round(SECONDS / FRAME_S)):
        recorder.take(packet)
        clock.sleep(FRAME_S)
    recorder.end()
    yield house
    house.close()


@pytest.fixture
def desk(house):
    desk = build_evidence_desk(house.settings, house.stores)
    desk.cases.open(CaseRequest(id="theft", title="t"), ANNA)
    desk.cases.add("theft", ItemRequest(hit=str(ALICE)), ANNA)
    return desk


def item_of(desk, out, *, before_s=1.0):
    """The first item of the pack of a case, and how long its clip is."""
    desk.export("theft", EvidenceRequest(before_s=before_s, after_s=1.0), ANNA, out=out)
    with zipfile.ZipFile(out) as archive:
        item = json.loads(archive.read("case.json"))["items"][0]
        if item["clip"] is None:
            return item, 0.0
        path = out.with_suffix(".mp4")
        path.write_bytes(archive.read(item["clip_file"]))
    with av.open(str(path)) as container:
        return item, sum(1 for _ in container.decode(video=0)) * FRAME_S


def test_the_clip_of_a_held_case_is_kept_and_another_goes_with_the_ring(desk, house, tmp_path):
    desk.cases.hold("theft", ANNA)
    (held,) = house.stores.holding.holds()
    assert held.video is not None
    house.stores.ring.erase_all()
    item, seconds = item_of(desk, tmp_path / "a.zip")
    assert (item["missing"], item["clip"]["source"], item["clip"]["copied"]) == ([], "held", True)
    assert seconds == pytest.approx(5.0, abs=0.5)
    house.stores.retention.sweep(LATER)
    assert house.stores.tracks.count() == 0
    again, seconds = item_of(desk, tmp_path / "b.zip")
    assert (again["missing"], again["clip"]["time_from"]) == ([], "arrival")
    assert seconds == pytest.approx(5.0, abs=0.5)
    desk.cases.release("theft", ANNA)
    gone, _ = item_of(desk, tmp_path / "c.zip")
    assert gone["clip"] is None
    assert [path for path in (house.folder.path / "holds/video").rglob("*") if path.is_file()] == []


def test_a_shot_of_a_held_clip_is_found_and_another_is_not(desk, house, tmp_path):
    desk.cases.hold("theft", ANNA)
    house.stores.retention.sweep(LATER)
    out = tmp_path / "clip.mp4"
    answer = desk.exports.cut(f"{ALICE}/4", before_s=1.0, after_s=1.0, out=out)
    begin_at = parse_instant(answer.begin_at, now=float("inf"))
    assert begin_at + answer.hit_from_s == pytest.approx(NOON + 4, abs=0.01)
    with pytest.raises(NotFound, match="no shot"):
        desk.exports.cut(f"{ALICE}/3", before_s=1.0, after_s=1.0, out=out)
    with pytest.raises(NotFound, match="no track"):
        desk.exports.cut(f"{BOB}", before_s=1.0, after_s=1.0, out=out)


def test_what_is_put_into_a_held_case_is_held(desk, house):
    desk.cases.hold("theft", ANNA)
    assert desk.cases.add("theft", ItemRequest(hit=str(BOB)), ANNA).held
    assert [each.video is None for each in house.stores.holding.holds()] == [False, False]
    desk.cases.release("theft", ANNA)
    assert house.stores.holding.holds() == []
    assert not desk.cases.add("theft", ItemRequest(hit=str(BOB)), ANNA).held
    desk.cases.open(CaseRequest(id="empty", title="t"), ANNA)
    desk.cases.hold("empty", ANNA)
    assert desk.cases.add("empty", ItemRequest(hit=str(BOB)), ANNA).held


def test_an_erasure_of_somebody_else_leaves_the_held_clip_and_hides_them_in_it(
    desk, house, tmp_path
):
    desk.cases.hold("theft", ANNA)
    answer = house.erasing().erase([str(BOB)])
    assert not any(each.touches(NOON, NOON + 5) for each in house.stores.ring.segments("lobby"))
    assert any("kept for a hold" in note for note in answer.notes)
    assert answer.left == []
    item, seconds = item_of(desk, tmp_path / "a.zip")
    assert (item["clip"]["blur"], item["clip"]["copied"]) == ("figures", False)
    assert seconds > 4.0


def test_an_erasure_elsewhere_changes_nothing_of_a_held_clip(desk, house, tmp_path):
    desk.cases.hold("theft", ANNA)
    carl = TrackKey("yard", "r1", 1)
    house.see(carl, 1)
    house.embed()
    answer = house.erasing().erase([str(carl)])
    assert not any("kept for a hold" in note for note in answer.notes)
    assert item_of(desk, tmp_path / "a.zip")[0]["clip"]["blur"] == "none"


def test_without_video_a_hold_says_so_and_a_longer_clip_takes_the_place_of_a_shorter(house):
    house.stores.tracks.end({BOB: NOON + 9.0})
    first = house.stores.holding.hold(str(ALICE))
    house.stores.tracks.end({ALICE: NOON + 6.0})
    path = house.folder.path / "holds/video/lobby/r1-4.json"
    before = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    house.stores.holding.hold(str(ALICE))
    after = json.loads(path.read_text())
    assert after["last_at"] >= before["last_at"]
    house.stores.ring.erase_all()
    none = house.stores.holding.hold(str(BOB))
    assert (first.why_no_video, none.video) == ("", None)
    assert "no recent video" in none.why_no_video
