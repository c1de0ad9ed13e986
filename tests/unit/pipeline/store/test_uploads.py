"""pipeline.store.uploads: what was sent is whole, and goes when nothing needs it."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Busy, ConfigError, NotFound, StoreFull
from pipeline.store import uploads as store
from pipeline.store.uploads import UNTOUCHED_S, Uploads, fit_name


@pytest.fixture
def needed() -> set[str]:
    return set()


@pytest.fixture
def uploads(tmp_path, needed) -> Uploads:
    return Uploads(
        tmp_path / "uploads",
        most_bytes=10**15,
        min_free_bytes=0,
        paths_in_use=lambda: frozenset(needed),
    )


@given(st.text(max_size=300))
def test_whatever_a_file_is_called_its_name_is_one_part_of_a_path(name):
    fit = fit_name(name)
    assert fit not in {"", ".", ".."}
    assert not set(fit) & {"/", "\\", "\0", "\n"}
    assert len(fit.encode()) <= 200
    assert not fit.startswith(".")


@given(st.binary(min_size=1, max_size=64), st.data())
def test_pieces_make_the_file_however_they_are_cut_and_repeated(tmp_path_factory, content, data):
    uploads = Uploads(
        tmp_path_factory.mktemp("u"), most_bytes=64, min_free_bytes=0, paths_in_use=frozenset
    )
    begun = uploads.begin("a.mp4", len(content))
    at = 0
    while at < len(content):
        size = data.draw(st.integers(1, len(content) - at))
        for _ in range(data.draw(st.integers(1, 2))):
            got = uploads.add(begun.id, at, content[at : at + size])
        at += size
        assert got.received == at
    assert uploads.whole(begun.id).read_bytes() == content


def test_a_recording_for_which_there_is_no_room_is_refused(uploads):
    with pytest.raises(StoreFull):
        uploads.begin("a.mp4", 10**14)


def test_begun_recordings_are_bounded_and_finished_ones_are_not(uploads, monkeypatch):
    monkeypatch.setattr(store, "MOST_UNFINISHED", 2)
    for _ in range(3):
        send(uploads)
    begun = [uploads.begin("hall.mp4", 4) for _ in range(2)]
    with pytest.raises(Busy, match="2 recordings are being sent"):
        uploads.begin("hall.mp4", 4)
    uploads.add(begun[0].id, 0, b"hall")
    uploads.begin("hall.mp4", 4)


def test_a_recording_lives_as_long_as_something_found_in_it(uploads, needed):
    path = finished(uploads)
    needed.add(str(path))
    uploads.mark_imported(path)
    assert uploads.sweep() == 0
    assert path.exists()
    needed.clear()
    assert uploads.sweep() == 1
    assert not path.parent.exists()


def test_one_that_is_not_imported_yet_waits_for_a_day(uploads):
    path = finished(uploads)
    assert uploads.sweep() == 0
    long_ago(path)
    assert uploads.sweep() == 1
    with pytest.raises(NotFound):
        uploads.whole(path.parent.name)


def test_files_of_others_are_never_marked(uploads, tmp_path):
    other = tmp_path / "elsewhere" / "x" / "a.mp4"
    other.parent.mkdir(parents=True)
    uploads.mark_imported(other)
    assert list(other.parent.iterdir()) == []


def long_ago(path):
    at = path.stat().st_mtime - UNTOUCHED_S - 60
    for touched in (*path.parent.iterdir(), path.parent):
        os.utime(touched, (at, at))


def finished(uploads: Uploads):
    begun = uploads.begin("a.mp4", 4)
    uploads.add(begun.id, 0, b"film")
    return uploads.whole(begun.id)


def test_one_that_was_imported_is_not_imported_again(uploads, needed):
    path = send(uploads)
    upload = path.parent.name
    assert uploads.whole(upload) == path
    uploads.mark_imported(path)
    with pytest.raises(ConfigError, match="send it again"):
        uploads.whole(upload)


def test_room_that_went_meanwhile_is_looked_for_with_each_piece(uploads, tmp_path):
    upload = uploads.begin("hall.mp4", 4)
    crowded = Uploads(
        tmp_path / "uploads", most_bytes=9, min_free_bytes=10**18, paths_in_use=frozenset
    )
    with pytest.raises(StoreFull):
        crowded.add(upload.id, 0, b"hall")
    assert uploads.get(upload.id).received == 0


def send(uploads):
    upload = uploads.begin("hall.mp4", 4)
    uploads.add(upload.id, 0, b"hall")
    return uploads.whole(upload.id)


def test_a_recording_that_waits_to_be_imported_stays_however_long_that_takes(uploads):
    path = finished(uploads)
    uploads.take_in_hand(path)
    long_ago(path)
    assert uploads.sweep() == 0
    uploads.mark_imported(path)
    assert uploads.sweep() == 1


def test_a_folder_that_was_made_a_moment_ago_is_not_taken_for_an_old_one(uploads, tmp_path):
    (tmp_path / "uploads" / "0123456789abcdef").mkdir(parents=True)
    assert uploads.sweep() == 0
