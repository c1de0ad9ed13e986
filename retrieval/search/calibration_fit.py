"""Fits a calibration on queries of people that the encoder never saw.

Each query is asked of galleries of several sizes, once with its people in it and once without,
as searches go: indexes grow, and some people never came. What a user would be shown, the first
ten tracks of each answer, teaches how likely a track fits; the best of each, how likely anybody
does, and from where on that is said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.search.background import Floats, Spread, Strangers, blend, rarity, spread_of
from retrieval.search.calibration import Calibration, Law
from retrieval.search.logistic import logistic
from retrieval.track_scores import scores_of_tracks
from retrieval.types import Vectors

#: Hits of an answer that are looked at; as many as a search shows unless told otherwise.
SHOWN = 10

#: Sizes of the galleries that every query is asked of, tracks; larger than what is given, all.
GALLERY_SIZES = (20, 60, 200, 600)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What one query found in one gallery.

    Attributes:
        scores: (N,) of the hits, best first.
        fits: (N,) whether each track fits.
        spread: where unrelated tracks lie.
        tracks: how many tracks the gallery holds.
        is_present: whether the gallery holds anybody who fits.
    """

    scores: Floats
    fits: NDArray[np.bool_]
    spread: Spread
    tracks: int
    is_present: bool


def fit_calibration(
    queries: Vectors,
    scores: Floats,
    relevant: NDArray[np.bool_],
    background: Strangers,
    *,
    model_id: str,
    false_alarms: float | None = None,
    sizes: Sequence[int] = GALLERY_SIZES,
    seed: int = 0,
) -> Calibration:
    """The calibration of an encoder.

    Args:
        queries: (Q, D) length 1: sentences about people that neither the encoder nor
            `background` ever saw.
        scores: (Q, T) of each track for each query, as `scores_of_tracks` gives them.
        relevant: (Q, T) whether the sentence truly fits the track, whoever it was written for.
        background: people unrelated to the queries.
        model_id: of the encoder.
        false_alarms: share of absent people for whom something may reach the threshold; None for
            that at which as large a share of those who are there is refused.
        sizes: of the galleries to ask, tracks.
        seed: draws the galleries.

    Raises:
        ValueError: shapes do not agree, a score is no number, or too little is there to fit.
    """
    _check(queries, scores, relevant, background)
    shots = background.shots.astype(np.float16).astype(np.float32)  # as they will be read back
    stored = Strangers(shots, background.owner)
    rng = np.random.default_rng(seed)
    answers = list(ask_galleries(queries, scores, relevant, stored, sizes=sizes, rng=rng))
    law, presence = fit_law(answers), fit_presence(answers)
    chances = np.array(
        [
            max(
                one.probabilities(answer.scores[:1], answer.spread, answer.tracks)[0]
                for one in (law, presence)
            )
            for answer in answers
        ]
    )
    present = np.array([answer.is_present for answer in answers], np.bool_)
    if false_alarms is None:
        threshold = equal_error(chances[present], chances[~present])
    else:
        threshold = threshold_for(chances[~present], false_alarms)
    return Calibration(
        model_id=model_id,
        background=stored,
        law=law,
        presence=presence,
        threshold=threshold,
        false_alarms=float((chances[~present] >= threshold).mean()),
        fitted_on=len(queries),
    )


def ask_galleries(
    queries: Vectors,
    scores: Floats,
    relevant: NDArray[np.bool_],
    background: Strangers,
    *,
    sizes: Sequence[int],
    rng: np.random.Generator,
) -> Iterator[Answer]:
    """Every query asked of a gallery of each size, with its people there and with them away."""
    unrelated = scores_of_tracks(queries, background.shots, background.owner)  # (Q, B)
    for own, of_query, fits in zip(unrelated, scores, relevant, strict=True):
        bundled = spread_of(own)
        order = rng.permutation(len(of_query))
        away, there = order[~fits[order]], order[fits[order]]
        for size in sizes:
            some = away[:size]
            if not len(some):
                continue
            yield _answer(of_query[some], fits[some], bundled)
            share = max(1, round(size * len(there) / len(order)))
            both = np.concatenate([there[:share], away[: max(size - share, 0)]])
            if len(there):
                yield _answer(of_query[both], fits[both], bundled)


def fit_law(answers: Sequence[Answer]) -> Law:
    """The law under which what was shown is likeliest; a feature of the wrong sign is left out.

    Raises:
        ValueError: all that was shown fits, or nothing does.
    """
    features = np.concatenate([_features(answer) for answer in answers])  # (N, 3)
    outcomes = np.concatenate([answer.fits for answer in answers]).astype(np.float64)  # (N,)
    if not 0 < outcomes.sum() < len(outcomes):
        raise ValueError("all tracks that were found fit, or none does: nothing can be learnt")
    return _law(features, outcomes)


def fit_presence(answers: Sequence[Answer]) -> Law:
    """The law that tells best, from the best track of each answer, whether anybody fits.

    Raises:
        ValueError: somebody fits in all answers, or in none.
    """
    features = np.concatenate([_features(answer)[:1] for answer in answers])  # (N, 3)
    outcomes = np.array([answer.is_present for answer in answers], np.float64)  # (N,)
    if not 0 < outcomes.sum() < len(outcomes):
        raise ValueError("somebody fits in every answer, or in none: nothing can be learnt")
    return _law(features, outcomes)


def _law(features: Floats, outcomes: Floats) -> Law:
    used = [0, 1, 2]
    while True:
        intercept, weights = logistic(features[:, used], outcomes)
        wrong = [at for at, weight in zip(used, weights, strict=True) if weight * _SIGNS[at] < 0]
        if not wrong:
            break
        used = [at for at in used if at not in wrong]
    coefficients = dict.fromkeys(range(3), 0.0) | dict(zip(used, weights.tolist(), strict=True))
    return Law(intercept, *(coefficients[at] for at in range(3)))


def equal_error(present: Floats, absent: Floats) -> float:
    """The threshold that refuses as large a share of those present as it lets absent people pass.

    Where none makes the two equal, the one at which the larger of them is least.

    Args:
        present: (P,) probability of the best track of each answer about somebody who is there.
        absent: (A,) likewise about somebody who is not.

    Raises:
        ValueError: nobody was there, or nobody was absent.
    """
    if not (len(present) and len(absent)):
        raise ValueError(f"{len(present)} people present, {len(absent)} absent")
    above = min(np.nextafter(max(present.max(), absent.max()), 2.0), 1.0)
    thresholds = np.unique(np.concatenate([present, absent, [above]]))  # (T,)
    refused = np.searchsorted(np.sort(present), thresholds) / len(present)
    passed = 1 - np.searchsorted(np.sort(absent), thresholds) / len(absent)
    return float(thresholds[np.argmin(np.maximum(refused, passed))])


def threshold_for(best: Floats, false_alarms: float) -> float:
    """The lowest threshold that at most `false_alarms` of the absent people's best tracks reach.

    Args:
        best: (A,) probability of the best track of each answer about somebody absent.
        false_alarms: a share, 0 to 1.

    Raises:
        ValueError: nobody was absent, or the share is none.
    """
    if not len(best) or not 0 <= false_alarms <= 1:
        raise ValueError(f"{len(best)} absent people and a share of {false_alarms}")
    rising = np.sort(best)
    allowed = int(false_alarms * len(best))
    if allowed == len(best):
        return 0.0
    return float(min(np.nextafter(rising[len(best) - 1 - allowed], 2.0), 1.0))


#: Which way each feature may act: rarity and excess up, the crowd down.
_SIGNS = (1, 1, -1)


def _answer(scores: Floats, fits: NDArray[np.bool_], bundled: Spread) -> Answer:
    best = np.argsort(-scores, kind="stable")[:SHOWN]
    spread = blend(bundled, spread_of(scores), len(scores)) or bundled
    return Answer(scores[best], fits[best], spread, len(scores), bool(fits.any()))


def _features(answer: Answer) -> Floats:
    """(N, 3) rarity, excess and crowd of each hit."""
    return np.stack(
        [
            rarity(answer.spread.standardise(answer.scores)),
            answer.scores - answer.spread.centre,
            np.full(len(answer.scores), np.log(answer.tracks)),
        ],
        axis=1,
    )


def _check(
    queries: Vectors, scores: Floats, relevant: NDArray[np.bool_], background: Strangers
) -> None:
    if scores.shape != relevant.shape or len(scores) != len(queries) or not scores.size:
        raise ValueError(
            f"{len(queries)} queries, scores of shape {scores.shape} and truth of shape "
            f"{relevant.shape} do not agree"
        )
    shots = background.shots
    if not len(shots) or shots.shape[1:] != queries.shape[1:]:
        raise ValueError(f"the background has shape {shots.shape} and the queries {queries.shape}")
    if not (np.isfinite(scores).all() and np.isfinite(shots).all()):
        raise ValueError("a score or a vector of the background is no number")
