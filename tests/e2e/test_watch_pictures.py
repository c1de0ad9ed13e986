"""`descry watch` by picture: refused in a line, listed, and gone with the track it came from."""

import pytest
from PIL import Image

from tests.e2e.test_erase import START, files_with, found

pytestmark = pytest.mark.slow


def test_a_likeness_is_watched_for_until_its_track_is_erased(descry, clip, tmp_path):
    descry.replay(clip, *START)
    track = sorted(found(descry))[0]
    running = descry.watch()
    Image.new("RGB", (10_000, 10_000)).save(tmp_path / "large.png")
    Image.new("RGB", (640, 480), (90, 120, 90)).save(tmp_path / "meadow.png")
    add = ("watch", "add", "her")
    for asked, line in (
        ([], "nobody to watch for: give a description, --like or --picture"),
        (["--picture", tmp_path / "large.png"], "10000×10000 pixels are more than 64,000,000"),
        (["--picture", tmp_path / "meadow.png"], "no person in the picture"),
        (["--like", "lobby/r/1"], "no shot of track lobby/r/1 is in the index"),
        (["--like", track, "--picture", tmp_path / "meadow.png"], "ask with one of them"),
    ):
        said = descry.run(*add, *map(str, asked), code=2, timeout_s=300)
        assert line in said.err
        assert said.err.count("\n") == 1
    added = descry.run(*add, "--like", track, "--json").json()
    assert (added["kind"], added["like"], added["asleep"]) == ("picture", track, "")
    assert "there is a watch named 'her'" in descry.run(*add, "--like", track, code=2).err
    descry.run("watch", "add", "him", "in a red coat", "--picture", str(tmp_path / "meadow.png"),
               "--box", "0,0,320,480")  # fmt: skip
    listed = descry.run("watch", "list").out
    assert f"like {track}" in listed
    assert "like a picture, in a red coat" in listed
    tried = descry.run("watch", "test", "--like", track, "--json").json()
    assert tried["alerts"] == 0  # no live camera was watched
    gone = descry.run("erase", track, "--yes", "--json").json()
    assert gone["left"] == []
    assert files_with(descry, track) == []
    assert [watch["name"] for watch in descry.run("watch", "list", "--json").lines()] == ["him"]
    running.stop(within_s=30)
