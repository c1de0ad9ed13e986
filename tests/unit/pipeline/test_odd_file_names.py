"""Names of files that are no UTF-8, or that would command a terminal."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.cli import import_progress
from pipeline.cli.import_outcome import Outcome
from pipeline.cli.import_plan import Extent, Planned, say_start
from pipeline.cli.import_summary import Summary
from pipeline.cli.replaying import _tell
from pipeline.errors import NotVideo, SourceUnreadable
from pipeline.sources.capture_time import StartTime
from pipeline.sources.recordings import Recording
from tests.drawn_clips import draw_clip, even

READ = """
import os, sys
from pathlib import Path
from pipeline.sources.video_file import VideoFile, inspect_video
info = inspect_video(Path(os.fsdecode(bytes.fromhex(sys.argv[1]))))
print([frame.number for frame in VideoFile(info, "cam", "r1", 0.0)])
"""


@pytest.mark.parametrize("name", [b"T\xfcr.mp4", b"T\xfcr/a.mkv"])
def test_a_name_that_is_no_utf8_is_read_like_any_other(tmp_path, name):
    plain = draw_clip(tmp_path / f"plain{os.fsdecode(name[-4:])}", even(6))
    odd = tmp_path / os.fsdecode(name)
    odd.parent.mkdir(exist_ok=True)
    plain.rename(odd)
    # In a process of its own: it was the end of one.
    argument = os.fsencode(odd).hex()
    read = subprocess.run(
        [sys.executable, "-c", READ, argument], capture_output=True, text=True, check=False
    )
    assert (read.returncode, read.stdout) == (0, "[1, 2, 3, 4, 5, 6]\n"), read.stderr


COMMANDING = Path("a/\x1b[2J[door]new\nline\u202e.mp4")
SHOWN = r"\x1b[2J[door]new\nline\u202e.mp4"


def planned(trouble=None, *, is_named=True):
    return Planned(Recording(COMMANDING, 1000, is_named), trouble=trouble)


def test_a_name_that_would_command_a_terminal_is_spelt_out_in_every_line(capsys):
    say_start(COMMANDING, StartTime(0.0, "name", f"{COMMANDING}: came twice"))
    _tell(Outcome(planned(), trouble=SourceUnreadable(f"{COMMANDING}: cut")), as_json=False)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3
    assert all(line.startswith(f"a/{SHOWN}: ") for line in said)
    summary = Summary()
    summary.add(Outcome(planned(NotVideo("no"), is_named=False)))
    assert f"skipped: 1, no video ({SHOWN})\n" in summary.text()


def test_a_bar_shows_the_whole_name_and_obeys_none_of_it(monkeypatch):
    screen = Console(file=io.StringIO(), force_terminal=True, width=200, color_system=None)
    monkeypatch.setattr(import_progress, "Console", lambda **_: screen)
    with import_progress.import_progress() as (_, start):
        progress = start(Extent(1, 1000))
        progress.began(planned())
        progress.read(planned(), 1, 10)
    assert SHOWN in screen.file.getvalue()


def test_a_line_of_progress_spells_a_name_out():
    labels = []

    def report(label):
        labels.append(label)
        return lambda _done, _total: None

    import_progress.ImportProgress(Extent(1, 1000), None, report).began(planned())
    assert labels == [f"read a/{SHOWN}"]
