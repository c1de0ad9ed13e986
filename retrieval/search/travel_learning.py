"""Links that are sure enough to learn travel times from.

Time must not teach itself: while learning every gap counts as the longest that was fitted, so looks
alone decide. A link counts where it is sure, and no other track is a better start for its end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from retrieval.search.background import Spread
from retrieval.search.journeys import onward
from retrieval.search.person_links import SHORT_GAP_S, Glimpse, LinkLaw

#: How sure a link must be to be learnt from.
SURE = 0.9


@dataclass(frozen=True, slots=True)
class SureLink:
    """That somebody probably came to a track; `chance`, 0 to 1, and seconds on the way."""

    end: object
    chance: float
    gap_s: float


def sure_link(
    before: Glimpse,
    candidates: Sequence[Glimpse],
    usual: Spread,
    law: LinkLaw,
    *,
    shares_ground: bool = False,
) -> SureLink | None:
    """The track that somebody went on to, if one of `candidates` surely is theirs.

    Args:
        before: where they were.
        candidates: all tracks of another camera that began in time.
        usual: where unrelated tracks lie for the direction of one.
        law: of links.
        shares_ground: whether both cameras see the same ground.
    """
    longest = law.gap * float(np.log1p(law.longest_gap_s / SHORT_GAP_S))
    timeless = replace(law, gap=0.0, intercept=law.intercept + longest)
    onto = onward(before, candidates, usual, timeless, shares_ground=shares_ground)
    for at in onto.best(1):
        if onto.chances[at] >= SURE:
            end = candidates[at]
            return SureLink(end.track, float(onto.chances[at]), end.first_at - before.last_at)
    return None


def times_of(links: Iterable[SureLink]) -> list[float]:
    """Seconds on the way; of links to one end only the surest counts."""
    best: dict[object, SureLink] = {}
    for link in links:
        if link.end not in best or link.chance > best[link.end].chance:
            best[link.end] = link
    return [link.gap_s for link in best.values()]
