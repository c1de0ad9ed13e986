"""Fits the laws of evidence on tracks whose truth is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retrieval.search.background import Floats
from retrieval.search.evidence_law import KindLaw, RankLaw
from retrieval.search.logistic import logistic

#: Balanced accuracy that verdicts must reach on what they were fitted on, for a kind to decide.
LEAST_ACCURACY = 0.8

#: The smallest share of phrases that may be decided, for a kind to decide at all.
LEAST_DECIDED = 0.1

#: Fewer tracks of which a phrase is true, or untrue, are too few to fit a law on.
LEAST_TRACKS = 20

#: Log-odds that are tried, from which on a verdict is given.
THRESHOLDS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0)


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One phrase asked of T tracks.

    Attributes:
        margins: (S, 4) of the shots that can show it.
        owner: (S,) the track of each shot, a place in `fits`.
        fits: (T,) whether it is true, negation aside.
    """

    margins: Floats
    owner: NDArray[np.int64]
    fits: NDArray[np.bool_]


def fit_kind(examples: Sequence[Example]) -> KindLaw | None:
    """The law of one kind; None where too little is there to fit it on.

    Of every phrase, tracks of which it is true weigh as much together as the others: how common
    a thing is among people says nothing of what a shot shows.
    """
    told = [example for example in examples if 0 < example.fits[example.owner].mean() < 1]
    true = sum(int(example.fits[np.unique(example.owner)].sum()) for example in told)
    untrue = sum(int((~example.fits[np.unique(example.owner)]).sum()) for example in told)
    if min(true, untrue) < LEAST_TRACKS:
        return None
    # Where a verdict is given is chosen on people that the law which is tried was not fitted on.
    halves = [[half(example, side) for example in told] for side in (0, 1)]
    unseen = [_judged(_fit(halves[1 - side]), halves[side]) for side in (0, 1)]
    log_odds, outcomes, shares = (np.concatenate(each) for each in zip(*unseen, strict=True))
    return replace(_fit(told), decides_at=_decides_at(log_odds, outcomes, shares))


def half(example: Example, side: int) -> Example:
    """The first half of the tracks, or the second."""
    middle = len(example.fits) // 2
    mine = example.owner < middle if side == 0 else example.owner >= middle
    return Example(example.margins[mine], example.owner[mine], example.fits)


def _fit(told: Sequence[Example]) -> KindLaw:
    """The law under which the truth is likeliest, which decides nothing yet."""
    margins = np.concatenate([example.margins for example in told])  # (N, 4)
    outcomes = np.concatenate([example.fits[example.owner] for example in told])  # (N,)
    shares = np.concatenate([balanced(example.fits[example.owner]) for example in told])
    intercept, weights = _rising(margins, outcomes.astype(np.float64), shares)
    plain = KindLaw((*weights,), intercept, 1.0, 0.0, None)  # type: ignore[arg-type]  # four
    pooled, fits, share = _judged(plain, told)
    offset, (slope,) = _rising(pooled[:, None], fits.astype(np.float64), share)
    return replace(plain, slope=slope, offset=offset)


def _judged(law: KindLaw, told: Sequence[Example]) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """(T,) log-odds of all tracks of all phrases, whether each fits, and how much it counts."""
    pooled, fits = zip(*(pool(law, example) for example in told), strict=True)
    shares = [balanced(one) for one in fits]
    return np.concatenate(pooled), np.concatenate(fits), np.concatenate(shares)


def pool(law: KindLaw, example: Example) -> tuple[Floats, NDArray[np.bool_]]:
    """(T',) log-odds of the tracks that a shot can speak for, and whether each fits."""
    said = law.of_shots(example.margins)
    tracks = np.unique(example.owner)
    pooled = np.array([law.of_track(said[example.owner == one].tolist()) for one in tracks])
    return pooled, example.fits[tracks]


def balanced(outcomes: NDArray[np.bool_]) -> Floats:
    """(N,) weights, 1 in all, under which both outcomes weigh the same.

    >>> balanced(np.array([True, False, False])).tolist()
    [0.5, 0.25, 0.25]
    """
    true = max(int(outcomes.sum()), 1)
    untrue = max(int((~outcomes).sum()), 1)
    return np.where(outcomes, 0.5 / true, 0.5 / untrue)


def fit_rank(sentence: Floats, present: Floats, absent: Floats, fits: NDArray[np.bool_]) -> RankLaw:
    """The law under which what was shown is likeliest.

    Args:
        sentence: (N,) log-odds by the cosine alone.
        present: (N,) summed log-odds of what should be seen.
        absent: (N,) likewise of what should not.
        fits: (N,) whether each track fits the whole sentence.

    Raises:
        ValueError: all of them fit, or none.
    """
    if not 0 < fits.sum() < len(fits):
        raise ValueError("all tracks that were found fit, or none does: nothing can be learnt")
    features = np.stack([sentence, present, absent], axis=1)
    intercept, weights = _rising(features, fits.astype(np.float64), np.full(len(fits), 1.0))
    return RankLaw(intercept, *weights)


def _decides_at(log_odds: Floats, outcomes: NDArray[np.bool_], shares: Floats) -> float | None:
    """The least log-odds from which verdicts are right often enough."""
    for threshold in THRESHOLDS:
        decided = np.abs(log_odds) >= threshold
        if shares[decided].sum() < LEAST_DECIDED * shares.sum():
            return None
        right = (log_odds > 0) == outcomes
        sides = [decided & (outcomes == side) for side in (True, False)]
        if not all(side.any() for side in sides):
            return None
        accuracy = np.mean([shares[side & right].sum() / shares[side].sum() for side in sides])
        if accuracy >= LEAST_ACCURACY:
            return threshold
    return None


def _rising(features: Floats, outcomes: Floats, shares: Floats) -> tuple[float, list[float]]:
    """Intercept and weights of a logistic law; a feature that would count against is left out."""
    used = [at for at in range(features.shape[1]) if features[:, at].any()]
    weights: Mapping[int, float] = {}
    intercept = 0.0
    while used:
        intercept, found = logistic(features[:, used], outcomes, shares)
        weights = dict(zip(used, found.tolist(), strict=True))
        if min(weights.values()) >= 0:
            break
        used = [at for at in used if weights[at] >= 0]
        weights, intercept = {}, 0.0
    return intercept, [weights.get(at, 0.0) for at in range(features.shape[1])]
