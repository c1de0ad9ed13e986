"""The audit as one process writes it."""

import json
import os
import stat
import threading

import pytest

from pipeline.audit_events import Event, Phase
from pipeline.errors import AuditUnavailable
from pipeline.store.audit_check import Broken, Whole, check
from pipeline.store.audit_files import files_in
from pipeline.store.audit_heads import read_heads
from pipeline.store.audit_log import AuditLog
from pipeline.store.signing import SigningKey

DAY_S = 86_400.0


class House:
    """An audit whose clock a test moves."""

    def __init__(self, folder, *, sign_every=10, keep_s=None):
        self.at, self.folder, self.key = 1_795_426_200.0, folder / "audit", folder / "signing.key"
        self.settings = {"sign_every": sign_every, "keep_s": keep_s, "now": lambda: self.at}
        self.audit = self.opened()

    def opened(self):
        return AuditLog(self.folder, self.key, **self.settings)

    def check(self, logged=()):
        return check(self.folder, SigningKey.of(self.key).public, logged)

    def lines(self):
        return [line for path in files_in(self.folder) for line in path.read_bytes().splitlines()]

    def entries(self):
        return list(map(json.loads, self.lines()))


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def test_a_note_says_who_what_why_and_whom_it_showed(house):
    asked = {"cameras": ["door"], "like": "door/01JT9/3"}
    said = {"text": "red coat", "reason": "theft", "case": "7", "outcome": "200"}
    number = house.audit.note(
        Event("anna", "search", Phase.ANSWERED, **said, asked=asked, shown=["door/01JT9/3/2"])
    )
    (entry,) = house.entries()
    digest = house.audit.names().digest("door", "01JT9", 3)
    assert number == entry["n"] == 1
    assert entry["shown"] == {"door": {digest: [2]}}
    assert entry["asked"] == {"cameras": ["door"], "like": digest}
    said |= {"who": "anna", "what": "search", "phase": "answered"}
    assert {name: entry[name] for name in said} == said


def test_no_name_of_a_track_is_in_any_file(house):
    said = {
        "text": "like door/01JT9/42, not /api/v1/tracks/door/01JT9/43/clip",
        "reason": "door/01JT9/44/1",
        "asked": {"x": [{"y": "door/2026-11-23/09/01JT9-45-2.jpg"}]},
        "shown": ["door/01JT9/46", "door/2026-11-23/09/01JT9-47-2.jpg"],
    }
    house.audit.note(Event("anna", "search", **said))
    house.audit.seal()
    for path in house.folder.iterdir():
        assert b"01JT9" not in path.read_bytes(), path


def test_a_day_that_somebody_typed_stays(house):
    house.audit.note(Event("anna", "search", text="seen on 2026/11/29 at the door"))
    assert house.entries()[0]["text"] == "seen on 2026/11/29 at the door"


def test_files_are_for_their_owner_alone(house):
    house.audit.note(Event("anna", "search"))
    house.audit.seal()
    for path in house.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(house.folder.stat().st_mode) == 0o700


def test_the_head_is_signed_every_so_many_entries_and_told_without_a_text(house, caplog):
    caplog.set_level("INFO")
    for _ in range(25):
        house.audit.note(Event("anna", "search", text="red coat"))
    assert [head.count for head in read_heads(house.folder)[0]] == [10, 20]
    house.audit.seal()
    house.audit.seal()
    assert [head.count for head in read_heads(house.folder)[0]] == [10, 20, 25]
    assert f"audit: 25 entries, head {house.entries()[-1]['hash']}" in caplog.text
    assert "red coat" not in caplog.text
    assert house.check() == Whole(1, 25, files=1, signed=25, logged=0, removed=0)


def test_another_process_goes_on_where_one_ended(house):
    house.audit.note(Event("anna", "search"))
    other = house.opened()
    other.note(Event("ben", "clip"))
    house.audit.note(Event("anna", "search"))
    assert [(e["n"], e["who"]) for e in house.entries()] == [(1, "anna"), (2, "ben"), (3, "anna")]
    assert isinstance(house.check(), Whole)


def test_half_an_entry_is_taken_off_and_the_chain_goes_on(house):
    house.audit.note(Event("anna", "search"))
    (path,) = files_in(house.folder)
    path.write_bytes(path.read_bytes() + b'{"at":"2026')
    assert house.opened().note(Event("ben", "clip")) == 2
    assert isinstance(house.check(), Whole)


def test_a_file_of_which_only_half_an_entry_was_written_is_used(house):
    house.audit.note(Event("anna", "search"))
    (house.folder / "000000000002.jsonl").write_bytes(b'{"at"')
    assert house.opened().note(Event("ben", "clip")) == 2
    assert len(files_in(house.folder)) == 2
    assert isinstance(house.check(), Whole)


def test_nothing_is_noted_behind_an_entry_that_cannot_be_read(house):
    house.audit.note(Event("anna", "search"))
    (path,) = files_in(house.folder)
    path.write_bytes(b"{}\n")
    with pytest.raises(AuditUnavailable, match="audit verify"):
        house.opened().note(Event("ben", "clip"))


def test_a_day_has_a_file(house):
    house.audit.note(Event("anna", "search"))
    house.at += DAY_S
    house.audit.note(Event("anna", "search"))
    assert [path.name for path in files_in(house.folder)] == [
        "000000000001.jsonl", "000000000002.jsonl",
    ]  # fmt: skip
    assert isinstance(house.check(), Whole)


def test_what_is_old_goes_by_whole_files_and_the_rest_is_verifiable(tmp_path):
    house = House(tmp_path, keep_s=3 * DAY_S)
    for _ in range(6):
        house.audit.note(Event("anna", "search"))
        house.audit.note(Event("anna", "search"))
        house.at += DAY_S
    house.audit.tend()
    assert [entry["n"] for entry in house.entries()] == [7, 8, 9, 10, 11, 12, 13]
    assert house.check() == Whole(7, 13, files=4, signed=13, logged=0, removed=6)
    aged = house.entries()[-1]
    assert (aged["who"], aged["what"]) == ("descry", "audit-aged")
    assert aged["asked"] == {
        "first": 1, "last": 6, "from": "2026-11-23", "until": "2026-11-25T09:30:00.000Z",
        "by": "audit.keep_days", "days": 3.0,
    }  # fmt: skip
    # Who removes a file more cannot say that it was old.
    files_in(house.folder)[0].unlink()
    assert house.check() == Broken(
        7, "entries 7 to 8 missing: entry 9 comes next", "000000000009.jsonl, line 1"
    )


def test_a_clock_that_jumped_ahead_removes_nothing(tmp_path, caplog):
    house = House(tmp_path, keep_s=365 * DAY_S)
    for _ in range(5):
        house.audit.note(Event("anna", "search"))
        house.at += DAY_S
    house.at += 400 * DAY_S
    house.audit.tend()
    house.audit.note(Event("anna", "search"))
    house.audit.tend()
    assert [entry["n"] for entry in house.entries()] == [1, 2, 3, 4, 5, 6]
    assert "nothing is removed yet" in caplog.text
    # What was noted since, on the day after, shows that the clock was right.
    house.at += DAY_S
    house.audit.note(Event("anna", "search"))
    house.audit.tend()
    assert [entry["n"] for entry in house.entries()] == [6, 7, 8]


def test_a_kill_amid_ageing_is_no_damage(tmp_path):
    house = House(tmp_path, keep_s=3 * DAY_S)
    for _ in range(6):
        house.audit.note(Event("anna", "search"))
        house.at += DAY_S
    old = {path: path.read_bytes() for path in files_in(house.folder)}
    house.audit.tend()
    for path, content in old.items():
        path.write_bytes(content)
    assert isinstance(house.check(), Whole)
    house.audit.tend()
    assert [entry["n"] for entry in house.entries()] == [4, 5, 6, 7, 8]
    assert house.opened().note(Event("anna", "search")) == 9


def test_old_heads_are_thinned_and_every_file_keeps_its_last(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.store.audit_signing.HEADS_KEPT", 2)
    house = House(tmp_path, sign_every=1, keep_s=4 * DAY_S)
    for _ in range(6):
        for _ in range(3):
            house.audit.note(Event("anna", "search"))
        house.at += DAY_S
    house.audit.tend()
    assert [head.count for head in read_heads(house.folder)[0]] == [6, 9, 12, 15, 17, 18, 19]
    assert isinstance(house.check(), Whole)


def test_notes_of_many_threads_are_all_there(house):
    def note(who):
        for number in range(20):
            house.audit.note(Event(who, "search", case=str(number)))

    threads = [threading.Thread(target=note, args=(f"user-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = sorted((entry["who"], int(entry["case"])) for entry in house.entries())
    assert told == sorted((f"user-{n}", number) for n in range(8) for number in range(20))
    assert isinstance(house.check(), Whole)


def test_what_cannot_be_written_takes_nothing_along(house):
    house.audit.note(Event("anna", "search"))
    with pytest.raises(AuditUnavailable):
        house.audit.note(Event("anna", "search", asked={"since": float("nan")}))
    assert house.audit.note(Event("anna", "search")) == 2


def test_a_bug_while_writing_is_taken_for_a_note_by_nobody(house, monkeypatch):
    def broken(*_):
        raise RuntimeError("a bug")

    monkeypatch.setattr(house.audit, "_append", broken)
    with pytest.raises(RuntimeError):
        house.audit.note(Event("anna", "search"))
    monkeypatch.undo()
    assert house.audit.note(Event("anna", "search")) == 1


def test_a_folder_that_cannot_be_written_is_said(house, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    house.audit.note(Event("anna", "search"))
    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(AuditUnavailable, match=r"No space left on device.*make room"):
        house.audit.note(Event("anna", "search"))
    monkeypatch.undo()
    assert house.audit.note(Event("anna", "search")) == 2
