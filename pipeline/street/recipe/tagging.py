"""What is true of the people of the street, as tags that an encoder learns beside sentences.

A tag is a claim of one kind, colour or pattern, or of a kind in a colour: what captions are
made of, said of everybody and not only where a witness happened to speak of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

import numpy as np

from pipeline.street.look import Look
from pipeline.street.words.claims import COLOURS_MEANT, HAIR_MEANT, KINDS_MEANT, Claim, Part
from pipeline.street.words.fits import Relevance

#: Parts that have colours of cloth.
_CLOTHES: tuple[Part, ...] = ("upper", "lower", "shoes", "hat", "carried")
_PATTERNS = ("plain", "striped", "checked", "dotted", "print", "block", "camouflage")

#: Parts that people have or lack.
_HAD: tuple[Part, ...] = ("hat", "carried", "glasses", "beard")

#: A tag is kept if it is true, and untrue, of at least this share of the people.
LEAST_SHARE = 0.004


def tags_of(looks: Sequence[Look]) -> Mapping[str, tuple[str, ...]]:
    """The tags of each person, by name; a tag that nearly all or nearly none have is left out."""
    crowd = Relevance(looks)
    claims = list(_claims())
    held = np.stack([crowd.mask([claim]) for claim in claims], axis=1)  # (people, claims)
    share = held.mean(axis=0)
    kept = np.flatnonzero((share >= LEAST_SHARE) & (share <= 1 - LEAST_SHARE))
    names = {int(at): name_of(claims[at]) for at in kept}
    return {
        look.person: tuple(names[at] for at in kept.tolist() if row[at])
        for look, row in zip(looks, held, strict=True)
    }


def name_of(claim: Claim) -> str:
    """A claim as a short text, different for every claim.

    >>> name_of(Claim("upper", kind="coat", colour="red"))
    'upper: red coat'
    """
    words = (claim.colour, claim.pattern, claim.kind)
    return f"{claim.part}: {' '.join(word for word in words if word) or 'some'}"


def _claims() -> Iterator[Claim]:
    for part in get_args(Part):
        if part != "activity":  # of an instant, not of a person
            yield from (Claim(part, kind=kind) for kind in KINDS_MEANT.get(part, ()))
    for part in _CLOTHES:
        yield from (Claim(part, colour=colour) for colour in COLOURS_MEANT)
        yield from (Claim(part, pattern=pattern) for pattern in _PATTERNS)
        for kind in KINDS_MEANT[part]:
            yield from (Claim(part, kind=kind, colour=colour) for colour in COLOURS_MEANT)
    yield from (Claim("hair", colour=colour) for colour in HAIR_MEANT)
    yield from (Claim(part) for part in _HAD)
