"""How a verdict about a phrase follows from how near shots are to it and to its counter-phrases."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.search.background import Floats
from retrieval.search.phrases import Phrase, PhraseKind
from retrieval.track_scores import BEST_OF

#: By how much a shot is nearer to the phrase: than usual, than its best rival in colour, in kind,
#: and than the lack of it. Cosines, the first in deviations of unrelated people.
MARGINS = ("usual", "colour", "kind", "lack")

#: Log-odds beyond this are not told apart.
MOST_LOG_ODDS = 6.0


@dataclass(frozen=True, slots=True)
class KindLaw:
    """How the log-odds that a phrase is true of a track follow from the margins of its shots.

    Attributes:
        weights: per unit of each of `MARGINS`; 0 or more, so that a nearer shot never speaks
            against the phrase.
        intercept: what is added to the weighted margins of a shot.
        slope: by which the mean of the best shots is multiplied; 0 or more.
        offset: what is then added.
        decides_at: log-odds at and beyond which it is yes or no; None where margins of this kind
            say no more than chance, and nothing is ever decided.
    """

    weights: tuple[float, float, float, float]
    intercept: float
    slope: float
    offset: float
    decides_at: float | None

    def __post_init__(self) -> None:
        values = [*self.weights, self.intercept, self.slope, self.offset]
        if len(self.weights) != len(MARGINS) or not all(map(math.isfinite, values)):
            raise ValueError(f"{self} has a value that is no number")
        if min(self.weights) < 0 or self.slope < 0:
            raise ValueError(f"{self} would let a nearer shot speak against a phrase")
        if self.decides_at is not None and not 0 < self.decides_at < math.inf:
            raise ValueError(f"{self} decides at no log-odds")

    def of_shots(self, margins: Floats) -> Floats:
        """(S,) what each shot says, of (S, 4) margins."""
        said: Floats = margins @ np.array(self.weights) + self.intercept
        return said

    def of_track(self, said: Sequence[float]) -> float:
        """Log-odds by a track, of what its shots say, one at least.

        The best few speak: what is there need not be seen in all of them. So that it is not there
        is said only where all of them agree.
        """
        best = sorted(said, reverse=True)[:BEST_OF]
        pooled = self.slope * math.fsum(best) / len(best) + self.offset
        return min(max(pooled, -MOST_LOG_ODDS), MOST_LOG_ODDS)


@dataclass(frozen=True, slots=True)
class RankLaw:
    """How log-odds that a track fits a whole sentence follow from sentence and phrases.

    Attributes:
        intercept: added.
        sentence: per unit of log-odds by the cosine of the sentence; 0 or more.
        present: per unit of summed log-odds of what should be seen; 0 or more.
        absent: per unit of summed log-odds against what should not; 0 or more.
    """

    intercept: float
    sentence: float
    present: float
    absent: float

    def __post_init__(self) -> None:
        values = [self.intercept, self.sentence, self.present, self.absent]
        if not all(map(math.isfinite, values)):
            raise ValueError(f"{self} has a value that is no number")
        if min(values[1:]) < 0:
            raise ValueError(f"{self} would let better evidence make a worse match")

    def log_odds(self, sentence: Floats, present: Floats, absent: Floats) -> Floats:
        """(N,) that each track fits."""
        found: Floats = (
            self.intercept
            + self.sentence * sentence
            + self.present * present
            + self.absent * absent
        )
        return found


@dataclass(frozen=True, slots=True)
class EvidenceLaws:
    """The laws of one encoder.

    Attributes:
        kinds: by `law_name`; a phrase without one is never decided.
        rank: how tracks are put in order by evidence; None where that was not fitted, and the
            order is that of the sentence alone.
        is_fitted: whether they were fitted on scores of this encoder.
    """

    kinds: Mapping[str, KindLaw]
    rank: RankLaw | None = None
    is_fitted: bool = True

    @property
    def can_rank(self) -> bool:
        """Whether tracks can be put in order by evidence of this encoder."""
        return self.is_fitted and self.rank is not None

    def decides(self, phrase: Phrase) -> bool:
        """Whether yes or no is ever said of such a phrase."""
        law = self.of(phrase)
        return law is not None and law.decides_at is not None

    def of(self, phrase: Phrase) -> KindLaw | None:
        """The law for a phrase."""
        return self.kinds.get(law_name(phrase))

    def to_mapping(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "kinds": {name: asdict(law) for name, law in sorted(self.kinds.items())},
            "rank": None if self.rank is None else asdict(self.rank),
        }

    @classmethod
    def from_mapping(cls, said: Mapping[str, Any]) -> "EvidenceLaws":
        """Read back what `to_mapping` wrote.

        Raises:
            KeyError, TypeError, ValueError: it lacks something, or a value is none.
        """
        kinds = {
            name: KindLaw(**{**law, "weights": tuple(map(float, law["weights"]))})
            for name, law in said["kinds"].items()
        }
        rank = None if said["rank"] is None else RankLaw(**said["rank"])
        return cls(MappingProxyType(kinds), rank)


#: For an encoder that nobody fitted, whose cosines the usual temperature of contrastive training,
#: a fiftieth, turns into log-odds: it decides where a phrase is ten times as likely as its rivals.
_ROUGH = KindLaw((0.0, 50.0, 50.0, 50.0), 0.0, 1.0, 0.0, math.log(10))
_UNSEEN_ROUGHLY = frozenset({PhraseKind.ACTION, PhraseKind.ACCESSORY, PhraseKind.OTHER})
ROUGH_LAWS = EvidenceLaws(
    MappingProxyType(
        {
            name: _ROUGH
            for kind in PhraseKind
            if kind not in _UNSEEN_ROUGHLY
            for name in (kind.value, f"{kind.value}, coloured")
        }
    ),
    is_fitted=False,
)


def law_name(phrase: Phrase) -> str:
    """Which law a phrase comes under: that of its kind, with a colour or without.

    What is worn above and below in one comes under that of what is worn above.
    """
    kind = PhraseKind.UPPER if phrase.kind is PhraseKind.FULL else phrase.kind
    return f"{kind.value}, coloured" if phrase.colours else kind.value


def margins_of(
    claim: Floats,
    colours: NDArray[np.float64],
    kinds: NDArray[np.float64],
    lacking: NDArray[np.float64],
    width: float,
) -> Floats:
    """(S, 4) margins of shots; 0 where there is no rival.

    Args:
        claim: (S,) what each scores for the phrase, above what is usual for it.
        colours: (S, C) for other colours, above what is usual for each; C may be 0.
        kinds: (S, K) likewise for other kinds.
        lacking: (S, L) likewise for the lack.
        width: how far unrelated people lie from what is usual for the phrase.
    """
    rivals = [_above(claim, some) for some in (colours, kinds, lacking)]
    return np.stack([claim / width, *rivals], axis=1)


def _above(claim: Floats, rivals: NDArray[np.float64]) -> Floats:
    if not rivals.shape[1]:
        return np.zeros_like(claim)
    above: Floats = claim - rivals.max(axis=1)
    return above
