"""Files that go, or are written to, between the look at them and the end of their reading."""

import shutil
import time

import pytest

from tests.e2e.conftest import wait_for


@pytest.mark.slow
def test_a_file_that_goes_or_changes_fails_alone_in_one_line(descry, clip):
    """The first file is read as it was filmed, while the others wait for their turn."""
    folder = descry.folder / "films"
    folder.mkdir()
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        shutil.copy(clip, folder / name)
        with (folder / name).open("ab") as file:
            file.write(name.encode())  # each has a digest of its own
    order = ["replay", str(folder), "--camera", "street", "--jobs", "1", "--json"]
    running = descry.start(
        *order, "--speed", "realtime", "--detector", str(clip.with_suffix(".boxes.json"))
    )
    wait_for(
        lambda: "c.mp4: first frame" in running.err.read_text() or running.has_ended(),
        within_s=180,
        what="the look at c.mp4",
    )
    time.sleep(1)
    (folder / "b.mp4").unlink()
    with (folder / "c.mp4").open("ab") as file:
        file.write(b"more")
    said = running.end(120)
    assert said.out, said.err
    a, b, c = said.files()
    assert (a["state"], b["state"], c["state"]) == ("done", "broken", "broken")
    assert "b.mp4: is not there any more" in b["reason"]
    assert "c.mp4: was changed while it was imported" in c["reason"]
    assert "Traceback" not in said.err
    assert running.process.returncode == 1
