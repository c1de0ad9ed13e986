"""Fitting a calibration, and whether it keeps its word on people it never saw."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.search.background import Spread, Strangers
from retrieval.search.calibration_fit import (
    Answer,
    ask_galleries,
    equal_error,
    fit_calibration,
    fit_law,
    fit_presence,
    threshold_for,
)
from retrieval.search.reliability import (
    absent_refused_share,
    brier_score,
    expected_calibration_error,
    false_refusal_share,
)
from retrieval.types import TrackSample

untimed = settings(deadline=None)  # the machine may be busy

DIMENSION, PARTS, COLOURS = 48, 5, 8


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


class Crowd:
    """People of five garments in eight colours; a sentence names two to four of the garments."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.words = np.random.default_rng(0).standard_normal((PARTS, COLOURS, DIMENSION))

    def people(self, count):
        return self.rng.integers(0, COLOURS, (count, PARTS))

    def pictures(self, people):
        clean = sum(self.words[part][people[:, part]] for part in range(PARTS))
        return unit(clean + 1.2 * self.rng.standard_normal(clean.shape))

    def questions(self, count, tracks):
        """Queries, their scores of `tracks` new tracks, and whom each fits."""
        people = self.people(tracks)
        pictures = self.pictures(people)
        queries, fits = [], []
        for _ in range(count):
            wanted = people[self.rng.integers(tracks)]
            named = self.rng.choice(PARTS, self.rng.integers(2, 5), replace=False)
            queries.append(sum(self.words[part][wanted[part]] for part in named))
            fits.append((people[:, named] == wanted[named]).all(axis=1))
        queries = unit(np.array(queries))
        return queries, (queries @ pictures.T).astype(np.float64), np.array(fits)


@pytest.fixture(scope="module")
def background():
    crowd = Crowd(seed=1)
    return Strangers.of_one_shot(crowd.pictures(crowd.people(256)))


@pytest.fixture(scope="module")
def calibration(background):
    return fit_calibration(*Crowd(seed=2).questions(150, 400), background, model_id="m@1")


@pytest.fixture(scope="module")
def answers(background):
    """Of queries about other people."""
    rng = np.random.default_rng(4)
    questions = Crowd(seed=3).questions(150, 500)
    return list(ask_galleries(*questions, background, sizes=(40, 300), rng=rng))


def chances_of(calibration, answer):
    return calibration.law.probabilities(answer.scores, answer.spread, answer.tracks)


def test_its_probabilities_keep_their_word_on_other_people(calibration, answers):
    chances = np.concatenate([chances_of(calibration, answer) for answer in answers])
    fits = np.concatenate([answer.fits for answer in answers])
    constant = np.full(len(fits), fits.mean())
    assert expected_calibration_error(chances, fits) < 0.05
    # A constant keeps its word as well, and tells nothing: the truth must be likelier with ours.
    assert np.square(chances - fits).mean() < 0.7 * np.square(constant - fits).mean()


def refusals(calibration, answers):
    """Of each answer whether it is "no likely match", and whether anybody fits."""
    chances = [
        max(
            law.probabilities(answer.scores, answer.spread, answer.tracks).max()
            for law in (calibration.presence, calibration.law)
        )
        for answer in answers
    ]
    present = np.array([answer.is_present for answer in answers])
    return np.array(chances) < calibration.threshold, present


def test_absent_people_are_refused_as_often_as_was_said(background, answers):
    questions = Crowd(seed=2).questions(150, 400)
    strict = fit_calibration(*questions, background, model_id="m@1", false_alarms=0.1)
    refused, present = refusals(strict, answers)
    assert strict.false_alarms == pytest.approx(0.1, abs=0.01)
    assert 1 - absent_refused_share(refused, present) == pytest.approx(0.1, abs=0.07)
    assert false_refusal_share(refused, present) < 0.5


@pytest.mark.parametrize("tracks", [40, 300])
def test_left_alone_it_is_as_often_wrong_about_the_present_as_about_the_absent(
    calibration, answers, tracks
):
    some = [answer for answer in answers if answer.tracks == tracks]
    refused, present = refusals(calibration, some)
    passed = 1 - absent_refused_share(refused, present)
    assert false_refusal_share(refused, present) == pytest.approx(passed, abs=0.15)
    assert passed < 0.4  # half would be guessing


def test_the_same_is_fitted_again(background, calibration):
    again = fit_calibration(*Crowd(seed=2).questions(150, 400), background, model_id="m@1")
    assert (again.law, again.presence) == (calibration.law, calibration.presence)
    assert again.threshold == calibration.threshold
    assert again.fitted_on == 150


def test_a_fitted_calibration_judges_an_index_as_it_was_fitted(calibration):
    queries, scores, fits = Crowd(seed=5).questions(40, 300)
    said = []
    for query, own, own_fits in zip(queries, scores, fits, strict=True):
        best = int(own.argmax())
        found = calibration.judge(query, [own[best]], TrackSample(own, len(own)))
        said.append((found.probabilities[0], own_fits[best]))
    chances, outcomes = np.array(said).T
    assert chances[outcomes == 1].mean() > chances[outcomes == 0].mean() + 0.2


def test_galleries_hold_who_fits_once_and_nobody_once():
    queries, scores, fits = Crowd(seed=6).questions(5, 100)
    asked = list(
        ask_galleries(
            queries, scores, fits, Strangers.of_one_shot(queries), sizes=(10, 1000),
            rng=np.random.default_rng(0),
        )
    )  # fmt: skip
    assert [answer.is_present for answer in asked] == [False, True] * 10
    assert [answer.tracks for answer in asked[:2]] == [10, 10]
    assert all(answer.tracks <= 100 and len(answer.scores) == 10 for answer in asked)
    assert all((np.diff(answer.scores) <= 0).all() for answer in asked)


def answer(scores, fits, tracks=10):
    return Answer(np.array(scores), np.array(fits), Spread(0.0, 0.1), tracks, is_present=any(fits))


def test_a_feature_that_would_act_the_wrong_way_is_left_out():
    # The larger gallery has more who fit, and the lower scores are the better ones.
    law = fit_law(
        [answer([0.3, 0.2, 0.1], [False, True, True], tracks=500)] * 20
        + [answer([0.4, 0.2, 0.1], [False, False, True], tracks=5)] * 20
    )
    assert (law.rarity, law.excess, law.crowd) == (0.0, 0.0, 0.0)
    assert 1 / (1 + np.exp(-law.intercept)) == pytest.approx(0.5)


def test_what_parts_those_who_fit_without_error_still_has_a_law():
    law = fit_law([answer([0.9, 0.1], [True, False])] * 50)
    high, low = law.probabilities(np.array([0.9, 0.1]), Spread(0.0, 0.1), 10)
    assert high > 0.95
    assert low < 0.05


@pytest.mark.parametrize("fits", [[True, True], [False, False]])
@pytest.mark.parametrize("fit", [fit_law, fit_presence])
def test_nothing_is_learnt_from_one_outcome(fit, fits):
    with pytest.raises(ValueError, match="nothing can be learnt"):
        fit([answer([0.9, 0.1], fits)])


def test_presence_is_told_by_the_best_track_and_not_by_the_others():
    high, low = answer([0.5, 0.4], [False, True]), answer([0.2, 0.1], [False, False])
    law = fit_presence([high, low] * 30)
    chances = law.probabilities(np.array([0.5, 0.2]), Spread(0.0, 0.1), 10)
    assert chances[0] > 0.9  # though the best track does not fit
    assert chances[1] < 0.1


@untimed
@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=30).map(np.array),
    st.lists(st.floats(0, 1), min_size=1, max_size=30).map(np.array),
)
def test_no_threshold_makes_the_larger_error_smaller_than_the_equal_one(present, absent):
    threshold = equal_error(present, absent)
    worst = max((present < threshold).mean(), (absent >= threshold).mean())
    for other in np.concatenate([present, absent]):
        assert max((present < other).mean(), (absent >= other).mean()) >= worst - 1e-9


def test_errors_are_shared_among_present_and_absent():
    assert 0.2 < equal_error(np.array([0.9, 0.8, 0.7]), np.array([0.1, 0.2])) <= 0.7
    half = np.array([0.2, 0.8])
    assert equal_error(half, half) == 0.8
    # Four of five absent people are refused, and nobody present: no share is rounded on the way.
    assert equal_error(np.full(3, 0.5), np.array([0, 0.1, 0.2, 0.3, 0.9])) == 0.5
    with pytest.raises(ValueError, match="0 absent"):
        equal_error(half, half[:0])


@untimed
@given(st.lists(st.floats(0, 1), min_size=1, max_size=60).map(np.array), st.floats(0, 1))
def test_no_more_than_the_allowed_share_reach_the_threshold(best, allowed):
    threshold = threshold_for(best, allowed)
    assert 0 <= threshold <= 1
    if threshold < 1:
        assert (best >= threshold).mean() <= allowed


@pytest.mark.parametrize(("best", "share"), [([], 0.1), ([0.5], 1.1), ([0.5], -0.1)])
def test_a_threshold_needs_absent_people_and_a_share(best, share):
    with pytest.raises(ValueError, match="absent people"):
        threshold_for(np.array(best), share)


def test_what_does_not_agree_is_refused(background):
    queries, scores, fits = Crowd(seed=7).questions(3, 30)
    for bad in (
        (queries[:2], scores, fits, background),
        (queries, scores[:, :5], fits, background),
        (queries, scores, fits, Strangers.of_one_shot(background.shots[:, :7])),
        (queries, scores, fits, Strangers.of_one_shot(background.shots[:0])),
        (queries, np.full_like(scores, np.nan), fits, background),
    ):
        with pytest.raises(ValueError, match=r"agree|has shape|no number"):
            fit_calibration(*bad, model_id="m@1")


def test_the_score_of_brier_rewards_who_says_more_than_the_average():
    outcomes = np.array([True, False, False, False])
    assert brier_score(np.full(4, 0.25), outcomes) == pytest.approx(0.25 * 0.75)
    assert brier_score(np.array([0.7, 0.1, 0.1, 0.1]), outcomes) == pytest.approx(0.03)
    assert brier_score(outcomes.astype(float), outcomes) == 0
    assert brier_score(1.0 - outcomes, outcomes) == 1
    for probabilities in ([], [0.5]):
        with pytest.raises(ValueError, match="outcomes"):
            brier_score(np.array(probabilities), outcomes)
