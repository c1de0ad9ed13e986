"""What is true of the people of the street, as tags that an encoder learns beside sentences.

A tag is a claim of one kind, colour or pattern, or of a kind in a colour: what captions are
made of, said of everybody and not only where a witness happened to speak of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import get_args

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
    held = {claim: crowd.mask([claim]) for claim in _single()}  # (people,) each
    common = [claim for claim, of in held.items() if of.mean() >= LEAST_SHARE]
    held |= {claim: crowd.mask([claim]) for claim in _coloured(common)}
    kept = {
        name_of(claim): of
        for claim, of in held.items()
        if LEAST_SHARE <= of.mean() <= 1 - LEAST_SHARE
    }
    return {
        look.person: tuple(name for name, of in kept.items() if of[row])
        for row, look in enumerate(looks)
    }


def name_of(claim: Claim) -> str:
    """A claim as a short text, different for every claim.

    >>> name_of(Claim("upper", kind="coat", colour="red"))
    'upper: red coat'
    """
    words = (claim.colour, claim.pattern, claim.kind)
    return f"{claim.part}: {' '.join(word for word in words if word) or 'some'}"


def _single() -> Iterator[Claim]:
    for part in get_args(Part):
        if part != "activity":  # of an instant, not of a person
            yield from (Claim(part, kind=kind) for kind in KINDS_MEANT.get(part, ()))
    for part in _CLOTHES:
        yield from (Claim(part, colour=colour) for colour in COLOURS_MEANT)
        yield from (Claim(part, pattern=pattern) for pattern in _PATTERNS)
    yield from (Claim("hair", colour=colour) for colour in HAIR_MEANT)
    yield from (Claim(part) for part in _HAD)


def _coloured(common: Sequence[Claim]) -> Iterator[Claim]:
    """Kinds in colours, of clothes whose kind and whose colour are both common."""
    for part in _CLOTHES:
        kinds = [claim.kind for claim in common if claim.part == part and claim.kind]
        colours = [claim.colour for claim in common if claim.part == part and claim.colour]
        for kind, colour in product(kinds, colours):
            yield Claim(part, kind=kind, colour=colour)
