"""Describing somebody as witnesses and operators do, from what one view shows of them."""

from dataclasses import replace
from types import MappingProxyType
from typing import Literal

import numpy as np

from pipeline.street.look import Garment, Look
from pipeline.street.wardrobe import pick
from pipeline.street.words.grammar import Caption, written
from pipeline.street.words.misspelling import misspelt
from pipeline.street.words.naming import Speaker
from pipeline.street.words.terse import listing, query
from pipeline.street.words.views import Facts, View, visible
from pipeline.street.words.witness import tell

Length = Literal["short", "medium", "long"]
Style = Literal["witness", "operator", "list"]

_STYLES = MappingProxyType({"witness": 0.6, "operator": 0.28, "list": 0.12})
_LENGTHS = MappingProxyType(
    {
        "witness": {"short": 0.15, "medium": 0.4, "long": 0.45},
        "operator": {"short": 0.4, "medium": 0.5, "long": 0.1},
        "list": {"short": 0.2, "medium": 0.5, "long": 0.3},
    }
)
#: How many things, who it is aside, a caption of each length tells of: from, up to.
_COUNTS = MappingProxyType({"short": (1, 2), "medium": (3, 4), "long": (5, 7)})

#: How readily each thing is told.
_READINESS = MappingProxyType(
    {
        "upper": 8.0, "under": 2.2, "lower": 5.0, "shoes": 1.8, "hat": 3.5, "carried": 4.0,
        "hair": 2.4, "glasses": 1.6, "beard": 1.6, "activity": 4.0, "absent": 4.0,
    }
)  # fmt: skip
#: The share of captions that are misspelt somewhere.
MISSPELT_SHARE = 0.07
#: The share that may say what is not there.
_NEGATED_SHARE = 0.14


def caption(
    rng: np.random.Generator,
    look: Look,
    view: View,
    *,
    length: Length | None = None,
    style: Style | None = None,
) -> Caption:
    """Describe `look` as seen in `view`; `length` and `style` are drawn where they are None.

    The text tells only what the view shows, fits CLIP's 77 tokens, and its claims are true of
    `look`.
    """
    manner = style or pick(rng, _STYLES)
    extent = length or pick(rng, _LENGTHS[manner])
    speaker = Speaker(
        rng,
        view,
        "british" if rng.random() < 0.5 else "american",
        articles=manner == "witness" or (manner == "operator" and bool(rng.random() < 0.7)),
        terse=manner != "witness",
    )
    facts = chosen(rng, visible(look, view), extent)
    phrase = _WRITERS[manner](speaker, facts)
    told = written(phrase, sentences=manner == "witness" or bool(rng.random() < 0.3))
    return misspelt(rng, told) if rng.random() < MISSPELT_SHARE else told


_WRITERS = MappingProxyType({"witness": tell, "operator": query, "list": listing})


def chosen(rng: np.random.Generator, facts: Facts, length: str) -> Facts:
    """As many of the facts as a caption of this length tells, never without anything worn."""
    fewest, most = _COUNTS[length]
    count = int(rng.integers(fewest, most + 1))
    spared = _spared(rng, facts)
    found = _things(spared)
    weights = np.array([_READINESS[name] for name, _ in found])
    # Efraimidis and Spirakis (2006): the largest u ** (1 / w) are a weighted draw without return.
    keys = rng.random(len(found)) ** (1 / weights) if found else np.zeros(0)
    kept = [found[number] for number in np.argsort(-keys)[:count]]
    if found and not any(name in _WORN for name, _ in kept):
        kept[-1:] = [thing for thing in found if thing[0] in _WORN][:1] or kept[-1:]
    return _with(spared, kept, _who(rng, facts))


_WORN = frozenset({"upper", "lower", "carried"})


def _spared(rng: np.random.Generator, facts: Facts) -> Facts:
    """Without what most people never mention: that somebody walks, and all that they lack."""
    often = {"phoning": 0.4, "turning": 0.3}.get(facts.activity or "", 0.12)
    absent: tuple[str, ...] = ()
    if facts.absent and rng.random() < _NEGATED_SHARE:
        order = rng.permutation(len(facts.absent))[: 1 + int(rng.random() < 0.25)]
        absent = tuple(facts.absent[number] for number in order)
    return replace(facts, activity=facts.activity if rng.random() < often else None, absent=absent)


_Thing = tuple[str, Garment | None]


def _things(facts: Facts) -> list[_Thing]:
    found: list[_Thing] = []
    for number, garment in enumerate(facts.uppers):
        found.append(("under" if number else "upper", garment))
    found += [(part, None) for part in ("lower", "shoes", "hat") if getattr(facts, part)]
    found += [("carried", thing) for thing in facts.carried]
    found += [(part, None) for part in ("hair", "glasses", "beard") if part in facts.plain]
    found += [(part, None) for part in ("activity", "absent") if getattr(facts, part)]
    return found


def _with(facts: Facts, kept: list[_Thing], who: frozenset[str]) -> Facts:
    names = {name for name, _ in kept}
    garments = [garment for _, garment in kept]
    plain = who | (facts.plain & names)
    return replace(
        facts,
        uppers=tuple(one for one in facts.uppers if any(one is kept for kept in garments)),
        lower=facts.lower if "lower" in names else None,
        shoes=facts.shoes if "shoes" in names else None,
        hat=facts.hat if "hat" in names else None,
        carried=tuple(one for one in facts.carried if any(one is kept for kept in garments)),
        plain=plain,
        activity=facts.activity if "activity" in names else None,
        absent=facts.absent if "absent" in names else (),
    )


def _who(rng: np.random.Generator, facts: Facts) -> frozenset[str]:
    """Whether to tell gender, age and build."""
    age = facts.look.body.age
    chance = {
        "gender": 0.92,
        "age": {"elderly": 0.6, "young": 0.14, "adult": 0.03}.get(age, 0.0),
        "build": 0.12,
    }
    return frozenset(name for name, often in chance.items() if rng.random() < often)
