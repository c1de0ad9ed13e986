"""The one rule for what a track scores: the mean of the best 3 of at most 4 shots."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.shots import ShotChooser
from detectors.types import Box, ShotId, TrackKey
from pipeline.config_sections import Search, Shots
from retrieval.fakes import COLOURS, FakeEncoder
from retrieval.index.flat import FlatIndex
from retrieval.index.scoring import halved, widened
from retrieval.search.exact import find_tracks
from retrieval.track_scores import (
    BEST_OF,
    SHOTS_KEPT,
    mean_of_best,
    means_of_best,
    scores_of_tracks,
)
from retrieval.types import Sighting, Where

falling = st.lists(st.floats(-1, 1), min_size=1, max_size=9).map(lambda s: sorted(s, reverse=True))


def test_settings_and_shots_follow_the_rule_unless_told_otherwise():
    assert (BEST_OF, SHOTS_KEPT) == (3, 4)
    assert Search().best_of == BEST_OF
    chooser = ShotChooser("lobby", "1")
    assert Shots().keep == chooser._rules.keep == SHOTS_KEPT


@given(falling, st.integers(1, 5))
def test_one_track_scores_the_same_alone_and_among_others(scores, best_of):
    found = means_of_best(
        np.array([0.0, *scores[::-1], 1.0]), np.array([0, *[1] * len(scores), 2]), best_of
    )
    assert found[1] == pytest.approx(mean_of_best(scores, best_of))
    assert mean_of_best(scores, best_of) <= scores[0]


@given(falling)
def test_the_better_a_shot_the_better_its_track(scores):
    risen = [min(score + 0.1, 1.0) for score in scores]
    lower, higher = (mean_of_best(some) for some in (scores, risen))
    assert lower <= higher + 1e-12
    assert all(one >= other for one, other in pairwise(scores))


def test_tracks_score_in_a_search_what_the_rule_says():
    encoder, rng = FakeEncoder(), np.random.default_rng(4)
    names = sorted(COLOURS)
    pictures = [np.full((48, 16, 3), COLOURS[rng.choice(names)], np.uint8) for _ in range(12)]
    shots, owner = (
        widened(halved(encoder.encode_images(pictures))),
        np.repeat([0, 1, 2], SHOTS_KEPT),
    )
    index = FlatIndex(encoder.model_id, encoder.dimension)
    index.add(
        [
            Sighting(
                ShotId(TrackKey("lobby", "1", int(track)), number), "live", 0.0, vector,
                encoder.model_id, Box(0, 0, 1, 1), 1.0, "a.jpg",
            )
            for number, (track, vector) in enumerate(zip(owner, shots, strict=True))
        ]
    )  # fmt: skip
    queries = encoder.encode_texts([f"a person in {name}" for name in names])
    found = scores_of_tracks(queries, shots, owner)
    of_all = (queries @ shots.T).reshape(len(names), -1, SHOTS_KEPT).mean(axis=2)
    assert np.abs(found - of_all).max() > 0.01  # else nothing would tell another rule
    for query, row in zip(queries, found, strict=True):
        hits = find_tracks(index, query, limit=3, where=Where(now=0.0))
        assert [hit.score for hit in hits] == pytest.approx([row[hit.track.number] for hit in hits])
