import os
import shutil
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.types import ShotId, TrackKey
from pipeline.errors import NotFound, StoreFull, StoreUnavailable
from pipeline.store.media import FolderMedia, picture_key
from tests.conftest import missing

KEY = "lobby/2026-11-23/09/r1-1-1.jpg"


@pytest.fixture
def media(tmp_path):
    return FolderMedia(tmp_path / "media")


def files_in(media):
    return sorted(str(p.relative_to(media.root)) for p in media.root.rglob("*"))


def test_what_was_written_is_read_and_writing_it_again_changes_nothing(media):
    media.write(KEY, b"picture")
    media.write(KEY, b"picture")
    assert media.read(KEY) == b"picture"
    assert media.exists(KEY)
    assert [name for name in files_in(media) if "." in name] == [KEY]


def test_pictures_are_for_their_owner_alone(media):
    media.write(KEY, b"picture")
    for path in (media.root, media.root / KEY):
        assert path.stat().st_mode & 0o077 == 0


def test_what_was_never_written_is_not_found(media):
    assert not media.exists(KEY)
    with pytest.raises(NotFound, match="r1-1-1"):
        media.read(KEY)
    assert not media.delete(KEY)


def test_deleting_the_last_picture_of_an_hour_removes_the_folders_but_not_the_root(media):
    other = "lobby/2026-11-23/10/r1-1-2.jpg"
    media.write(KEY, b"a")
    media.write(other, b"b")
    assert media.delete(KEY)
    assert files_in(media) == [
        "lobby", "lobby/2026-11-23", "lobby/2026-11-23/10", other
    ]  # fmt: skip
    assert media.delete(other)
    assert files_in(media) == []
    assert media.root.is_dir()


@pytest.mark.parametrize(
    "key", ["", ".", "/etc/passwd", "../secret", "lobby/../../secret", "lobby/..", "a\0b"]
)
def test_a_key_that_leads_out_of_the_folder_is_refused(media, key):
    for act in (media.read, media.delete, media.exists, lambda k: media.write(k, b"x")):
        with pytest.raises(ValueError, match="no media key"):
            act(key)


def test_a_link_that_leads_out_of_the_folder_is_refused(media, tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "diary.jpg").write_bytes(b"mine")
    (media.root / "lobby").symlink_to(secret)
    (media.root / "diary.jpg").symlink_to(secret / "diary.jpg")
    for key in ("lobby/diary.jpg", "diary.jpg"):
        for act in (media.read, media.delete, media.exists, lambda k: media.write(k, b"x")):
            with pytest.raises(ValueError, match="symbolic link"):
                act(key)
    assert (secret / "diary.jpg").read_bytes() == b"mine"


@settings(deadline=None)
@given(st.text(max_size=30))
def test_whatever_the_key_nothing_is_found_outside(tmp_path_factory, key):
    folder = tmp_path_factory.getbasetemp() / "keys"
    folder.mkdir(exist_ok=True)
    (folder / "secret").write_bytes(b"mine")
    inside = FolderMedia(folder / "media")
    try:
        assert not inside.exists(key)
    except (ValueError, OSError) as error:
        assert isinstance(error, ValueError) or error.strerror == "File name too long"


def test_leftovers_of_killed_writers_go_and_young_ones_stay(media):
    media.write(KEY, b"picture")
    old, young = (media.root / "lobby" / name for name in (".a.jpg.1.tmp", ".b.jpg.2.tmp"))
    for path, at in ((old, 1000), (young, 3000)):
        path.write_bytes(b"half")
        os.utime(path, (at, at))
    assert media.delete_leftovers(before=2000) == 1
    assert not old.exists()
    assert young.exists()
    assert media.exists(KEY)


def test_a_writer_and_a_deleter_of_the_same_hour_do_not_trip_each_other(media):
    hour = (media.root / KEY).parent
    done = threading.Event()

    def remove_the_folder_again_and_again():
        while not done.wait(0.0002):
            with suppress(OSError):
                hour.rmdir()

    thread = threading.Thread(target=remove_the_folder_again_and_again)
    thread.start()
    try:
        for number in range(300):
            key = f"lobby/2026-11-23/09/r1-1-{number}.jpg"
            media.write(key, b"picture")
            assert media.delete(key)
    finally:
        done.set()
        thread.join()


@pytest.fixture
def tiny_disk(tmp_path):
    """A real file system of 64 KiB."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    where = tmp_path / "disk"
    where.mkdir()
    command = [str(mount), "-t", "tmpfs", "-o", "size=64k", "none", str(where)]
    if not mount or not umount or subprocess.run(command, capture_output=True).returncode:
        missing("a full disk needs the right to mount a small one (run as root)", "mount")
    yield where
    subprocess.run([str(umount), str(where)], check=True)


def test_a_full_disk_is_named_and_leaves_no_half_picture(tiny_disk):
    media = FolderMedia(tiny_disk / "media")
    media.write(KEY, b"small")
    with pytest.raises(StoreFull, match=r"disk/media.*bytes free"):
        media.write("lobby/2026-11-23/10/r1-1-2.jpg", b"x" * 200_000)
    assert [p.name for p in media.root.rglob("*") if p.is_file()] == ["r1-1-1.jpg"]
    assert media.read(KEY) == b"small"
    media.write("lobby/2026-11-23/10/r1-1-3.jpg", b"there is room for this one")


def test_a_place_that_cannot_be_written_to_is_unavailable_not_full(media):
    (media.root / "lobby").write_text("a file where a folder should be")
    with pytest.raises(StoreUnavailable, match="media"):
        media.write(KEY, b"picture")


def test_a_picture_lies_by_camera_day_and_hour_of_utc():
    shot = ShotId(TrackKey("lobby", "01JT9", 42), 3)
    assert picture_key(shot, 1_795_426_200.0) == "lobby/2026-11-23/09/01JT9-42-3.jpg"


def test_the_root_may_be_a_link_itself(tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    FolderMedia(Path(tmp_path / "link")).write(KEY, b"picture")
    assert (real / KEY).read_bytes() == b"picture"
