"""Takes the picture of a planned frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np

from detectors.types import Image
from pipeline.street.casting import Split, cast
from pipeline.street.footage.crops import Cut, side_of
from pipeline.street.footage.still_plan import Placed, StillPlan, Stills, plan_still
from pipeline.street.footage.studio import Studio, studio
from pipeline.street.look import Look
from pipeline.street.mesh import Mesh
from pipeline.street.rendering.lens import LensDraw, apply
from pipeline.street.rendering.light import Light, draw_light
from pipeline.street.rendering.sighting import Seen
from pipeline.street.rendering.weather import WeatherDraw, apply_weather
from pipeline.street.scenery.place import Place
from pipeline.street.words.captions import caption
from pipeline.street.words.grammar import Caption
from pipeline.street.words.views import Colouring, Side, View

_CAST = 3
#: Sentences about each crop: words cost nothing beside a picture, and teach as much.
CAPTIONS_EACH = 6


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody in a frame, as whoever describes them sees them.

    Attributes:
        look: who they are.
        seen: what shows of them.
        side: which side of them the camera sees.
        activity: what they do.
        colours: whether the picture has any.
    """

    look: Look
    seen: Seen
    side: Side
    activity: str
    colours: Colouring

    def told(self, rng: np.random.Generator, cut: Cut) -> list[Caption]:
        """Sentences about a crop, which speak only of what it shows."""
        view = View(
            self.side, cut.above, cut.below, self.seen.height_px, self.colours, self.activity
        )
        return [caption(rng, self.look, view) for _ in range(CAPTIONS_EACH)]


@dataclass(frozen=True, slots=True)
class StillShot:
    """One frame and the truth about it."""

    plan: StillPlan
    picture: Image
    witnesses: tuple[Witness, ...]
    light: str
    weather: str

    @property
    def seen(self) -> tuple[Seen, ...]:
        return tuple(one.seen for one in self.witnesses)


#: How often cameras have each kind of light.
_LIGHTS = {
    "sunny": 0.28, "overcast": 0.28, "dusk": 0.18, "night": 0.16, "indoors": 0.9, "infrared": 0.1,
}  # fmt: skip


@lru_cache(maxsize=4096)
def look_of(stills: Stills, person: int) -> Look:
    """Who a person of the pool is; the same in every frame."""
    return cast(stills.rng(_CAST, person), stills.person_id(person), stills.split)


def looks_of(stills: Stills, people: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """Plain values of those who are named."""
    numbers = {name: int(name.rsplit("-", 1)[1]) for name in people}
    return {name: look_of(stills, number).to_mapping() for name, number in numbers.items()}


def _light_kind(rng: np.random.Generator, place: Place) -> str:
    """A kind of light that fits the place, as often as cameras have it."""
    shares = np.array([_LIGHTS[kind] for kind in place.light_kinds])
    return str(rng.choice(place.light_kinds, p=shares / shares.sum()))


def conditions(
    rng: np.random.Generator, place: Place, split: Split
) -> tuple[Light, WeatherDraw, LensDraw]:
    """What lights a still of a split, what is in the air, and through what camera it is seen."""
    kind = _light_kind(rng, place)
    light = draw_light(rng, kind, place.lamps, split=split)
    weather = "dry" if place.indoors else None
    air = WeatherDraw.draw(rng, weather, dark=kind in ("night", "infrared"), split=split)
    return light, air, LensDraw.draw(rng, kind, split=split)


def take_still(stills: Stills, frame: int) -> StillShot:
    """Draw a frame of the set; the same each time, whatever was drawn before."""
    plan, place, rng = plan_still(stills, frame)
    light, air, lens = conditions(rng, place, stills.split)
    drawer = studio()
    looks = {number: look_of(stills, one.person) for number, one in enumerate(plan.people, 1)}
    meshes = [
        (number, _mesh(drawer, looks[number], one)) for number, one in enumerate(plan.people, 1)
    ]
    picture, seen = drawer.draw(plan.camera, place, meshes, light)
    is_grey = lens.is_grey or light.hides_colours
    colours: Colouring = "infrared" if light.infrared else "grey" if is_grey else "colour"
    witnesses = tuple(
        _witness(looks[one.owner], one, plan, plan.people[one.owner - 1], colours) for one in seen
    )
    finished = apply(
        apply_weather(picture.rgb, air, rng), lens, rng, at=_any_instant(rng),
        name=f"CAM {rng.integers(1, 33):02d}",
    )  # fmt: skip
    return StillShot(plan, finished, witnesses, light.kind, air.kind)


def _any_instant(rng: np.random.Generator) -> datetime:
    return datetime.fromtimestamp(int(rng.integers(1_400_000_000, 1_900_000_000)), UTC)


def _witness(look: Look, seen: Seen, plan: StillPlan, one: Placed, colours: Colouring) -> Witness:
    side = side_of(plan.camera, one.x, one.y, one.heading)
    return Witness(look, seen, side, one.pose.activity, colours)


def _mesh(drawer: Studio, look: Look, one: Placed) -> Mesh:
    (mesh,) = drawer.figures.pose(look, [one.pose])
    return mesh.moved(at=(one.x, one.y), heading=one.heading)
