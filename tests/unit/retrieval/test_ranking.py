"""One hit a track, and in the right order."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import Box, ShotId, TrackKey
from retrieval.search.ranking import rank_tracks
from retrieval.types import ScoredShot, Sighting
from tests.strategies import scored_shots

ALICE = TrackKey("lobby", "r1", 1)
BOB = TrackKey("lobby", "r1", 2)


def shots_of(track, *scores, seen_at=0.0):
    return [
        ScoredShot(
            Sighting(
                shot=ShotId(track, number),
                collection="live",
                captured_at=seen_at,
                vector=np.ones(1, np.float32),
                model_id="m@1",
                box=Box(0, 0, 1, 2),
                quality=0.5,
                picture="",
            ),
            score,
        )
        for number, score in enumerate(scores, start=1)
    ]


def tracks_of(hits):
    return [hit.track for hit in hits]


def told(hits):
    return [(h.rank, h.track, h.score, [s.sighting.shot for s in h.shots]) for h in hits]


def test_one_lucky_shot_does_not_beat_three_good_ones():
    shots = shots_of(ALICE, 0.9, 0.1, 0.1) + shots_of(BOB, 0.6, 0.6, 0.6)
    assert tracks_of(rank_tracks(shots, limit=1)) == [BOB]


def test_moments_turned_away_do_not_count_against_a_track():
    (hit,) = rank_tracks(shots_of(ALICE, 0.2, 0.75, 0.5, 0.0, 0.25), limit=1)
    assert hit.score == 0.5
    assert [shot.score for shot in hit.shots] == [0.75, 0.5, 0.25, 0.2, 0.0]


def test_of_equal_scores_the_track_seen_last_leads():
    shots = shots_of(ALICE, 0.5, seen_at=10.0) + shots_of(BOB, 0.5, seen_at=20.0)
    assert tracks_of(rank_tracks(shots, limit=2)) == [BOB, ALICE]


def test_of_equal_scores_and_instants_the_lower_key_leads():
    assert tracks_of(rank_tracks(shots_of(BOB, 0.5) + shots_of(ALICE, 0.5), limit=2)) == [
        ALICE,
        BOB,
    ]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_gives_no_hits(limit):
    assert rank_tracks(shots_of(ALICE, 0.5), limit=limit) == []


def test_a_mean_over_no_shots_is_refused():
    with pytest.raises(ValueError, match="best_of is 0"):
        rank_tracks([], limit=1, best_of=0)


@given(scored_shots(), st.integers(1, 6), st.integers(1, 4), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(shots, limit, best_of, random):
    shuffled = list(shots)
    random.shuffle(shuffled)
    assert told(rank_tracks(shuffled, limit=limit, best_of=best_of)) == told(
        rank_tracks(shots, limit=limit, best_of=best_of)
    )


@given(scored_shots(), st.integers(1, 4))
def test_there_is_exactly_one_hit_a_track_with_all_its_shots(shots, best_of):
    hits = rank_tracks(shots, limit=len(shots) + 1, best_of=best_of)
    assert sorted(tracks_of(hits)) == sorted({s.sighting.shot.track for s in shots})
    assert sum(len(hit.shots) for hit in hits) == len(shots)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))


@given(scored_shots(), st.integers(1, 4))
def test_scores_fall_and_never_exceed_the_best_shot(shots, best_of):
    hits = rank_tracks(shots, limit=99, best_of=best_of)
    assert all(a.score >= b.score for a, b in itertools.pairwise(hits))
    assert all(hit.score <= hit.shots[0].score for hit in hits)
