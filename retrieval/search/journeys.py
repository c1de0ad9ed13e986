"""Where somebody was seen next: the tracks of another camera that one track is probably linked to.

Of all tracks that began in the time asked about, at most one is taken to be the person's next, so
the candidates share a chance, and with nobody: two people dressed alike halve it. It is a guess by
looks and time, never an identity.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retrieval.search.background import Floats, Spread, rarity
from retrieval.search.person_links import CLOCKS_DIFFER_S, Glimpse, LinkLaw, Pairs
from retrieval.search.travel import TravelPrior


@dataclass(frozen=True, slots=True, eq=False)
class Onward:
    """What may follow one track on one camera.

    Attributes:
        log_odds: (N,) of each candidate alone; −inf for one that is impossible.
        chances: (N,) that a candidate is the person's next track, 0 to 1; with "none of them" they
            make 1 at most.
        two_places: how many are impossible because both were in view at once.
        too_fast: how many because nobody is so fast.
    """

    log_odds: Floats
    chances: Floats
    two_places: int
    too_fast: int

    def best(self, count: int) -> list[int]:
        """Places of up to `count` possible candidates, likeliest first."""
        order = np.argsort(-self.log_odds, kind="stable")[:count]
        return [int(at) for at in order if np.isfinite(self.log_odds[at])]


def onward(
    before: Glimpse,
    candidates: Sequence[Glimpse],
    usual: Spread | None,
    law: LinkLaw,
    *,
    shares_ground: bool = False,
    prior: TravelPrior | None = None,
) -> Onward:
    """How likely each candidate is the next track of who made `before`.

    Args:
        before: the track that is followed.
        candidates: all tracks of another camera that began in the time asked about.
        usual: where unrelated tracks lie for the direction of one; None where nothing tells, and
            then cosines stand in for log-odds, and no chance is stated (all are 0).
        law: of links.
        shares_ground: whether both cameras see the same ground, so that both may have the person
            in view at once, and no time is too short.
        prior: learnt travel times, of other days; None: time says what it says for any cameras.
    """
    count = len(candidates)
    if not count:
        return Onward(np.empty(0), np.empty(0), 0, 0)
    gaps = np.array([one.first_at for one in candidates]) - before.last_at
    together = (gaps < -CLOCKS_DIFFER_S) & (not shares_ground)
    hasty = np.zeros(count, np.bool_)
    fastest_s = None if prior is None else prior.times.fastest_s
    if fastest_s is not None and not shares_ground:
        # Clocks may differ by so much: what only they may have shortened is no proof.
        hasty = ~together & (gaps + CLOCKS_DIFFER_S < fastest_s)
    impossible = together | hasty
    pairs = _pairs(before, candidates, usual or Spread(0.0, 1.0), np.maximum(gaps, 0), impossible)
    if usual is None:
        alone, chances = pairs.excess, np.zeros(count)
    else:
        alone = _log_odds(pairs, law, prior)
        chances = _shared(np.where(impossible, -np.inf, alone))
    odds: Floats = np.where(impossible, -np.inf, alone)
    return Onward(odds, chances, int(together.sum()), int(hasty.sum()))


def _log_odds(pairs: Pairs, law: LinkLaw, prior: TravelPrior | None) -> Floats:
    if prior is None or not prior.times.is_enough:
        return law.log_odds(pairs)
    return replace(law, gap=0.0).log_odds(pairs) + prior.log_odds(pairs.gap_s)


def _shared(log_odds: Floats) -> Floats:
    """(N,) chances of candidates of whom one at most is right."""
    odds = np.exp(log_odds)
    found: Floats = odds / (1.0 + odds.sum())
    return found


def _pairs(
    before: Glimpse,
    candidates: Sequence[Glimpse],
    usual: Spread,
    gaps: Floats,
    impossible: NDArray[np.bool_],
) -> Pairs:
    direction = before.direction.astype(np.float64)
    alike = np.stack([one.direction for one in candidates]).astype(np.float64) @ direction
    shots = np.concatenate([one.shots for one in candidates]).astype(np.float64)
    begins = np.cumsum([0, *(len(one.shots) for one in candidates[:-1])])
    nearest = np.maximum.reduceat((shots @ before.shots.astype(np.float64).T).max(axis=1), begins)
    places = np.arange(len(candidates))
    return Pairs(
        first=np.zeros_like(places),
        second=places + 1,
        rarity=rarity(usual.standardise(alike)),
        excess=alike - usual.centre,
        nearest=nearest - usual.centre,
        gap_s=gaps,
        impossible=impossible,
        tracks=len(candidates),
    )
