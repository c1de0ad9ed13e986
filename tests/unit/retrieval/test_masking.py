"""Which words are hidden, how often, and what is never touched."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from retrieval.gadms.masking import (
    MaskingCurves,
    draw_dual_views,
    mask_caption,
    uniform,
)
from retrieval.tokenizer import END_ID, MASK_ID, START_ID

CURVES = MaskingCurves()
LENGTH = 77
unit = st.floats(0, 1)


def caption(words) -> np.ndarray:
    ids = np.zeros(LENGTH, np.int64)
    ids[: len(words) + 2] = [START_ID, *words, END_ID]
    return ids


# 0 stands inside a caption too: it is the id of a bare `!`.
captions = st.lists(st.integers(0, MASK_ID - 1), max_size=LENGTH - 2).map(caption)
chances = arrays.arrays(np.float64, LENGTH, elements=unit)
rngs = st.integers(0, 2**32).map(random.Random)


@settings(deadline=None)
@given(captions, chances, rngs)
def test_a_view_differs_from_its_caption_only_where_it_has_a_label(ids, chance, rng):
    kept = ids.copy()
    view = mask_caption(ids, chance, rng)
    assert np.array_equal(ids, kept)  # the caption itself is left alone
    chosen = view.labels > 0
    assert np.array_equal(view.ids[~chosen], ids[~chosen])
    assert np.array_equal(view.labels[chosen], ids[chosen])
    assert ((view.ids[chosen] > 0) & (view.ids[chosen] <= MASK_ID)).all()


@settings(deadline=None)
@given(captions, chances, rngs)
def test_start_end_and_padding_are_never_touched(ids, chance, rng):
    view = mask_caption(ids, chance, rng)
    end = int(ids.argmax())
    words = (np.arange(LENGTH) > 0) & (np.arange(LENGTH) < end)
    assert np.array_equal(view.ids[~words], ids[~words])
    assert not view.labels[~words].any()
    assert view.ids.argmax() == end
    assert not view.labels[ids == 0].any()


@settings(deadline=None)
@given(captions, rngs)
def test_where_nothing_is_chosen_the_first_word_is_hidden(ids, rng):
    view = mask_caption(ids, np.zeros(LENGTH), rng)
    if 0 < ids[1] < MASK_ID:
        assert np.flatnonzero(view.labels).tolist() == [1]
        assert (view.labels[1], view.ids[1]) == (ids[1], MASK_ID)
    else:  # an empty caption, whose end token lies there, or a bare `!`
        assert np.array_equal(view.ids, ids)
        assert not view.labels.any()


@settings(deadline=None)
@given(chances, rngs)
def test_an_empty_caption_stays_as_it_is(chance, rng):
    ids = caption([])
    views = draw_dual_views(ids, chance, CURVES, rng)
    for view in (views.masked_words, views.noise):
        assert np.array_equal(view.ids, ids)
        assert not view.labels.any()


@settings(deadline=None)
@given(captions, rngs)
def test_every_word_is_chosen_where_it_is_certain(ids, rng):
    view = mask_caption(ids, np.ones(LENGTH), rng)
    assert np.array_equal(view.labels, np.where((ids > 0) & (ids < MASK_ID), ids, 0))


@settings(deadline=None)
@given(captions, chances, st.integers(0, 2**32))
def test_the_same_seed_draws_the_same_views_masked_words_first(ids, scores, seed):
    views = draw_dual_views(ids, scores, CURVES, random.Random(seed))
    rng = random.Random(seed)
    words = mask_caption(ids, CURVES.informative(scores), rng)
    noise = mask_caption(ids, CURVES.noise(scores), rng)
    for found, expected in ((views.masked_words, words), (views.noise, noise)):
        assert np.array_equal(found.ids, expected.ids)
        assert np.array_equal(found.labels, expected.labels)


class Numbers(random.Random):
    """Gives the numbers it was made with, and 123 as every random word."""

    def __init__(self, *numbers):
        super().__init__(0)
        self.numbers = list(numbers)

    def random(self):
        return self.numbers.pop(0)

    def choice(self, words):
        assert (words[0], words[-1], len(words)) == (1, 49404, 49404)
        return 123


@pytest.mark.parametrize(
    ("share", "becomes"),
    [(0.0, MASK_ID), (0.79, MASK_ID), (0.8, 123), (0.89, 123), (0.9, 7), (0.99, 7)],
)
def test_eight_of_ten_are_masked_one_is_replaced_and_one_stays(share, becomes):
    view = mask_caption(caption([7]), uniform(caption([7]), 0.5), Numbers(share * 0.5))
    assert (view.ids[1], view.labels[1]) == (becomes, 7)


def test_a_number_of_the_probability_itself_leaves_the_word():
    ids = caption([7, 8])
    view = mask_caption(ids, uniform(ids, 0.25), Numbers(0.25, 0.2))
    assert np.flatnonzero(view.labels).tolist() == [2]


@pytest.mark.parametrize("score", [0.0, 0.1, 0.3, 0.85])
def test_words_are_hidden_as_often_as_the_curves_say(score):
    """15,000 words a view; six deviations are never left by chance, and seeds are fixed."""
    ids, rng = caption(range(1000, 1075)), random.Random(1)
    scores = np.full(LENGTH, score)
    views = [draw_dual_views(ids, scores, CURVES, rng) for _ in range(200)]
    # The first word is hidden where nothing else is, so it does not count.
    for kind, chance in (
        ("masked_words", CURVES.informative(scores)[0]),
        ("noise", CURVES.noise(scores)[0]),
    ):
        chosen = np.stack([getattr(view, kind).labels[2:76] > 0 for view in views])
        deviation = np.sqrt(chance * (1 - chance) / chosen.size)
        assert abs(chosen.mean() - chance) < 6 * deviation + 1e-9


def test_of_the_hidden_words_eighty_per_cent_are_masked_and_ten_replaced():
    ids, rng = caption(range(1000, 1075)), random.Random(2)
    views = [mask_caption(ids, uniform(ids, 0.5), rng) for _ in range(200)]
    became = np.concatenate([view.ids[view.labels > 0] for view in views])
    were = np.concatenate([view.labels[view.labels > 0] for view in views])
    masked, stayed = (became == MASK_ID).mean(), (became == were).mean()
    bound = 6 * np.sqrt(0.25 / len(were))
    assert len(were) > 6000
    assert abs(masked - 0.8) < bound
    assert abs(stayed - 0.1) < bound
    assert abs((1 - masked - stayed) - 0.1) < bound


def test_in_the_first_epoch_the_noise_view_hides_the_first_word_alone():
    ids, rng = caption(range(1000, 1011)), random.Random(3)
    for _ in range(200):
        noise = draw_dual_views(ids, np.full(LENGTH, 0.85), CURVES, rng).noise
        assert np.flatnonzero(noise.labels).tolist() == [1]
        assert noise.ids[1] == MASK_ID


@pytest.mark.parametrize(
    ("score", "informative", "noise"),
    [
        (0.0, 0.0358, 0.1762),
        (0.05, 0.0807, 0.1462),
        (0.1, 0.15, 0.10),
        (0.2, 0.2642, 0.0238),
        (0.3, 0.2946, 0.0036),
        (0.5, 0.2999, 6.7e-5),
        (0.85, 0.3000, 6.1e-8),
        (1.0, 0.3000, 3.0e-9),
    ],
)
def test_the_curves_have_the_values_of_the_released_code(score, informative, noise):
    scores = np.array([score])
    assert CURVES.informative(scores)[0] == pytest.approx(informative, abs=5.1e-5)
    digits = 5.1e-5 if noise > 1e-3 else noise * 0.02
    assert CURVES.noise(scores)[0] == pytest.approx(noise, abs=digits)


@settings(deadline=None)
@given(
    st.lists(unit, min_size=2, max_size=20).map(sorted),
    st.builds(
        MaskingCurves,
        alpha_noise=unit,
        alpha_informative=unit,
        steepness=st.floats(1e-3, 1000),
        gamma_noise=unit,
        gamma_informative=unit,
    ),
)
def test_what_fits_better_is_guessed_more_and_dropped_less(scores, curves):
    """Bounded by alpha, at any steepness that a plan may have, and without a warning."""
    noise, informative = (f(np.array(scores)) for f in (curves.noise, curves.informative))
    assert (np.diff(noise) <= 0).all()
    assert (np.diff(informative) >= 0).all()
    for chance, alpha in ((noise, curves.alpha_noise), (informative, curves.alpha_informative)):
        assert (chance >= 0).all()
        assert (chance <= alpha).all()
