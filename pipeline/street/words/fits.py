"""Whom a sentence fits: truth by its claims, never by its text."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.street.colours import lightness
from pipeline.street.cuts import lower_cut, upper_cut
from pipeline.street.look import Garment, Hair, Look
from pipeline.street.words.claims import COLOURS_MEANT, HAIR_MEANT, KINDS_MEANT, Claim

#: Headgear that leaves no hair to see.
_HIDES_HAIR = frozenset({"hood", "helmet"})

#: Home metres that something must be longer than what is worn over it, for anybody to see it.
_LEAST_BELOW_M = 0.05

#: Patterns whose two colours have equal shares, so that either may be named first.
_EVEN = frozenset({"striped", "checked", "block"})


def fits(claims: Iterable[Claim], look: Look, activity: str | None = None) -> bool:
    """Whether everyone who hears the claims would accept this person under them.

    Claims of an activity are true of `activity`; without one they are not judged. A top under a
    closed outer garment shows to nobody, nor does a short skirt under a long one, so no claim about
    it is true.
    """
    return all(holds(claim, look, activity) for claim in claims)


def holds(claim: Claim, look: Look, activity: str | None = None) -> bool:
    """Whether one claim is true of a person."""
    if claim.part == "activity":
        return activity is None or _is_meant(claim, activity) != claim.negated
    return _is_there(claim, look) != claim.negated


def relevant(claims: Iterable[Claim], looks: Sequence[Look]) -> frozenset[str]:
    """The persons among `looks` whom all claims fit; for many sentences see `Relevance`."""
    return Relevance(looks).of(claims)


class Relevance:
    """Finds whom sentences fit among the same people, and remembers each claim's answer.

    Attributes:
        persons: (N,) names, in the order of the people.
    """

    def __init__(self, looks: Sequence[Look]) -> None:
        self._looks = tuple(looks)
        self.persons = np.array([look.person for look in looks], dtype=object)
        self._known: dict[Claim, NDArray[np.bool_]] = {}

    def of(self, claims: Iterable[Claim]) -> frozenset[str]:
        """The persons whom all of `claims` fit."""
        return frozenset(self.persons[self.mask(claims)].tolist())

    def mask(self, claims: Iterable[Claim]) -> NDArray[np.bool_]:
        """(N,) whether the claims fit each of the people, in their order."""
        found = np.ones(len(self._looks), np.bool_)
        for claim in claims:
            found &= self._holders(claim)
        return found

    def shares(self, claims: Sequence[Claim]) -> NDArray[np.float64]:
        """(N,) how large a share of the claims is true of each of the people."""
        held = [self._holders(claim) for claim in claims]
        return np.mean(held, axis=0) if held else np.ones(len(self._looks))

    def _holders(self, claim: Claim) -> NDArray[np.bool_]:
        if claim not in self._known:
            self._known[claim] = np.array([holds(claim, look) for look in self._looks], np.bool_)
        return self._known[claim]


def shown_upper(look: Look) -> tuple[Garment, ...]:
    """What shows of tops and outer garments, outermost first.

    A dress shows below a closed coat that is shorter.
    """
    if look.outer is None:
        return (look.top,)
    shows = look.outer_open or (look.top.kind == "dress" and reaches_below(look, look.top))
    return (look.outer, look.top) if shows else (look.outer,)


def shown_lower(look: Look) -> Garment | None:
    """The lower garment; None under a dress, or where a closed outer garment hides all of it."""
    if look.bottom is None or look.outer_open or reaches_below(look, look.bottom):
        return look.bottom
    return None


def reaches_below(look: Look, garment: Garment) -> bool:
    """Whether a dress or a lower garment is longer than the outer garment worn over it."""
    if look.outer is None:
        return True
    over = upper_cut(look.outer.kind, look.outer.shape, opened=look.outer_open)
    cut = (
        upper_cut(garment.kind, garment.shape, opened=False)
        if garment.kind == "dress"
        else lower_cut(garment.kind, garment.shape)
    )
    return over.hem - cut.hem >= _LEAST_BELOW_M


def worn(part: str, look: Look) -> tuple[Garment, ...]:
    """The garments or things that claims about `part` may speak of."""
    if part == "upper":
        return shown_upper(look)
    if part == "carried":
        return look.carried
    one = {"lower": shown_lower(look), "shoes": look.shoes, "hat": look.hat}[part]
    return () if one is None else (one,)


def colour_fits(word: str, garment: Garment, margin: float = 0.0) -> bool:
    """Whether `word` covers a garment's main colour, `margin` of CIE L* inside its borders."""
    shade = lightness(garment)
    return any(one.holds(garment.colour, shade, margin) for one in COLOURS_MEANT[word])


def _is_there(claim: Claim, look: Look) -> bool:
    if claim.part == "hair":
        return _hair_fits(claim, look.hair, look.hat)
    if claim.part == "beard":
        return look.hair.beard
    value = {
        "gender": look.body.gender, "age": look.body.age, "build": look.body.build,
        "glasses": look.glasses,
    }  # fmt: skip
    if claim.part in value:
        return _is_meant(claim, value[claim.part])
    return any(_garment_fits(claim, garment) for garment in worn(claim.part, look))


def _is_meant(claim: Claim, value: str | None) -> bool:
    if value is None or claim.kind is None:
        return value is not None
    return value in KINDS_MEANT[claim.part][claim.kind]


def _hair_fits(claim: Claim, hair: Hair, hat: Garment | None) -> bool:
    if hat is not None and (hat.kind in _HIDES_HAIR or hair.length == "bald"):
        return False
    if claim.colour is not None and (
        hair.length == "bald" or hair.colour not in HAIR_MEANT[claim.colour]
    ):
        return False
    if claim.kind is None:
        return hair.length != "bald"
    values = {hair.style} if hair.style == "bun" else {hair.style, hair.length}
    return not values.isdisjoint(KINDS_MEANT["hair"][claim.kind])


def _garment_fits(claim: Claim, garment: Garment) -> bool:
    if not _is_meant(claim, garment.kind):
        return False
    if claim.pattern is not None and claim.pattern != garment.pattern:
        return False
    if claim.second is None:
        return claim.colour is None or colour_fits(claim.colour, garment)
    if _colours_fit(claim.colour, claim.second, garment):
        return True
    return garment.pattern in _EVEN and _colours_fit(claim.second, claim.colour, garment)


def _colours_fit(main: str | None, second: str | None, garment: Garment) -> bool:
    if main is not None and not colour_fits(main, garment):
        return False
    return second is None or any(
        shade.colour == garment.second and shade.lightest == 100 and shade.darkest == 0
        for shade in COLOURS_MEANT[second]
    )
