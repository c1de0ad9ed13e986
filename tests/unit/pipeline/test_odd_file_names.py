"""Names of files that are no UTF-8, or that would command a terminal."""

import os
import subprocess
import sys

import pytest

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
