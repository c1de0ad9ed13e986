"""Cases over a real data folder: they outlive their tracks, and tell nothing of who was erased."""

import json
import zipfile
from hashlib import sha256
from types import SimpleNamespace

import pytest

from detectors.types import ShotId, TrackKey
from pipeline.audit_events import Phase
from pipeline.callers import Caller, Role
from pipeline.case_answers import CaseChange, CaseRequest, EvidenceRequest, ItemRequest
from pipeline.errors import Busy, ConfigError, NotFound
from pipeline.evidence.verifying import verify_pack
from pipeline.reason_fields import Grounds
from pipeline.store.runs import RunRecord
from pipeline.wiring.accountable import build_accountable
from pipeline.wiring.case_book import LocalCases
from pipeline.wiring.casework import build_evidence_desk
from pipeline.workers.evidencing import EvidenceDesk
from pipeline.workers.noted import Noting
from tests.erasing_house import House, jpeg_of
from tests.store_messages import NOON

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

ALICE, BOB = TrackKey("lobby", "r1", 4), TrackKey("lobby", "r1", 42)
ANNA = Caller("anna", Role.ADMINISTRATOR)
LATER = NOON + 31 * 86_400.0


@pytest.fixture
def house(redis_binary, short_dir):
    house = House(short_dir / "data", short_dir / "run", redis_binary, live_s=30 * 86_400.0)
    house.see(ALICE, 1, 2)
    house.see(BOB, 1)
    house.embed()
    yield house
    house.close()


@pytest.fixture
def desk(house) -> EvidenceDesk:
    desk = build_evidence_desk(house.settings, house.stores)
    desk.cases.open(CaseRequest(id="theft", title="t"), ANNA)
    for hit in (f"{ALICE}", f"{ALICE}/2", f"{BOB}"):
        desk.cases.add("theft", ItemRequest(hit=hit, text="red coat", note="at the till"), ANNA)
    return desk


def pack(desk, out):
    answer = desk.export("theft", EvidenceRequest(), ANNA, out=out)
    with zipfile.ZipFile(out) as archive:
        return answer, {name: archive.read(name) for name in archive.namelist()}


def test_who_may_see_some_cameras_is_told_what_is_kept_of_those(house):
    house.see(TrackKey("gate", "r1", 1), 1)
    house.embed()
    audit = SimpleNamespace(note=lambda event: 1)
    tell = build_accountable(house.settings, house.stores, audit).retention.tell
    house.stores.retention.sweep(NOON)
    (all_of_it,) = tell(ANNA).collections
    (some,) = tell(Caller("bo", Role.OPERATOR, frozenset({"gate"}))).collections
    assert (all_of_it.tracks, all_of_it.shots, all_of_it.bytes is None) == (3, 4, False)
    assert (some.tracks, some.shots, some.bytes, some.budget_bytes) == (1, 1, None, None)
    assert some.next_track == "gate/r1/1"
    assert tell(Caller("bo", Role.OPERATOR, frozenset({"hall"}))).collections == []


def test_an_item_knows_what_was_kept_when_it_was_added(desk):
    first, named, _ = desk.cases.show("theft", ANNA).items
    assert (first.shots, first.shot, first.time_from) == ([1, 2], None, "arrival")
    assert named.shot == 2
    for hit in (f"{ALICE}/3", "lobby/r1/7"):
        with pytest.raises(NotFound):
            desk.cases.add("theft", ItemRequest(hit=hit), ANNA)


def test_a_pack_has_the_pictures_and_says_why_there_is_no_clip(desk, tmp_path):
    answer, files = pack(desk, tmp_path / "pack.zip")
    assert files["items/001/shot-01.jpg"] == jpeg_of(ShotId(ALICE, 1))
    assert len(answer.missing) == 3
    assert all("no recent video of it is kept here" in why for why in answer.missing)
    assert verify_pack(tmp_path / "pack.zip", answer.public_key).faults == []
    assert list(desk.scratch.glob("*")) == []


def test_a_pack_of_the_command_line_is_noted_with_whom_it_shows_before_it_is_there(
    desk, house, tmp_path
):
    out, noted = tmp_path / "pack.zip", []

    def note(event):
        noted.append((event, out.exists()))
        return len(noted)

    noting = Noting(SimpleNamespace(note=note), "local:7", Grounds("r", "c"), False)
    session = SimpleNamespace(settings=house.settings, noting=lambda: noting)
    book = LocalCases(session, house.stores, ANNA, [])
    book.export("theft", EvidenceRequest(), out=out, progress=lambda *_: None)
    (asked, _), (made, is_there), _ = noted
    assert not is_there
    assert (asked.what, asked.phase) == ("evidence", Phase.ASKED)
    assert (made.what, made.of, made.reason) == ("evidence-made", 1, "r")
    assert made.shown == [f"{ALICE}", f"{ALICE}/2", f"{BOB}"]
    with zipfile.ZipFile(out) as archive:
        digest = sha256(archive.read("manifest.json")).hexdigest()
    assert made.told == {"manifest_sha256": digest}


def test_a_pack_tells_what_was_written_before(desk, tmp_path):
    desk.cases.note("theft", 1, "by the <door>", ANNA)
    _, files = pack(desk, tmp_path / "pack.zip")
    history = json.loads(files["case.json"])["history"]
    assert [(each["item"], each["text"]) for each in history] == [
        (1, "at the till"), (1, "by the <door>")
    ]  # fmt: skip
    page = files["report.html"].decode()
    assert "Texts that were changed" in page
    assert "by the &lt;door&gt;" in page


def test_items_outlive_their_tracks_and_pictures_where_they_are_held(desk, house, tmp_path):
    desk.cases.take_out("theft", 3, ANNA)
    desk.cases.hold("theft", ANNA)
    house.stores.retention.sweep(LATER)
    assert house.stores.tracks.count() == 0
    kept = desk.cases.show("theft", ANNA).items
    assert [(item.track, item.held) for item in kept] == [(str(ALICE), True)] * 2
    answer, files = pack(desk, tmp_path / "pack.zip")
    assert files["items/002/shot-02.jpg"] == jpeg_of(ShotId(ALICE, 2))
    assert [why.split(":")[1] for why in answer.missing] == [" clip", " clip"]


def test_how_times_came_about_outlives_what_retention_forgets(desk, house, tmp_path):
    run = RunRecord(
        camera_id="lobby", run_id="r1", kind="live", source="rtsp://x", started_at=NOON,
        collection="live", clock_ahead_s=1.5, detector="yolo11n", watched_until=NOON + 60,
    )  # fmt: skip
    house.stores.runs.begin(run)
    house.stores.cameras.register("lobby", "rtsp")
    desk.cases.add("theft", ItemRequest(hit=f"{BOB}"), ANNA)
    desk.cases.hold("theft", ANNA)
    house.stores.retention.sweep(LATER)
    assert house.stores.runs.get("lobby", "r1") is None
    _, files = pack(desk, tmp_path / "pack.zip")
    before, *_, after = json.loads(files["case.json"])["items"]
    assert (after["times"]["kind"], after["times"]["clock_ahead_s"]) == ("live camera", 1.5)
    assert after["times"]["detector"] == "yolo11n"
    assert "nothing is known any more" in before["times"]["words"]  # of a run that nobody noted


def test_without_a_hold_the_pictures_are_named_as_gone(desk, house, tmp_path):
    house.stores.retention.sweep(LATER)
    answer, files = pack(desk, tmp_path / "pack.zip")
    assert sum("its picture is gone" in why for why in answer.missing) == 5
    assert [name for name in files if name.endswith(".jpg")] == []
    assert json.loads(files["case.json"])["items"][0]["item"]["shown"]["text"] == "red coat"
    assert verify_pack(tmp_path / "pack.zip").faults == []


def test_an_erasure_takes_items_and_waiting_packs_with_it(desk, house):
    waiting = desk.scratch / ("0" * 32 + ".zip")
    desk.scratch.mkdir(parents=True, exist_ok=True)
    pack(desk, waiting)
    assert f"{ALICE}".encode() in waiting.read_bytes()  # so a search of bytes would find it
    answer = house.erasing().erase([str(ALICE)])
    assert (answer.items, answer.left) == (2, [])
    assert not waiting.exists()
    assert [item.track for item in desk.cases.show("theft", ANNA).items] == [str(BOB)]
    assert answer.certificate is not None
    assert answer.certificate["certificate"]["items"] == 2


def test_a_note_that_names_an_erased_track_is_found_and_none_is_certified(desk, house, monkeypatch):
    monkeypatch.setattr("pipeline.workers.erasing.LOOKS", 1)
    desk.cases.note("theft", 3, f"walks behind {ALICE}/1", ANNA)
    answer = house.erasing().erase([str(ALICE)])
    assert answer.left == ["cases.sqlite: name"]
    assert answer.certificate is None


def test_a_held_track_of_a_case_is_not_erased_until_it_is_released(desk, house):
    desk.cases.hold("theft", ANNA)
    with pytest.raises(ConfigError, match="is held"):
        house.erasing().erase([str(ALICE)])
    desk.cases.remove("theft", ANNA)
    assert house.erasing().erase([str(ALICE)]).left == []


def test_who_is_erased_while_a_pack_is_made_is_not_in_it(desk, house, tmp_path):
    out = tmp_path / "pack.zip"

    def erase(done: float, _total: float) -> None:
        if done == 1:
            house.erasing().erase([str(ALICE)])

    with pytest.raises(Busy, match="lost items"):
        desk.export("theft", EvidenceRequest(), ANNA, out=out, progress=erase)
    assert not out.exists()


def test_whoever_may_not_see_a_camera_has_nothing_of_it_in_their_pack(desk, tmp_path):
    yard = Caller("yuri", Role.OPERATOR, frozenset({"yard"}))
    with pytest.raises(NotFound):
        desk.export("theft", EvidenceRequest(), yard, out=tmp_path / "pack.zip")
    assert not (tmp_path / "pack.zip").exists()


def test_a_case_about_other_cameras_is_none_that_they_may_touch(desk):
    yard = Caller("yuri", Role.OPERATOR, frozenset({"yard"}))
    for touch in (
        lambda: desk.cases.show("theft", yard),
        lambda: desk.cases.remove("theft", yard),
        lambda: desk.cases.change("theft", CaseChange(status="closed"), yard),
        lambda: desk.cases.hold("theft", yard),
    ):
        with pytest.raises(NotFound):
            touch()
    assert desk.cases.list(yard, count=9).cases == []
    (mine,) = desk.cases.list(ANNA, count=9).cases
    assert (mine.status, mine.count) == ("open", 3)
    both = Caller("bea", Role.OPERATOR, frozenset({"lobby", "yard"}))
    assert [case.count for case in desk.cases.list(both, count=9).cases] == [3]
