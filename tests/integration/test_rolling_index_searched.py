"""Searches of a rolling index while it changes, by several threads, and with odd queries."""

import threading

import numpy as np
import pytest

from retrieval.errors import ModelMismatch
from retrieval.index import scanning
from retrieval.index.gallery import Gallery
from retrieval.types import Where
from tests.data.make_sightings import EAST, ids_of, shot_of, told
from tests.data.rolling_indexes import ALICE, begun
from tests.index_log import apply, contents, judge, opened, operations


def test_a_search_that_has_begun_ends_while_its_segments_are_merged_away(tmp_path):
    index = opened(tmp_path)
    for operation in operations(8, 40):
        apply(index, operation)
        index.checkpoint("1")
    parts = index._parts
    expected = contents(index)
    index.compact()
    index._parts = parts
    assert contents(index) == expected


def test_several_threads_find_what_one_does(tmp_path, monkeypatch):
    index = opened(tmp_path)
    log = operations(9, 60)
    for operation in log:
        apply(index, operation)
        index.checkpoint("1")
    assert index.segments > 2
    assert contents(index) == contents(judge(log))
    monkeypatch.setattr(scanning, "WORTH_THREADS", 0)
    assert contents(index) == contents(judge(log))
    assert any(thread.name.startswith("scan") for thread in threading.enumerate())


@pytest.mark.parametrize("call", ["search", "score_tracks"])
def test_a_search_while_a_shot_is_replaced_finds_the_old_or_the_new(tmp_path, monkeypatch, call):
    index = begun(tmp_path)
    ask, replacements = getattr(Gallery, call), [shot_of(ALICE, 3, replaces=2)]

    def replace_meanwhile(head, *args, **more):
        while replacements:
            assert index.add([replacements.pop()]) == 1
        return ask(head, *args, **more)

    monkeypatch.setattr(Gallery, call, replace_meanwhile)
    everything = {"where": Where(now=-1.0)}
    if call == "search":
        found = index.search(EAST, k=99, **everything)
    else:
        found = index.score_tracks(EAST, [ALICE], **everything)
    assert {shot.track for shot in ids_of(found)} >= {ALICE}


def test_a_track_that_goes_while_a_sample_is_drawn_scores_nothing(tmp_path, monkeypatch):
    index = begun(tmp_path)

    def remove_before(segments, query, tracks, **more):
        index.remove([ALICE])
        return scores_in(segments, query, tracks, **more)

    scores_in = scanning.scores_in
    monkeypatch.setattr("retrieval.index.rolling.scores_in", remove_before)
    sample = index.sample_tracks(EAST, at_most=99, best_of=3, where=Where(now=-1.0))
    assert len(sample.scores) == 6
    assert np.isfinite(sample.scores).all()


@pytest.mark.parametrize("query", [np.full(4, np.nan), np.full(4, np.inf)])
def test_a_query_that_is_no_vector_is_refused(tmp_path, query):
    index = begun(tmp_path)
    for ask in (
        lambda: index.search(query, k=1, where=Where(now=0.0)),
        lambda: index.score_tracks(query, [ALICE], where=Where(now=0.0)),
    ):
        with pytest.raises(ModelMismatch, match="the query is no vector"):
            ask()


def test_a_query_in_double_precision_scores_the_same_sealed_or_not(tmp_path):
    index, query = opened(tmp_path), np.random.default_rng(1).standard_normal(16)
    query /= np.linalg.norm(query)
    for operation in operations(5, 20):
        apply(index, operation)
    before = told(index.search(query, k=99, where=Where(now=-1e18)))
    index.checkpoint("1")
    assert told(index.search(query, k=99, where=Where(now=-1e18))) == before
