"""Sentences to search with: one that finds somebody among others, and one that finds nobody."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from pipeline.street.casting import Split, cast
from pipeline.street.look import Look
from pipeline.street.words.fits import Relevance, holds, shown_lower
from pipeline.street.words.grammar import Caption, written
from pipeline.street.words.naming import Speaker
from pipeline.street.words.terse import query
from pipeline.street.words.views import Facts, View, shows_hair

#: A query makes so many claims, whoever is asked for.
FEWEST_CLAIMS, MOST_CLAIMS = 3, 5
_VIEW = View()
#: Shoes are hardly seen: they are asked for where there is less to ask for than this.
_ENOUGH = 2


def query_for(rng: np.random.Generator, look: Look, others: Sequence[Look] | Relevance) -> Caption:
    """What an operator asks for to find `look`: as few others fit as three to five claims allow.

    Among sentences that as few fit, the one whose nearest rival meets the least of it is taken.
    Only what shows from every side is asked for, most of all clothes and bags. Whoever of
    `others` is the same person counts for nothing. For many queries hand in one `Relevance`.
    """
    crowd = others if isinstance(others, Relevance) else Relevance(others)
    rivals = crowd.persons != look.person
    best: tuple[tuple[int, float, int], Caption] | None = None
    for facts in _choices(look):
        told = _asked(rng, facts)
        if not FEWEST_CLAIMS <= len(told.claims) <= MOST_CLAIMS:
            continue
        shares = crowd.shares(told.claims)[rivals]
        worth = int((shares == 1).sum()), float(shares.max(initial=0.0)), len(told.claims)
        if best is None or worth < best[0]:
            best = worth, told
    return _asked(rng, _everything(look)) if best is None else best[1]


def absent_query(
    rng: np.random.Generator, looks: Sequence[Look], split: Split = "test", tries: int = 80
) -> Caption:
    """What an operator might ask for in vain: nobody of `looks` fits, nor nearly.

    Of `tries` people drawn as they dress in `split`, the one is asked for whom the nearest of
    `looks` resembles least.

    Raises:
        ValueError: everybody drawn is among `looks`; there are too many of them.
    """
    crowd = Relevance(looks)
    best: tuple[float, Caption] | None = None
    for _ in range(tries):
        stranger = cast(rng, "nobody", split)
        told = query_for(rng, stranger, crowd)
        if crowd.mask(told.claims).any():
            continue
        near = max((nearness(told, look) for look in looks), default=0.0)
        if best is None or near < best[0]:
            best = near, told
    if best is None:
        raise ValueError(f"every one of {tries} people drawn fits among {len(looks)} people")
    return best[1]


def nearness(told: Caption, look: Look) -> float:
    """How nearly a sentence fits: 1 if all claims hold, half a point for a colour or kind alone."""
    points = 0.0
    for claim in told.claims:
        if holds(claim, look):
            points += 1
        elif claim.kind and claim.colour and not claim.negated:
            halves = (replace(claim, kind=None), replace(claim, colour=None, second=None))
            points += 0.5 * any(holds(half, look) for half in halves)
    return points / len(told.claims)


def _everything(look: Look) -> Facts:
    """What shows of somebody from every side."""
    is_hat = look.hat is not None and look.hat.kind != "hood"
    return Facts(
        look,
        uppers=(look.outer or look.top,),
        lower=shown_lower(look),
        shoes=look.shoes,
        hat=look.hat if is_hat else None,
        carried=look.carried,
        plain=frozenset({"gender", "hair"} if shows_hair(look) else {"gender"}),
    )


def _choices(look: Look) -> Iterator[Facts]:
    """All ways to ask with two to five things worn, the telling ones first."""
    whole = _everything(look)
    names = [name for name in ("lower", "hat", "carried", "hair") if _has(whole, name)]
    if len(names) < _ENOUGH:
        names.append("shoes")
    for count in (1, 2, 3):
        for kept in combinations(names, count):
            yield replace(
                whole,
                lower=whole.lower if "lower" in kept else None,
                shoes=whole.shoes if "shoes" in kept else None,
                hat=whole.hat if "hat" in kept else None,
                carried=whole.carried if "carried" in kept else (),
                plain=whole.plain if "hair" in kept else frozenset({"gender"}),
            )


def _has(facts: Facts, name: str) -> bool:
    return "hair" in facts.plain if name == "hair" else bool(getattr(facts, name))


def _asked(rng: np.random.Generator, facts: Facts) -> Caption:
    speaker = Speaker(rng, _VIEW, articles=True, terse=True, exact=True)
    return written(query(speaker, facts), sentences=False)
