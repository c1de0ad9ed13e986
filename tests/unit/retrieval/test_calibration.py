"""From a score to a probability, and to "no likely match"."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.search.background import (
    LEAST_SPREAD,
    Spread,
    Strangers,
    blend,
    rarity,
    spread_of,
    tail_probability,
)
from retrieval.search.calibration import LEAST_TRACKS, Calibration, Law, rough_calibration
from retrieval.types import TrackSample

untimed = settings(deadline=None)  # the machine may be busy
QUERY = np.array([1.0, 0.0], np.float32)
LAW = Law(intercept=-3.0, rarity=1.0, excess=4.0, crowd=-0.8)
cosines = st.floats(-1, 1, allow_nan=False)
many_cosines = st.lists(cosines, min_size=1, max_size=40).map(np.array)
laws = st.builds(Law, st.floats(-20, 20), st.floats(0, 10), st.floats(0, 100), st.floats(-3, 0))


def people(*scores):
    """Unrelated people who score so for QUERY."""
    shots = [[score, math.sqrt(1 - score**2)] for score in scores]
    return Strangers.of_one_shot(np.array(shots, np.float32))


def calibrated(background=None, law=LAW, threshold=0.5):
    return Calibration("m@1", background, law, law, threshold, false_alarms=0.1, fitted_on=9)


def sample(*scores, tracks=None):
    return TrackSample(np.array(scores, np.float64), len(scores) if tracks is None else tracks)


def test_unrelated_people_score_as_tracks_of_an_index_do():
    shots = people(0.1, 0.5, -0.2, 0.3, 0.8).shots
    found = Strangers(shots, np.array([0, 0, 0, 0, 1])).scores(QUERY)
    assert found.tolist() == pytest.approx([(0.1 + 0.5 + 0.3) / 3, 0.8])


def test_no_match_is_a_question_of_its_own_and_never_against_a_likely_hit():
    always, never = Law(9.0, 0.0, 0.0, 0.0), Law(-9.0, 0.0, 0.0, 0.0)

    def judged(law, presence):
        calibration = Calibration("m@1", people(0.1, 0.2), law, presence, 0.5, 0.1, 9)
        return calibration.judge(QUERY, [0.3], sample(0.3)).no_match

    assert judged(never, never)
    assert not judged(never, always)  # somebody fits, though nobody can say who
    assert not judged(always, never)


backgrounds = st.none() | st.lists(cosines, min_size=1, max_size=20).map(lambda s: people(*s))


@untimed
@given(many_cosines, many_cosines, backgrounds, laws)
def test_a_probability_is_a_number_from_0_to_1_and_rises_with_the_score(
    scores, own, background, law
):
    scores = np.sort(scores)
    found = calibrated(background, law).judge(QUERY, scores, sample(*own))
    if found is None:
        assert background is None
        assert len(own) < LEAST_TRACKS
        return
    chances = np.array(found.probabilities)
    assert np.isfinite(chances).all()
    assert ((chances >= 0) & (chances <= 1)).all()
    assert (np.diff(chances) >= 0).all()


@untimed
@given(many_cosines, backgrounds, st.randoms(use_true_random=False))
def test_the_order_of_the_tracks_changes_nothing(own, background, random):
    shuffled = own.tolist()
    random.shuffle(shuffled)
    calibration = calibrated(background)
    assert calibration.judge(QUERY, [0.3], sample(*own)) == calibration.judge(
        QUERY, [0.3], sample(*shuffled)
    )


def test_a_track_that_stands_out_is_likely_and_one_among_the_rest_is_not():
    crowd = np.linspace(0.1, 0.2, 50)
    calibration = calibrated(people(*crowd))
    found = calibration.judge(QUERY, [0.5, 0.16], sample(0.5, *crowd))
    assert found.probabilities[0] > 0.9
    assert found.probabilities[1] < 0.1
    assert not found.no_match


def test_where_nobody_stands_out_there_is_no_likely_match():
    crowd = np.linspace(0.1, 0.2, 50)
    found = calibrated(people(*crowd)).judge(QUERY, [0.2, 0.19], sample(*crowd))
    assert found.no_match
    assert max(found.probabilities) < 0.5


def test_a_probability_at_the_threshold_is_a_match():
    judged = calibrated(people(0.1), law=Law(0.0, 0.0, 0.0, 0.0)).judge(QUERY, [0.9], sample(0.9))
    assert judged.probabilities == (0.5,)
    assert not judged.no_match


def test_the_more_tracks_are_looked_at_the_less_the_best_of_them_means():
    crowd = np.linspace(0.1, 0.2, 50)
    calibration = calibrated(people(*crowd))
    few, many = (
        calibration.judge(QUERY, [0.25], sample(*crowd, tracks=tracks)).probabilities[0]
        for tracks in (50, 50_000)
    )
    assert few > 1.5 * many


def test_a_camera_that_lifts_all_scores_makes_nobody_likelier():
    crowd = np.linspace(0.1, 0.2, 400)
    calibration = calibrated(people(*crowd))
    plain = calibration.judge(QUERY, [0.22], sample(*crowd)).probabilities[0]
    lifted = calibration.judge(QUERY, [0.52], sample(*(crowd + 0.3))).probabilities[0]
    unlifted = calibration.judge(QUERY, [0.52], sample(*crowd)).probabilities[0]
    assert lifted == pytest.approx(plain, abs=0.08)
    assert unlifted > plain + 0.5


def test_with_few_tracks_the_bundled_people_are_the_measure():
    calibration = calibrated(people(*np.linspace(0.1, 0.2, 50)))
    found = calibration.judge(QUERY, [0.6, 0.58], sample(0.6, 0.58))
    assert min(found.probabilities) > 0.9


def test_without_bundled_people_and_with_few_tracks_nothing_is_judged():
    calibration = rough_calibration("clip@1")
    crowd = np.linspace(0.1, 0.2, LEAST_TRACKS)
    assert calibration.judge(QUERY, [0.9], sample(*crowd[1:])) is None
    assert calibration.judge(QUERY, [0.9], sample(*crowd)) is not None
    assert not calibration.is_fitted


def test_the_rough_calibration_takes_one_absent_person_in_ten_for_somebody_if_scores_are_normal():
    rng = np.random.default_rng(3)
    calibration = rough_calibration("clip@1")
    answers = [rng.normal(0.2, 0.03, size) for size in (30, 200, 1000) for _ in range(200)]
    alarms = [not calibration.judge(QUERY, [max(own)], sample(*own)).no_match for own in answers]
    assert 0.05 <= np.mean(alarms) <= 0.15


@pytest.mark.parametrize(
    "law", [(0, -1, 0, 0), (0, 0, -1, 0), (0, 0, 0, 1), (math.nan, 0, 0, 0), (0, math.inf, 0, 0)]
)
def test_a_law_under_which_a_better_score_is_a_worse_match_cannot_be(law):
    with pytest.raises(ValueError, match=r"^Law\("):
        Law(*law)


def test_those_who_stand_out_do_not_widen_the_spread_of_the_rest():
    crowd = np.linspace(0.1, 0.2, 41)
    alone = spread_of(crowd)
    assert alone.centre == pytest.approx(0.15)
    with_fits = spread_of(np.concatenate([crowd, [0.8] * 8]))
    assert with_fits.centre == pytest.approx(alone.centre, abs=0.005)
    assert with_fits.width == pytest.approx(alone.width, rel=0.1)


def test_the_spread_of_normal_scores_is_their_standard_deviation():
    scores = np.random.default_rng(1).normal(0.3, 0.05, 20_000)
    spread = spread_of(scores)
    assert spread.centre == pytest.approx(0.3, abs=0.002)
    assert spread.width == pytest.approx(0.05, rel=0.03)


def test_equal_scores_still_have_a_spread():
    assert spread_of(np.full(5, 0.4)) == Spread(0.4, LEAST_SPREAD)


def test_two_backgrounds_blend_by_how_much_each_knows():
    bundled, own = Spread(0.0, 0.01), Spread(1.0, 0.04)
    assert blend(None, None, 0) is None
    assert blend(bundled, None, 0) == bundled
    assert blend(None, own, 7) == own
    for tracks, expected in ((0, (0.0, 0.01)), (32, (0.5, 0.02)), (10**9, (1.0, 0.04))):
        both = blend(bundled, own, tracks)
        assert (both.centre, both.width) == pytest.approx(expected)


@untimed
@given(st.lists(st.floats(-2000, 2000), min_size=2, max_size=20).map(sorted).map(np.array))
def test_the_tail_falls_with_the_score_and_is_never_nothing_that_has_no_logarithm(standard):
    surprise, chances = rarity(standard), tail_probability(standard)
    assert np.isfinite(surprise).all()
    assert (np.diff(surprise) >= 0).all()
    assert ((chances >= 0) & (chances <= 1)).all()


def test_the_tail_is_normal_at_first_and_exponential_beyond():
    assert tail_probability(np.array([0.0, 1.6449, 2.3263])) == pytest.approx(
        [0.5, 0.05, 0.01], 1e-3
    )
    first, second, third = rarity(np.array([3.0, 4.0, 5.0]))
    assert second - first == pytest.approx(third - second)
    slope = np.diff(rarity(np.array([2.9999, 3.0, 3.0001]))) * 1e4
    assert slope[0] == pytest.approx(slope[1], rel=1e-3)
