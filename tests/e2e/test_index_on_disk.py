"""`descry index`, and searches of an index that outlives them."""

import json

import pytest

from tests.e2e.conftest import Descry

pytestmark = pytest.mark.slow

START = ("--start", "2026-03-01T10:00:00Z", "--every-frame")
SENTENCE = "a man in a blue jacket"


def answer_of(descry: Descry):
    found = descry.run("search", SENTENCE, "--json", "--limit", "50").json()
    hits = [
        (hit["track"], [(s["shot"], s["score"]) for s in hit["best_shots"]])
        for hit in found["hits"]
    ]
    return found["coverage"]["shots_searched"], hits


def stats_of(descry: Descry):
    return json.loads(descry.run("index", "stats", "--json").out)


def log_of(descry: Descry):
    return "".join(path.read_text() for path in (descry.data / "logs").iterdir())


def vectors_of(descry: Descry):
    return min((descry.data / "index").rglob("vectors.faiss"))


def test_there_is_no_index_before_the_first_search(descry):
    said = descry.run("index", "stats", code=2)
    assert "holds no index yet" in said.err


def test_the_index_is_there_again_and_damage_is_told_and_mended(descry, clip):
    descry.replay(clip, *START)
    first = answer_of(descry)
    stats = stats_of(descry)
    assert stats["shots"] == first[0] > 0
    assert answer_of(descry) == first
    assert f"index: {first[0]} shots are there again" in log_of(descry)
    assert "1 segment read" in descry.run("index", "verify").out

    whole = vectors_of(descry).read_bytes()
    vectors_of(descry).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))  # a bit, unseen by searches
    said = descry.run("index", "verify", code=1)
    assert "'vectors.faiss' has other contents than were written" in said.out
    assert "1 file of the index damaged" in said.err
    assert f"the index holds {first[0]} shots" in descry.run("index", "rebuild").out
    descry.run("index", "verify")
    assert answer_of(descry) == first

    vectors_of(descry).write_bytes(whole[:-1])  # a search reads again what it lacks
    assert answer_of(descry) == first
    assert "is damaged and set aside: 'vectors.faiss' has" in log_of(descry)
    descry.run("index", "verify")
    descry.run("index", "compact")
    assert stats_of(descry)["shots"] == first[0]
    assert answer_of(descry) == first


def test_a_removed_collection_leaves_the_index_on_disk(descry, clip):
    descry.replay(clip, *START)
    assert answer_of(descry)[0] > 0
    descry.run("collections", "remove", "imports", "--yes")
    assert answer_of(descry)[0] == 0
    assert stats_of(descry)["segments"] == []


def test_an_index_of_a_newer_version_is_refused_and_left_alone(descry, clip):
    descry.replay(clip, *START)
    answer_of(descry)
    (manifest,) = (descry.data / "index").rglob("manifest.json")
    newer = manifest.read_text().replace('"version": 1', '"version": 9')
    manifest.write_text(newer)
    said = descry.run("index", "stats", code=1)
    assert "is of version 9, and this Descry reads 1" in said.err
    said = descry.run("search", SENTENCE, code=1)
    assert "is of version 9" in said.err
    assert manifest.read_text() == newer
