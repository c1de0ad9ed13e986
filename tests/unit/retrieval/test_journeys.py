"""retrieval.search.journeys and .travel: who was seen next, and how long people take."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import TrackKey
from retrieval.search.background import Spread
from retrieval.search.journeys import onward
from retrieval.search.person_links import Glimpse, LinkLaw
from retrieval.search.travel import BINS, LEAST_LINKS, LONGEST_S, TravelPrior, TravelTimes

D = 64
USUAL = Spread(0.0, 0.1)
LAW = LinkLaw(-8.0, 0.0, 10.0, 6.0, -0.4, 0.0, longest_gap_s=600.0, joins_at=0.0)
MINUTE = TravelTimes.of([55.0, 60.0, 65.0] * 10)


def faces(seed, count):
    vectors = np.random.default_rng(seed).standard_normal((count, D))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


ANNA, OTTO = faces(1, 2)


def glimpse(camera, number, face, first_at, last_at=None):
    last_at = first_at + 5.0 if last_at is None else last_at
    return Glimpse(TrackKey(camera, "r1", number), face[None], first_at, last_at)


START = glimpse("gate", 1, ANNA, 100.0, 110.0)


def test_the_same_looks_are_followed_and_others_are_not():
    onto = onward(
        START, [glimpse("hall", 1, OTTO, 130.0), glimpse("hall", 2, ANNA, 140.0)], USUAL, LAW
    )
    assert onto.best(1) == [1]
    assert onto.chances[1] > 0.9
    assert onto.chances[0] < 0.01


def test_two_who_are_dressed_alike_share_the_chance():
    alone = onward(START, [glimpse("hall", 1, ANNA, 140.0)], USUAL, LAW).chances[0]
    both = onward(
        START, [glimpse("hall", 1, ANNA, 140.0), glimpse("hall", 2, ANNA, 140.0)], USUAL, LAW
    ).chances
    assert both[0] == both[1] == pytest.approx(0.5, abs=0.02)
    assert alone > 0.9


def test_nobody_is_in_two_places_unless_the_cameras_share_their_ground():
    both = [glimpse("hall", 1, ANNA, 105.0)]
    onto = onward(START, both, USUAL, LAW)
    assert (onto.two_places, onto.best(3), onto.chances.tolist()) == (1, [], [0.0])
    assert onward(START, both, USUAL, LAW, shares_ground=True).best(3) == [0]
    assert onward(START, [glimpse("hall", 1, ANNA, 108.5)], USUAL, LAW).best(3) == [0]  # clocks


def test_who_is_faster_than_anybody_was_is_pruned_once_enough_is_known():
    soon, usual = glimpse("hall", 1, ANNA, 115.0), glimpse("hall", 2, ANNA, 170.0)
    prior = TravelPrior(MINUTE, LAW)
    onto = onward(START, [soon, usual], USUAL, LAW, prior=prior)
    assert (onto.too_fast, onto.best(3)) == (1, [1])
    few = TravelTimes.of([60.0] * (LEAST_LINKS - 1))
    assert onward(START, [soon], USUAL, LAW, prior=TravelPrior(few, LAW)).too_fast == 0
    shared = onward(START, [soon], USUAL, LAW, prior=prior, shares_ground=True)
    assert shared.too_fast == 0


def test_of_two_alike_the_one_who_took_the_usual_time_is_likelier():
    early, usual = glimpse("hall", 1, ANNA, 150.0), glimpse("hall", 2, ANNA, 170.0)
    general = onward(START, [early, usual], USUAL, LAW)
    learnt = onward(START, [early, usual], USUAL, LAW, prior=TravelPrior(MINUTE, LAW))
    assert general.best(1) == [0]
    assert learnt.best(1) == [1]


def test_without_a_measure_of_likeness_cosines_order_and_no_chance_is_told():
    onto = onward(
        START, [glimpse("hall", 1, OTTO, 130.0), glimpse("hall", 2, ANNA, 140.0)], None, LAW
    )
    assert onto.best(2)[0] == 1
    assert onto.chances.tolist() == [0.0, 0.0]


def test_nobody_came():
    assert onward(START, [], USUAL, LAW).best(3) == []


def test_what_is_learnt_is_told_by_quantiles():
    assert MINUTE.links == 30
    assert 50 < MINUTE.quantile(0.5) < 70
    assert 25 < MINUTE.fastest_s < 33
    assert TravelTimes.of([60.0]).fastest_s is None
    with pytest.raises(ValueError, match="no link"):
        TravelTimes.of([]).quantile(0.5)
    with pytest.raises(ValueError, match="counts of 0 or more"):
        TravelTimes(np.full(BINS, -1.0))


times = st.lists(st.floats(-5, 2 * LONGEST_S), max_size=60)


@given(times, times)
def test_days_add_up_and_quantiles_rise(one, other):
    first, second = TravelTimes.of(one), TravelTimes.of(other)
    both = TravelTimes.summed([first, second])
    assert both.links == first.links + second.links <= len(one) + len(other)
    if both.links:
        said = [both.quantile(share) for share in (0.05, 0.5, 0.95)]
        assert said == sorted(said)
        assert 0 <= said[0] <= said[2] <= LONGEST_S


@given(times, st.lists(st.floats(0, 1e6), min_size=1, max_size=20))
def test_no_time_is_certain_or_ruled_out_by_a_prior(learnt, asked):
    said = TravelPrior(TravelTimes.of(learnt), LAW).log_odds(np.array(asked))
    assert np.isfinite(said).all()


@given(
    st.lists(st.tuples(st.integers(0, 7), st.floats(90, 400)), min_size=1, max_size=12),
    st.booleans(),
)
def test_chances_make_one_at_most_and_an_order_changes_nothing(there, learnt):
    people = faces(3, 8)
    some = [glimpse("hall", n, people[who], at) for n, (who, at) in enumerate(there)]
    prior = TravelPrior(MINUTE, LAW) if learnt else None
    start = glimpse("gate", 1, people[0], 80.0, 90.0)
    onto = onward(start, some, USUAL, LAW, prior=prior)
    back = onward(start, some[::-1], USUAL, LAW, prior=prior)
    assert onto.chances.sum() <= 1.0 + 1e-9
    np.testing.assert_allclose(back.chances[::-1], onto.chances, atol=1e-9)
    assert (onto.chances[~np.isfinite(onto.log_odds)] == 0).all()
    assert onto.two_places + onto.too_fast == int((~np.isfinite(onto.log_odds)).sum())
