"""The log in files, through the command line: all that reads it finds what it found before."""

import re

import pytest

from pipeline.data_folder import DataFolder
from pipeline.store.connection import connect
from pipeline.store.keys import Keys
from tests.e2e.conftest import Descry, wait_for

pytestmark = pytest.mark.slow

START = ("--start", "2026-03-01T10:00:00Z", "--every-frame")
SENTENCE = "a man in a blue jacket"
OTHER = "untrained-small"


def answer_of(descry: Descry):
    found = descry.run("search", SENTENCE, "--json", "--limit", "50").json()
    hits = [
        (hit["track"], [(s["shot"], round(s["score"], 4)) for s in hit["best_shots"]])
        for hit in found["hits"]
    ]
    return found["coverage"]["shots_searched"], hits


def shots_of(answer):
    return sorted((track, shot) for track, shots in answer[1] for shot, _ in shots)


def files_of(descry: Descry):
    return sorted((descry.data / "sightings").rglob("*.chunk"))


def file_all(descry: Descry) -> None:
    """Have `descry run` move everything, as it does behind the checkpoints of its index."""
    running = descry.watch()
    owner = DataFolder.open(descry.data, runtime_dir=descry.folder / "run").read_owner()
    assert owner is not None
    client = connect(
        url=None, unix_socket=owner.redis_socket, username=None, password=None, timeout_s=10
    )
    stream = Keys("descry").sightings
    wait_for(lambda: client.exists(stream) and client.xlen(stream) == 0, what="an empty stream")
    client.close()
    running.stop()
    assert files_of(descry)


@pytest.fixture
def filed(descry: Descry, clip):
    """A data folder of which no sighting is in Redis, and what a search answered before."""
    descry.environment |= {"DESCRY_REDIS__KEEP_SHOTS": "0", "DESCRY_RETENTION__SWEEP_S": "1"}
    descry.replay(clip, *START)
    before = answer_of(descry)
    file_all(descry)
    return before


def test_searches_rebuilds_clips_and_erasures_know_what_is_in_files(descry, filed, tmp_path):
    assert answer_of(descry) == filed
    assert "log: 1 file read" in descry.run("index", "verify").out
    said = descry.run("index", "rebuild").out
    assert f"the index holds {filed[0]} shots" in said
    assert "could not be read" not in said
    assert answer_of(descry) == filed

    track, ((shot, _), *_) = filed[1][0]
    out = tmp_path / "hit.mp4"
    descry.run("clip", f"{track}/{shot}" if "/" not in str(shot) else shot, "--out", str(out))
    assert out.stat().st_size > 1000

    # What comes later lies behind it, in Redis, and both are one log.
    gone = descry.run("erase", track, "--yes", "--json")
    assert gone.json()["left"] == []
    assert gone.json()["messages"] > 0
    assert not any(track.encode() + b"/" in path.read_bytes() for path in files_of(descry))
    descry.run("index", "rebuild")
    left = [(each, shots) for each, shots in filed[1] if each != track]
    assert sorted(answer_of(descry)[1]) == sorted(left)


def test_a_change_of_model_finds_every_shot_that_is_in_files(descry, filed):
    said = descry.run("reindex", "--model", OTHER)
    assert f"{filed[0]} shots embedded, 0 without" in said.out
    after = answer_of(descry)
    assert shots_of(after) == shots_of(filed)
    assert after[0] == filed[0]
    file_all(descry)
    descry.run("index", "rebuild")
    assert answer_of(descry) == after


def test_a_file_that_is_damaged_is_named_and_may_be_put_back(descry, filed):
    (path,) = files_of(descry)
    whole = path.read_bytes()
    path.write_bytes(whole[:-9] + b"harm" + whole[-5:])
    said = descry.run("index", "verify", code=1)
    assert f"'{path}' cannot be read: it has other contents than were written" in said.out
    assert "1 file of the log lost" in said.err
    said = descry.run("index", "rebuild").out
    assert "the index holds 0 shots" in said
    assert re.search(r"^\d\d+ messages of the log could not be read", said, re.MULTILINE)
    assert "is damaged and set aside" in descry.run("index", "verify", code=1).out
    path.write_bytes(whole)
    descry.run("index", "verify")
    descry.run("index", "rebuild")
    assert answer_of(descry) == filed
