"""What a person of the street is and wears: the one record that bodies, captions and truth share.

Names are those of `wardrobe.py`, which says what there is of each and how it is drawn.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Garment:
    """One thing worn or carried.

    Attributes:
        kind: `jeans`, `rucksack`.
        colour: name of its main colour.
        pattern: `plain`, `striped`, `checked`, `dotted`, `print`, `block` or `camouflage`.
        second: name of the colour of the pattern; None for a plain one.
        shape: of 0 to 1, the cut within its kind: lengths, widths, hems. Those of the test set
            are never seen in training.
        tone: of 0 to 1, the shade within the colour's range.
    """

    kind: str
    colour: str
    pattern: str = "plain"
    second: str | None = None
    shape: float = 0.5
    tone: float = 0.5


@dataclass(frozen=True, slots=True)
class Body:
    """A body.

    Attributes:
        gender: `woman` or `man`; of a child `girl` or `boy`.
        age: `child`, `young`, `adult` or `elderly`.
        build: `slim`, `average` or `heavy`.
        height: `short`, `average` or `tall`.
        skin: `light`, `olive`, `brown` or `dark`.
        seed: draws what no word says: proportions, face, gait.
    """

    gender: str
    age: str
    build: str
    height: str
    skin: str
    seed: int


@dataclass(frozen=True, slots=True)
class Hair:
    """Hair of head and face.

    Attributes:
        length: `bald`, `short`, `medium` or `long`.
        colour: `black`, `brown`, `blond`, `red`, `grey` or `white`.
        style: `loose`, `ponytail` or `bun` of long hair; `straight` or `curly` of any other.
        beard: whether there is one.
    """

    length: str
    colour: str
    style: str
    beard: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """A person as a camera sees them for as long as they keep their clothes on.

    Attributes:
        top: the innermost upper garment; a dress where `bottom` is None.
        bottom: the lower garment; None under a dress.
        outer: jacket, coat, hoodie, cardigan or vest over the top; None without.
        outer_open: whether `outer` is worn open, so that the top shows in front.
        hat: cap, beanie, hat, helmet or raised hood; None bareheaded.
        glasses: `glasses` or `sunglasses`; None without.
        carried: rucksack, shoulder bag, handbag, suitcase, umbrella; at most one of a kind, and at
            most two in all.
    """

    person: str
    body: Body
    hair: Hair
    top: Garment
    bottom: Garment | None
    shoes: Garment
    outer: Garment | None = None
    outer_open: bool = False
    hat: Garment | None = None
    glasses: str | None = None
    carried: tuple[Garment, ...] = ()

    def to_mapping(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "Look":
        """Read back what `to_mapping` wrote.

        Raises:
            TypeError: it lacks something or has something unknown.
        """
        garments = {
            name: None if values.get(name) is None else Garment(**values[name])
            for name in ("top", "bottom", "shoes", "outer", "hat")
        }
        others = {
            "body": Body(**values["body"]),
            "hair": Hair(**values["hair"]),
            "carried": tuple(Garment(**one) for one in values.get("carried", ())),
        }
        return cls(**{**values, **garments, **others})


def prints_behind(body: Body) -> bool:
    """Whether a print on somebody's clothes is on the back, as one person in five has it."""
    return body.seed % 5 == 0


@dataclass(frozen=True, slots=True)
class Pose:
    """How a body is held at one instant.

    Attributes:
        activity: `walking`, `standing`, `phoning` (which may walk: see `stride`) or `turning`: the
            head leads on the way round, then the shoulders and the foot of that side.
        phase: of the gait cycle, 0 to 1; at 0 the left heel strikes.
        stride: 0 stands still, 1 walks briskly.
        head_turn: radians the head is turned to the left.
    """

    activity: str = "walking"
    phase: float = 0.0
    stride: float = 1.0
    head_turn: float = 0.0
