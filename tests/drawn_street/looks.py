"""What drawn people look like, and the sentences that describe them."""

from dataclasses import dataclass
from typing import NamedTuple

Colour = tuple[int, int, int]
"""RGB."""

PAINTS: dict[str, Colour] = {
    "black": (38, 38, 44),
    "white": (236, 236, 230),
    "grey": (112, 116, 124),
    "red": (196, 38, 42),
    "orange": (230, 120, 36),
    "yellow": (238, 196, 52),
    "green": (46, 122, 72),
    "blue": (44, 82, 160),
    "purple": (118, 62, 148),
    "pink": (226, 128, 164),
    "brown": (112, 72, 44),
    "beige": (208, 186, 150),
}


class Thing(NamedTuple):
    """Something worn or carried, by the names of its colour and kind."""

    colour: str
    kind: str

    @property
    def paint(self) -> Colour:
        """RGB."""
        return PAINTS[self.colour]


@dataclass(frozen=True, slots=True)
class Look:
    """What one person looks like.

    Attributes:
        noun: `man` or `woman`.
        top: coat, jacket, hoodie, shirt, jumper or dress.
        bottom: trousers, jeans or skirt; None under a dress.
        bag: rucksack or handbag.
        hat: beanie or hat.
        hair: RGB.
        hairstyle: short, long or bun.
        skin: RGB.
    """

    noun: str
    top: Thing
    bottom: Thing | None = None
    bag: Thing | None = None
    hat: Thing | None = None
    hair: Colour = (60, 42, 30)
    hairstyle: str = "short"
    skin: Colour = (214, 168, 136)

    def describe(self) -> str:
        """A sentence that a searcher would type.

        >>> Look("woman", Thing("red", "coat"), bag=Thing("black", "rucksack")).describe()
        'a woman in a red coat with a black rucksack'
        """
        sentence = f"a {self.noun} in {_with_article(self.top)}"
        if self.bottom is not None:
            is_plural = self.bottom.kind.endswith("s")
            sentence += " and " + (
                f"{self.bottom.colour} {self.bottom.kind}"
                if is_plural
                else _with_article(self.bottom)
            )
        carried = [_with_article(thing) for thing in (self.bag, self.hat) if thing is not None]
        return sentence + (f" with {' and '.join(carried)}" if carried else "")


def _with_article(thing: Thing) -> str:
    article = "an" if thing.colour[0] in "aeiou" else "a"
    return f"{article} {thing.colour} {thing.kind}"
