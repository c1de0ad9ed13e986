"""The benchmarks of the index run, and every kind that they compare finds what is right."""

import sys
import time
from importlib import import_module

import numpy as np
import pytest

from tests.benchmarks import index_busy
from tests.benchmarks.index_crowd import FILTERS, SHOTS_OF_A_TRACK, Crowd, K, right, wheres
from tests.benchmarks.index_kinds import KINDS
from tests.benchmarks.index_search import forget, measure, parsed, seen_on_disk
from tests.conftest import missing

#: What a kind needs besides the product.
NEEDS = {"qdrant": ["qdrant_client"], "milvus": ["pymilvus", "milvus_lite"]}

#: These score every shot, by full or by half precision; the others promise nothing.
LEAST_RECALL = {"rolling": 1.0, "redis": 1.0, "flat": 0.999, "qdrant": 0.999}

# Other people's engines warn about themselves.
pytestmark = pytest.mark.filterwarnings("ignore")


def needs(kind):
    for module in NEEDS.get(kind, []):
        try:
            import_module(module)
        except ImportError:
            missing(f"no {module}, so nothing is compared with {kind}", kind)


def figures_of(kind, *arguments):
    others = "" if kind == "rolling" else kind
    sizes = ["--shots", "2000", "--dimension", "64", "--queries", "20", "--forget", "20"]
    return measure(parsed([*sizes, "--against", others, *arguments]))[kind]


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("name", sorted(FILTERS))
def test_each_kind_finds_what_is_right_and_forgets_what_it_is_told_to(kind, name):
    needs(kind)
    figures = figures_of(kind, "--filter", name)
    assert LEAST_RECALL.get(kind, 0.1) <= figures["recall_at_10"] <= 1
    assert 0 < figures["p50_ms"] <= figures["p95_ms"] <= figures["p99_ms"]
    if kind == "hnsw":
        assert figures["deleted_ms"] is None
    else:
        assert figures["deleted_ms"] > 0
        assert figures["found_again"] == 0


def test_filters_take_turns_in_one_run():
    sizes = ["--shots", "2000", "--dimension", "64", "--queries", "20", "--forget", "0"]
    figures = measure(parsed([*sizes, "--against", "flat", "--filter", "none,camera,hour"]))
    told = {f"{kind}{asked}" for kind in ("rolling", "flat") for asked in ("", " camera", " hour")}
    assert figures.keys() == told
    assert all(figures[name]["recall_at_10"] == 1 for name in told if name.startswith("rolling"))
    assert all(0 < some["p50_ms"] <= some["p99_ms"] for some in figures.values())


def test_a_filter_that_there_is_not_is_named(capsys):
    with pytest.raises(SystemExit, match="2"):
        parsed(["--filter", "none,kamera"])
    assert "--filter takes camera, hour, none" in capsys.readouterr().err


def test_of_what_descry_forgot_no_byte_is_left_once_its_segments_are_merged():
    assert figures_of("rolling")["seen_on_disk"] == [20, 20, 0]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"hnsw"}))
@pytest.mark.parametrize("name", sorted(FILTERS - {"none"}))
def test_no_kind_finds_a_shot_that_its_filter_excludes(kind, name):
    needs(kind)
    crowd = Crowd.drawn(2_000, 64, looks=50)
    made = KINDS[kind](crowd, lambda done, of: None)
    queries, filters = crowd.queries(20), wheres(name, 20)
    wanted = right(crowd, queries, filters)
    for query, where, expected in zip(queries, filters, wanted, strict=True):
        mask = crowd.admitted(where)
        found = made.search(query, where, mask)
        assert mask[found].all()
        if kind in LEAST_RECALL:
            assert set(found) == expected


def test_what_is_right_does_not_follow_how_many_rows_are_looked_at_at_once():
    crowd = Crowd.drawn(2_000, 64, looks=50)
    queries = crowd.queries(20)
    for name in sorted(FILTERS):
        filters, exact = wheres(name, 20), crowd.vectors(slice(None)).astype(np.float64)
        exact /= np.linalg.norm(exact, axis=1, keepdims=True)
        expected = []
        for query, where in zip(queries.astype(np.float64), filters, strict=True):
            rows = np.flatnonzero(crowd.admitted(where))
            expected.append(set(rows[np.argsort(-(exact[rows] @ query))[:K]].tolist()))
        assert right(crowd, queries, filters, at_once=70) == expected
        assert right(crowd, queries, filters) == expected


def test_an_index_that_is_kept_is_opened_again(tmp_path):
    first = figures_of("rolling", "--keep", str(tmp_path), "--forget", "0")
    again = figures_of("rolling", "--keep", str(tmp_path), "--forget", "0")
    assert first["recall_at_10"] == again["recall_at_10"] == 1
    assert first["disk_mb"] == again["disk_mb"]
    with pytest.raises(SystemExit, match="has 2000 shots, not 500: name another"):
        figures_of("rolling", "--keep", str(tmp_path), "--shots", "500")


def test_the_farther_a_query_the_lower_its_best_score():
    crowd = Crowd.drawn(2_000, 64, looks=50)
    near, far = (crowd.queries(50, noise) for noise in (1.0, 4.0))
    assert np.allclose(np.linalg.norm(far, axis=1), 1)
    shots = crowd.vectors(slice(None)).T
    assert (far @ shots).max(1).mean() < (near @ shots).max(1).mean() - 0.2


def test_vectors_are_seen_on_disk_where_they_are_and_not_where_they_are_not(tmp_path):
    crowd = Crowd.drawn(8 * SHOTS_OF_A_TRACK, 64, looks=4)
    (tmp_path / "halves").write_bytes(crowd.halves[:5].tobytes())
    (tmp_path / "floats").write_bytes(crowd.vectors(slice(5, 8)).tobytes())
    assert seen_on_disk(tmp_path, crowd.vectors(slice(12))) == 8


def test_tracks_that_are_not_deleted_stay():
    crowd = Crowd.drawn(400, 64, looks=20)
    made = KINDS["rolling"](crowd, lambda done, of: None)
    forget(crowd, made, 10)
    assert len(made.index) == 400 - 10 * SHOTS_OF_A_TRACK


def test_an_unknown_kind_is_named_with_those_there_are(capsys):
    with pytest.raises(SystemExit):
        parsed(["--against", "flat,lucene"])
    assert "no kind 'lucene': --against takes redis,flat,hnsw" in capsys.readouterr().err


@pytest.mark.parametrize("kind", sorted(NEEDS))
def test_a_package_that_is_missing_is_named_with_how_to_get_it(kind, monkeypatch):
    monkeypatch.setitem(sys.modules, NEEDS[kind][0], None)
    with pytest.raises(SystemExit, match=r"'pip install .*', or leave it out"):
        KINDS[kind](Crowd.drawn(8, 8, looks=2), lambda done, of: None)


def test_searches_are_timed_while_the_index_is_written():
    sizes = ["--shots", "2000", "--spare", "60000", "--dimension", "16", "--looks", "50"]
    figures = index_busy.measure(index_busy.parsed([*sizes, "--seconds", "0.3"]))
    assert list(figures) == ["adding", "sealing", "merging", "expiring", "reindexing"]
    for phase in figures.values():
        assert phase["searches"] > 0
        assert phase["ratio"] == pytest.approx(phase["p99_ms"] / phase["idle_p99_ms"], rel=0.05)
    assert figures["adding"]["shots_per_s"] > 0
    assert figures["sealing"]["shots_per_s"] > 0


def test_no_phase_finds_unsealed_what_the_one_before_it_left(tmp_path):
    writer = index_busy.Writer(tmp_path, Crowd.drawn(20_000, 16, looks=50))
    writer.fill(2_000, lambda done, of: None)
    for _, phase in writer.phases(index_busy.PHASES):
        assert writer.index.unsaved == 0
        phase(iter([True, True, False]).__next__)


def test_no_more_expires_than_the_rate_allows(tmp_path):
    writer = index_busy.Writer(tmp_path, Crowd.drawn(7_200, 16, looks=50), rate=100)
    writer.fill(7_200, lambda done, of: None)
    began = time.perf_counter()
    writer.expiring(iter([True, True, True, False]).__next__)
    # An hour of 720 has ten of them.
    assert time.perf_counter() - began >= 3 * 10 / 100


def test_only_phases_that_there_are_can_be_asked_for(capsys):
    sizes = ["--shots", "600", "--spare", "6000", "--dimension", "16", "--looks", "50"]
    wanted = ["--seconds", "0.1", "--phases", "merging,sealing"]
    assert list(index_busy.measure(index_busy.parsed([*sizes, *wanted]))) == ["merging", "sealing"]
    with pytest.raises(SystemExit):
        index_busy.parsed(["--phases", "sealing,resting"])
    assert "no phase 'resting'" in capsys.readouterr().err


def test_no_more_is_written_than_the_rate_allows(tmp_path):
    writer = index_busy.Writer(tmp_path, Crowd.drawn(20_000, 16, looks=50), rate=10_240)
    began, goes_on = time.perf_counter(), iter([True, True, True, False]).__next__
    writer.sealing(goes_on)
    assert writer.taken_in == 3 * 512
    assert time.perf_counter() - began >= 3 * 512 / 10_240
