import os
import signal
import sqlite3
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.types import Box, TrackedBox
from pipeline.errors import DescryError, NotFound
from pipeline.store.boxes import BoxArchive, BoxRow
from tests.strategies import boxes

HERE = Box(1, 2, 30, 40)


@pytest.fixture
def archive(tmp_path):
    with BoxArchive(tmp_path) as archive:
        yield archive


def test_boxes_come_back_by_frame_then_track(archive):
    archive.write("lobby", "r1", 2, [TrackedBox(1, HERE, 0.5)], at=1.0)
    archive.write("lobby", "r1", 1, [TrackedBox(2, HERE, 0.75), TrackedBox(1, HERE, 0.25)], at=1.0)
    archive.commit()
    assert list(archive.rows("lobby", "r1")) == [
        BoxRow(1, 1, HERE, 0.25),
        BoxRow(1, 2, HERE, 0.75),
        BoxRow(2, 1, HERE, 0.5),
    ]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(1, 6), st.lists(st.tuples(st.integers(1, 3), boxes()), max_size=3)),
        max_size=8,
    ),
    st.integers(1, 6),
)
def test_reading_the_end_again_adds_nothing(tmp_path_factory, frames, resume_at):
    once = {}
    for frame, found in frames:
        once.update({(frame, number): box for number, box in found})
    with BoxArchive(tmp_path_factory.mktemp("boxes")) as archive:
        again = [(frame, found) for frame, found in frames if frame >= resume_at]
        archive.write("lobby", "r1", 1, [], at=1.0)
        for frame, found in frames + again:
            archive.write(
                "lobby", "r1", frame, [TrackedBox(n, box, 0.5) for n, box in found], at=1.0
            )
        archive.commit()
        kept = {(row.frame, row.number): row.box for row in archive.rows("lobby", "r1")}
    assert kept == once


def test_a_reader_sees_what_is_committed_and_nothing_else(tmp_path, archive):
    archive.write("lobby", "r1", 1, [TrackedBox(1, HERE, 0.5)], at=1.0)
    archive.commit()
    archive.write("lobby", "r1", 2, [TrackedBox(1, HERE, 0.5)], at=1.0)
    assert [row.frame for row in BoxArchive(tmp_path).rows("lobby", "r1")] == [1]


def test_a_killed_writer_keeps_every_committed_frame(tmp_path):
    program = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from detectors.types import Box, TrackedBox\n"
        "from pipeline.store.boxes import BoxArchive\n"
        f"archive = BoxArchive(Path({str(tmp_path)!r}))\n"
        "box = TrackedBox(1, Box(1, 2, 30, 40), 0.5)\n"
        "archive.write('lobby', 'r1', 1, [box], at=1.0)\n"
        "archive.commit()\n"
        "archive.write('lobby', 'r1', 2, [box], at=1.0)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], env=dict(os.environ), timeout=60)
    assert ended.returncode == -signal.SIGKILL
    with BoxArchive(tmp_path) as archive:
        assert [row.frame for row in archive.rows("lobby", "r1")] == [1]
        archive.write("lobby", "r1", 2, [TrackedBox(1, HERE, 0.5)], at=1.0)
        archive.commit()
        assert [row.frame for row in archive.rows("lobby", "r1")] == [1, 2]


def test_a_run_without_boxes_is_not_found(archive):
    with pytest.raises(NotFound, match="--keep-boxes"):
        list(archive.rows("lobby", "r1"))
    assert archive.runs("lobby") == []


def test_forgetting_a_run_leaves_no_file_of_it_and_none_other_touched(tmp_path, archive):
    for run in ("r1", "r2"):
        archive.write("lobby", run, 1, [TrackedBox(1, HERE, 0.5)], at=1.0)
    archive.commit()
    assert archive.runs("lobby") == ["r1", "r2"]
    assert archive.delete("lobby", "r1")
    assert not archive.delete("lobby", "r1")
    assert archive.runs("lobby") == ["r2"]
    assert not list(tmp_path.rglob("r1*"))


@pytest.mark.parametrize("name", ["", "..", "../r1", "a/b", ".hidden"])
def test_a_name_that_leads_elsewhere_is_refused(archive, name):
    with pytest.raises(ValueError, match="boxes"):
        archive.write("lobby", name, 1, [], at=1.0)
    with pytest.raises(ValueError, match="boxes"):
        archive.runs(name)


def test_a_damaged_file_is_named(tmp_path, archive):
    (tmp_path / "lobby").mkdir()
    (tmp_path / "lobby" / "r1.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(DescryError, match=r"r1\.sqlite"):
        list(archive.rows("lobby", "r1"))


def test_a_track_is_told_by_time_and_alone(archive):
    archive.write("lobby", "r1", 2, [TrackedBox(1, HERE, 0.5), TrackedBox(2, HERE, 0.5)], at=8.5)
    archive.write("lobby", "r1", 1, [TrackedBox(1, Box(0, 0, 9, 9), 0.5)], at=8.25)
    archive.commit()
    assert archive.of_track("lobby", "r1", 1) == [(8.25, Box(0, 0, 9, 9)), (8.5, HERE)]
    assert archive.of_track("lobby", "r1", 3) == archive.of_track("lobby", "r2", 1) == []


def test_boxes_of_before_they_had_instants_are_rows_still_and_no_track(archive, tmp_path):
    archive.write("lobby", "r1", 1, [TrackedBox(1, HERE, 0.5)], at=8.0)
    archive.close()
    with sqlite3.connect(tmp_path / "lobby" / "r1.sqlite") as database:
        database.execute("alter table boxes drop column at")
    database.close()
    assert list(archive.rows("lobby", "r1")) == [BoxRow(1, 1, HERE, 0.5)]
    assert archive.of_track("lobby", "r1", 1) == []
    archive.write("lobby", "r1", 2, [TrackedBox(1, HERE, 0.5)], at=9.0)
    archive.commit()
    assert archive.of_track("lobby", "r1", 1) == [(9.0, HERE)]
