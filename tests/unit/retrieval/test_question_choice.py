"""retrieval.search.question_choice and .inquiries: which question back, and what answers do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from retrieval.search.doubtful import Wording
from retrieval.search.inquiries import asked_of, every_inquiry, open_inquiries, wording
from retrieval.search.phrases import PhraseKind, phrases_of
from retrieval.search.question_choice import (
    LEAST_GAIN,
    RIGHT,
    Answer,
    choose,
    gains_of,
    is_clear,
    log_ratios,
)
from retrieval.search.unseen import unseen_in
from retrieval.types import Hidden
from tests.data.asked_people import LAWS, hits_of, reader

NAMED = {inquiry.name: inquiry for inquiry in every_inquiry()}


def names(text, laws=LAWS):
    return {one.name for one in open_inquiries(phrases_of(text), laws)}


def test_nothing_is_asked_that_the_doctor_refuses_or_no_shot_shows():
    for inquiry in every_inquiry():
        said = f"a person with {inquiry.phrase.text}"
        assert list(unseen_in(Wording(said))) == [], said
        assert inquiry.phrase.kind not in (PhraseKind.OTHER, PhraseKind.ACTION)


def test_only_kinds_that_are_ever_decided_are_asked_about():
    told = names("somebody")
    assert {name.partition("-")[0] for name in told} == {"upper", "lower"}
    assert "hat" not in told


@pytest.mark.parametrize(
    ("text", "closed", "still_open"),
    [
        ("a red coat", {"upper-red", "upper-blue", "upper-dark"}, {"lower-red"}),
        ("a dark coat", {"upper-dark", "upper-light"}, {"upper-red", "lower-dark"}),
        ("a coat", set(), {"upper-red"}),
        ("a red dress", {"upper-blue", "lower-blue"}, set()),
        ("no red coat", {"upper-red"}, {"upper-blue"}),
        ("blue jeans", {"lower-red"}, {"upper-blue"}),
    ],
)
def test_what_was_said_is_not_asked(text, closed, still_open):
    told = names(text)
    assert not closed & told
    assert still_open <= told


@pytest.mark.parametrize(
    ("name", "text", "asked"),
    [
        ("upper-red", "a man in a coat", "was the coat red?"),
        ("lower-blue", "a man in jeans", "were the jeans blue?"),
        ("lower-blue", "a man in a dress", "was what they wore below the waist blue?"),
        ("upper-dark", "a man, no coat", "was what they wore above the waist dark?"),
        ("hat", "a man in a hat", "did they wear a hat, a cap or a beanie?"),
    ],
)
def test_a_question_is_asked_in_the_words_of_the_description(name, text, asked):
    assert wording(NAMED[name], phrases_of(text)) == asked


def test_the_question_that_halves_the_candidates_is_chosen():
    people = hits_of("red top, blue jeans", "red top, black jeans", "green top, blue jeans")
    chosen = choose(reader(), phrases_of("blue jeans"), people[::2], np.zeros(2))
    assert chosen.inquiry.name in ("upper-red", "upper-green")
    assert chosen.gain > 0.5


@pytest.mark.parametrize(
    ("people", "text"),
    [
        (("red top", "red top"), "a person"),
        (("red top",), "a person"),
        ((), "a person"),
        (("red top", "blue top"), "a green top and pink jeans"),
    ],
)
def test_what_tells_nobody_apart_is_not_asked(people, text):
    assert choose(reader(), phrases_of(text), hits_of(*people), np.zeros(len(people))) is None


def test_what_no_shot_can_show_is_not_asked_and_answers_about_it_change_nothing():
    grey = hits_of("red top", "blue top", hidden=Hidden.COLOUR)
    assert choose(reader(), phrases_of("a person"), grey, np.zeros(2)) is None
    assert log_ratios(reader(), [Answer(NAMED["upper-red"], True)], grey).tolist() == [0, 0]


def test_a_yes_brings_up_who_wears_it_and_a_no_takes_them_down():
    people = hits_of("red top", "blue top")
    yes, no = (
        log_ratios(reader(), [Answer(NAMED["upper-red"], said)], people) for said in (True, False)
    )
    assert yes[0] > 1 > 0 > yes[1]
    assert no[0] < -1 < 0 < no[1]


def test_own_words_are_weighed_like_a_question():
    (phrase,) = phrases_of("no red top")
    own = Answer(asked_of(phrase), not phrase.negated)
    assert (own.text, own.phrase.negated) == ("no red top", True)
    assert log_ratios(reader(), [own], hits_of("red top", "blue top"))[0] < -1


odds = arrays(np.float64, 4, elements=st.floats(-9, 9))
chances = arrays(np.float64, (3, 4), elements=st.floats(0, 1))


@given(odds, chances)
def test_a_gain_is_at_most_a_bit_and_at_most_what_is_unknown(log_odds, true):
    weights = np.exp(log_odds - log_odds.max())
    weights /= weights.sum()
    unknown = -(weights * np.log2(weights)).sum()
    gains = gains_of(log_odds, true)
    assert (gains >= 0).all()
    assert (gains <= min(1, unknown) + 1e-9).all()


@given(odds, chances, st.permutations(range(4)))
def test_the_order_of_tracks_does_not_matter(log_odds, true, order):
    gains = gains_of(log_odds, true)
    np.testing.assert_allclose(gains_of(log_odds[order], true[:, order]), gains, atol=1e-9)


@given(odds, st.floats(0, 1))
def test_what_is_as_likely_of_everybody_gains_nothing(log_odds, chance):
    assert gains_of(log_odds, np.full((1, 4), chance))[0] < 1e-9


@given(st.lists(st.sampled_from([*NAMED]), max_size=3), st.randoms(use_true_random=False))
def test_answers_change_the_same_in_any_order_and_no_more_than_who_errs_may(asked, random):
    answers = [Answer(NAMED[name], random.random() < 0.5) for name in asked]
    people = hits_of("red top, blue jeans", "green top, black jeans")
    changed = log_ratios(reader(), answers, people)
    random.shuffle(answers)
    np.testing.assert_allclose(log_ratios(reader(), answers, people), changed, atol=1e-9)
    most = np.log(RIGHT / (1 - RIGHT))
    assert (np.abs(changed) <= most * len(answers) + 1e-9).all()


@pytest.mark.parametrize(
    ("probabilities", "persons", "clear"),
    [
        ([0.9, 0.1], [[0], [1]], True),
        ([0.9, 0.8], [[0], [1]], False),
        ([0.9, 0.8], [[0, 1]], True),
        ([0.9, 0.8, 0.1], [[0, 1], [2]], True),
        ([0.4, 0.1], [[0], [1]], False),
        ([], [], False),
    ],
)
def test_one_person_is_clear_who_is_likely_while_nobody_else_is(probabilities, persons, clear):
    assert is_clear(probabilities, persons) is clear


def test_the_least_gain_is_a_part_of_a_bit():
    assert 0 < LEAST_GAIN < 1
