"""What `descry audit` says of an audit, and what it must not make."""

import json
import os

import pytest

from pipeline.audit_events import Event
from pipeline.cli.auditing import list_heads, verify_audit
from pipeline.errors import AuditBroken, ConfigError, ReasonRequired
from pipeline.reason_fields import NO_GROUNDS
from pipeline.store.audit_files import files_in
from pipeline.wiring.auditing import note_settings, open_audit
from pipeline.wiring.settings import read_settings
from pipeline.wiring.stores import open_folder
from pipeline.workers.noted import NotedCatalogue, NotedErasing, NotedHolding, Noting


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DESCRY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DESCRY_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("DESCRY_CONFIG", os.devnull)
    return open_folder(read_settings(None))


def note(folder, count=1):
    audit = open_audit(read_settings(None), folder, signs_each=True)
    for _ in range(count):
        audit.note(Event("anna", "search"))


def verify(**asked):
    verify_audit(None, **{"folder": None, "key": None, "logs": [], "json": False} | asked)


def entries(folder):
    files = files_in(folder.path / "audit")
    return [json.loads(line) for path in files for line in path.read_bytes().splitlines()]


def test_a_check_of_nothing_makes_no_key(folder, capsys):
    verify()
    assert capsys.readouterr().out == "nothing was noted yet\n"
    assert not (folder.path / "signing.key").exists()


def test_heads_are_logged_where_a_check_looks_for_them(folder, capsys):
    note(folder, 3)
    verify()
    said = capsys.readouterr()
    assert "whole: entries 1 to 3" in said.out
    assert "3 logged heads agree" in said.out
    assert "give --key" in said.err
    assert "--log" not in said.err
    key = said.out.split()[-1]
    list_heads(None, json=False)
    assert capsys.readouterr().out.split()[-1] == key
    verify(key=key)
    assert capsys.readouterr().err == ""


def test_a_check_without_a_head_from_elsewhere_says_so(folder, capsys):
    note(folder)
    (folder.logs / "audit-heads.log").unlink()
    (folder.path / "audit-head.json").unlink()
    verify()
    assert "no head that was noted outside the audit was compared" in capsys.readouterr().err


def test_a_key_that_is_gone_is_said_and_none_is_made(folder):
    note(folder)
    (folder.path / "signing.key").unlink()
    for ask in (verify, lambda: list_heads(None, json=False)):
        with pytest.raises(ConfigError, match=r"signing\.key is gone.*from a backup"):
            ask()
    assert not (folder.path / "signing.key").exists()


def test_a_tail_that_was_cut_off_with_its_heads_is_found_without_being_given_a_log(folder):
    note(folder, 3)
    (path,) = files_in(folder.path / "audit")
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    heads = folder.path / "audit" / "heads.jsonl"
    heads.write_bytes(heads.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(AuditBroken, match="the end is cut off: entries 2 to 3"):
        verify()


def test_settings_that_changed_between_two_starts_are_noted(folder, monkeypatch):
    def start():
        settings = read_settings(None)
        note_settings(settings, folder, open_audit(settings, folder))

    start()
    start()
    assert entries(folder) == []
    monkeypatch.setenv("DESCRY_AUDIT__KEEP_DAYS", "1")
    start()
    start()
    (entry,) = entries(folder)
    assert (entry["what"], entry["who"]) == ("audit-settings", f"local:{os.getuid()}")
    asked = entry["asked"]
    assert [asked[when]["audit"]["keep_days"] for when in ("before", "now")] == [365, 1]
    assert "blur" in asked["now"]["export"]


def test_listing_erasing_and_letting_go_need_a_reason_where_one_is_needed(folder):
    audit = open_audit(read_settings(None), folder)
    noting = Noting(audit, "local:0", NO_GROUNDS, reason_required=True)
    with pytest.raises(ReasonRequired, match="--reason"):
        NotedErasing(None, noting).erase(["lobby/r/1"])
    with pytest.raises(ReasonRequired, match="--reason"):
        NotedHolding(None, noting).release("lobby/r/1")
    with pytest.raises(ReasonRequired, match="--reason"):
        NotedCatalogue(None, noting).tracks()
    assert entries(folder) == []
