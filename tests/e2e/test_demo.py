"""The demo: three cameras through the real processes, the truth beside each answer."""

import json
import shutil
import signal
from pathlib import Path

import pytest
from PIL import Image

from tests.drawn_street.as_footage import ABSENT, draw_footage
from tests.e2e.conftest import MODEL, processes_of, wait_for

CAMERAS = {"lobby": 7, "platform": 8, "shop": 9}
KEYS = {"queries", "notes", "track_rank1", "people", "cameras", "footage_s", "wall_s"}
QUERY_KEYS = {"text", "expected_tracks", "rank_of_first_expected", "probability", "no_match"}


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("footage")
    draw_footage(folder, CAMERAS)
    return folder


def demo(footage: Path, out: Path, *more: str) -> list[str]:
    script = footage / "script.json"
    return [
        "demo", "--footage", str(footage), "--out", str(out),
        "--detector", str(script), "--model", MODEL, *more,
    ]  # fmt: skip


@pytest.mark.slow
def test_the_demo_is_one_json_object_and_a_sheet_and_leaves_nothing_else(descry, footage, tmp_path):
    temporary, out = tmp_path / "tmp", tmp_path / "out"
    temporary.mkdir()
    said = descry.run(*demo(footage, out, "--json"), TMPDIR=str(temporary))
    assert said.out.count("\n") == 1
    told = said.json()
    assert set(told) == KEYS
    assert (told["people"], told["cameras"], told["footage_s"]) == (7, 3, 72.0)
    assert told["wall_s"] > 1
    assert any("means nothing" in note for note in told["notes"])
    assert all(set(query) == QUERY_KEYS for query in told["queries"])
    *present, absent = told["queries"]
    assert absent["text"] == ABSENT
    assert absent["expected_tracks"] == []
    assert absent["rank_of_first_expected"] is None
    assert len(present) == 5
    seen_by = {track.split("/")[0] for query in present for track in query["expected_tracks"]}
    assert seen_by == set(CAMERAS)
    tracks = [track for query in present for track in query["expected_tracks"]]
    assert len(set(tracks)) == len(tracks) >= 12
    ranks = [query["rank_of_first_expected"] for query in present]
    assert all(rank is not None and rank >= 1 for rank in ranks)
    assert told["track_rank1"] == pytest.approx(sum(rank == 1 for rank in ranks) / 5)
    assert [path.name for path in out.iterdir()] == ["hits.png"]
    with Image.open(out / "hits.png") as sheet:
        assert sheet.height > 6 * 250
    assert list(temporary.iterdir()) == []
    assert not descry.data.exists()


def test_a_second_run_with_words_of_ones_own_is_told_in_a_table(descry, footage, tmp_path):
    (tmp_path / "hits.png").write_bytes(b"from before")
    said = descry.run(*demo(footage, tmp_path, "--text", "a tall man in a green jacket"))
    for words in ("a tall man in a green jacket", "nobody knows", "never appears", "on rank 1: "):
        assert words in said.out
    assert "means nothing" in said.out
    assert "descry models pull openai-clip-b16" in said.out
    assert str(tmp_path / "hits.png") in said.out.replace("\n", "")
    assert "ETA" in said.err
    Image.open(tmp_path / "hits.png").verify()


def test_ctrl_c_ends_the_demo_and_leaves_nothing_behind(descry, footage, tmp_path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    running = descry.start(*demo(footage, tmp_path / "out"), TMPDIR=str(temporary))
    wait_for(lambda: "read " in running.err.read_text(), what="the first clip")
    said = running.stop(signal.SIGINT, within_s=30)
    assert running.process.returncode == 130
    assert "Traceback" not in said.err
    assert said.out == ""
    assert list(temporary.iterdir()) == []
    assert processes_of(descry.folder) == []


def only_line(err: str) -> str:
    (line,) = [line for line in err.splitlines() if line.startswith("descry: ")]
    return line


def test_what_is_wrong_with_the_footage_is_named(descry, footage, tmp_path):
    nothing = tmp_path / "nothing"
    said = descry.run("demo", "--footage", str(nothing), "--out", str(tmp_path / "out"), code=2)
    assert "nothing" in only_line(said.err)
    copy = tmp_path / "copy"
    shutil.copytree(footage, copy)
    (copy / "queries.json").write_text(json.dumps({"queries": [{"text": "x", "people": ["p99"]}]}))
    assert "p99" in only_line(descry.run(*demo(copy, tmp_path / "out"), code=1).err)
    (copy / "queries.json").write_text("[]")
    assert "queries.json" in only_line(descry.run(*demo(copy, tmp_path / "out"), code=1).err)
    assert not (tmp_path / "out").exists()


def test_a_text_that_cannot_be_searched_is_refused_before_anything_starts(
    descry, footage, tmp_path
):
    said = descry.run(*demo(footage, tmp_path / "out", "--text", "  "), code=2)
    assert only_line(said.err)
    assert "read" not in said.err


def test_an_out_that_cannot_be_made_is_named(descry, footage, tmp_path):
    (tmp_path / "file").touch()
    said = descry.run(*demo(footage, tmp_path / "file"), code=2)
    assert "file" in only_line(said.err)
