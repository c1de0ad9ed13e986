import math
import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.street.casting import cast, cast_many
from pipeline.street.words.captions import caption
from pipeline.street.words.claims import Claim
from pipeline.street.words.grammar import Word, say, written
from pipeline.street.words.noise import noisy
from pipeline.street.words.views import View

untimed = settings(deadline=None)
seeds = st.integers(0, 2**32 - 1)
RED_COAT = Claim("upper", "coat", "red")


def made(seed: int, rate: float):
    rng = np.random.default_rng(seed)
    look = cast(rng, "p1", "train")
    told = caption(rng, look, View())
    return told, noisy(rng, told, look, rate)


def in_red_coat():
    look = cast(np.random.default_rng(1), "p1", "train")
    words = (Word("red", RED_COAT, "colour"), Word("coat", RED_COAT, "kind"))
    return look, written((*say("in a"), *words), sentences=False)


@untimed
@given(seeds)
def test_at_rate_0_nothing_is_wrong(seed):
    told, spoilt = made(seed, 0.0)
    assert spoilt.text == told.text
    assert spoilt.wrong == ()
    assert spoilt.mistakes == 0


@untimed
@given(seeds)
def test_at_rate_1_all_that_can_be_wrong_is(seed):
    told, spoilt = made(seed, 1.0)
    assert spoilt.mistakes == spoilt.could_be_wrong
    assert len(spoilt.wrong) >= spoilt.mistakes
    assert (spoilt.text == told.text) == (spoilt.mistakes == 0)


@untimed
@given(seeds, st.floats(0, 1))
def test_everything_but_the_wrong_words_is_as_it_was(seed, rate):
    told, spoilt = made(seed, rate)
    assert list(spoilt.wrong) == sorted(spoilt.wrong)
    kept, start = [], 0
    for first, last in spoilt.wrong:
        kept.append(re.sub(r"\b[Aa]n? $", "", spoilt.text[start:first]))
        start = last
    kept.append(spoilt.text[start:])
    place = 0
    for part in kept:
        place = told.text.find(part, place)
        assert place >= 0
        place += len(part)


@untimed
@given(seeds)
def test_the_same_seed_makes_the_same_mistakes(seed):
    assert made(seed, 0.4) == made(seed, 0.4)


def test_as_many_words_are_wrong_as_the_rate_says():
    rng, rate = np.random.default_rng(3), 0.25
    people = cast_many(rng, 600, "train")
    spoilt = [noisy(rng, caption(rng, look, View()), look, rate) for look in people]
    could = sum(one.could_be_wrong for one in spoilt)
    wrong = sum(one.mistakes for one in spoilt)
    assert could > 3000
    assert abs(wrong - rate * could) < 4 * math.sqrt(could * rate * (1 - rate))
    assert {one.rate for one in spoilt} == {rate}


def test_a_wrong_word_is_of_the_same_kind_and_gets_its_article():
    look, told = in_red_coat()
    texts = {noisy(np.random.default_rng(seed), told, look, 1.0).text for seed in range(200)}
    assert "in an orange hoodie" in texts
    assert all("red" not in text and "coat" not in text for text in texts)
    assert any(text.startswith("in a ") for text in texts)


@untimed
@given(seeds)
def test_positions_point_at_the_wrong_words(seed):
    look, told = in_red_coat()
    spoilt = noisy(np.random.default_rng(seed), told, look, 1.0)
    (first, last), (start, stop) = spoilt.wrong
    assert spoilt.text[first - 1] == spoilt.text[last] == " "
    assert spoilt.text[last] + spoilt.text[start:stop] == spoilt.text[last:]
    assert start < stop


def test_he_becomes_she_wherever_he_is_named_and_that_is_one_mistake():
    look = cast(np.random.default_rng(1), "p1", "train")
    man = Claim("gender", "man")
    words = (*say("The"), Word("man", man, "kind"), *say("runs ."), Word("he", man, "kind"))
    spoilt = noisy(np.random.default_rng(0), written(words), look, 1.0)
    assert spoilt.text == "The woman runs. She"
    assert spoilt.mistakes == 1
    assert [spoilt.text[a:b] for a, b in spoilt.wrong] == ["woman", "She"]


def test_what_is_denied_stays_as_it_is():
    look = cast(np.random.default_rng(1), "p1", "train")
    told = written((*say("no"), Word("hat", Claim("hat", negated=True), "kind")))
    assert noisy(np.random.default_rng(0), told, look, 1.0).text == "No hat"


def test_no_wrong_word_is_true_after_all():
    look, _ = in_red_coat()
    bags = Claim("carried", "bag", "blue")
    words = (Word("blue", bags, "colour"), Word("bag", bags, "kind"))
    told = written((*say("a"), *words), sentences=False)
    for seed in range(50):
        word = noisy(np.random.default_rng(seed), told, look, 1.0).text
        assert word.rsplit(" ", 1)[-1] in {"umbrella", "suitcase", "case", "brolly"}
