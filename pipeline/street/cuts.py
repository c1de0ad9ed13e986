"""How each kind of garment is cut: from its closest to its loosest, its shortest to its longest.

Lengths are metres on the average body at rest, whose pelvis is near 0: knees -0.36, ankles -0.75,
waist 0.15, armpits 0.37, neck 0.53.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class UpperCut:
    """A cut of a top or outer garment.

    Attributes:
        hem: height of the hem; below the crotch a skirt is joined on.
        sleeve: how far along the arm: 1 is the elbow, 2 the wrist.
        neck: how much lower the neckline is than a crew neck's.
        vee: depth of a V in front.
        ease_m: of air around the body.
        taper: metres that the trunk comes in on a metre down.
        strap: half the width of the shoulders of a sleeveless top; 0 of one with sleeves.
        gap: half the width of an opening in front, at the chest; 0 is closed.
        gap_below: the same at the hem.
        flare: of a skirt; 1 goes out 0.3 m on a metre down.
        ruck: strength of wrinkles.
        quilt: strength of quilting in bands.
    """

    hem: float
    sleeve: float
    neck: float = 0.0
    vee: float = 0.0
    ease_m: float = 0.010
    taper: float = 0.15
    strap: float = 0.0
    gap: float = 0.0
    gap_below: float = 0.0
    flare: float = 0.1
    ruck: float = 0.8
    quilt: float = 0.0


@dataclass(frozen=True, slots=True)
class LowerCut:
    """A cut of a lower garment.

    Attributes:
        hem: height where it ends.
        waist: height where it begins.
        ease_m: of air around the leg.
        taper: metres that a leg comes in on a metre down.
        flare: of a skirt.
        ruck: strength of wrinkles.
        tight: above 0.5 boots are worn over it.
        skirt: above 0 it is a skirt.
    """

    hem: float
    waist: float = 0.115
    ease_m: float = 0.006
    taper: float = 0.2
    flare: float = 0.1
    ruck: float = 0.7
    tight: float = 0.0
    skirt: float = 0.0


Upper = UpperCut
UPPERS: Mapping[str, tuple[UpperCut, UpperCut]] = MappingProxyType(
    {
        "t-shirt": (
            Upper(0.03, 0.45, 0.004, 0, 0.006, 0.3),
            Upper(-0.05, 0.92, 0.004, 0, 0.013, 0.02),
        ),
        "polo shirt": (
            Upper(0.02, 0.5, -0.005, 0.05, 0.007, 0.25),
            Upper(-0.04, 0.85, -0.005, 0.05, 0.012, 0.05),
        ),
        "tank top": (
            Upper(0.05, 0, 0.045, 0, 0.005, 0.3, strap=0.09),
            Upper(-0.03, 0, 0.045, 0, 0.008, 0.2, strap=0.125),
        ),
        "shirt": (
            Upper(0.0, 1.96, -0.012, 0.06, 0.009, 0.2, ruck=1.0),
            Upper(-0.07, 1.96, -0.012, 0.06, 0.014, 0.0, ruck=1.0),
        ),
        "blouse": (
            Upper(0.04, 1.1, 0.012, 0, 0.009, 0.25, ruck=1.0),
            Upper(-0.05, 1.95, 0.012, 0.08, 0.016, -0.05, ruck=1.0),
        ),
        "jumper": (
            Upper(0.03, 1.97, 0, 0, 0.009, 0.25, ruck=0.5),
            Upper(-0.05, 1.97, 0, 0, 0.016, 0.0, ruck=0.7),
        ),
        "dress": (
            Upper(-0.26, 0.1, 0.025, 0.03, 0.007, 0.35, flare=0.45, ruck=0.6),
            Upper(-0.62, 1.6, 0.010, 0.03, 0.008, 0.30, flare=0.15, ruck=0.8),
        ),
        "hoodie": (
            Upper(0.0, 1.98, -0.012, 0, 0.014, 0.15, ruck=0.7),
            Upper(-0.07, 1.98, -0.012, 0, 0.022, -0.05, ruck=0.8),
        ),
        "cardigan": (
            Upper(0.02, 1.97, 0, 0.16, 0.012, 0.2, ruck=0.5),
            Upper(-0.22, 1.97, 0, 0.16, 0.015, 0.0, ruck=0.6),
        ),
        "jacket": (
            Upper(0.05, 1.99, -0.02, 0, 0.015, 0.2),
            Upper(-0.06, 1.99, -0.02, 0, 0.022, 0.0),
        ),
        "blazer": (
            Upper(-0.02, 1.96, 0, 0.20, 0.014, 0.3, ruck=0.4),
            Upper(-0.09, 1.96, 0, 0.18, 0.017, 0.1, ruck=0.4),
        ),
        "coat": (
            Upper(-0.20, 1.99, -0.02, 0.04, 0.016, 0.15, flare=0.05, ruck=0.5),
            Upper(-0.55, 1.99, -0.02, 0.04, 0.021, 0.0, flare=0.25, ruck=0.5),
        ),
        "puffer jacket": (
            Upper(0.04, 2.0, -0.03, 0, 0.028, 0.05, ruck=0.6, quilt=0.35),
            Upper(-0.12, 2.0, -0.03, 0, 0.045, 0.05, ruck=0.6, quilt=0.35),
        ),
        "vest": (
            Upper(0.05, 0, -0.012, 0, 0.018, 0.1, strap=0.15, ruck=0.5, quilt=0.1),
            Upper(-0.03, 0, -0.012, 0, 0.034, 0.1, strap=0.16, ruck=0.5, quilt=0.4),
        ),
        "high-visibility vest": (
            Upper(0.03, 0, 0.012, 0.12, 0.024, 0.0, strap=0.155, ruck=0.6),
            Upper(-0.06, 0, 0.012, 0.12, 0.030, 0.0, strap=0.17, ruck=0.6),
        ),
    }
)

LOWERS: Mapping[str, tuple[LowerCut, LowerCut]] = MappingProxyType(
    {
        "jeans": (
            LowerCut(-0.775, ease_m=0.004, taper=0.22, tight=1.0),
            LowerCut(-0.775, ease_m=0.012, taper=0.0, tight=-0.4),
        ),
        "trousers": (
            LowerCut(-0.78, ease_m=0.006, taper=0.18),
            LowerCut(-0.78, ease_m=0.014, taper=-0.02),
        ),
        "joggers": (
            LowerCut(-0.745, ease_m=0.010, taper=0.14, ruck=1.0, tight=1.0),
            LowerCut(-0.745, ease_m=0.018, taper=0.06, ruck=1.0, tight=1.0),
        ),
        "leggings": (
            LowerCut(-0.70, ease_m=0.002, taper=3.0, ruck=0.15, tight=1.0),
            LowerCut(-0.765, ease_m=0.003, taper=3.0, ruck=0.15, tight=1.0),
        ),
        "shorts": (
            LowerCut(-0.20, ease_m=0.009, taper=0.05),
            LowerCut(-0.38, ease_m=0.013, taper=-0.2),
        ),
        "skirt": (
            LowerCut(-0.20, 0.14, 0.006, flare=0.35, ruck=0.5, skirt=1.0),
            LowerCut(-0.68, 0.14, 0.006, flare=0.25, ruck=0.5, skirt=1.0),
        ),
    }
)

GAPS = ((0.030, 0.060), (0.055, 0.120))
"""Half widths of an open garment at chest and hem: of the closest and of the loosest."""

LONGEST_TOP = -0.2  # what ends lower is a dress

Cut = TypeVar("Cut", UpperCut, LowerCut)


def upper_cut(kind: str, shape: float, *, opened: bool) -> UpperCut:
    """How a top or outer garment is cut; unknown kinds are cut as a jacket.

    Args:
        kind: as `Garment.kind` has it.
        shape: 0 is the closest cut of that kind, 1 the loosest.
        opened: whether it is worn open in front.
    """
    cut = _between(*UPPERS.get(kind, UPPERS["jacket"]), shape)
    if not opened:
        return cut
    gap, below = (low + (high - low) * shape for low, high in zip(*GAPS, strict=True))
    return replace(cut, gap=gap, gap_below=below)


def lower_cut(kind: str, shape: float) -> LowerCut:
    """How a lower garment is cut; unknown kinds are cut as trousers."""
    return _between(*LOWERS.get(kind, LOWERS["trousers"]), shape)


def under(cut: UpperCut, outer: UpperCut) -> UpperCut:
    """A top under an outer garment: closer to the body, and, but for dresses, no longer."""
    hem = cut.hem if cut.hem < LONGEST_TOP else max(cut.hem, outer.hem + 0.05, -0.06)
    return replace(
        cut, hem=hem, ease_m=min(cut.ease_m, 0.006), ruck=0.4, sleeve=min(cut.sleeve, 1.85),
        taper=max(cut.taper, outer.taper + 0.05),
    )  # fmt: skip


def _between(low: Cut, high: Cut, share: float) -> Cut:
    values = {}
    for field in fields(low):
        start, end = getattr(low, field.name), getattr(high, field.name)
        values[field.name] = start + (end - start) * share
    return type(low)(**values)
