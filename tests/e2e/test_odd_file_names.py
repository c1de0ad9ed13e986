"""Names of files that are no UTF-8, or that would command a terminal: read, told, and listed."""

import os
import shutil

import pytest


@pytest.mark.slow
def test_a_name_that_is_no_utf8_is_read_and_its_camera_is_still_listed(descry, clip):
    folder = descry.folder / "share"
    folder.mkdir()
    odd = folder / os.fsdecode(b"T\xfcr.mp4")
    shutil.copy(clip, odd)
    script = str(clip.with_suffix(".boxes.json"))
    order = ["replay", str(folder), "--camera", "street", "--detector", script]
    said = descry.run(*order, "--json")
    (told,) = said.files()
    assert (told["state"], told["file"]) == ("done", f"{folder}/T\\xfcr.mp4")
    assert told["tracks"] > 0
    (camera,) = descry.run("cameras", "list", "--json").lines()
    assert [run["source"] for run in camera["runs"]] == ["T\\xfcr.mp4"]
    track = descry.tracks()[0]["track"]
    answer = descry.run("clip", track, "--out", str(descry.folder / "hit.mp4"), "--json").json()
    assert answer["source"] == told["file"]
    assert "known before" in descry.run(*order).out
