"""Processes killed with SIGKILL in the middle of a replay: nothing is lost, nothing doubled."""

import os
import signal
from pathlib import Path

import pytest

from tests.e2e.conftest import Descry, processes_of, wait_for

REPLAY = ("--every-frame", "--keep-boxes", "--start", "2026-03-01T10:00:00Z")


def shots_of(descry: Descry) -> dict[str, object]:
    """What a replay leaves behind: tracks with their times and shots, boxes, and pictures."""
    out = descry.folder / "boxes.txt"
    descry.run("tracks", "export", "--camera", "street", "--out", str(out))
    pictures = {
        str(path.relative_to(descry.data)): path.read_bytes()
        for path in (descry.data / "media").rglob("*.jpg")
    }
    keys = ("track", "first_seen_at", "last_seen_at", "state", "shots", "published")
    tracks = [tuple(track[key] for key in keys) for track in descry.tracks()]
    found = descry.run("search", "a man in a blue jacket", "--json", "--limit", "50").json()
    hits = {
        hit["track"]: [(s["shot"], s["captured_at"]) for s in hit["best_shots"]]
        for hit in found["hits"]
    }
    scores = {
        f"{hit['track']}/{s['shot']}": s["score"]
        for hit in found["hits"]
        for s in hit["best_shots"]
    }
    return {
        "tracks": tracks,
        "boxes": out.read_text(),
        "pictures": pictures,
        "hits": hits,
        "scores": scores,
        "searched": found["coverage"]["shots_searched"],
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> dict[str, object]:
    descry = Descry(tmp_path_factory.mktemp("u"))
    descry.replay(clip, *REPLAY)
    found = shots_of(descry)
    # A crop alone is summed in another order than among others: the last digits differ.
    found["scores"] = pytest.approx(found["scores"], abs=1e-5)
    return found


def boxes_of(descry: Descry) -> list[Path]:
    """What holds the boxes of a run: there from its first box on, whoever is slow to start."""
    return [path for path in (descry.data / "boxes").rglob("*") if path.is_file()]


VICTIMS = {
    "camera": "worker camera",
    "embed": "worker embed",
    "redis": "redis-server unixsocket",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "victim",
    [
        "camera",
        pytest.param("embed", marks=pytest.mark.slow),
        pytest.param("redis", marks=pytest.mark.slow),
    ],
)
def test_a_replay_survives_the_death_of_each_process(descry, clip, undisturbed, victim):
    script = clip.with_suffix(".boxes.json")
    # As it was filmed, so that there is a middle to strike in.
    running = descry.start(
        "replay", str(clip), "--camera", "street", "--detector", str(script), "--json", *REPLAY,
        "--speed", "realtime",
    )  # fmt: skip
    wait_for(lambda: boxes_of(descry), what="the first box")
    killed = 0
    while killed < 2:
        pids = wait_for(
            lambda: processes_of(descry.folder, VICTIMS[victim]) or running.has_ended(),
            what=victim,
        )
        if running.has_ended():
            break
        os.kill(pids[0], signal.SIGKILL)
        killed += 1
        wait_for(
            lambda pid=pids[0]: pid not in processes_of(descry.folder, VICTIMS[victim]),
            what=f"the end of {victim}",
        )
    assert killed
    said = running.end(120)
    assert running.process.returncode == 0, said.err
    assert said.files()[0]["state"] == "done"
    assert shots_of(descry) == undisturbed


@pytest.mark.slow
def test_a_replay_killed_as_a_whole_goes_on_where_it_was(descry, clip, undisturbed):
    script = clip.with_suffix(".boxes.json")
    running = descry.start(
        "replay", str(clip), "--camera", "street", "--detector", str(script), *REPLAY,
        "--speed", "realtime",
    )  # fmt: skip
    wait_for(lambda: boxes_of(descry), what="the first box")
    running.process.kill()
    running.end(30)
    # A worker that is still bringing in torch looks for its parent only once it has.
    wait_for(lambda: processes_of(descry.folder) == [], what="orphans to end")
    descry.replay(clip, *REPLAY)
    assert shots_of(descry) == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_replay_that_is_told_to_stop_ends_within_five_seconds(descry, clip, undisturbed, how):
    script = clip.with_suffix(".boxes.json")
    running = descry.start(
        "replay", str(clip), "--camera", "street", "--detector", str(script), *REPLAY,
        "--speed", "realtime",
    )  # fmt: skip
    wait_for(lambda: boxes_of(descry), what="the first box")
    said = running.stop(how)
    assert running.process.returncode == 130
    assert "goes on where this one was" in said.err
    assert processes_of(descry.folder) == []
    assert not list(descry.folder.rglob("*.tmp"))
    descry.replay(clip, *REPLAY)
    assert shots_of(descry) == undisturbed
