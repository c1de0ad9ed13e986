"""What the shots of a track say of each phrase of a description: yes, no, or cannot tell."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from retrieval.ports import Encoder
from retrieval.search.background import Floats, Strangers
from retrieval.search.counter_phrases import Contrast, contrast_of, distinct
from retrieval.search.evidence_law import EvidenceLaws, KindLaw, margins_of
from retrieval.search.phrases import Phrase
from retrieval.search.positive import without_negations
from retrieval.search.visibility import can_show
from retrieval.types import Sighting, Vector, Vectors

#: Sentences whose vectors are kept: those that phrases are held against come again and again.
KEPT_SENTENCES = 4096

#: No encoder tells two shots apart by less cosine than this.
LEAST_WIDTH = 1e-3


#: Of a cosine; beyond them it depends on how many shots were multiplied at once.
DIGITS = 9


class Verdict(StrEnum):
    """What is said of a phrase."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the shots of one track say of one phrase.

    Attributes:
        phrase: which; a negated one is true where there is no such thing.
        verdict: whether it is true.
        strength: of the verdict, 0 to 1; 0 where none of the shots could show it.
        shot: number of the shot that shows most of it; None where none could.
        log_odds: that the phrase is true, as it is said; 0 where it cannot be told.
    """

    phrase: Phrase
    verdict: Verdict
    strength: float
    shot: int | None
    log_odds: float


class _Known(NamedTuple):
    """A sentence, and what unrelated people score for it on a shot."""

    vector: Vector
    usual: float
    width: float


class EvidenceReader:
    """Holds shots against phrases and their counter-phrases, for one encoder."""

    def __init__(self, encoder: Encoder, laws: EvidenceLaws, background: Strangers | None) -> None:
        self.laws = laws
        self._encoder, self._background = encoder, background
        self._known: dict[str, _Known] = {}

    def read(
        self, phrases: Sequence[Phrase], text: str, *, lawless: bool = False
    ) -> tuple[Vector, "Question"]:
        """The vector (D,) of what of `text` should be seen, and what to hold shots against.

        Args:
            phrases: of `text`.
            text: a checked sentence.
            lawless: margins are wanted of phrases without a law, too, as whoever fits one does;
                otherwise nothing is encoded for them, as nothing can be said of them.
        """
        contrasts = [
            contrast_of(phrase) if lawless or self.laws.of(phrase) is not None else None
            for phrase in phrases
        ]
        sentence = without_negations(text, phrases)
        needed = distinct([one for one in contrasts if one is not None])
        (vector,), known = self._encoded([sentence], needed)
        return vector, Question(tuple(phrases), contrasts, known, self.laws)

    def against(self, phrases: Sequence[Phrase], contrasts: Sequence[Contrast]) -> "Question":
        """Phrases of no sentence, to hold shots against, each with what it is held against."""
        _, known = self._encoded([], distinct(contrasts))
        return Question(tuple(phrases), contrasts, known, self.laws)

    def _encoded(
        self, sentences: Sequence[str], texts: Sequence[str]
    ) -> tuple[Vectors, dict[str, _Known]]:
        kept = self._known
        known = {text: kept[text] for text in texts if text in kept}
        missing = [text for text in texts if text not in known]
        if not sentences and not missing:
            return np.empty((0, self._encoder.dimension), np.float32), known
        vectors = self._encoder.encode_texts([*sentences, *missing])
        fresh = dict(zip(missing, self._measured(vectors[len(sentences) :]), strict=True))
        if len(kept) + len(fresh) > KEPT_SENTENCES:
            kept = {}
        self._known = {**kept, **fresh}  # replaced, not changed: others may be reading
        return vectors[: len(sentences)], {**known, **fresh}

    def _measured(self, vectors: Vectors) -> list[_Known]:
        if self._background is None or not len(vectors):
            return [_Known(vector, 0.0, 1.0) for vector in vectors]
        scores = (self._background.shots @ vectors.T).astype(np.float64)  # (B, N)
        usual, width = scores.mean(axis=0), np.maximum(scores.std(axis=0), LEAST_WIDTH)
        return [
            _Known(vector, float(mean), float(spread))
            for vector, mean, spread in zip(vectors, usual, width, strict=True)
        ]


class Question:
    """The phrases of one description, ready to be held against shots."""

    def __init__(
        self,
        phrases: tuple[Phrase, ...],
        contrasts: Sequence[Contrast | None],
        known: dict[str, _Known],
        laws: EvidenceLaws,
    ) -> None:
        self.phrases = phrases
        self._contrasts, self._known, self._laws = contrasts, known, laws

    def margins(self, number: int, shots: Vectors) -> Floats:
        """(S, 4) margins of (S, D) shots for the phrase of this number.

        Raises:
            ValueError: it has no law, and was not read `lawless`.
        """
        contrast = self._contrasts[number]
        if contrast is None:
            raise ValueError(f"{self.phrases[number].text!r} was read without what it is against")
        claim = self._known[contrast.claim]
        wide = shots.astype(np.float64)

        def above_usual(texts: Sequence[str]) -> Floats:
            some = [self._known[text] for text in texts]
            if not some:
                return np.empty((len(shots), 0))
            scores = wide @ np.stack([one.vector for one in some]).T.astype(np.float64)  # (S, N)
            usual = np.array([one.usual for one in some])
            return np.asarray(np.round(scores - usual, DIGITS), np.float64)

        return margins_of(
            above_usual([contrast.claim])[:, 0],
            above_usual(contrast.colours),
            above_usual(contrast.kinds),
            above_usual(contrast.lacking),
            claim.width,
        )

    def evidence(self, tracks: Sequence[Sequence[Sighting]]) -> list[tuple[Evidence, ...]]:
        """What the shots of each track say of each phrase, in the order of tracks and phrases."""
        # By number, so that the order in which shots came decides nothing.
        ordered = [sorted(some, key=lambda one: one.shot.number) for some in tracks]
        shots = [sighting for some in ordered for sighting in some]
        if not shots:
            return [self._untold() for _ in tracks]
        vectors = np.stack([sighting.vector for sighting in shots])  # (S, D)
        ends = np.cumsum([len(some) for some in ordered]).tolist()
        by_phrase = [
            self._of_phrase(number, phrase, shots, vectors, ends)
            for number, phrase in enumerate(self.phrases)
        ]
        return list(zip(*by_phrase, strict=True)) if by_phrase else [() for _ in tracks]

    def _of_phrase(
        self,
        number: int,
        phrase: Phrase,
        shots: Sequence[Sighting],
        vectors: Vectors,
        ends: Sequence[int],
    ) -> list[Evidence]:
        """What the shots (S,) of tracks say, each of which ends before one of `ends`."""
        law = self._laws.of(phrase)
        if law is None:
            return [_untold(phrase)] * len(ends)
        said = law.of_shots(self.margins(number, vectors)).tolist()
        told = []
        for begin, end in zip([0, *ends], ends, strict=False):
            able = [at for at in range(begin, end) if can_show(shots[at], phrase)]
            if not able:
                told.append(_untold(phrase))
                continue
            shot = shots[max(able, key=said.__getitem__)].shot.number
            told.append(_judged(phrase, law, law.of_track([said[at] for at in able]), shot))
        return told

    def _untold(self) -> tuple[Evidence, ...]:
        return tuple(map(_untold, self.phrases))


def _untold(phrase: Phrase) -> Evidence:
    return Evidence(phrase, Verdict.CANNOT_TELL, 0.0, None, 0.0)


def _judged(phrase: Phrase, law: KindLaw, there: float, shot: int) -> Evidence:
    """The verdict, of the log-odds that there is such a thing."""
    log_odds = -there if phrase.negated else there
    verdict = Verdict.YES if log_odds > 0 else Verdict.NO
    if law.decides_at is None or abs(log_odds) < law.decides_at:
        verdict = Verdict.CANNOT_TELL
    return Evidence(phrase, verdict, _strength(log_odds), shot, log_odds)


def _strength(log_odds: float) -> float:
    """How far from an even chance, 0 to 1.

    >>> _strength(0.0), round(_strength(-2.0), 2)
    (0.0, 0.76)
    """
    return math.tanh(abs(log_odds) / 2)
