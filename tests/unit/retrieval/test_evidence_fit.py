"""retrieval.search.evidence_fit: laws of tracks whose truth is known."""

import numpy as np
import pytest

from retrieval.search.evidence_fit import Example, fit_kind, fit_rank, pool
from retrieval.search.evidence_law import EvidenceLaws


def example(seed, tracks=60, told=3.0, share=0.5):
    """A phrase, whose colour margin tells as much as `told` deviations."""
    rng = np.random.default_rng(seed)
    fits = rng.random(tracks) < share
    owner = np.repeat(np.arange(tracks), 3)
    margins = np.zeros((len(owner), 4))
    margins[:, 1] = rng.normal(0, 0.05, len(owner)) + told * 0.05 * (fits[owner] - 0.5)
    return Example(margins, owner, fits)


def test_margins_that_tell_decide():
    law = fit_kind([example(seed) for seed in range(4)])
    assert law.decides_at is not None
    assert law.weights[1] > 0
    assert law.weights[2:] == (0.0, 0.0)
    unseen = example(99)
    log_odds, fits = pool(law, unseen)
    decided = np.abs(log_odds) >= law.decides_at
    assert ((log_odds > 0) == fits)[decided].mean() > 0.8
    assert decided.mean() > 0.3


def test_margins_that_tell_nothing_never_decide():
    assert fit_kind([example(seed, told=0.0) for seed in range(4)]).decides_at is None


def test_margins_that_tell_little_decide_only_where_they_tell_much():
    much, little = (
        fit_kind([example(seed, tracks=400, told=told) for seed in range(4)]) for told in (3.0, 0.5)
    )
    assert little.decides_at is None or little.decides_at > much.decides_at


def test_margins_that_tell_the_wrong_way_are_left_out():
    law = fit_kind([example(seed, told=-3.0) for seed in range(4)])
    assert law.weights == (0.0, 0.0, 0.0, 0.0)
    assert law.decides_at is None


def test_how_common_a_thing_is_changes_no_verdict():
    rare, common = (
        fit_kind([example(seed, tracks=400, share=share) for seed in range(4)])
        for share in (0.1, 0.9)
    )
    for margin in (-0.2, 0.0, 0.2):
        said = [
            law.of_track(law.of_shots(np.array([[0.0, margin, 0.0, 0.0]])).tolist())
            for law in (rare, common)
        ]
        assert np.tanh(said[0] / 2) == pytest.approx(np.tanh(said[1] / 2), abs=0.25)


def test_too_few_tracks_have_no_law():
    assert fit_kind([example(0, tracks=12)]) is None


def test_the_order_weighs_what_tells():
    rng = np.random.default_rng(0)
    sentence, present = rng.normal(size=(2, 500))
    fits = sentence + 2 * present + rng.normal(size=500) > 0
    law = fit_rank(sentence, present, np.zeros(500), fits)
    assert law.present > law.sentence > 0
    assert law.absent == 0.0


def test_nothing_is_learnt_where_all_fit():
    ones = np.ones(5)
    with pytest.raises(ValueError, match="nothing can be learnt"):
        fit_rank(ones, ones, ones, ones > 0)


def test_what_was_fitted_is_read_back():
    laws = EvidenceLaws({"hair": fit_kind([example(1)])})
    assert EvidenceLaws.from_mapping(laws.to_mapping()) == laws
