"""pipeline.sources.file_stamp, and a file that goes between its plan and its beginning."""

import os
import threading
import time

import pytest

from pipeline.errors import SourceUnreadable
from pipeline.sources.file_stamp import (
    REST_S,
    YOUNG_S,
    GrowingFiles,
    check_unchanged,
    stamp_file,
)


def test_a_file_is_the_same_until_it_is_written_to_replaced_or_gone(tmp_path):
    path, other = tmp_path / "a.mp4", tmp_path / "b.mp4"
    path.write_bytes(b"12")
    stamp = stamp_file(path)
    check_unchanged(path, stamp)
    path.write_bytes(b"123")
    with pytest.raises(SourceUnreadable, match=r"a\.mp4: was changed while it was imported"):
        check_unchanged(path, stamp)
    stamp = stamp_file(path)
    other.write_bytes(b"123")
    other.rename(path)
    with pytest.raises(SourceUnreadable, match="was changed"):
        check_unchanged(path, stamp)
    path.unlink()
    with pytest.raises(SourceUnreadable, match=r"a\.mp4: is not there any more"):
        check_unchanged(path, stamp)


@pytest.fixture
def writer(tmp_path):
    """Somebody who adds to `growing.mp4` ten times a second."""
    over, path = threading.Event(), tmp_path / "growing.mp4"

    def write():
        while not over.wait(0.1):
            with path.open("ab") as file:
                file.write(b"more")

    path.write_bytes(b"1")
    thread = threading.Thread(target=write)
    thread.start()
    yield path
    over.set()
    thread.join()


def test_a_file_that_grows_is_refused_and_the_others_wait_once_for_all(tmp_path, writer):
    whole = [tmp_path / f"{number}.mp4" for number in range(30)]
    for path in whole:
        path.write_bytes(b"12")
    old = tmp_path / "old.mp4"
    old.write_bytes(b"12")
    os.utime(old, (1e9, 1e9))
    growing, never = GrowingFiles(), lambda: False
    for path in (*whole, writer, old):
        growing.look(path)
    began = time.monotonic()
    with pytest.raises(SourceUnreadable, match=r"growing\.mp4: is still being written"):
        growing.refuse(writer, never)
    for path in (*whole, old, tmp_path / "never-seen.mp4"):
        growing.refuse(path, never)
    assert REST_S - 0.5 < time.monotonic() - began < 5 * REST_S < len(whole) * REST_S


def test_nobody_waits_once_told_to_stop_or_for_a_file_that_is_old(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"12")
    growing = GrowingFiles(now=lambda: time.time() + 2 * YOUNG_S)
    growing.look(path)
    growing.look(tmp_path / "gone.mp4")
    path.write_bytes(b"123")
    growing.refuse(path, lambda: False)
    growing = GrowingFiles()
    growing.look(path)
    growing.refuse(path, lambda: True)
