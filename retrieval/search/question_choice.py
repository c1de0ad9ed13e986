"""Which question back tells the likeliest tracks of an answer apart best, if any is worth asking.

It is the one whose answer is expected to say most about which of them is meant: the mutual
information of the answer and the track. What shots cannot tell is as likely of one track as of the
other, and so is never asked. An answer changes how likely each track is by Bayes' rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from retrieval.search.background import Floats
from retrieval.search.evidence import Evidence, EvidenceReader, Verdict
from retrieval.search.inquiries import Inquiry, open_inquiries
from retrieval.search.phrases import Phrase
from retrieval.types import Hit

#: Tracks, the likeliest, that a question is to tell apart.
CANDIDATES: Final = 20

#: Who answers is right so often: memory errs, and so nobody is ever ruled out.
RIGHT: Final = 0.95

#: Bits below which no question is asked; chosen on people of the validation split and measured on
#: those of the test split (`questions.py`).
LEAST_GAIN: Final = 0.1

#: A hit is clear that fits with this probability, while nobody else is half as likely.
CLEAR: Final = 0.5


@dataclass(frozen=True, slots=True)
class Chosen:
    """A question that is worth asking.

    Attributes:
        inquiry: about what.
        gain: bits that its answer is expected to say about which track is meant.
    """

    inquiry: Inquiry
    gain: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody said of the person.

    Attributes:
        inquiry: of what.
        yes: that it is true.
    """

    inquiry: Inquiry
    yes: bool

    @property
    def phrase(self) -> Phrase:
        """What was said, as a phrase of a description."""
        return replace(self.inquiry.phrase, negated=not self.yes)

    @property
    def text(self) -> str:
        """The same in words: `red top`, `no red top`."""
        return self.inquiry.phrase.text if self.yes else f"no {self.inquiry.phrase.text}"


def choose(
    reader: EvidenceReader, phrases: Sequence[Phrase], hits: Sequence[Hit], log_odds: Floats
) -> Chosen | None:
    """The best question; None where none is worth it.

    Args:
        reader: of the encoder that found the hits.
        phrases: what is known: of the description, and of what was answered.
        hits: likeliest first.
        log_odds: (N,) that each fits.
    """
    inquiries = open_inquiries(phrases, reader.laws)
    some = hits[:CANDIDATES]
    if len(some) < 2 or not inquiries:
        return None
    gains = gains_of(log_odds[: len(some)], chances_of(reader, inquiries, some))
    best = int(np.argmax(gains))
    gain = float(gains[best])
    return Chosen(inquiries[best], gain) if gain >= LEAST_GAIN else None


def gains_of(log_odds: Floats, chances: NDArray[np.float64]) -> Floats:
    """(Q,) bits that the answer to each question says about which of N tracks is meant.

    Args:
        log_odds: (N,) that each track is.
        chances: (Q, N) that a yes is true of each track.
    """
    weights = np.exp(log_odds - log_odds.max())
    weights /= weights.sum()
    said = _heard(chances)
    gains: Floats = _bits(said @ weights) - _bits(said) @ weights
    return np.maximum(gains, 0.0)


def chances_of(
    reader: EvidenceReader, inquiries: Sequence[Inquiry], hits: Sequence[Hit]
) -> NDArray[np.float64]:
    """(Q, N) that each is true of each track; what cannot be told is as likely as of anybody."""
    held = reader.against([one.phrase for one in inquiries], [one.contrast for one in inquiries])
    told = held.evidence([[scored.sighting for scored in hit.shots] for hit in hits])
    return np.array(
        [
            [_chance(evidence[at], inquiry.share) for evidence in told]
            for at, inquiry in enumerate(inquiries)
        ]
    ).reshape(len(inquiries), len(hits))


def log_ratios(reader: EvidenceReader, answers: Sequence[Answer], hits: Sequence[Hit]) -> Floats:
    """(N,) by how much answers change the log-odds of each track; 0 of what cannot be told."""
    total = np.zeros(len(hits))
    if not answers or not hits:
        return total
    chances = chances_of(reader, [one.inquiry for one in answers], hits)
    for answer, of_tracks in zip(answers, chances, strict=True):
        true, usual = (
            (of_tracks, answer.inquiry.share)
            if answer.yes
            else (1 - of_tracks, 1 - answer.inquiry.share)
        )
        total += np.log(_heard(true)) - np.log(_heard(np.array(usual)))
    return total


def is_clear(probabilities: Sequence[float], persons: Sequence[Sequence[int]]) -> bool:
    """Whether one person stands out, so that there is nothing to ask.

    Args:
        probabilities: of each hit.
        persons: hits of each person, places among them.
    """
    best = sorted((max(probabilities[at] for at in person) for person in persons), reverse=True)
    if not best or best[0] < CLEAR:
        return False
    return len(best) == 1 or best[1] < best[0] / 2


def _chance(evidence: Evidence, share: float) -> float:
    """By Bayes' rule: verdicts weigh as if as many people had it as had not."""
    if evidence.verdict is Verdict.CANNOT_TELL:
        return share
    return float(1 / (1 + (1 - share) / share * np.exp(-evidence.log_odds)))


def _heard(chances: Floats) -> Floats:
    """How likely who answers is to say so, where it is true with these chances."""
    heard: Floats = RIGHT * chances + (1 - RIGHT) * (1 - chances)
    return heard


def _bits(chances: Floats) -> Floats:
    """Entropy of a yes with each chance; 0 < chance < 1."""
    entropy: Floats = -(chances * np.log2(chances) + (1 - chances) * np.log2(1 - chances))
    return entropy
