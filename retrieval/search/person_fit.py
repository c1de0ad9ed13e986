"""Fits how likely two tracks are of one person, on tracks of people who are known.

What is learnt from are hit lists, since that is what is grouped: people who fit one sentence look
alike, and of two at random far fewer are one person.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from retrieval.search.background import Floats
from retrieval.search.grouping_scores import b_cubed
from retrieval.search.logistic import logistic
from retrieval.search.person_links import LinkLaw, Pairs, features_of
from retrieval.search.persons import group, join, links_of, mean_links

#: Fewer pairs of one person, or of two, are too few to fit a law on.
LEAST_PAIRS = 20

#: Log-odds that are tried, from which on tracks are put together.
JOINS_AT = tuple(np.arange(-3.0, 3.01, 0.25).tolist())

#: Which way each feature may act, as `features_of` has them.
_SIGNS = (1, 1, 1, -1, -1)


@dataclass(frozen=True, slots=True, eq=False)
class Grouped:
    """One hit list whose people are known.

    Attributes:
        pairs: of its tracks.
        people: (T,) whose each track is.
    """

    pairs: Pairs
    people: Sequence[Hashable]

    def same(self) -> Floats:
        """(P,) 1 where both tracks of a pair are of one person."""
        places = zip(self.pairs.first.tolist(), self.pairs.second.tolist(), strict=True)
        return np.array([self.people[a] == self.people[b] for a, b in places], np.float64)


def fit_links(lists: Sequence[Grouped]) -> LinkLaw:
    """The law under which what is known is likeliest; a feature of the wrong sign is left out.

    Raises:
        ValueError: too few pairs of one person, or of two.
    """
    possible = [~one.pairs.impossible for one in lists]
    outcomes = np.concatenate([one.same()[ok] for one, ok in zip(lists, possible, strict=True)])
    if min(outcomes.sum(), (1 - outcomes).sum()) < LEAST_PAIRS:
        raise ValueError(
            f"{int(outcomes.sum())} pairs of tracks of one person and "
            f"{int((1 - outcomes).sum())} of two are too few"
        )
    longest_s = max(float(one.pairs.gap_s.max(initial=0.0)) for one in lists)
    features = np.concatenate(
        [features_of(one.pairs, longest_s)[ok] for one, ok in zip(lists, possible, strict=True)]
    )
    intercept, weights = _signed(features, outcomes)
    rarity, excess, nearest, gap, crowd = weights
    law = LinkLaw(intercept, rarity, excess, nearest, gap, crowd, longest_s, joins_at=0.0)
    return _made_sure(lists, replace(law, joins_at=_joins_at(lists, law)))


def _signed(features: Floats, outcomes: Floats) -> tuple[float, list[float]]:
    """Intercept and weights; a feature that would act the wrong way, or never differs, is 0."""
    used = [at for at in range(len(_SIGNS)) if np.ptp(features[:, at]) > 0]
    while True:
        intercept, weights = logistic(features[:, used], outcomes)
        wrong = [at for at, weight in zip(used, weights, strict=True) if weight * _SIGNS[at] < 0]
        if not wrong:
            break
        used = [at for at in used if at not in wrong]
    found = dict(zip(used, weights.tolist(), strict=True))
    return intercept, [found.get(at, 0.0) for at in range(len(_SIGNS))]


def _joins_at(lists: Sequence[Grouped], law: LinkLaw) -> float:
    """The threshold that groups best, by the mean B-cubed F of the lists; the first of equals."""

    def worth(threshold: float) -> float:
        trying = replace(law, joins_at=threshold)
        return float(np.mean([grouping_of(one, trying) for one in lists]))

    best: float = max(JOINS_AT, key=worth)
    return best


def _made_sure(lists: Sequence[Grouped], law: LinkLaw) -> LinkLaw:
    """The law with the chances of tracks that it puts together as they turned out."""
    said: list[float] = []
    true: list[float] = []
    for one in lists:
        links = links_of(len(one.people), one.pairs, law)
        for members in join(links, law.joins_at):
            if len(members) > 1:
                said += mean_links(members, links).tolist()
                there = Counter(one.people[at] for at in members)
                true += [(there[one.people[at]] - 1) / (len(members) - 1) for at in members]
    if min(sum(true), len(true) - sum(true)) < 1:  # always right, or never: nothing to learn from
        return law
    intercept, (slope,) = logistic(np.array(said)[:, None], np.array(true))
    return law if slope < 0 else replace(law, sure_intercept=intercept, sure_slope=float(slope))


def grouping_of(one: Grouped, law: LinkLaw) -> float:
    """B-cubed F of one list, 0 to 1."""
    people = group(len(one.people), one.pairs, law)
    return b_cubed([person.members for person in people], one.people).f
