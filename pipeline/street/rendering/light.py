"""Light over a place: sun, sky, lamps, and how the camera answers to it.

Colours are linear RGB; 1 is what makes a white sheet white at an exposure of 1.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.street.casting import Split
from pipeline.street.mesh import Colour
from pipeline.street.variants import stretch

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Lamp:
    """A light at a point.

    Attributes:
        at: metres.
        colour: linear RGB right below it.
        reach_m: at this distance a surface gets half of `colour`.
    """

    at: Point
    colour: Colour
    reach_m: float = 6.0


@dataclass(frozen=True, slots=True)
class Light:
    """What lights a place, and the camera's answer.

    Attributes:
        kind: one of `LIGHTS`.
        to_sun: direction towards the sun, or whatever casts the shadows; of length 1.
        sun: what it adds to a surface that faces it.
        sky: what comes from above on all sides.
        ground: what comes back from below.
        lamps: at most four count, the ones given first.
        fog: its colour.
        fog_density: share lost in a metre, as a power of two.
        background: where there is nothing.
        exposure: all light is multiplied by it.
        white_balance: gains of red, green and blue.
        toe: subtracted before the gamma: crushed blacks above 0, washed-out ones below.
        glow: how strongly things that glow do so.
        infrared: grey, lit from the camera.
        indoors: shadows come from the ceiling, and only from what stands below it.
    """

    kind: str = "overcast"
    to_sun: Point = (0.3, 0.2, 0.93)
    sun: Colour = (0.2, 0.2, 0.2)
    sky: Colour = (0.8, 0.85, 0.9)
    ground: Colour = (0.35, 0.34, 0.32)
    lamps: tuple[Lamp, ...] = ()
    fog: Colour = (0.7, 0.72, 0.75)
    fog_density: float = 0.002
    background: Colour = (0.7, 0.75, 0.8)
    exposure: float = 1.0
    white_balance: Colour = (1.0, 1.0, 1.0)
    toe: float = 0.0
    glow: float = 0.2
    infrared: bool = False
    indoors: bool = False

    @property
    def hides_colours(self) -> bool:
        """Whether lamps leave too little blue for anybody to name a colour: sodium, at night."""
        blues = [lamp.colour[2] / lamp.colour[0] for lamp in self.lamps if self.kind == "night"]
        return bool(blues) and min(blues) < _LEAST_BLUE


#: Of lamps that colours can be told by, blue as a share of red; sodium has 0.28.
_LEAST_BLUE = 0.4

Rng = np.random.Generator


def _tone(colour: Colour, level: float) -> Colour:
    return colour[0] * level, colour[1] * level, colour[2] * level


def _towards(azimuth: float, elevation: float) -> Point:
    flat = math.cos(elevation)
    return flat * math.cos(azimuth), flat * math.sin(azimuth), math.sin(elevation)


def _seen(light: Light, rng: Rng, *, spread: float = 0.25, toe: float = 0.014) -> Light:
    """With an exposure, white balance and toe as cameras of all makes have them."""
    warm, green = rng.normal(0, 0.05), rng.normal(0, 0.02)
    return replace(
        light,
        exposure=light.exposure * math.exp(rng.normal(0.12, spread)),
        white_balance=(math.exp(warm), math.exp(green), math.exp(-warm)),
        toe=float(rng.uniform(-0.3 * toe, toe)),
    )


def _sunny(rng: Rng, _lamps: Sequence[Point], split: Split | None) -> Light:
    low = rng.random() < 0.3
    elevation = math.radians(stretch(rng, split, *((14, 26) if low else (28, 65))))
    sun = _tone((1.0, 0.88, 0.7) if low else (1.0, 0.96, 0.9), rng.uniform(1.1, 2.2))
    sky = _tone((0.6, 0.72, 0.95), rng.uniform(0.3, 0.55))
    light = Light(
        "sunny", _towards(rng.uniform(0, 2 * math.pi), elevation), sun, sky,
        ground=_tone((0.9, 0.85, 0.75), rng.uniform(0.12, 0.25)), fog=(0.7, 0.78, 0.9),
        fog_density=rng.uniform(0, 0.004), background=(0.55, 0.7, 0.95),
    )  # fmt: skip
    return _seen(light, rng)


def _overcast(rng: Rng, _lamps: Sequence[Point], split: Split | None) -> Light:
    level, grey = stretch(rng, split, 0.65, 1.0), rng.uniform(0.9, 1.0)
    light = Light(
        "overcast", _towards(rng.uniform(0, 2 * math.pi), math.radians(rng.uniform(50, 85))),
        _tone((1, 1, 1), rng.uniform(0.05, 0.3)), _tone((grey, 0.97, 1.0), level),
        ground=_tone((1, 0.97, 0.93), level * rng.uniform(0.3, 0.5)), fog=(0.75, 0.77, 0.8),
        fog_density=float(rng.choice([0.001, 0.004, 0.012, 0.03], p=[0.5, 0.3, 0.15, 0.05])),
        background=_tone((0.95, 0.97, 1.0), rng.uniform(0.7, 1.1)),
    )  # fmt: skip
    return _seen(light, rng)


def _street_lamps(rng: Rng, lamps: Sequence[Point], level: float) -> tuple[Lamp, ...]:
    colour: Colour = [(1.0, 0.62, 0.28), (1.0, 0.8, 0.55), (0.85, 0.93, 1.0)][
        rng.choice(3, p=(0.2, 0.45, 0.35))
    ]
    places = lamps or ((0.0, 0.0, 6.0),)
    return tuple(
        Lamp(at, _tone(colour, level * rng.uniform(0.7, 1.3)), rng.uniform(4, 7))
        for at in places[:4]
    )


def _dusk(rng: Rng, lamps: Sequence[Point], split: Split | None) -> Light:
    level = stretch(rng, split, 0.18, 0.4)
    light = Light(
        "dusk", _towards(rng.uniform(0, 2 * math.pi), math.radians(rng.uniform(8, 30))),
        _tone((1.0, 0.6, 0.4), rng.uniform(0, 0.25)), _tone((0.65, 0.75, 1.0), level),
        ground=_tone((0.8, 0.8, 0.9), level * 0.35), lamps=_street_lamps(rng, lamps, 0.7),
        fog=_tone((0.6, 0.65, 0.85), level), fog_density=rng.uniform(0, 0.01),
        background=_tone((0.7, 0.75, 1.0), level * 1.3), glow=0.8,
        exposure=float(rng.uniform(1.1, 2.0)),
    )  # fmt: skip
    return _seen(light, rng, spread=0.15)


def _night(rng: Rng, lamps: Sequence[Point], split: Split | None) -> Light:
    level = stretch(rng, split, 0.03, 0.09)
    light = Light(
        "night", (0.0, 0.0, 1.0), (0.0, 0.0, 0.0), _tone((0.7, 0.8, 1.0), level),
        ground=_tone((1, 0.9, 0.8), level * 0.6), lamps=_street_lamps(rng, lamps, 1.1),
        fog=_tone((0.1, 0.09, 0.08), 0.3), fog_density=rng.uniform(0, 0.01),
        background=_tone((0.02, 0.022, 0.03), 1.0), glow=1.5,
        exposure=float(rng.uniform(1.0, 2.2)),
    )  # fmt: skip
    return _seen(light, rng, spread=0.15, toe=0.003)


def _indoors(rng: Rng, lamps: Sequence[Point], split: Split | None) -> Light:
    colour: Colour = [(1.0, 0.84, 0.64), (1.0, 0.95, 0.88), (0.9, 0.97, 1.0)][rng.integers(3)]
    level = stretch(rng, split, 0.42, 0.8)
    panels = tuple(Lamp(at, _tone(colour, rng.uniform(0.2, 0.5)), 4.0) for at in lamps[:4])
    light = Light(
        "indoors", _towards(rng.uniform(0, 2 * math.pi), math.radians(rng.uniform(65, 85))),
        _tone(colour, rng.uniform(0.2, 0.55)), _tone(colour, level),
        ground=_tone(colour, level * rng.uniform(0.4, 0.7)), lamps=panels, fog_density=0.0,
        background=_tone(colour, 0.5), glow=1.0, indoors=True,
    )  # fmt: skip
    return _seen(light, rng)


def _infrared(rng: Rng, _lamps: Sequence[Point], split: Split | None) -> Light:
    level = stretch(rng, split, 0.02, 0.06)
    return Light(
        "infrared", (0.0, 0.0, 1.0), (0.0, 0.0, 0.0), _tone((1, 1, 1), level),
        ground=_tone((1, 1, 1), level), fog=(0.02, 0.02, 0.02), fog_density=0.0,
        background=(0.01, 0.01, 0.01), glow=0.3, infrared=True,
        exposure=float(rng.uniform(0.7, 1.7)), toe=float(rng.uniform(-0.004, 0.01)),
    )  # fmt: skip


LIGHTS: Mapping[str, Callable[[Rng, Sequence[Point], Split | None], Light]] = {
    "sunny": _sunny,
    "overcast": _overcast,
    "dusk": _dusk,
    "night": _night,
    "indoors": _indoors,
    "infrared": _infrared,
}


def draw_light(
    rng: Rng, kind: str, lamps: Sequence[Point] = (), *, split: Split | None = None
) -> Light:
    """A light of a kind.

    Args:
        rng: decides the rest.
        kind: one of `LIGHTS`.
        lamps: where the place has lamps; the nearest to the people first.
        split: draws only how high the sun is, or how bright the rest, as no other one does; None
            draws any.

    Raises:
        KeyError: there is no such kind.
    """
    return LIGHTS[kind](rng, lamps, split)
