"""Whether probabilities keep their word, and "no likely match" is said at the right times."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.search.background import Floats

Truths = NDArray[np.bool_]


def expected_calibration_error(probabilities: Floats, outcomes: Truths, bins: int = 10) -> float:
    """How far stated probabilities lie from what happened, 0 to 1; 0 is right on average.

    The probabilities are cut into `bins` equal ranges; of each, the mean probability and the
    share of true outcomes are compared, and the gaps averaged by how many fell in (Naeini and
    others, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015).

    Args:
        probabilities: (N,) 0 to 1.
        outcomes: (N,) whether it was so.
        bins: how many ranges, 1 or more.

    Raises:
        ValueError: nothing to judge, lengths differ, or a value is no probability.
    """
    if not len(probabilities) or probabilities.shape != outcomes.shape:
        raise ValueError(f"{len(probabilities)} probabilities of {len(outcomes)} outcomes")
    if bins < 1:
        raise ValueError(f"bins is {bins}, not 1 or more")
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("a probability is not within 0 and 1")
    place = np.minimum((probabilities * bins).astype(np.int64), bins - 1)  # (N,)
    said = np.bincount(place, weights=probabilities, minlength=bins)
    true = np.bincount(place, weights=outcomes.astype(np.float64), minlength=bins)
    return float(np.abs(said - true).sum() / len(probabilities))


def brier_score(probabilities: Floats, outcomes: Truths) -> float:
    """Mean square of what a probability was off by, 0 to 1; unlike the error, a constant pays.

    Saying the share of true outcomes every time, s, scores s (1 - s): what says more scores less
    (Brier, "Verification of forecasts expressed in terms of probability", 1950).

    Args:
        probabilities: (N,) 0 to 1.
        outcomes: (N,) whether it was so.

    Raises:
        ValueError: nothing to judge, or lengths differ.
    """
    if not len(probabilities) or probabilities.shape != outcomes.shape:
        raise ValueError(f"{len(probabilities)} probabilities of {len(outcomes)} outcomes")
    return float(np.square(probabilities - outcomes).mean())


def false_refusal_share(refused: Truths, present: Truths) -> float:
    """Share of the queries whose person is there that were answered "no likely match".

    Args:
        refused: (Q,) whether "no likely match" was said.
        present: (Q,) whether somebody fits.

    Raises:
        ValueError: nobody is there, or lengths differ.
    """
    return _share(refused, present, "nobody whom a query describes is there")


def absent_refused_share(refused: Truths, present: Truths) -> float:
    """Share of the queries whose person never came that were answered "no likely match".

    Args:
        refused: (Q,) whether "no likely match" was said.
        present: (Q,) whether somebody fits.

    Raises:
        ValueError: everybody is there, or lengths differ.
    """
    return _share(refused, ~present, "no query describes somebody who is absent")


def false_alarms_at_recall(
    present: Sequence[float], absent: Sequence[float], recall: float = 0.9
) -> float:
    """Share of the absent of whom is told, where the threshold lets so many of the present pass.

    Args:
        present: (P,) how sure the best hit is of each query whose person is there.
        absent: (A,) likewise of each whose person is not.
        recall: share of the present that are to pass, above 0 and at most 1.

    Raises:
        ValueError: nobody is there, or nobody is absent, or the recall is no such share.

    >>> false_alarms_at_recall([0.9, 0.8, 0.7, 0.1], [0.75, 0.2], 0.75)
    0.5
    """
    if not (len(present) and len(absent) and 0 < recall <= 1):
        raise ValueError(f"{len(present)} present, {len(absent)} absent, a recall of {recall}")
    falling = np.sort(np.asarray(present, np.float64))[::-1]
    # The last who has to pass; rounding must not ask for one more.
    threshold = falling[math.ceil(recall * len(falling) - 1e-9) - 1]
    return float((np.asarray(absent, np.float64) >= threshold).mean())


def _share(refused: Truths, among: Truths, nobody: str) -> float:
    if refused.shape != among.shape:
        raise ValueError(f"{len(refused)} answers to {len(among)} queries")
    if not among.any():
        raise ValueError(nobody)
    return float(refused[among].mean())
