"""retrieval.search.person_fit: a law of pairs of tracks whose people are known."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.types import TrackKey
from retrieval.search.background import Spread
from retrieval.search.grouping_scores import b_cubed
from retrieval.search.person_fit import Grouped, fit_links, grouping_of
from retrieval.search.person_links import Glimpse, pairs_of
from retrieval.search.persons import group

SPREAD = Spread(0.0, 0.1)


def hit_list(seed, people=5, tracks=12, noise=0.6, gap_s=20.0):
    """Tracks of a few people, who come again within about `gap_s`; strangers come at any time."""
    rng = np.random.default_rng(seed)
    faces = rng.standard_normal((people, 32))
    arrives_s = rng.uniform(0, 2000, people)
    whose = rng.integers(0, people, tracks)
    glimpses = []
    for number, person in enumerate(whose):
        shots = faces[person] + noise * rng.standard_normal((3, 32))
        shots /= np.linalg.norm(shots, axis=1, keepdims=True)
        begins = arrives_s[person] + rng.uniform(0, gap_s)
        key = TrackKey(f"c{number % 4}", "r1", number + 1)
        glimpses.append(Glimpse(key, shots.astype(np.float32), begins, begins + 0.5))
    return Grouped(pairs_of(glimpses, SPREAD, tracks=tracks), whose.tolist())


LISTS = [hit_list(seed) for seed in range(30)]


def test_a_law_groups_people_it_never_saw_better_than_nobody_or_everybody():
    law = fit_links(LISTS)
    assert law.is_fitted
    assert law.gap < 0
    for unseen in (hit_list(seed) for seed in range(100, 110)):
        count = len(unseen.people)
        alone = b_cubed([[at] for at in range(count)], unseen.people).f
        heap = b_cubed([list(range(count))], unseen.people).f
        assert grouping_of(unseen, law) > max(alone, heap)


def test_the_chance_stated_is_the_share_that_is_true():
    law = fit_links([hit_list(seed, noise=2.0) for seed in range(60)])
    said, true = [], []
    for unseen in (hit_list(seed, noise=2.0) for seed in range(200, 260)):
        for person in group(len(unseen.people), unseen.pairs, law):
            for at, chance in zip(person.members, person.chances, strict=True):
                others = [other for other in person.members if other != at]
                said += [chance] * len(others)
                true += [unseen.people[at] == unseen.people[other] for other in others]
    assert 0.5 < np.mean(true) < 1
    assert abs(np.mean(said) - np.mean(true)) < 0.1


def test_times_that_tell_nothing_weigh_little_and_looks_alone_decide():
    told, untold = (fit_links([hit_list(s, gap_s=g) for s in range(30)]) for g in (20.0, 2000.0))
    assert abs(untold.gap) < abs(told.gap)
    assert untold.longest_gap_s > 1000


def test_looks_that_tell_the_wrong_way_are_left_out():
    looks = "rarity", "excess", "nearest"
    wrong = [{name: -getattr(one.pairs, name) for name in looks} for one in LISTS]
    law = fit_links(
        [Grouped(replace(o.pairs, **w), o.people) for o, w in zip(LISTS, wrong, strict=True)]
    )
    assert (law.rarity, law.excess, law.nearest) == (0.0, 0.0, 0.0)


def test_the_same_lists_make_the_same_law_in_any_order():
    law, again = fit_links(LISTS), fit_links(LISTS[::-1])
    np.testing.assert_allclose(
        list(law.to_mapping().values()), list(again.to_mapping().values()), rtol=1e-6
    )


@pytest.mark.parametrize("people", [1, 12])
def test_too_few_pairs_of_either_kind_are_refused(people):
    pairs = LISTS[0].pairs
    whose = [0] * 12 if people == 1 else list(range(12))
    with pytest.raises(ValueError, match="too few"):
        fit_links([Grouped(pairs, whose)])
