"""How long people take from one camera to another, learnt from links that were sure.

Times are counted in bins, each a fourth of an octave wide, from a second to over an hour. Nothing
but counts is kept: no track, no person, no instant finer than the day it is of.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from retrieval.search.background import Floats
from retrieval.search.person_links import SHORT_GAP_S, LinkLaw

#: (B + 1,) seconds between which each bin lies; the first begins at 0.
EDGES_S: Floats = np.concatenate([[0.0], 2.0 ** (np.arange(49) / 4)])
BINS = len(EDGES_S) - 1
LONGEST_S = float(EDGES_S[-1])

#: With fewer links nothing is pruned, and time says what it says for any two cameras.
LEAST_LINKS = 20

#: The fastest that is plausible, as a share of the time that one in twenty was below: links may be
#: wrong, so the fastest of all is no measure, and somebody may run.
FASTEST_SHARE = 0.5

#: Links that times spread evenly over all bins count as, so that no time has a chance of 0.
EVEN_LINKS = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class TravelTimes:
    """How many took how long from one camera to another.

    Attributes:
        counts: (B,) whole numbers, by bin of `EDGES_S`.
    """

    counts: Floats

    def __post_init__(self) -> None:
        if self.counts.shape != (BINS,) or not (self.counts >= 0).all():
            raise ValueError(f"travel times are {BINS} counts of 0 or more")

    @classmethod
    def of(cls, times_s: Iterable[float]) -> "TravelTimes":
        """Count times, seconds: one below 0 (clocks differ) as 0, none that is longer than bins."""
        times = np.maximum(np.array(list(times_s), np.float64), 0.0)
        counts, _ = np.histogram(times[times < LONGEST_S], EDGES_S)
        return cls(counts.astype(np.float64))

    @classmethod
    def summed(cls, parts: Sequence["TravelTimes"]) -> "TravelTimes":
        """What several days say together; of none, nothing."""
        return cls(np.sum([part.counts for part in parts], axis=0) + np.zeros(BINS))

    @property
    def links(self) -> int:
        """How many links it rests on."""
        return int(self.counts.sum())

    @property
    def is_enough(self) -> bool:
        """Whether anything may be concluded."""
        return self.links >= LEAST_LINKS

    @property
    def fastest_s(self) -> float | None:
        """Faster than so many seconds nobody plausibly is; None where too little was learnt."""
        return FASTEST_SHARE * self.quantile(0.05) if self.is_enough else None

    def quantile(self, share: float) -> float:
        """Seconds that `share` of the links, at least one, stay below; to the width of a bin.

        Raises:
            ValueError: it rests on no link.
        """
        if not self.links:
            raise ValueError("no link was learnt from")
        reached = np.cumsum(self.counts)
        at = int(np.searchsorted(reached, share * self.links))
        before = reached[at - 1] if at else 0.0
        part = (share * self.links - before) / self.counts[at] if self.counts[at] else 0.0
        return float(EDGES_S[at] + max(part, 0.0) * (EDGES_S[at + 1] - EDGES_S[at]))


@dataclass(frozen=True, eq=False)
class TravelPrior:
    """What a time says for a link, in place of the general law's gap.

    The odds are moved between times, and those of a typical traveller stay as they are: links of
    this pair of cameras are as sure as others, on average.

    Attributes:
        times: learnt of the pair, from other days.
        law: the general one.
    """

    times: TravelTimes
    law: LinkLaw

    def log_odds(self, gap_s: Floats) -> Floats:
        """(N,) what N times, seconds, add to log-odds of links."""
        at = np.clip(np.searchsorted(EDGES_S, gap_s, side="right") - 1, 0, BINS - 1)
        found: Floats = self._of_bins[at]
        return found

    @cached_property
    def _of_bins(self) -> Floats:
        counts = self.times.counts
        smooth = np.convolve(np.pad(counts, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
        smooth = smooth * (counts.sum() / max(smooth.sum(), 1e-9))
        share = (smooth + EVEN_LINKS / BINS) / (counts.sum() + EVEN_LINKS)
        density = np.log(share / np.diff(EDGES_S))  # by seconds: so unrelated people come evenly
        middle_s = (EDGES_S[1:] + EDGES_S[:-1]) / 2
        general = self.law.gap * np.log1p(
            np.minimum(middle_s, self.law.longest_gap_s) / SHORT_GAP_S
        )
        found: Floats = density + float(share @ (general - density))
        return found
