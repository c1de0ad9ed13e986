"""What there is to wear and carry, and the colours and patterns each is really sold in."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of garment or thing.

    Attributes:
        name: as `Garment.kind` has it.
        part: the field of `Look` it belongs in.
        colours: how often each is worn.
        patterns: how often each is worn.
        only: `woman` or `man` (and girl or boy) where the other hardly wears it.
    """

    name: str
    part: str
    colours: Weights
    patterns: Weights
    only: str | None = None


def _weights(text: str) -> Weights:
    """`black 4, light blue 2` as a mapping."""
    pairs = (item.strip().rsplit(" ", 1) for item in text.split(","))
    return MappingProxyType({name: float(weight) for name, weight in pairs})


_TOPS = _weights(
    "black 9, white 9, grey 8, navy 7, blue 5, light blue 4, red 5, burgundy 3, green 4, olive 3,"
    "yellow 3, orange 2, pink 3, purple 2, beige 3, brown 2, cream 2, teal 2"
)
_WOMEN = _weights(
    "white 8, black 7, cream 5, light blue 4, pink 5, red 4, navy 4, green 3, beige 3, purple 3,"
    "blue 3, yellow 3, teal 3, burgundy 3, orange 2, grey 3"
)
_SHIRTS = _weights(
    "white 10, light blue 8, blue 4, navy 4, black 4, grey 3, pink 3, red 3, green 2, olive 2,"
    "beige 2, burgundy 2"
)
_OUTERS = _weights(
    "black 10, navy 8, grey 7, olive 5, beige 4, brown 4, red 4, blue 4, burgundy 3, green 3,"
    "cream 2, white 2, yellow 2, pink 2, teal 2, orange 2, purple 1.5"
)
_FORMAL = _weights("black 8, navy 8, grey 7, beige 3, brown 3, blue 2, burgundy 2, cream 1")
_KNITS = _weights(
    "grey 8, navy 6, black 6, beige 4, cream 4, burgundy 4, green 3, olive 2, brown 3, red 3,"
    "blue 3, pink 3, yellow 2, purple 2, teal 2, orange 1, white 2"
)
_LEGS = _weights("black 8, grey 6, navy 6, beige 4, brown 3, olive 3, blue 2, cream 1, burgundy 1")
_BAGS = _weights(
    "black 10, grey 5, navy 4, brown 4, red 4, blue 3, beige 3, green 3, pink 2, olive 2,"
    "yellow 2, orange 2, purple 1.5, burgundy 2, white 1.5, teal 1.5"
)
_HATS = _weights(
    "black 9, navy 5, grey 5, white 4, red 4, blue 3, beige 3, green 2, olive 2, burgundy 2,"
    "yellow 2, pink 2, orange 1.5, brown 2, purple 1"
)
_PLAIN = _weights("plain 1")
_CASUAL = _weights("plain 12, striped 3, print 3, block 1.5, checked 0.7, camouflage 0.4")
_SHIRT = _weights("plain 12, checked 4, striped 3, dotted 0.8")
_SOFT = _weights("plain 12, striped 2, dotted 2, print 2, checked 1")

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind("t-shirt", "top", _TOPS, _CASUAL),
            Kind("shirt", "top", _SHIRTS, _SHIRT),
            Kind("blouse", "top", _WOMEN, _SOFT, "woman"),
            Kind("polo shirt", "top", _TOPS, _weights("plain 12, striped 3, block 1.5")),
            Kind("jumper", "top", _KNITS, _weights("plain 14, striped 3, block 1, checked 0.5")),
            Kind("tank top", "top", _TOPS, _weights("plain 12, striped 2, print 1.5")),
            Kind("dress", "top", _WOMEN, _SOFT, "woman"),
            Kind("jacket", "outer", _OUTERS, _weights("plain 14, block 1.5, camouflage 0.5")),
            Kind("coat", "outer", _OUTERS, _weights("plain 14, checked 1.2")),
            Kind("hoodie", "outer", _TOPS, _weights("plain 12, print 3, block 1, camouflage 0.4")),
            Kind("cardigan", "outer", _KNITS, _weights("plain 12, striped 1.5"), "woman"),
            Kind("blazer", "outer", _FORMAL, _weights("plain 12, checked 1.5")),
            Kind("puffer jacket", "outer", _OUTERS, _weights("plain 14, block 1")),
            Kind("vest", "outer", _OUTERS, _PLAIN),
            Kind("high-visibility vest", "outer", _weights("yellow 3, orange 2"), _PLAIN),
            Kind("jeans", "bottom", _weights("blue 9, light blue 4, black 5, grey 2.5"), _PLAIN),
            Kind("trousers", "bottom", _LEGS, _weights("plain 16, checked 0.8, camouflage 0.6")),
            Kind(
                "leggings", "bottom", _weights("black 9, grey 3, navy 2, purple 1"), _PLAIN, "woman"
            ),
            Kind("joggers", "bottom", _weights("grey 6, black 6, navy 4, green 1, red 1"), _PLAIN),
            Kind(
                "shorts",
                "bottom",
                _weights(
                    "black 5, beige 5, navy 4, grey 4, blue 4, olive 3, white 2, red 2, green 1"
                ),
                _weights("plain 12, checked 1.2, camouflage 0.6"),
            ),
            Kind(
                "skirt",
                "bottom",
                _weights(
                    "black 6, grey 3, navy 3, red 3, beige 3, green 2, pink 2, brown 2, white 2,"
                    "blue 2, burgundy 2, yellow 1"
                ),
                _weights("plain 12, checked 2, dotted 1.5, striped 1"),
                "woman",
            ),
            Kind(
                "trainers",
                "shoes",
                _weights("white 9, black 7, grey 5, blue 2, red 2, navy 1.5, pink 1, green 1"),
                _PLAIN,
            ),
            Kind("shoes", "shoes", _weights("black 9, brown 6, navy 1, beige 1, grey 1"), _PLAIN),
            Kind("boots", "shoes", _weights("black 8, brown 6, beige 2, grey 1"), _PLAIN),
            Kind("sandals", "shoes", _weights("brown 5, black 4, beige 3, white 1"), _PLAIN),
            Kind("heels", "shoes", _weights("black 7, red 3, beige 3, white 1"), _PLAIN, "woman"),
            Kind("cap", "hat", _HATS, _PLAIN),
            Kind("beanie", "hat", _HATS, _PLAIN),
            Kind(
                "hat", "hat", _weights("beige 5, black 5, brown 4, white 2, grey 3, navy 2"), _PLAIN
            ),
            Kind(
                "helmet",
                "hat",
                _weights("white 5, yellow 4, black 4, red 2, blue 2, orange 2"),
                _PLAIN,
            ),
            Kind("hood", "hat", _OUTERS, _PLAIN),
            Kind("rucksack", "carried", _BAGS, _weights("plain 12, block 1.5")),
            Kind("shoulder bag", "carried", _BAGS, _PLAIN),
            Kind("handbag", "carried", _BAGS, _PLAIN, "woman"),
            Kind(
                "shopping bag",
                "carried",
                _weights("white 6, beige 3, blue 3, green 3, yellow 2, red 2, orange 2, black 2"),
                _PLAIN,
            ),
            Kind("suitcase", "carried", _BAGS, _PLAIN),
            Kind(
                "umbrella",
                "carried",
                _weights("black 8, navy 3, red 3, blue 2, green 2, yellow 2, white 1, purple 1"),
                _weights("plain 12, striped 1.5"),
            ),
        )
    }
)

#: The outer garments that have a hood to raise.
HOODED = frozenset({"hoodie", "jacket", "coat", "puffer jacket"})

#: Those worn closed over what is beneath, so that it cannot be seen.
CLOSABLE = frozenset({"jacket", "coat", "hoodie", "cardigan", "blazer", "puffer jacket"})

#: Colours that go with a main colour in a pattern.
SECONDS: Weights = _weights("white 8, black 5, grey 4, navy 4, red 3, blue 2, yellow 2, green 2")


def kinds_of(part: str) -> tuple[Kind, ...]:
    """All that belongs in one field of `Look`."""
    return tuple(kind for kind in KINDS.values() if kind.part == part)


def pick(rng: np.random.Generator, weights: Weights) -> str:
    """One of the names, each as often as its weight says."""
    edges = np.cumsum(list(weights.values()))
    place = int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))
    return list(weights)[min(place, len(weights) - 1)]
