"""`descry erase` and `descry hold`, alone and beside a `descry run`; killed at any instant."""

import random
import time

import pytest

from tests.e2e.conftest import wait_for

pytestmark = pytest.mark.slow

START = ("--start", "2026-03-01T10:00:00Z", "--every-frame", "--keep-boxes")
SENTENCE = "a man in a blue jacket"


def found(descry):
    hits = descry.run("search", SENTENCE, "--json", "--limit", "50").json()["hits"]
    return {hit["track"] for hit in hits}


def files_with(descry, track):
    _, run, number = track.split("/")
    needles = [f"{track}{end}".encode() for end in ("/", '"', "\r\n")]
    needles.append(f"/{run}-{number}-".encode())
    return [
        path
        for path in descry.data.rglob("*")
        if path.is_file()
        and (
            f"/{run}-{number}-" in str(path)
            or any(needle in path.read_bytes() for needle in needles)
        )
    ]


@pytest.mark.parametrize("is_watched", [False, True])
def test_a_held_track_is_not_erased_and_then_nothing_of_it_is_left(descry, clip, is_watched):
    descry.replay(clip, *START)
    everybody = found(descry)
    track = sorted(everybody)[0]
    running = descry.watch() if is_watched else None
    assert f"{track}  held since" in descry.run("hold", "add", track).out
    (held,) = descry.run("hold", "list", "--json").lines()
    assert held["track"] == track
    said = descry.run("erase", track, "--yes", code=2)
    assert f"track {track} is held, and nothing was erased" in said.err
    assert "say so with --yes" in descry.run("erase", track, code=2).err
    descry.run("hold", "remove", track)
    assert found(descry) == everybody
    assert files_with(descry, track)

    gone = descry.run("erase", track, "--yes", "--json")
    assert gone.json()["left"] == []
    assert gone.json()["pictures"] > 0
    assert gone.json()["boxes"] > 0
    assert "is yours, and shows them still" in gone.err
    assert files_with(descry, track) == []
    assert found(descry) == everybody - {track}
    assert "no track lobby/r/1" in descry.run("erase", "lobby/r/1", "--yes", code=2).err

    other = sorted(everybody)[1]
    (descry.data / "note.txt").write_text(f"{other}\n")
    said = descry.run("erase", other, "--yes", code=4)
    assert "something is left in note.txt: name" in said.err
    (descry.data / "note.txt").unlink()
    assert "nothing of them is left" in descry.run("erase", other, "--yes").out
    if running is not None:
        running.stop()
    descry.run("index", "rebuild")
    assert found(descry) == everybody - {track, other}


def test_an_erasure_that_is_killed_at_any_instant_is_finished(descry, clip):
    descry.replay(clip, *START)
    everybody = found(descry)
    tracks = sorted(everybody)[:3]
    begun = descry.data / "erasures" / "pending.json"
    for track in tracks:
        running = descry.start("erase", track, "--yes")
        wait_for(lambda running=running: begun.exists() or running.has_ended(), what="an erasure")
        time.sleep(random.uniform(0, 0.6))
        running.process.kill()
        running.process.wait()
        found(descry)  # its query worker finishes what was begun
        wait_for(lambda: not begun.exists(), what="the end of the erasure")
    # One that was killed before it was written down never began.
    descry.run("erase", *[t for t in tracks if t in found(descry)] or tracks, "--yes")
    assert found(descry) == everybody - set(tracks)
    for track in tracks:
        assert files_with(descry, track) == []
