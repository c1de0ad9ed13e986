"""A picture, a shot and judgements go in, tracks come back: by command line and API."""

import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.conftest import ROOT, Descry, processes_of


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory, clip: Path):
    folder = tmp_path_factory.mktemp("p")
    descry = Descry(folder)
    descry.replay(clip, "--every-frame")
    running = descry.watch()  # one query worker for all searches
    yield descry
    running.stop(within_s=30)
    assert processes_of(folder) == []


@pytest.fixture(scope="module")
def tracks(imported):
    return [track for track in imported.tracks() if track["shots"]]


def size_of(picture):
    with Image.open(picture) as opened:
        return opened.size


def test_a_shot_finds_the_other_tracks(imported, tracks):
    asked = tracks[0]["track"]
    found = imported.run("search", "--like", asked, "--json").json()
    assert {hit["track"] for hit in found["hits"]} == {t["track"] for t in tracks} - {asked}
    assert f"{asked} is asked with, and left out" in found["notes"]
    assert all(hit["probability"] is None for hit in found["hits"])  # the model is untrained
    (number, *_) = (shot["shot"] for hit in found["hits"] for shot in hit["best_shots"])
    shot = f"{found['hits'][0]['track']}/{number}"
    again = imported.run("search", "--like", shot, "in a red coat", "--json").json()
    assert {hit["track"] for hit in again["hits"]} == (
        {t["track"] for t in tracks} - {found["hits"][0]["track"]}
    )


def test_the_picture_of_a_shot_finds_its_track(imported, tracks):
    for asked in tracks[:2]:
        width, height = size_of(asked["thumbnail"])
        found = imported.run(
            "search", "--picture", asked["thumbnail"], "--box", f"0,0,{width},{height}", "--json"
        ).json()
        nearest = max(found["hits"], key=lambda hit: hit["best_shots"][0]["score"])
        assert nearest["track"] == asked["track"]
        assert nearest["best_shots"][0]["score"] > 0.999


def test_judgements_say_which_rank_was_and_are_forgotten(imported, tracks):
    words = ["search", "man in a coat", "--json", "--limit", "50"]
    plain = imported.run(*words).json()
    first, second, *_ = [hit["track"] for hit in plain["hits"]]
    moved = imported.run(*words, "--less", first, "--more", second).json()
    assert {hit["track"] for hit in moved["hits"]} == {h["track"] for h in plain["hits"]} - {first}
    was = {hit["track"]: hit["rank"] for hit in plain["hits"]}
    assert {hit["track"]: hit["rank_before"] for hit in moved["hits"]} == {
        track: rank for track, rank in was.items() if track != first
    }
    assert any(note.startswith("judgements: ") for note in moved["notes"])
    table = imported.run("search", "man in a coat", "--less", first).out
    assert "was" in table
    again = imported.run(*words).json()
    assert again["hits"] == plain["hits"]
    assert {hit["rank_before"] for hit in again["hits"]} == {None}


def test_what_is_no_picture_of_somebody_is_refused_in_a_line(imported, tracks, tmp_path):
    (tmp_path / "notes.jpg").write_text("not a picture")
    whole = Path(tracks[0]["thumbnail"]).read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    Image.new("L", (10_000, 10_000)).save(tmp_path / "large.png")
    for arguments, said in (
        (["--picture", tmp_path / "notes.jpg"], "the picture: not readable as a picture"),
        (["--picture", tmp_path / "cut.jpg"], "the picture: not readable as a picture"),
        (["--picture", tmp_path / "large.png"], "10000×10000 pixels are more than 64,000,000"),
        (["--picture", tmp_path / "gone.jpg"], "cannot read the picture"),
        (["--picture", tracks[0]["thumbnail"], "--box", "1,2,3"], "is no four numbers"),
        (["--like", "street/r1/99"], "no shot of track street/r1/99 is in the index"),
        (["a man", "--less", "street"], "'street' names no track or shot"),
        (["a man", "--box", "1,2,30,40"], "and none is given"),
        ([], "the query is empty"),
    ):
        refused = imported.run("search", *map(str, arguments), code=2).err
        (line,) = [line for line in refused.splitlines() if line.startswith("descry: ")]
        assert said in line


def test_the_picture_is_kept_nowhere(imported, tmp_path):
    secret = b"zebrawool poncho " * 8
    Image.new("RGB", (40, 80), "red").save(tmp_path / "a.jpg", comment=secret)
    assert secret in (tmp_path / "a.jpg").read_bytes()
    imported.run("search", "--picture", str(tmp_path / "a.jpg"), "--box", "0,0,40,80", "--json")
    spied = [b64encode(secret[at:])[:48] for at in range(3)]
    files = [file for file in imported.folder.rglob("*") if file.is_file()]
    assert len(files) > 10
    for file in files:
        held = file.read_bytes()
        assert not any(word in held for word in [secret, *spied]), file


def test_the_same_in_python(imported, tracks):
    code = (
        "from pathlib import Path\n"
        "from pipeline.finder import Finder\n"
        "with Finder() as finder:\n"
        f"    print(finder.search(like={tracks[0]['track']!r}).hits[0].track)\n"
        f"    asked = Path({tracks[1]['thumbnail']!r})\n"
        "    hits = finder.search(picture=asked, box=(0, 0, 999, 999)).hits\n"
        "    print(max(hits, key=lambda hit: hit.best_shots[0].score).track)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=imported.environment, cwd=ROOT, capture_output=True,
        text=True, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    other, same = done.stdout.split()
    assert other != tracks[0]["track"]
    assert same == tracks[1]["track"]
