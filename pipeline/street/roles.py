"""What people are out for, and what they wear for it: the weights that casting draws by."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.street.wardrobe import Weights


@dataclass(frozen=True, slots=True)
class Role:
    """An occasion.

    Attributes:
        share: how often it is drawn.
        women: share of women and girls.
        ages: of `Body.age`.
        tops: kinds; those that a man does not wear are left out for him.
        outers: kinds, `none` among them.
        bottoms: kinds.
        shoes: kinds.
        hats: kinds, `none` among them.
        carried: kinds, `none` among them.
    """

    share: float
    women: float
    ages: Weights
    tops: Weights
    outers: Weights
    bottoms: Weights
    shoes: Weights
    hats: Weights
    carried: Weights


@dataclass(frozen=True, slots=True)
class Age:
    """What goes with an age: builds, hair colours, and lengths of men's hair."""

    builds: Weights
    hair_colours: Weights
    mens_hair: Weights


AGES: Mapping[str, Age] = MappingProxyType(
    {
        "child": Age(
            {"slim": 3, "average": 4, "heavy": 0.7},
            {"brown": 4, "blond": 3, "black": 3, "red": 0.6},
            {"short": 7, "medium": 1.5},
        ),
        "young": Age(
            {"slim": 4, "average": 4, "heavy": 1.2},
            {"brown": 4, "black": 4, "blond": 2.5, "red": 0.8},
            {"short": 7, "medium": 1.6, "long": 0.7, "bald": 0.3},
        ),
        "adult": Age(
            {"slim": 2.2, "average": 4, "heavy": 2.2},
            {"brown": 4, "black": 4, "blond": 2, "red": 0.5, "grey": 1.4},
            {"short": 7, "medium": 1, "long": 0.4, "bald": 1.4},
        ),
        "elderly": Age(
            {"slim": 1.5, "average": 4, "heavy": 2.5},
            {"grey": 5, "white": 4, "brown": 0.5},
            {"short": 6, "medium": 0.6, "bald": 3},
        ),
    }
)

SEASONS: Weights = MappingProxyType({"warm": 0.32, "mild": 0.38, "cold": 0.30})

#: How much more or less a kind is worn in the warm, the mild and the cold season.
_BY_SEASON: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "none": (1.6, 1.0, 0.45), "t-shirt": (2.0, 1.0, 0.4), "tank top": (2.0, 0.4, 0.05),
        "polo shirt": (1.6, 1.0, 0.3), "jumper": (0.1, 1.2, 2.0), "dress": (1.8, 0.9, 0.4),
        "jacket": (0.2, 1.4, 1.4), "coat": (0.02, 0.7, 2.4), "puffer jacket": (0.0, 0.5, 2.4),
        "hoodie": (0.3, 1.3, 1.0), "cardigan": (0.3, 1.4, 0.8), "vest": (0.15, 1.2, 0.8),
        "shorts": (2.2, 0.6, 0.02), "skirt": (1.6, 1.0, 0.5), "sandals": (2.2, 0.3, 0.0),
        "boots": (0.15, 0.9, 2.0), "beanie": (0.05, 0.6, 2.2), "cap": (1.5, 1.0, 0.5),
        "hat": (1.4, 0.8, 0.8),
    }
)  # fmt: skip


def season_weight(kind: str, season: str) -> float:
    """How much more or less than on average `kind` is worn in a season."""
    return _BY_SEASON.get(kind, (1.0, 1.0, 1.0))[list(SEASONS).index(season)]


_GROWN: Weights = {"young": 3, "adult": 4, "elderly": 1.2}

ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "casual": Role(
            5.0, 0.5, _GROWN,
            tops={"t-shirt": 6, "shirt": 3, "blouse": 3, "polo shirt": 2, "jumper": 4,
                  "tank top": 1, "dress": 2.2},
            outers={"none": 5, "jacket": 4, "coat": 2.5, "hoodie": 3, "cardigan": 2.5,
                    "puffer jacket": 2, "vest": 1},
            bottoms={"jeans": 7, "trousers": 4, "leggings": 2, "joggers": 1.2, "shorts": 2.5,
                     "skirt": 2.5},
            shoes={"trainers": 6, "shoes": 2.5, "boots": 2.5, "sandals": 1, "heels": 0.8},
            hats={"none": 8, "cap": 1.6, "beanie": 1.2, "hat": 0.8},
            carried={"none": 5, "rucksack": 2.5, "shoulder bag": 2.5, "handbag": 2.5,
                     "shopping bag": 1, "umbrella": 0.5},
        ),
        "office": Role(
            2.0, 0.5, {"young": 2, "adult": 5, "elderly": 0.5},
            tops={"shirt": 7, "blouse": 5, "jumper": 1.5, "dress": 2.5, "polo shirt": 0.6},
            outers={"none": 4, "blazer": 6, "coat": 3, "cardigan": 1.5, "jacket": 1},
            bottoms={"trousers": 8, "skirt": 4, "jeans": 1},
            shoes={"shoes": 7, "heels": 3, "boots": 1, "trainers": 0.8},
            hats={"none": 14, "hat": 0.6},
            carried={"none": 4, "shoulder bag": 3, "handbag": 3, "rucksack": 1.5, "umbrella": 0.8,
                     "suitcase": 0.5},
        ),
        "sport": Role(
            1.2, 0.45, {"young": 5, "adult": 3, "elderly": 0.4},
            tops={"t-shirt": 6, "tank top": 3},
            outers={"none": 4, "hoodie": 4, "jacket": 2, "vest": 0.6},
            bottoms={"joggers": 5, "leggings": 5, "shorts": 4},
            shoes={"trainers": 1},
            hats={"none": 5, "cap": 2, "beanie": 1},
            carried={"none": 6, "rucksack": 2, "shoulder bag": 1},
        ),
        "traveller": Role(
            1.0, 0.5, _GROWN,
            tops={"t-shirt": 6, "shirt": 2, "polo shirt": 2, "jumper": 2, "blouse": 1.5,
                  "tank top": 1, "dress": 1},
            outers={"none": 4, "jacket": 4, "coat": 2, "hoodie": 2, "vest": 1, "puffer jacket": 1},
            bottoms={"jeans": 4, "trousers": 3, "shorts": 4, "leggings": 1, "joggers": 1},
            shoes={"trainers": 6, "sandals": 2, "boots": 2},
            hats={"none": 4, "cap": 2, "hat": 2.5, "beanie": 0.6},
            carried={"rucksack": 6, "suitcase": 5, "shoulder bag": 1.5},
        ),
        "worker": Role(
            0.9, 0.15, {"young": 2, "adult": 5},
            tops={"t-shirt": 5, "jumper": 3, "polo shirt": 3},
            outers={"high-visibility vest": 6, "jacket": 1, "none": 0.8},
            bottoms={"trousers": 6, "jeans": 3},
            shoes={"boots": 7, "shoes": 1},
            hats={"none": 4, "helmet": 5, "cap": 1},
            carried={"none": 7, "rucksack": 1},
        ),
        "shopper": Role(
            0.9, 0.65, {"young": 2, "adult": 4, "elderly": 3},
            tops={"jumper": 3, "t-shirt": 3, "blouse": 3, "shirt": 2, "dress": 1.5},
            outers={"none": 3, "coat": 4, "jacket": 3, "cardigan": 2.5, "vest": 1.2,
                    "puffer jacket": 1.5},
            bottoms={"trousers": 5, "jeans": 4, "skirt": 2.5, "leggings": 1},
            shoes={"shoes": 5, "trainers": 3, "boots": 2, "sandals": 1},
            hats={"none": 7, "hat": 1.5, "beanie": 1},
            carried={"shopping bag": 6, "handbag": 2.5, "umbrella": 1, "shoulder bag": 1},
        ),
        "cyclist": Role(
            0.4, 0.4, {"young": 3, "adult": 4},
            tops={"t-shirt": 4, "jumper": 1, "shirt": 1},
            outers={"jacket": 4, "none": 3, "high-visibility vest": 1.5, "hoodie": 1},
            bottoms={"leggings": 2, "jeans": 2, "shorts": 2, "trousers": 2},
            shoes={"trainers": 1},
            hats={"helmet": 1},
            carried={"rucksack": 4, "none": 3, "shoulder bag": 1},
        ),
        "child": Role(
            1.3, 0.5, {"child": 1},
            tops={"t-shirt": 6, "jumper": 3, "dress": 2, "polo shirt": 1, "tank top": 0.6},
            outers={"none": 4, "hoodie": 3, "jacket": 3, "puffer jacket": 2.5, "cardigan": 1,
                    "coat": 1},
            bottoms={"jeans": 4, "trousers": 2, "leggings": 2.5, "joggers": 3, "shorts": 3,
                     "skirt": 2},
            shoes={"trainers": 6, "boots": 1.5, "sandals": 1, "shoes": 1},
            hats={"none": 6, "cap": 2, "beanie": 2},
            carried={"none": 4, "rucksack": 3},
        ),
    }
)  # fmt: skip
