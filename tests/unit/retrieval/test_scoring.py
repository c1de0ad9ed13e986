"""retrieval.index.scoring and what answers are made of: the best, in order, and no more objects."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import TrackKey
from retrieval.index.gallery import best_shots
from retrieval.index.retirements import Retirements
from retrieval.index.scoring import cosines, doubt, halved, kth_best, widened
from tests.data.make_sightings import EAST, ids_of, shot_of

ALICE, BOB = TrackKey("lobby", "r1", 1), TrackKey("lobby", "r1", 2)
coarse = st.integers(-2, 2).map(lambda quarter: quarter / 4)


class Rows:
    """Shots of one track, numbered by their row; how many were asked for."""

    def __init__(self, instants):
        self.instants, self.asked = np.array(instants), 0

    def captured_at(self, rows):
        return self.instants[rows]

    def sighting(self, row, vector):
        self.asked += 1
        return shot_of(ALICE, row + 1, at=float(self.instants[row]))


@given(st.lists(st.tuples(coarse, st.integers(0, 2)), min_size=1, max_size=20), st.integers(1, 25))
def test_the_best_come_first_then_the_latest_then_by_id(drawn, limit):
    scores = np.array([score for score, _ in drawn])
    rows = Rows([float(at) for _, at in drawn])
    every = np.arange(len(drawn))
    found = best_shots(rows, every, np.tile(EAST, (len(drawn), 1)), scores, limit)
    expected = sorted(every.tolist(), key=lambda row: (-scores[row], -rows.instants[row], row))
    assert [shot.number - 1 for shot in ids_of(found)] == expected[:limit]


def test_of_many_that_score_alike_only_the_latest_become_objects():
    rows = Rows(range(5000))
    found = best_shots(rows, np.arange(5000), np.tile(EAST, (5000, 1)), np.ones(5000), 7)
    assert [shot.number for shot in ids_of(found)] == [5000, 4999, 4998, 4997, 4996, 4995, 4994]
    assert rows.asked == 7


def test_what_was_in_half_precision_is_kept_as_it_is():
    vector = np.random.default_rng(1).standard_normal((5, 16)).astype(np.float16)
    np.testing.assert_array_equal(halved(vector.astype(np.float32)), vector)


def test_a_vector_without_a_length_scores_nothing():
    np.testing.assert_array_equal(cosines(widened(np.zeros((2, 4), np.float16)), EAST), [0, 0])


def test_a_product_differs_from_a_cosine_by_no_more_than_the_doubt():
    rng = np.random.default_rng(2)
    kept = halved((rng.standard_normal((50, 16)) / 4).astype(np.float32))
    query = rng.standard_normal(16)
    query = (query / np.linalg.norm(query)).astype(np.float32)
    exact = cosines(widened(kept), query)
    assert np.abs(kept.astype(np.float64) @ query - exact).max() <= doubt(kept) + 1e-6


def test_there_is_no_best_of_none():
    assert kth_best(np.array([0.5]), 2) == kth_best(np.array([0.5]), 0) == -np.inf
    assert kth_best(np.array([0.5, 0.7]), 2) == 0.5


def test_retirements_are_the_same_on_disk_and_may_be_forgotten_there(tmp_path):
    retired = Retirements()
    for track, number in [(ALICE, 3), (ALICE, 1), (BOB, 2), (ALICE, 3)]:
        retired.add(track, number)
    assert len(retired) == 3
    retired.write(tmp_path / "retired")
    again = Retirements.read(tmp_path / "retired")
    held = [(track, n) for track in (ALICE, BOB) for n in range(1, 5) if again.holds(track, n)]
    assert held == [(ALICE, 1), (ALICE, 3), (BOB, 2)]
    assert not again.is_changed
    again.forget(ALICE)
    assert again.is_changed
    assert not again.holds(ALICE, 1)
    assert again.holds(BOB, 2)
    again.add(ALICE, 1)
    again.write(tmp_path / "again")
    assert len(Retirements.read(tmp_path / "again")) == 2
