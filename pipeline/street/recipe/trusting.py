"""Whether what the calibration promises is kept: asked of people who are there and who are not."""

import numpy as np
from numpy.typing import NDArray

from pipeline.street.recipe.asking import Asked
from retrieval.errors import DatasetUnusable
from retrieval.search.calibration import Calibration
from retrieval.search.calibration_fit import SHOWN
from retrieval.search.reliability import (
    absent_refused_share,
    brier_score,
    expected_calibration_error,
    false_refusal_share,
)
from retrieval.types import TrackSample


def trust_figures(asked: Asked, calibration: Calibration, *, seed: int = 0) -> dict[str, float]:
    """What the answers to sentences about present and absent people are worth.

    The people are halved. Each half in turn is the gallery: the sentences of its own people are
    about somebody present; those of the other half are about somebody absent, unless they truly
    fit one who is left, and then they are not asked. So nearly everybody is asked for twice.

    Args:
        asked: the sentences, the scores and the truth.
        calibration: fitted on other people.
        seed: halves the people.

    Returns:
        `calibration_error`, 0 to 1, of the probabilities of the tracks that a search shows, in all
        answers; `brier`, of the same, and `brier_constant`, of who says the share of them that
        fit, `shown_fit`, every time; `present_refused` and `absent_refused`, in per cent of the
        answers about present and about absent people: how many were "no likely match";
        `present_asked` and `absent_asked`, how many answers those were; `gallery`, people in the
        larger half.

    Raises:
        DatasetUnusable: too few people to have both, or a calibration that says nothing of them.
    """
    if len(asked.scores) < 2:
        raise DatasetUnusable(f"{len(asked.scores)} people are too few to halve: draw more")
    order = np.random.default_rng(seed).permutation(len(asked.scores))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    refused: list[bool] = []
    present: list[bool] = []
    probabilities: list[float] = []
    outcomes: list[bool] = []
    for gallery, away in (halves, halves[::-1]):
        absent = away[~asked.relevant[np.ix_(away, gallery)].any(axis=1)]
        for query in (*gallery, *absent):
            chances, no_match, fits = _answer(asked, calibration, int(query), gallery)
            refused.append(no_match)
            present.append(bool(fits.any()))
            probabilities += chances
            outcomes += fits[: len(chances)].tolist()
    answers, there = np.array(refused, np.bool_), np.array(present, np.bool_)
    try:
        said, true = np.array(probabilities), np.array(outcomes, np.bool_)
        share = float(true.mean())
        return {
            "calibration_error": round(expected_calibration_error(said, true), 4),
            "brier": round(brier_score(said, true), 4),
            "brier_constant": round(share * (1 - share), 4),
            "shown_fit": round(share, 4),
            "present_refused": round(100 * false_refusal_share(answers, there), 2),
            "absent_refused": round(100 * absent_refused_share(answers, there), 2),
            "present_asked": int(there.sum()),
            "absent_asked": int((~there).sum()),
            "gallery": len(halves[1]),
        }
    except ValueError as problem:
        raise DatasetUnusable(
            f"{len(order)} people are too few to judge a calibration: draw more ({problem})"
        ) from problem


def _answer(
    asked: Asked, calibration: Calibration, query: int, gallery: NDArray[np.int64]
) -> tuple[list[float], bool, NDArray[np.bool_]]:
    """Chances of the tracks shown, whether it is no match, and (N,) who fits, best score first."""
    scores = asked.scores[query, gallery]
    best = np.argsort(-scores, kind="stable")
    judgement = calibration.judge(
        asked.queries[query], scores[best[:SHOWN]].tolist(), TrackSample(scores, len(scores))
    )
    if judgement is None:
        raise DatasetUnusable(f"a gallery of {len(scores)} people says nothing: draw more")
    fits: NDArray[np.bool_] = asked.relevant[query, gallery[best]]
    return list(judgement.probabilities), judgement.no_match, fits
