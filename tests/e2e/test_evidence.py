"""What a search says of each phrase, with the bundled weights: through the command line only."""

from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.conftest import Descry, processes_of

BUNDLED = "street-gadms"
TEXT = "a woman in a red coat and blue jeans, no hat"
PHRASES = ["woman", "red coat", "blue jeans", "no hat"]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory, clip: Path):
    """A data folder into which the clip was imported once."""
    folder = tmp_path_factory.mktemp("d")
    descry = Descry(folder)
    descry.environment["DESCRY_ENCODER__MODEL"] = BUNDLED
    descry.replay(clip, "--every-frame", "--start", "2026-03-01T10:00:00Z")
    yield descry
    assert processes_of(folder) == []


def test_each_hit_has_a_verdict_of_each_phrase(imported):
    found = imported.run("search", TEXT, "--json").json()
    assert found["hits"]
    assert found["shortlist"] >= len(found["hits"])
    for hit in found["hits"]:
        assert [one["phrase"] for one in hit["evidence"]] == PHRASES
        shots = {shot["shot"] for shot in hit["best_shots"]}
        for one in hit["evidence"]:
            assert one["verdict"] in ("yes", "no", "cannot tell")
            assert 0 <= one["strength"] <= 1
            assert one["shot"] in shots or (one["shot"], one["strength"]) == (None, 0)
    chances = [hit["probability"] for hit in found["hits"]]
    assert chances == sorted(chances, reverse=True)
    assert {one["verdict"] for hit in found["hits"] for one in hit["evidence"]} > {"cannot tell"}


def test_a_table_has_a_mark_for_each_phrase(imported):
    said = imported.run("search", TEXT, "--limit", "2")
    assert (
        "✓ yes ✗ no ? cannot tell, in this order: woman, red coat, blue jeans, no hat" in said.out
    )
    (row,) = [line for line in said.out.splitlines() if line.startswith("1 ")]
    assert sum(row.count(f" {mark}") for mark in "✓✗?") == len(PHRASES)


def test_words_without_a_phrase_of_their_own_are_searched_all_the_same(imported):
    found = imported.run("search", "somebody who is walking by", "--json").json()
    assert [one["verdict"] for one in found["hits"][0]["evidence"]] == ["cannot tell"]


def test_an_answer_to_a_question_back_reorders_and_leaving_it_out_undoes_it(imported):
    words = ["search", "somebody in shoes", "--json", "--limit", "50"]
    plain = imported.run(*words).json()
    assert plain["question"] is None or plain["question"]["gain"] >= 0.1
    said = "upper-red=yes" if plain["question"] is None else f"{plain['question']['id']}=yes"
    told = imported.run(*words, "--answer", said, "--answer", "no green hat").json()
    was = {hit["track"]: hit["rank"] for hit in plain["hits"]}
    assert {hit["track"]: hit["rank_before"] for hit in told["hits"]} == was
    (note,) = [note for note in told["notes"] if note.startswith("answered: ")]
    assert "no green hat; " in note
    assert imported.run(*words).json()["hits"] == plain["hits"]
    refused = imported.run(*words, "--answer", "upper-red=perhaps", code=2).err
    assert "--answer 'upper-red=perhaps' answers no question" in refused


@pytest.fixture
def watching(imported):
    """The same with a query worker that all commands of a test ask."""
    running = imported.watch()
    yield imported
    running.stop(within_s=30)


def test_a_shot_says_which_words_and_where(watching, tmp_path):
    (hit, *_) = watching.run("search", TEXT, "--json").json()["hits"]
    shot, out = f"{hit['track']}/{hit['best_shots'][0]['shot']}", tmp_path / "why.png"
    told = watching.run("why", shot, TEXT, "--json", "--out", str(out)).json()
    assert [word["text"] for word in told["words"]] == TEXT.removesuffix(", no hat").split()
    assert max(word["relevance"] for word in told["words"]) == 1
    assert {len(row) for row in told["heat"]} == {len(told["heat"][0])}
    heat = [value for row in told["heat"] for value in row]
    assert (min(heat), max(heat)) == (0, 1)
    with Image.open(out) as overlay:
        assert overlay.format == "PNG"
    said = watching.run("why", shot, TEXT).out
    (strongest, *_) = (word["text"] for word in told["words"] if word["relevance"] == 1)
    assert any(line.startswith(strongest) and "█" * 30 in line for line in said.splitlines())
    assert "score" in said
    gone = watching.run("why", f"{hit['track']}/999", TEXT, code=2).err
    assert f"track {hit['track']} has no shot 999 in the index" in gone
    Path(hit["best_shots"][0]["thumbnail"]).unlink()
    lost = watching.run("why", shot, TEXT, code=2).err
    assert f"the picture of shot {shot} is gone" in lost
