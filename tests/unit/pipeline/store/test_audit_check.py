"""Whatever is done to the files of the audit is found, and said of the right entry."""

import json
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.audit_events import Event
from pipeline.store.audit_chain import BEGIN, Place, canonical, linked
from pipeline.store.audit_check import Broken, Whole, check
from pipeline.store.audit_files import files_in
from pipeline.store.audit_heads import FILE, read_heads
from pipeline.store.audit_log import AuditLog
from pipeline.store.audit_names import HiddenNames, names_in
from pipeline.store.signing import SigningKey

DAY_S, ENTRIES, SIGNED = 86_400.0, 24, 20


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """24 entries in two files; the head of 5, 10, 15 and 20 is signed."""
    folder, at = tmp_path_factory.mktemp("written"), [1_795_426_200.0]
    audit = AuditLog(
        folder / "audit", folder / "signing.key", sign_every=5, keep_s=None, now=lambda: at[0]
    )
    for number in range(ENTRIES):
        at[0] += DAY_S if number == ENTRIES // 2 else 1.0
        audit.note(Event("anna", "search", text=f"coat {number}"))
    return folder


@pytest.fixture
def house(written, tmp_path):
    shutil.copytree(written, tmp_path / "house")
    return tmp_path / "house"


def verdict(folder, logged=()):
    return check(folder / "audit", SigningKey.of(folder / "signing.key").public, logged)


def lines_of(folder):
    return [x for p in files_in(folder / "audit") for x in p.read_bytes().splitlines()]


def write(folder, lines):
    first, *others = files_in(folder / "audit")
    for path in others:
        path.unlink()
    first.write_bytes(b"".join(line + b"\n" for line in lines))


def test_what_was_not_touched_is_whole(house):
    assert verdict(house) == Whole(1, ENTRIES, files=2, signed=SIGNED, logged=0, removed=0)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(number=st.integers(0, ENTRIES - 1), place=st.integers(0, 10_000), byte=st.integers(1, 255))
def test_any_changed_byte_of_any_entry_is_found(written, tmp_path, number, place, byte):
    house = fresh(written, tmp_path)
    lines = lines_of(house)
    line = bytearray(lines[number])
    line[place % len(line)] ^= byte
    lines[number] = bytes(line)
    write(house, lines)
    found = verdict(house)
    assert isinstance(found, Broken)
    assert found.entry == number + 1


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=st.integers(0, ENTRIES - 1), count=st.integers(1, ENTRIES))
def test_any_removed_entries_are_found(written, tmp_path, first, count):
    house = fresh(written, tmp_path)
    lines = lines_of(house)
    del lines[first : first + count]
    write(house, lines)
    found = verdict(house)
    if len(lines) == first and first >= SIGNED:  # the end, behind the last signed head
        assert isinstance(found, Whole)
        end = json.loads(lines_of(written)[-1])
        found = verdict(house, [Place(end["n"], end["hash"])])
    assert isinstance(found, Broken)
    assert found.entry == first + 1


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pair=st.lists(st.integers(0, ENTRIES - 1), min_size=2, max_size=2, unique=True))
def test_any_two_entries_that_changed_places_are_found(written, tmp_path, pair):
    house = fresh(written, tmp_path)
    lines, (one, other) = lines_of(house), pair
    lines[one], lines[other] = lines[other], lines[one]
    write(house, lines)
    found = verdict(house)
    assert isinstance(found, Broken)
    assert found.entry == min(pair) + 1


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.integers(0, ENTRIES), which=st.integers(0, ENTRIES - 1))
def test_any_entry_put_in_is_found(written, tmp_path, at, which):
    house = fresh(written, tmp_path)
    lines = lines_of(house)
    lines.insert(at, lines[which])
    write(house, lines)
    found = verdict(house)
    assert isinstance(found, Broken)
    assert found.entry in {at + 1, at + 2}  # the copy of a line beside it is the second of them


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(number=st.integers(0, SIGNED - 1))
def test_hashes_made_anew_do_not_lead_to_the_signed_head(written, tmp_path, number):
    house = fresh(written, tmp_path)
    write(house, forged(lines_of(house), number))
    found = verdict(house)
    assert isinstance(found, Broken)
    assert found.entry == number // 5 * 5 + 1  # behind the signed head before it
    assert "made anew" in found.what


def fresh(written, tmp_path):
    shutil.rmtree(tmp_path / "house", ignore_errors=True)
    shutil.copytree(written, tmp_path / "house")
    return tmp_path / "house"


def forged(lines, number):
    """The lines, with the text of one changed and all hashes from there on made anew."""
    entries = [json.loads(line) for line in lines]
    entries[number]["text"] = "another coat"
    place, made = BEGIN, []
    for entry in entries:
        fields = {name: value for name, value in entry.items() if name not in ("n", "hash")}
        line, place = linked(place, fields)
        made.append(line.rstrip(b"\n"))
    return made


def test_behind_the_last_signed_head_what_was_logged_tells(house):
    lines = lines_of(house)
    end = json.loads(lines[-1])
    logged = [Place(end["n"], end["hash"])]
    assert verdict(house, logged) == Whole(1, 24, files=2, signed=20, logged=1, removed=0)
    write(house, forged(lines, 22))
    assert isinstance(verdict(house), Whole)
    found = verdict(house, logged)
    assert isinstance(found, Broken)
    assert found.entry == 21


def test_a_tail_cut_off_with_its_heads_is_told_by_what_was_logged(house):
    heads = read_heads(house / "audit")[0]
    write(house, lines_of(house)[:10])
    path = house / "audit" / FILE
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    assert isinstance(verdict(house), Whole)
    found = verdict(house, [heads[-1].place])
    assert found == Broken(11, "the end is cut off: entries 11 to 20 were logged, and are gone")


def test_a_tail_cut_off_before_the_last_signed_head_is_told(house):
    write(house, lines_of(house)[:18])
    found = verdict(house)
    assert found == Broken(19, "the end is cut off: entries 19 to 20 were signed, and are gone")


@pytest.mark.parametrize("field", ["count", "hash", "at", "is_checkpoint", "signature", "key"])
def test_a_head_that_was_changed_is_told(house, field):
    path = house / "audit" / FILE
    lines = path.read_bytes().splitlines()
    head = json.loads(lines[1])
    other = {"count": 9, "at": "2026-01-01T00:00:00.000Z", "is_checkpoint": True}
    head[field] = other[field] if field in other else head[field][::-1]
    lines[1] = canonical(head)
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    assert isinstance(verdict(house), Broken)


def test_heads_of_another_key_are_told(house, tmp_path):
    audit = house / "audit"
    assert isinstance(check(audit, SigningKey.of(tmp_path / "other.key").public), Broken)


def test_all_of_it_gone_is_told_by_what_was_logged(house):
    shutil.rmtree(house / "audit")
    (house / "audit").mkdir()
    found = verdict(house, [Place(20, "a" * 64)])
    assert found == Broken(1, "the end is cut off: entries 1 to 20 were logged, and are gone")


JSON = st.recursive(
    st.none() | st.integers() | st.text() | st.sampled_from(["door/01JT9/4", "door/01JT9/4/2"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(max_examples=50, deadline=None)
@given(value=JSON)
def test_no_name_is_left_in_what_is_hidden(value):
    hidden = HiddenNames(bytes(32)).hide({"it": value})
    assert "01JT9" not in json.dumps(hidden)
    assert names_in(hidden) == set()


@given(
    before=st.text(alphabet="ab/3-_ ", max_size=30), after=st.text(alphabet="ab/3-_ ", max_size=9)
)
def test_a_name_amid_anything_is_hidden(before, after):
    hidden = HiddenNames(bytes(32)).hide(f"{before}door/01JT9/4{after}")
    assert "door/01JT9/4" not in hidden
    hidden = HiddenNames(bytes(32)).hide(f"{before}door/2026-11-23/09/01JT9-4-2.jpg{after}")
    assert "door/2026-11-23/09/01JT9-4-" not in hidden


def test_a_long_text_of_anything_is_looked_through_at_once():
    hidden = HiddenNames(bytes(32))
    for text in ("a" * 65_536, "a/" * 32_768, "a/b-1-" * 10_000, "2026-11-23/09/a-" * 4000):
        hidden.hide(text)
