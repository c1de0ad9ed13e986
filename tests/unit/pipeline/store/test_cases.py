"""pipeline.store.cases: cases last, several may write, and of who is erased no byte stays."""

import sqlite3
import stat
import threading
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.types import TrackKey
from pipeline.case_answers import ItemFacts, Shown
from pipeline.errors import Busy, ConfigError, DescryError, NotFound
from pipeline.store import case_file
from pipeline.store import cases as module
from pipeline.store.case_records import Case, CaseItem
from pipeline.store.case_words import WITHHELD, Words
from pipeline.store.cases import CaseStore

ALICE, BOB = TrackKey("lobby", "r1", 4), TrackKey("lobby", "r1", 42)


def case(name: str, at: float = 1.0) -> Case:
    return Case(name, f"title of {name}", "", "open", at, "anna", None, None)


def item(name: str, track: TrackKey = ALICE, note: str = "") -> CaseItem:
    facts = ItemFacts(
        shown=Shown(text="red coat"), camera=track.camera_id, collection="live",
        first_seen_at=1.0, last_seen_at=2.0, is_live=True,
    )  # fmt: skip
    return CaseItem(name, 0, track, None, facts, note, 3.0, "anna")


@pytest.fixture
def store(tmp_path):
    store = CaseStore(tmp_path / "cases.sqlite")
    store.create(case("theft"))
    return store


def test_what_is_written_is_read_and_nobody_else_may(store):
    added = store.add(item("theft", note="at the till"))
    assert added.number == 1
    again = CaseStore(store.file)
    assert again.items("theft") == [added]
    assert again.get("theft").count == 1
    assert stat.S_IMODE(store.file.stat().st_mode) == 0o600
    assert [path.name for path in store.file.parent.iterdir()] == ["cases.sqlite"]


def test_numbers_of_items_do_not_come_again(store):
    first, second = store.add(item("theft")), store.add(item("theft", BOB))
    store.remove_item("theft", second.number)
    assert [first.number, store.add(item("theft", BOB)).number] == [1, 3]


def test_a_closed_case_stays_as_it_is_until_it_is_opened(store):
    store.add(item("theft"))
    store.change("theft", by="bea", at=9.0, status="closed", closed_at=5.0, closed_by="anna")
    for change in (
        lambda: store.add(item("theft")),
        lambda: store.remove_item("theft", 1),
        lambda: store.set_note("theft", 1, "no", by="bea", at=9.0),
        lambda: store.change("theft", by="bea", at=9.0, title="no"),
        lambda: store.remove("theft"),
    ):
        with pytest.raises(ConfigError, match="case 'theft' is closed"):
            change()
    assert store.change("theft", by="bea", at=9.0, status="open", closed_at=None).status == "open"
    assert store.set_note("theft", 1, "yes", by="bea", at=9.0).note == "yes"


def test_what_is_not_there_is_said_to_be_missing(store):
    for ask in (
        lambda: store.get("fire"), lambda: store.items("fire"), lambda: store.remove("fire"),
        lambda: store.add(item("fire")), lambda: store.change("fire", by="bea", at=9.0, title="x"),
    ):  # fmt: skip
        with pytest.raises(NotFound, match="no case 'fire'"):
            ask()
    with pytest.raises(NotFound, match="no item 7"):
        store.set_note("theft", 7, "x", by="bea", at=9.0)
    with pytest.raises(ConfigError, match="a case 'theft' already"):
        store.create(case("theft"))


def test_of_an_erased_track_no_byte_stays_and_of_others_all(store):
    store.add(item("theft", note="SECRET-NOTE-OF-ALICE"))
    store.add(item("theft", BOB, note="note of bob"))
    store.mark_held("theft", [ALICE, BOB], held=True)
    assert b"lobby/r1/4\x00" in store.file.read_bytes() or b"lobby/r1/4" in store.file.read_bytes()
    assert store.delete_tracks([ALICE]) == 1
    data = store.file.read_bytes()
    assert b"SECRET-NOTE-OF-ALICE" not in data
    assert data.count(b"lobby/r1/4") == data.count(b"lobby/r1/42") > 0
    assert [left.track for left in store.items("theft")] == [BOB]
    assert store.held_for("theft") == {BOB}
    assert CaseStore(store.file.with_name("none.sqlite")).delete_tracks([ALICE]) == 0
    assert not store.file.with_name("none.sqlite").exists()


def test_texts_that_were_changed_are_kept_with_their_authors(store):
    store.add(item("theft", note="first"))
    store.add(item("theft", BOB, note="never changed"))
    store.set_note("theft", 1, "first", by="bea", at=8.0)
    assert store.words("theft") == []
    store.set_note("theft", 1, "second", by="bea", at=9.0)
    store.set_note("theft", 1, "third", by="carl", at=10.0)
    store.change("theft", by="bea", at=11.0, title="other", status="closed")
    assert store.words("theft") == [
        Words(1, "note", "first", "anna", 3.0),
        Words(1, "note", "second", "bea", 9.0),
        Words(1, "note", "third", "carl", 10.0),
        Words(0, "title", "title of theft", "anna", 1.0),
        Words(0, "title", "other", "bea", 11.0),
    ]
    store.change("theft", by="bea", at=12.0, status="open", closed_at=None)
    store.remove_item("theft", 1)
    assert [words.item for words in store.words("theft")] == [0, 0]
    store.remove("theft")
    store.create(case("theft"))
    assert store.words("theft") == []


def test_earlier_texts_that_name_an_erased_track_are_taken_out(store):
    store.add(item("theft", note="OLD-NOTE-OF-ALICE"))
    store.add(item("theft", BOB, note="behind lobby/r1/4"))
    for number in (1, 2):
        store.set_note("theft", number, "new", by="bea", at=9.0)
    store.delete_tracks([ALICE])
    data = store.file.read_bytes()
    assert b"OLD-NOTE-OF-ALICE" not in data
    assert b"behind lobby/r1/4" not in data
    assert [words.text for words in store.words("theft")] == [WITHHELD, "new"]


def test_threads_that_add_at_once_lose_nothing(store):
    stores = [CaseStore(store.file) for _ in range(4)]

    def fill(own):
        for _ in range(10):
            own.add(item("theft"))

    threads = [threading.Thread(target=fill, args=(own,)) for own in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.number for each in store.items("theft")] == list(range(1, 41))


def test_a_file_that_somebody_else_keeps_locked_or_damages_is_named(store, monkeypatch):
    monkeypatch.setattr(case_file, "_WAIT_S", 0.01)
    with closing(sqlite3.connect(store.file, isolation_level=None)) as other:
        other.execute("begin exclusive")
        with pytest.raises(Busy, match=r"cases\.sqlite"):
            store.add(item("theft"))
    store.file.write_bytes(b"no database at all" * 100)
    with pytest.raises(DescryError, match=r"cases\.sqlite cannot be used"):
        store.get("theft")


def test_what_failed_on_the_way_changed_nothing(store, monkeypatch):
    monkeypatch.setattr(module, "_item", lambda *_: (_ for _ in ()).throw(NotFound("gone")))
    with pytest.raises(NotFound):
        store.add(item("theft"))
    assert store.items("theft") == []


def test_who_is_held_for_several_cases_is_known(store):
    store.create(case("fire"))
    store.mark_held("theft", [ALICE, BOB], held=True)
    store.mark_held("fire", [BOB], held=True)
    assert store.held_for_others("theft", [ALICE, BOB]) == {BOB}
    store.mark_held("fire", [BOB], held=False)
    assert store.held_for_others("theft", [ALICE, BOB]) == set()
    store.remove("theft")
    assert store.held_for("theft") == set()


@settings(max_examples=10)
@given(times=st.lists(st.integers(0, 5), min_size=1, max_size=12), count=st.integers(1, 5))
def test_pages_put_together_are_all_cases_newest_first(tmp_path_factory, times, count):
    store = CaseStore(tmp_path_factory.mktemp("pages") / "cases.sqlite")
    for number, at in enumerate(times):
        store.create(case(f"c{number:02d}", float(at)))
    found, after = [], None
    while page := store.cases(count=count, after=after):
        found += page
        after = (page[-1].created_at, page[-1].id)
    wanted = sorted(((float(at), f"c{n:02d}") for n, at in enumerate(times)), reverse=True)
    assert [(each.created_at, each.id) for each in found] == wanted
