"""Puts tracks together that are probably of the same person.

Average linkage: of all groups that may be joined, the two whose tracks are likeliest of one person,
by the mean of the log-odds of all pairs between them, are joined, as long as that mean reaches
what the law says. A pair that is impossible keeps two groups apart for good.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.search.background import Floats
from retrieval.search.person_links import LinkLaw, Pairs


@dataclass(frozen=True, slots=True)
class Person:
    """Tracks that are probably of the same person; never an identity.

    Attributes:
        members: places in the list that was grouped, rising; one at least.
        confidence: the chance that two of its tracks are of one person, 0 to 1, the mean of
            `chances`; None for a single track, of which nothing is claimed.
        chances: of each of `members`, that it and another of them are of one person; None for a
            single track.
    """

    members: tuple[int, ...]
    confidence: float | None
    chances: tuple[float | None, ...]


def group(count: int, pairs: Pairs, law: LinkLaw) -> list[Person]:
    """Everybody among `count` tracks, by the first of their tracks.

    Args:
        count: how many tracks.
        pairs: all pairs of them.
        law: what they say.
    """
    links = links_of(count, pairs, law)
    groups = join(links, law.joins_at)
    return [_person(members, links, law) for members in groups]


def join(links: Floats, joins_at: float) -> list[list[int]]:
    """Groups of tracks, each rising, by their first.

    Args:
        links: (T, T) log-odds, alike both ways; −inf for two that are never put together. What is
            on the diagonal does not matter.
        joins_at: mean log-odds from which on two groups are joined.
    """
    members = {at: [at] for at in range(len(links))}
    mean = links.copy()
    np.fill_diagonal(mean, -np.inf)
    while len(members) > 1:
        at, other = np.unravel_index(int(mean.argmax()), mean.shape)  # the first of equals
        if not mean[at, other] >= joins_at or math.isinf(mean[at, other]):
            break
        kept, gone = sorted((int(at), int(other)))
        sizes = len(members[kept]), len(members[gone])
        row = (sizes[0] * mean[kept] + sizes[1] * mean[gone]) / sum(sizes)  # −inf stays
        mean[kept], mean[:, kept] = row, row
        mean[gone], mean[:, gone], mean[kept, kept] = -np.inf, -np.inf, -np.inf
        members[kept] = sorted([*members[kept], *members.pop(gone)])
    return [members[at] for at in sorted(members)]


def alone(count: int) -> list[Person]:
    """Every track a person of its own: where nothing can be said of any two."""
    return [Person((at,), None, (None,)) for at in range(count)]


def links_of(count: int, pairs: Pairs, law: LinkLaw) -> Floats:
    """(T, T) log-odds of all pairs, alike both ways; −inf for one that is impossible."""
    links = np.full((count, count), -np.inf)
    links[pairs.first, pairs.second] = np.where(pairs.impossible, -np.inf, law.log_odds(pairs))
    both: Floats = np.maximum(links, links.T)
    return both


def mean_links(members: Sequence[int], links: Floats) -> Floats:
    """(M,) mean log-odds of each of `members`, two at least, and the others."""
    own = links[np.ix_(members, members)].copy()
    np.fill_diagonal(own, 0.0)
    means: Floats = own.sum(axis=1) / (len(members) - 1)
    return means


def _person(members: Sequence[int], links: Floats, law: LinkLaw) -> Person:
    if len(members) == 1:
        return Person((members[0],), None, (None,))
    chances = law.sure_of(mean_links(members, links))
    return Person(tuple(members), float(chances.mean()), tuple(map(float, chances)))
