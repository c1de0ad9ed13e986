"""The best tracks, although the index is asked for shots."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import Box, ShotId, TrackKey
from retrieval.index.faiss_flat import FaissIndex
from retrieval.index.flat import FlatIndex
from retrieval.search.exact import find_tracks
from retrieval.search.ranking import rank_tracks
from retrieval.types import Sighting, Where
from tests.strategies import DIMENSION, filters, galleries, unit_vectors


class Counting:
    """An index that remembers what it was asked for."""

    def __init__(self, index):
        self._index = index
        self.asked = []

    def search(self, query, *, k, where):
        self.asked.append(k)
        return self._index.search(query, k=k, where=where)

    def score_tracks(self, query, tracks, *, where):
        return self._index.score_tracks(query, tracks, where=where)


def told(hits):
    return [(h.rank, h.track, h.score, [s.sighting.shot for s in h.shots]) for h in hits]


@pytest.mark.parametrize("kind", [FlatIndex, FaissIndex])
@given(
    gallery=galleries(60),
    query=unit_vectors(),
    where=filters(),
    limit=st.integers(1, 4),
    best_of=st.integers(1, 3),
)
def test_the_hits_are_those_of_ranking_everything(kind, gallery, query, where, limit, best_of):
    index = kind("m@1", DIMENSION)
    index.add(gallery)
    everything = index.search(query, k=len(gallery) + 1, where=where)
    assert told(find_tracks(index, query, limit=limit, where=where, best_of=best_of)) == told(
        rank_tracks(everything, limit=limit, best_of=best_of)
    )


def shot_of(track_number, number, score, at=0.0):
    return Sighting(
        shot=ShotId(TrackKey("lobby", "r1", track_number), number),
        collection="live",
        captured_at=at,
        vector=np.array([score, np.sqrt(1 - score**2)], np.float32),
        model_id="m@1",
        box=Box(0, 0, 1, 2),
        quality=0.5,
        picture="",
    )


def index_of(*scores_by_track):
    index = FlatIndex("m@1", 2)
    index.add(
        [
            shot_of(track, number, score)
            for track, scores in enumerate(scores_by_track, start=1)
            for number, score in enumerate(scores, start=1)
        ]
    )
    return Counting(index)


def numbers_of(hits):
    return [hit.track.number for hit in hits]


QUERY = np.array([1, 0], np.float32)
EVERYTHING = Where(now=0.0)


def test_a_track_whose_shots_all_miss_the_first_answer_is_still_found():
    # Fourteen tracks with one lucky shot each fill the first answer of twelve.
    index = index_of(*([0.9, 0.0, 0.0] for _ in range(14)), [0.5, 0.5, 0.5])
    assert numbers_of(find_tracks(index, QUERY, limit=1, where=EVERYTHING)) == [15]
    assert index.asked == [12, 24]


def test_a_clear_winner_needs_one_answer_only():
    index = index_of([0.9, 0.9, 0.9], *([0.1, 0.1, 0.1] for _ in range(20)))
    assert numbers_of(find_tracks(index, QUERY, limit=1, where=EVERYTHING)) == [1]
    assert index.asked == [12]


def test_a_limit_below_one_asks_nothing():
    index = index_of([0.9])
    assert find_tracks(index, QUERY, limit=0, where=EVERYTHING) == []
    assert index.asked == []


def test_a_tie_with_a_track_not_yet_found_goes_to_the_one_seen_last():
    index = FlatIndex("m@1", 2)
    index.add([shot_of(track, 1, 0.5, at=5.0) for track in range(1, 6)])
    index.add([shot_of(9, 1, 0.5, at=1.0), shot_of(9, 2, 0.1, at=99.0)])
    hits = find_tracks(index, QUERY, limit=1, where=EVERYTHING, best_of=1)
    assert numbers_of(hits) == [9]
