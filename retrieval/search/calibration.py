"""From a score to the probability that the track fits, and to an explicit "no likely match".

A cosine means nothing by itself: "person in dark clothes" scores high with everybody. So a score
is held against what unrelated tracks score for the same sentence: people that came with the
weights, and the tracks of the index itself, since another camera shifts all scores alike. From it
come the chance that an unrelated track scores as high (the rarer, the likelier it fits), and how
far above the others it lies in plain cosine: where half the street wears dark clothes, nothing is
rare, and yet they all fit. The more tracks are looked at, the likelier is one as good by chance:
that counts too. A logistic law, fitted on queries of people the encoder never saw, weighs the
three.

Whether anybody fits at all is another question: of five hundred people ten may fit equally well,
none of them likely, and yet one does. A second law answers it from the best track alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np

from retrieval.search.background import Floats, Spread, Strangers, blend, rarity, spread_of
from retrieval.search.evidence_law import ROUGH_LAWS, EvidenceLaws
from retrieval.search.person_links import ROUGH_LINKS, LinkLaw
from retrieval.types import TrackSample, Vector

#: Tracks of an index from which it can be its own background.
LEAST_TRACKS = 20

#: Log-odds beyond this are not told apart: 1 in 10,000 either way is all that a fit can know.
MOST_LOG_ODDS = 9.2


@dataclass(frozen=True, slots=True)
class Law:
    """How log-odds, as that a track fits, follow from what is known of a track.

    Attributes:
        intercept: log-odds for a track at the centre of the unrelated ones, alone in the index.
        rarity: per −ln of the chance that an unrelated track scores as high; 0 or more.
        excess: per unit of cosine above the centre; 0 or more.
        crowd: per ln of the number of tracks looked at; 0 or less.
    """

    intercept: float
    rarity: float
    excess: float
    crowd: float

    def __post_init__(self) -> None:
        if not np.isfinite([self.intercept, self.rarity, self.excess, self.crowd]).all():
            raise ValueError(f"{self} has a value that is no number")
        if self.rarity < 0 or self.excess < 0 or self.crowd > 0:
            raise ValueError(f"{self} would let a higher score make a worse match")

    def probabilities(self, scores: Floats, spread: Spread, tracks: int) -> Floats:
        """(N,) by the track of each of (N,) scores, 0 to 1; rising with the score."""
        return chances_of(self.log_odds(scores, spread, tracks))

    def log_odds(self, scores: Floats, spread: Spread, tracks: int) -> Floats:
        """(N,) the same before they become probabilities, without bounds."""
        found: Floats = (
            self.intercept
            + self.rarity * rarity(spread.standardise(scores))
            + self.excess * (scores - spread.centre)
            + self.crowd * np.log(max(tracks, 1))
        )
        return found


def chances_of(log_odds: Floats) -> Floats:
    """(N,) 0 to 1, of (N,) log-odds."""
    chances: Floats = 1 / (1 + np.exp(-np.clip(log_odds, -MOST_LOG_ODDS, MOST_LOG_ODDS)))
    return chances


#: For an encoder that nobody fitted: log-odds are −ln of how many unrelated tracks are expected to
#: score as high, less 2.25. Then a probability of a half is reached by one in ten of the absent,
#: if scores are normal: 1 − exp(−exp(−2.25)).
ROUGH_LAW, ROUGH_THRESHOLD, ROUGH_FALSE_ALARMS = Law(-2.25, 1.0, 0.0, -1.0), 0.5, 0.1


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a calibration says of one answer.

    Attributes:
        probabilities: that each hit fits, 0 to 1, in the order of the scores.
        no_match: whether most likely nobody fits.
    """

    probabilities: tuple[float, ...]
    no_match: bool


class QueryKind(StrEnum):
    """What is asked with, if it is no sentence: its scores lie on another scale."""

    PICTURE = "picture"
    """One shot of somebody, or what some of them share."""

    MOVED = "moved sentence"
    """A sentence after tracks were judged to fit."""


@dataclass(frozen=True, slots=True)
class QueryLaws:
    """What is fitted anew for each kind of query; as in `Calibration`."""

    law: Law
    presence: Law
    threshold: float
    false_alarms: float
    fitted_on: int

    def to_mapping(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, said: Mapping[str, Any]) -> "QueryLaws":
        """Read back what `to_mapping` wrote.

        Raises:
            KeyError, TypeError, ValueError: it lacks something, or a value is none.
        """
        found = cls(
            law=Law(**said["law"]),
            presence=Law(**said["presence"]),
            threshold=float(said["threshold"]),
            false_alarms=float(said["false_alarms"]),
            fitted_on=int(said["fitted_on"]),
        )
        if not (0 <= found.threshold <= 1 and 0 <= found.false_alarms <= 1 <= found.fitted_on):
            raise ValueError(f"{found} has a value that is no share, or no number of queries")
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """What belongs to the weights of one encoder, and makes its scores mean something.

    Attributes:
        model_id: the encoder; another's scores mean something else.
        background: unrelated people; None where the index alone is the background.
        law: from a score to the log-odds that its track fits.
        presence: from the best score to the log-odds that anybody fits; fitted where as many
            queries were of somebody who is there as of somebody who is not.
        threshold: probability that anybody fits below which there is no likely match.
        false_alarms: share of absent people for whom something reached the threshold when it was
            chosen.
        fitted_on: how many queries the law was fitted on; 0 for the rough one.
        evidence: what shots of this encoder say of phrases; the rough laws where nobody fitted any.
        links: how likely two tracks are of one person; the rough law where nobody fitted one.
        others: laws for queries that are no sentence; of a kind that nobody fitted there is none.
    """

    model_id: str
    background: Strangers | None
    law: Law
    presence: Law
    threshold: float
    false_alarms: float
    fitted_on: int
    evidence: EvidenceLaws = ROUGH_LAWS
    links: LinkLaw = ROUGH_LINKS
    others: Mapping[QueryKind, QueryLaws] = field(default_factory=dict)

    def of(self, kind: QueryKind) -> "Calibration | None":
        """What judges queries of a kind; None where nobody fitted that."""
        laws = self.others.get(kind)
        if laws is None:
            return None
        return replace(
            self,
            law=laws.law,
            presence=laws.presence,
            threshold=laws.threshold,
            false_alarms=laws.false_alarms,
            fitted_on=laws.fitted_on,
        )

    @property
    def laws(self) -> QueryLaws:
        """The laws alone."""
        return QueryLaws(self.law, self.presence, self.threshold, self.false_alarms, self.fitted_on)

    @property
    def is_fitted(self) -> bool:
        """Whether it was fitted on this encoder's own scores."""
        return self.fitted_on > 0

    def judge(
        self, query: Vector, scores: Sequence[float], sample: TrackSample
    ) -> Judgement | None:
        """How likely each of `scores` belongs to a track that fits.

        Args:
            query: (D,) length 1.
            scores: of the hits, cosine similarity.
            sample: what tracks of the index score for the same query, the hits among them.

        Returns:
            None where there is nothing to hold the scores against: no background came with the
            weights, and the index holds fewer than `LEAST_TRACKS` tracks.
        """
        spread = self.spread(query, sample)
        if spread is None:
            return None
        given = np.asarray(scores, np.float64)
        found = self.law.probabilities(given, spread, sample.tracks)
        # That anybody fits is no less likely than that the best track does.
        there = np.maximum(self.presence.probabilities(given, spread, sample.tracks), found)
        return Judgement(tuple(found.tolist()), no_match=not bool((there >= self.threshold).any()))

    def spread(self, query: Vector, sample: TrackSample) -> Spread | None:
        """Where unrelated tracks lie for `query`; None where nothing tells."""
        own = spread_of(sample.scores) if len(sample.scores) else None
        if self.background is None:
            return own if len(sample.scores) >= LEAST_TRACKS else None
        bundled = spread_of(self.background.scores(query))
        return blend(bundled, own, len(sample.scores))


def rough_calibration(model_id: str) -> Calibration:
    """For an encoder that came without a calibration: the index is its only background."""
    return Calibration(
        model_id=model_id,
        background=None,
        law=ROUGH_LAW,
        presence=ROUGH_LAW,
        threshold=ROUGH_THRESHOLD,
        false_alarms=ROUGH_FALSE_ALARMS,
        fitted_on=0,
    )
