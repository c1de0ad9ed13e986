"""A recorded clip goes in, a sentence gives tracks back: through the command line only."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.e2e.conftest import MODEL, ROOT, Descry, processes_of

HIT_KEYS = {
    "rank", "track", "camera", "collection", "first_seen_at", "last_seen_at", "live", "score",
    "probability", "rank_before", "shots", "thumbnail", "box", "best_shots", "zones",
    "evidence", "person", "person_chance", "path", "path_confidence", "voucher",
}  # fmt: skip


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory, clip: Path):
    """A data folder into which the clip was imported once."""
    folder = tmp_path_factory.mktemp("d")
    descry = Descry(folder)
    told = descry.replay(clip, "--every-frame", "--keep-boxes", "--start", "2026-03-01T10:00:00Z")
    yield descry, told.files()[0]
    assert processes_of(folder) == []


def test_a_replay_says_what_it_did(imported, clip):
    _, told = imported
    assert told["state"] == "done"
    assert told["frames"] == 100
    assert told["tracks"] >= 3
    assert told["boxes_seen"] > 4 * told["shots_encoded"] > 0
    assert told["started_at"] == "2026-03-01T10:00:00.000Z"
    assert told["time_from"] == "flag"


def test_every_track_is_listed_with_at_most_four_kept_and_eight_published_shots(imported):
    descry, told = imported
    tracks = descry.tracks()
    assert len(tracks) == told["tracks"]
    assert all(track["state"] == "ended" and not track["live"] for track in tracks)
    assert all(track["shots"] <= 4 and track["published"] <= 8 for track in tracks)
    assert all(track["collection"] == "imports" for track in tracks)
    assert all(Path(track["thumbnail"]).is_file() for track in tracks if track["shots"])
    instants = [track["first_seen_at"] for track in tracks]
    assert instants == sorted(instants)
    assert all(at.startswith("2026-03-01T10:00:") and at.endswith("Z") for at in instants)


def test_a_search_answers_with_hits_coverage_and_a_word_about_the_model(imported, tmp_path):
    descry, told = imported
    sheet = tmp_path / "hits.png"
    text = "a woman in a red coat with a black rucksack"
    found = descry.run("search", text, "--json", "--limit", "5", "--sheet", str(sheet)).json()
    assert set(found) == {
        "query", "hits", "no_match", "coverage", "model", "notes", "shortlist",
        "phrases", "query_notes", "suggestion", "persons", "persons_by", "question", "legs",
        "paths_by",
    }  # fmt: skip
    assert found["query"] == text
    assert found["no_match"] is False
    assert [hit["rank"] for hit in found["hits"]] == list(range(1, len(found["hits"]) + 1))
    scores = [hit["score"] for hit in found["hits"]]
    assert scores == sorted(scores, reverse=True)
    assert len({hit["track"] for hit in found["hits"]}) == len(found["hits"])
    for hit in found["hits"]:
        assert set(hit) == HIT_KEYS
        assert hit["probability"] is None
        with Image.open(hit["thumbnail"]) as picture:
            assert max(picture.size) <= 512
    assert found["model"]["name"] == MODEL
    assert found["model"]["trained"] is False
    assert "means nothing" in found["notes"][0]
    (camera,) = found["coverage"]["cameras"]
    assert camera["watched_s"] == pytest.approx(9.9, abs=0.2)
    assert camera["tracks"] == told["tracks"]
    with Image.open(sheet) as drawn:
        assert np.asarray(drawn).std() > 5


def test_filters_act_before_ranking(imported):
    descry, _ = imported
    early = descry.run(
        "search", "man in a coat", "--json", "--until", "2026-03-01T10:00:04Z", "--limit", "50"
    ).json()
    assert early["hits"]
    for hit in early["hits"]:
        assert all(s["captured_at"] < "2026-03-01T10:00:04" for s in hit["best_shots"])
    none = descry.run("search", "man in a coat", "--json", "--live").json()
    assert none["hits"] == []
    assert none["no_match"] is True


def test_only_pictures_that_are_good_enough_are_searched(imported):
    descry, _ = imported
    every = descry.run("search", "man in a coat", "--json", "--limit", "50").json()
    qualities = sorted(s["quality"] for hit in every["hits"] for s in hit["best_shots"])
    middle = qualities[len(qualities) // 2]
    assert qualities[0] < middle
    found = descry.run(
        "search", "man in a coat", "--json", "--limit", "50", "--min-quality", str(middle)
    ).json()
    assert found["hits"]
    assert min(s["quality"] for hit in found["hits"] for s in hit["best_shots"]) >= middle
    refused = descry.run("search", "a man", "--min-quality", "1.5", code=2).err
    assert "Invalid value for '--min-quality': Input should be less than or equal to 1" in refused


def test_the_same_search_in_python_takes_five_lines(imported):
    descry, _told = imported
    readme = (ROOT / "README.md").read_text()
    code = readme.split("```python\n")[1].split("```")[0]
    assert len(code.strip().splitlines()) <= 5
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=descry.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "street" in done.stdout


def test_every_tracked_box_is_exported_as_mot_rows(imported, tmp_path):
    descry, told = imported
    out = tmp_path / "boxes.txt"
    descry.run("tracks", "export", "--camera", "street", "--format", "mot", "--out", str(out))
    rows = [line.split(",") for line in out.read_text().splitlines()]
    assert len(rows) == told["boxes_seen"]
    assert all(len(row) == 10 and row[7:] == ["-1", "-1", "-1"] for row in rows)
    frames = [int(row[0]) for row in rows]
    assert frames == sorted(frames)
    assert 1 <= frames[0] <= frames[-1] <= 100
    numbers = {track["track"].rsplit("/", 1)[1] for track in descry.tracks()}
    assert {row[1] for row in rows} == numbers


def test_reading_the_same_file_again_changes_nothing(imported, clip):
    descry, told = imported
    before = descry.tracks()
    again = descry.replay(
        clip, "--every-frame", "--keep-boxes", "--start", "2026-03-01T10:00:00Z"
    ).files()[0]
    assert again["known"] is True
    assert again["run"] == told["run"]
    assert descry.tracks() == before


def test_cameras_are_listed_with_their_runs(imported):
    descry, told = imported
    (camera,) = descry.run("cameras", "list", "--json").lines()
    assert camera["camera"] == "street"
    assert [run["run"] for run in camera["runs"]] == [told["run"]]


def test_the_sentence_is_kept_in_the_audit_alone(imported):
    descry, _ = imported
    secret = "zebrawool poncho"
    descry.run("search", f"person in a {secret}", "--json")
    files = [file for file in descry.data.rglob("*") if file.is_file()]
    assert len(files) > 10
    kept_in = {file.parent.name for file in files if secret.encode() in file.read_bytes()}
    assert kept_in == {"audit"}
