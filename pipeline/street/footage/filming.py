"""What one camera of a story films, frame by frame, and the boxes that go with it."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache

import numpy as np

from detectors.types import Image
from pipeline.street.footage.mot import TruthRow
from pipeline.street.footage.story import Story
from pipeline.street.footage.studio import Studio, studio
from pipeline.street.footage.truth import CameraTruth
from pipeline.street.footage.walking import Stance
from pipeline.street.look import Look, Pose
from pipeline.street.mesh import Mesh
from pipeline.street.rendering.lens import LensDraw, apply
from pipeline.street.rendering.light import Light, draw_light
from pipeline.street.rendering.sighting import Seen, might_see
from pipeline.street.rendering.weather import WeatherDraw, apply_weather

#: Lights that each kind may have out of doors; indoors the lamps burn at every hour.
KINDS = {
    "day": ("sunny", "overcast"),
    "dusk": ("dusk",),
    "night": ("night",),
    "infrared": ("infrared",),
    "rain": ("overcast",),
}
#: Bodies are kept in so many phases of a gait cycle, of so many people at a time.
PHASES, _KEPT_GAITS = 16, 40
_STRIDE = 0.9
#: Who turns about takes small steps, two in so many radians, and looks so many radians ahead.
_SHUFFLE, _TURN_A_CYCLE, _AHEAD = 0.2, 1.2, 0.9
_LIGHT, _GRAIN = 10, 20


class Gaits:
    """Bodies in the phases of their gait, posed once and moved in every frame."""

    def __init__(self, drawer: Studio) -> None:
        self._figures = drawer.figures
        self._kept: OrderedDict[tuple[str, str, bool, float], list[Mesh]] = OrderedDict()
        self._strides_m: dict[str, float] = {}

    def body(self, look: Look, stance: Stance) -> Mesh:
        """The body of somebody where and how they are."""
        turns = stance.activity == "turning" and not stance.is_moving
        side = float(np.sign(stance.turn)) if turns else 0.0
        meshes = self._posed(look, stance.activity, moves=stance.is_moving, side=side)
        cycles = stance.walked_m / self._stride_m(look) if stance.is_moving else 0.0
        cycles = stance.heading / _TURN_A_CYCLE if turns else cycles
        mesh = meshes[int(cycles * PHASES) % len(meshes)]
        return mesh.moved(at=(stance.x, stance.y), heading=stance.heading)

    def _stride_m(self, look: Look) -> float:
        if look.person not in self._strides_m:
            self._strides_m[look.person] = max(self._figures.stride_m(look, _STRIDE), 0.4)
        return self._strides_m[look.person]

    def _posed(self, look: Look, activity: str, *, moves: bool, side: float) -> list[Mesh]:
        key = look.person, activity, moves, side
        meshes = self._kept.pop(key, None)
        if meshes is None:
            phases = np.arange(PHASES) / PHASES if moves or side else [0.0]
            stride = _STRIDE if moves else _SHUFFLE if side else 0.0
            poses = [Pose(activity, float(phase), stride, side * _AHEAD) for phase in phases]
            meshes = self._figures.pose(look, poses)
        self._kept[key] = meshes
        while len(self._kept) > _KEPT_GAITS:
            self._kept.popitem(last=False)
        return meshes


@cache
def _gaits() -> Gaits:
    return Gaits(studio())


def light_of(story: Story, number: int) -> Light:
    """The light before a camera, the same in all its frames."""
    camera = story.cameras[number]
    place = story.places[camera.place].build()
    rng = np.random.default_rng((story.request.seed, _LIGHT, camera.place))
    kinds = ("indoors",) if place.indoors and camera.kind != "infrared" else KINDS[camera.kind]
    kind = kinds[int(rng.integers(len(kinds)))]
    return draw_light(rng, kind, place.lamps, split=story.request.split)


def glass_of(story: Story, number: int) -> tuple[WeatherDraw, LensDraw]:
    """The weather before a camera and how it treats its pictures, the same in all its frames."""
    camera, kind, split = story.cameras[number], light_of(story, number).kind, story.request.split
    rng = np.random.default_rng((story.request.seed, _LIGHT + 1, number))
    is_indoors = story.places[camera.place].build().indoors
    wet = "rain" if camera.kind == "rain" and not is_indoors else "dry"
    air = WeatherDraw.draw(rng, wet, dark=kind in ("night", "infrared"), split=split)
    return air, LensDraw.draw(rng, kind, "video", split=split)


def camera_truth(story: Story, number: int) -> CameraTruth:
    """What is true of a camera's film, whatever walks past."""
    one, request = story.cameras[number], story.request
    place = story.places[one.place]
    return CameraTruth(
        one.camera.camera_id,
        place.name,
        place.seed,
        one.kind,
        light_of(story, number).kind,
        request.width,
        request.height,
        request.fps,
        request.frames,
        story.starts_at,
    )


def film(
    story: Story, number: int, first: int, frames: int, note: Callable[[TruthRow], None]
) -> Iterator[Image]:
    """The frames of a camera, one by one; the same whatever was drawn before.

    Args:
        story: whose.
        number: of the camera, from 0.
        first: number of the first frame, from 0.
        frames: how many.
        note: told the boxes of each frame.

    Yields:
        (H, W, 3) RGB.
    """
    camera, light = story.cameras[number], light_of(story, number)
    place = story.places[camera.place].build()
    air, lens = glass_of(story, number)
    for frame in range(first, first + frames):
        at_s = frame / story.request.fps
        bodies = [
            (person + 1, _gaits().body(story.people[person], stance))
            for person, stance in story.present(camera.place, at_s)
            if might_see(camera.camera, stance.x, stance.y)
        ]
        picture, seen = studio().draw(camera.camera, place, bodies, light)
        for one in seen:
            note(_row(frame + 1, one))
        grain = np.random.default_rng((story.request.seed, _GRAIN, number, frame))
        at = datetime.fromtimestamp(story.starts_at + at_s, UTC)
        sharp = apply_weather(picture.rgb, air, grain)
        yield apply(sharp, lens, grain, at=at, name=camera.camera.camera_id)


def _row(frame: int, seen: Seen) -> TruthRow:
    box = seen.outline.box
    return TruthRow(
        frame,
        seen.owner,
        box._replace(**{name: round(edge, 2) for name, edge in box._asdict().items()}),
        seen.visible_box,
        seen.visible,
        round(seen.height_px, 1),
    )
