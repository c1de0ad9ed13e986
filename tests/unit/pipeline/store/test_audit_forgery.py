"""Whoever can write the audit's files, and has no key, gets nothing signed that they wrote."""

import json
import logging

import pytest

from pipeline.audit_events import Event
from pipeline.store.audit_chain import BEGIN, linked
from pipeline.store.audit_check import Broken, Whole, check
from pipeline.store.audit_files import files_in
from pipeline.store.audit_gaps import MARGIN
from pipeline.store.audit_heads import FILE, read_heads
from pipeline.store.audit_log import AuditLog
from pipeline.store.signing import SigningKey

EVERY = 10


def opened(house, *, signs_each=False):
    return AuditLog(
        house / "audit", house / "signing.key", sign_every=EVERY, keep_s=None,
        now=lambda: 1_795_426_200.0, logs=house / "logs", signs_each=signs_each,
    )  # fmt: skip


@pytest.fixture
def house(tmp_path):
    (tmp_path / "logs").mkdir()
    return tmp_path


def note(audit, count):
    for _ in range(count):
        audit.note(Event("anna", "search", text="red coat"))


def verdict(house):
    return check(house / "audit", SigningKey.of(house / "signing.key").public, every=EVERY)


def signed(house):
    return [head.count for head in read_heads(house / "audit")[0]]


def forge(house, *, entries):
    """Have somebody else be who asked entry 3, made anew from there, and so many entries left."""
    (path,) = files_in(house / "audit")
    lines, place = [], BEGIN
    for line in path.read_bytes().splitlines()[:entries]:
        fields = {n: value for n, value in json.loads(line).items() if n not in ("n", "hash")}
        if place.number == 2:
            fields["who"] = "ben"
        made, place = linked(place, fields)
        lines.append(made)
    path.write_bytes(b"".join(lines))


@pytest.mark.parametrize("is_new", [False, True], ids=["the same process", "another"])
@pytest.mark.parametrize("entries", [30, 45])
def test_a_chain_made_anew_is_not_signed_though_its_heads_are_gone(house, is_new, entries, caplog):
    audit = opened(house)
    note(audit, 45)
    assert signed(house) == [10, 20, 30, 40]
    (house / "audit" / FILE).unlink()
    forge(house, entries=entries)
    audit = opened(house) if is_new else audit
    note(audit, 1)
    audit.seal()
    audit.tend()
    assert signed(house) == []
    assert "does not lead to the head that was signed at entry 40" in caplog.text
    assert "audit verify" in caplog.text


def test_who_takes_the_head_beside_the_key_as_well_gets_nothing_signed_by_who_runs(house):
    audit = opened(house)
    note(audit, 45)
    (house / "audit" / FILE).unlink()
    (house / "audit-head.json").unlink()
    forge(house, entries=45)
    note(audit, 1)
    audit.seal()
    assert signed(house) == []


def test_a_long_chain_without_a_head_is_not_signed_and_said_to_be_broken(house):
    note(opened(house), EVERY + MARGIN + 1)
    (house / "audit" / FILE).unlink()
    (house / "audit-head.json").unlink()
    forge(house, entries=1000)
    audit = opened(house)
    audit.seal()
    assert signed(house) == []
    last = EVERY + MARGIN + 1
    assert verdict(house) == Broken(1, f"no signed head is left of entries 1 to {last}")


def test_an_end_without_heads_is_said_to_be_broken(house):
    note(opened(house), 2 * EVERY + MARGIN + 1)
    path = house / "audit" / FILE
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    found = verdict(house)
    assert isinstance(found, Broken)
    assert found.entry == EVERY + 1


@pytest.mark.parametrize("who", ["heads", "beside"])
def test_a_head_that_another_key_signed_is_not_gone_on_from(house, tmp_path_factory, who, caplog):
    other = tmp_path_factory.mktemp("other")
    (other / "logs").mkdir()
    note(opened(other), 40)
    note(opened(house), 5)
    SigningKey.of(house / "signing.key")
    name = "audit-head.json" if who == "beside" else f"audit/{FILE}"
    (house / name).write_bytes((other / name).read_bytes())
    opened(house).seal()
    assert "another key" in caplog.text
    assert signed(house) == ([] if who == "beside" else [10, 20, 30, 40])


def test_heads_that_are_gone_are_put_back_where_the_chain_is_whole(house, caplog):
    note(opened(house), 45)
    (house / "audit" / FILE).unlink()
    opened(house).seal()
    assert signed(house) == [40, 45]
    assert "head of entry 40 was gone" in caplog.text
    assert isinstance(verdict(house), Whole)


def test_processes_that_take_turns_sign_one_chain(house):
    one, other = opened(house), opened(house, signs_each=True)
    for _ in range(4):
        note(one, EVERY - 1)
        note(other, 1)
        one.tend()
    assert isinstance(verdict(house), Whole)
    assert signed(house)[-1] == 4 * EVERY


def test_a_head_of_an_earlier_version_is_gone_on_from(house):
    note(opened(house), EVERY)
    (head,) = read_heads(house / "audit")[0]
    assert head.every == EVERY
    key = SigningKey.of(house / "signing.key")
    message = f"descry audit head\n{head.count}\n{head.hash}\n{head.at}\n".encode()
    old = {"count": head.count, "hash": head.hash, "at": head.at, "is_checkpoint": False}
    old |= {"key": key.public, "signature": key.sign(message)}
    (house / "audit" / FILE).write_text(json.dumps(old, sort_keys=True) + "\n")
    (house / "audit-head.json").unlink()
    note(opened(house), EVERY)
    assert signed(house) == [EVERY, EVERY + 1]
    assert isinstance(verdict(house), Whole)


def test_what_is_refused_is_said_each_so_many_entries_and_not_each_time(house, caplog):
    caplog.set_level(logging.ERROR)
    note(opened(house), 45)
    forge(house, entries=45)
    audit = opened(house)
    note(audit, 3 * EVERY)
    assert 1 <= len(caplog.records) <= 4


def test_each_head_is_logged_outside_the_audit(house):
    note(opened(house), 2 * EVERY)
    said = (house / "logs" / "audit-heads.log").read_text().splitlines()
    hashes = [head.hash for head in read_heads(house / "audit")[0]]
    assert [line.split(" ", 1)[1] for line in said] == [
        f"audit: 10 entries, head {hashes[0]}", f"audit: 20 entries, head {hashes[1]}",
    ]  # fmt: skip
