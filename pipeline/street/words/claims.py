"""What a sentence says of a person, and how far each of its words reaches.

A word covers what a listener would accept under it: "blue" covers navy and light blue, "shirt"
covers a polo shirt, "jeans" nothing but jeans.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Part = Literal[
    "gender", "age", "build", "upper", "lower", "shoes", "hat", "hair", "beard", "glasses",
    "carried", "activity",
]  # fmt: skip
Slot = Literal["kind", "colour", "pattern", "second"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing said of somebody; what it leaves None it does not say.

    Attributes:
        part: `upper` is whatever shows of tops and outer garments, `lower` of bottoms.
        kind: a word of `KINDS_MEANT`: of garments a garment, of hair its length or style.
        colour: a word of `COLOURS_MEANT` or, of hair, `HAIR_MEANT`.
        pattern: as `Garment.pattern` has it.
        second: the pattern's other colour, a word of `COLOURS_MEANT`.
        negated: that there is no such thing.
    """

    part: Part
    kind: str | None = None
    colour: str | None = None
    pattern: str | None = None
    second: str | None = None
    negated: bool = False


def _sets(text: str) -> Mapping[str, frozenset[str]]:
    """Lines of `word: kind, kind` as a mapping; `word` alone covers itself."""
    meant = {}
    for line in text.strip().splitlines():
        word, _, kinds = line.strip().partition(":")
        meant[word] = frozenset(kind.strip() for kind in (kinds or word).split(","))
    return MappingProxyType(meant)


#: The values that each word for a kind covers, by part.
KINDS_MEANT: Mapping[str, Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "gender": _sets("woman\nman\ngirl\nboy\nfemale: woman, girl\nmale: man, boy"),
        "age": _sets("child\nyoung\nmiddle-aged: adult\nelderly\ngrown-up: young, adult, elderly"),
        "build": _sets("slim\nheavy"),
        "upper": _sets(
            """t-shirt: t-shirt, polo shirt
            shirt: shirt, t-shirt, polo shirt, blouse
            blouse
            polo shirt
            jumper
            sweatshirt: jumper, hoodie
            tank top
            dress
            top: t-shirt, shirt, blouse, polo shirt, jumper, tank top, hoodie, cardigan
            jacket: jacket, blazer, puffer jacket
            jacket or coat: jacket, coat, blazer, puffer jacket
            coat: coat, puffer jacket
            puffer jacket
            hoodie
            cardigan
            blazer
            vest: vest, high-visibility vest
            high-visibility vest"""
        ),
        "lower": _sets(
            """jeans
            trousers: trousers, joggers
            pants: trousers, joggers, jeans, leggings
            leggings
            joggers
            shorts
            skirt"""
        ),
        "shoes": _sets("trainers\nshoes: trainers, shoes, heels, boots\nboots\nsandals\nheels"),
        "hat": _sets("cap\nbeanie\nhat: hat, cap, beanie\nhelmet\nhood"),
        "carried": _sets(
            """rucksack
            shoulder bag
            handbag
            shopping bag
            bag: rucksack, shoulder bag, handbag, shopping bag
            suitcase
            umbrella"""
        ),
        "hair": _sets("bald\nshort\nmedium\nlong\nponytail\nbun\ntied: ponytail, bun\ncurly"),
        "glasses": _sets("glasses: glasses, sunglasses\nsunglasses"),
        "activity": _sets("walking\nstanding: standing, turning\nphoning\nturning"),
    }
)


@dataclass(frozen=True, slots=True)
class Shade:
    """A colour, or the part of it between two values of CIE L*."""

    colour: str
    darkest: float = 0.0
    lightest: float = 100.0

    def holds(self, colour: str, lightness: float, margin: float = 0.0) -> bool:
        """Whether a shade is in here, `margin` away from ends that cut a colour in two."""
        low = self.darkest + margin * (self.darkest > 0)
        high = self.lightest - margin * (self.lightest < 100)
        return colour == self.colour and low <= lightness <= high


_DARK = ("black", "navy", "burgundy", "brown", "blue", "green", "olive", "purple", "teal", "grey")
_PALE = ("white", "cream", "beige", "light blue", "grey", "pink")

#: The shades that each word for a colour covers.
COLOURS_MEANT: Mapping[str, tuple[Shade, ...]] = MappingProxyType(
    {
        "black": (Shade("black"),),
        "white": (Shade("white"), Shade("cream")),
        "cream": (Shade("cream"),),
        "grey": (Shade("grey"),),
        "dark grey": (Shade("grey", 0, 50),),
        "light grey": (Shade("grey", 50, 100),),
        "blue": (Shade("blue"), Shade("light blue"), Shade("navy")),
        "navy": (Shade("navy"),),
        "dark blue": (Shade("navy"), Shade("blue", 0, 37)),
        "light blue": (Shade("light blue"),),
        "red": (Shade("red"), Shade("burgundy")),
        "burgundy": (Shade("burgundy"),),
        "green": (Shade("green"), Shade("olive")),
        "dark green": (Shade("green", 0, 41), Shade("olive", 0, 41)),
        "olive": (Shade("olive"),),
        "khaki": (Shade("olive"), Shade("beige")),
        "yellow": (Shade("yellow"),),
        "orange": (Shade("orange"),),
        "pink": (Shade("pink"),),
        "purple": (Shade("purple"),),
        "beige": (Shade("beige"),),
        "brown": (Shade("brown"),),
        "dark brown": (Shade("brown", 0, 31),),
        "light brown": (Shade("beige"), Shade("brown", 31, 100)),
        "teal": (Shade("teal"),),
        "black or navy": (Shade("black"), Shade("navy")),
        "dark": tuple(Shade(colour, 0, 34) for colour in _DARK),
        "light": tuple(Shade(colour, 62, 100) for colour in _PALE),
    }
)

#: The hair colours that each word covers.
HAIR_MEANT: Mapping[str, frozenset[str]] = _sets(
    """black
    brown
    blond
    red
    grey: grey, white
    white
    dark: black, brown
    light: blond, grey, white"""
)
