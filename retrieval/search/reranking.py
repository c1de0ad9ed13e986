"""Puts tracks in order by the sentence and by what their shots say of each of its phrases."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from retrieval.search.background import Floats
from retrieval.search.calibration import Calibration, Judgement, chances_of
from retrieval.search.evidence import Evidence, Question, Verdict
from retrieval.types import Hit, TrackSample, Vector

#: Tracks that are found by the sentence and put in order by evidence, unless more are asked for.
SHORTLIST = 50


@dataclass(frozen=True, slots=True)
class Ranked:
    """Tracks in order.

    Attributes:
        hits: best first, numbered from 1.
        judgement: of them, in the same order; None where they could not be judged.
        evidence: of each, in the same order.
        by_evidence: whether evidence had a say in the order.
        likeliest: tracks for a question to tell apart, likeliest first, with those of `hits`.
        log_odds: (N,) that each of `likeliest` fits; empty where the order is not by evidence.
    """

    hits: list[Hit]
    judgement: Judgement | None
    evidence: list[tuple[Evidence, ...]]
    by_evidence: bool
    likeliest: Sequence[Hit] = ()
    log_odds: Floats = field(default_factory=lambda: np.empty(0))


def rank_by_evidence(
    found: Sequence[Hit],
    question: Question,
    calibration: Calibration,
    query: Vector,
    sample: TrackSample,
    *,
    limit: int,
    shifts: Floats | None = None,
    answered: Floats | None = None,
) -> Ranked:
    """The `limit` best of `found`.

    Args:
        found: tracks that the sentence found, best first.
        question: the phrases.
        calibration: of the encoder.
        query: (D,) the vector of the sentence.
        sample: what tracks of the index score for it.
        limit: the most hits to return.
        shifts: (N,) by how much the camera and light of each lift its score; they are taken off
            before it is weighed with evidence. The order of the sentence alone knows none.
        answered: (N,) log-odds by which answers to questions change each of `found`.
    """
    spread, law = calibration.spread(query, sample), calibration.evidence.rank
    is_plain = not question.phrases and answered is None
    weighs = law is not None and spread is not None and not is_plain
    scores = np.array([hit.score for hit in found])
    if weighs and shifts is not None:
        scores = scores - shifts
    judged = calibration.judge(query, scores.tolist(), sample)
    if law is None or judged is None or spread is None or is_plain:
        shown = [*found[:limit]]
        judgement = judged and replace(judged, probabilities=judged.probabilities[:limit])
        evidence = _read(question, shown)
        return Ranked(shown, judgement, evidence, by_evidence=False)
    read = _read(question, found)
    present, absent = np.array([sums_of(some) for some in read]).T
    log_odds = law.log_odds(
        calibration.law.log_odds(scores, spread, sample.tracks), present, absent
    )
    log_odds = log_odds if answered is None else log_odds + answered
    every = np.argsort(-log_odds, kind="stable").tolist()
    order = every[:limit]
    chances = chances_of(log_odds[order])
    # That anybody fits is no less likely than that the best track does.
    no_match = judged.no_match and bool(chances.max() < calibration.threshold)
    return Ranked(
        [replace(found[at], rank=rank) for rank, at in enumerate(order, start=1)],
        Judgement(tuple(chances.tolist()), no_match),
        [read[at] for at in order],
        by_evidence=True,
        likeliest=[found[at] for at in every],
        log_odds=log_odds[every],
    )


def sums_of(evidence: Sequence[Evidence]) -> tuple[float, float]:
    """Log-odds of all that should be seen, and of all that should not; what cannot be told is 0."""
    told = [one for one in evidence if one.verdict is not Verdict.CANNOT_TELL]
    present = sum(one.log_odds for one in told if not one.phrase.negated)
    return present, sum(one.log_odds for one in told if one.phrase.negated)


def _read(question: Question, hits: Sequence[Hit]) -> list[tuple[Evidence, ...]]:
    return question.evidence([[scored.sighting for scored in hit.shots] for hit in hits])
