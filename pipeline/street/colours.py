"""The colours of cloth: how far each may fade or darken and still be called by its name.

A colour is a box in CIELAB's lightness, chroma and hue (L*C*h, D65), drawn so that people would
name all of it alike and no two boxes touch: black ends where grey is far away, navy keeps enough
chroma to be told from black. `tone` runs from the dark end of the box to the light one, and turns
chroma and hue as it goes.
"""

import math
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from pipeline.street.look import Garment
from pipeline.street.mesh import Colour

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Shades:
    """What goes by one name.

    Attributes:
        lightness: CIE L*, 0 to 100.
        chroma: CIE C*ab; below 5 is grey to the eye.
        hue: CIE hab, degrees; past 360 where the range crosses red.
    """

    lightness: Range
    chroma: Range
    hue: Range


SHADES = MappingProxyType(
    {
        "black": Shades((5, 15), (0, 3), (200, 360)),
        "grey": Shades((38, 62), (0, 4), (0, 360)),
        "white": Shades((87, 95), (0, 3), (60, 280)),
        "navy": Shades((14, 23), (18, 30), (274, 292)),
        "blue": Shades((31, 46), (36, 54), (268, 290)),
        "light blue": Shades((66, 80), (15, 28), (240, 265)),
        "red": Shades((37, 47), (54, 70), (24, 37)),
        "burgundy": Shades((18, 27), (24, 36), (4, 24)),
        "green": Shades((32, 48), (28, 44), (140, 164)),
        "olive": Shades((32, 46), (17, 30), (98, 115)),
        "yellow": Shades((76, 86), (56, 76), (83, 94)),
        "orange": Shades((57, 67), (58, 76), (54, 67)),
        "pink": Shades((63, 78), (24, 40), (346, 370)),
        "purple": Shades((27, 42), (30, 50), (307, 323)),
        "beige": Shades((67, 79), (12, 21), (75, 90)),
        "brown": Shades((23, 37), (16, 30), (50, 68)),
        "cream": Shades((86, 93), (8, 15), (86, 98)),
        "teal": Shades((33, 47), (22, 32), (192, 212)),
    }
)

#: Denim is duller than other cloth of the same name.
DENIM = MappingProxyType(
    {
        "blue": Shades((27, 45), (18, 30), (264, 280)),
        "light blue": Shades((58, 74), (9, 19), (248, 266)),
        "black": Shades((9, 18), (0, 4), (260, 290)),
        "grey": Shades((38, 58), (0, 5), (240, 280)),
    }
)

#: Fluorescent cloth: as bright as a picture can show.
FLUORESCENT = MappingProxyType(
    {
        "yellow": Shades((86, 94), (80, 100), (104, 114)),
        "orange": Shades((62, 70), (85, 100), (48, 58)),
    }
)

_D65 = (0.95047, 1.0, 1.08883)
_TO_LINEAR = np.array(  # XYZ to linear sRGB, IEC 61966-2-1
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
)


def linear_rgb(colour: str, tone: float) -> Colour:
    """Linear RGB of a shade of ordinary cloth.

    Raises:
        KeyError: no colour has that name.
    """
    return _shade(SHADES[colour], tone)


def lightness(garment: Garment) -> float:
    """CIE L* of a garment's main colour, 0 to 100.

    Raises:
        KeyError: its colour has no name here.
    """
    return _within(_shades_of(garment).lightness, garment.tone)


def cloth_rgb(garment: Garment) -> Colour:
    """Linear RGB of a garment's main colour: denim and fluorescent cloth have their own.

    Raises:
        KeyError: its colour has no name here.
    """
    return _shade(_shades_of(garment), garment.tone)


def second_rgb(garment: Garment) -> Colour:
    """Linear RGB of the pattern's colour; the main one of a plain garment.

    Raises:
        KeyError: its colour has no name here.
    """
    if garment.second is None:
        return cloth_rgb(garment)
    return linear_rgb(garment.second, (garment.tone + 0.5) % 1)


def _shades_of(garment: Garment) -> Shades:
    special = {"jeans": DENIM, "high-visibility vest": FLUORESCENT}.get(garment.kind, SHADES)
    return special.get(garment.colour) or SHADES[garment.colour]


def _shade(shades: Shades, tone: float) -> Colour:
    """Lightness rises with `tone`; chroma and hue sweep their ranges several times on the way."""
    lightness = _within(shades.lightness, tone)
    chroma = _within(shades.chroma, (tone * 7.0) % 1.0)
    hue = math.radians(_within(shades.hue, (tone * 17.0) % 1.0))
    return lab_to_linear(lightness, chroma * math.cos(hue), chroma * math.sin(hue))


def _within(ends: Range, part: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * part


def lab_to_linear(lightness: float, a: float, b: float) -> Colour:
    """Linear sRGB, clipped to 0..1, of a CIELAB colour (CIE 15:2004)."""
    y = (lightness + 16) / 116
    xyz = [
        white * (f**3 if f > 6 / 29 else 3 * (6 / 29) ** 2 * (f - 4 / 29))
        for white, f in zip(_D65, (y + a / 500, y, y - b / 200), strict=True)
    ]
    red, green, blue = np.clip(_TO_LINEAR @ xyz, 0.0, 1.0).tolist()
    return red, green, blue
