"""A story: who walks where and when, before which cameras, all drawn from one seed."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from pipeline.street.camera import Camera
from pipeline.street.casting import Split, cast_apart, cast_many
from pipeline.street.footage.crowd import Track, walk_all
from pipeline.street.footage.journeys import plan_legs, seen_walks
from pipeline.street.footage.walking import Stance
from pipeline.street.look import Look
from pipeline.street.scenery.place import Place
from pipeline.street.scenery.places import PLACES
from pipeline.street.variants import place_seed

#: Local midnight of the story's day, Unix seconds: a Monday.
_DAY_AT = 1772409600.0
_HOURS = {"day": 10.0, "rain": 14.0, "dusk": 18.2, "night": 21.5, "infrared": 2.3}
#: Up to so many people, each is drawn to differ from all others in what a sentence says.
_FEW = 60


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    Attributes:
        seed: of 0 to 2**32 - 1; draws everything.
        people: how many walk.
        cameras: how many film.
        seconds: how long.
        fps: frames each second.
        width: even pixels.
        height: even pixels.
        places: names of `PLACES`; cameras hang in them in turn.
        kinds: `day`, `dusk`, `night`, `infrared` or `rain`; cameras have them in turn.
        split: whose people and which variants of the places.
        visits: cameras that somebody passes before they leave for good; None to walk on until the
            story ends.
    """

    seed: int
    people: int = 24
    cameras: int = 3
    seconds: float = 60.0
    fps: int = 10
    width: int = 640
    height: int = 360
    places: tuple[str, ...] = ("street", "lobby")
    kinds: tuple[str, ...] = ("day",)
    split: Split = "test"
    visits: int | None = None

    @property
    def frames(self) -> int:
        return max(1, round(self.seconds * self.fps))


@dataclass(frozen=True, slots=True)
class StoryCamera:
    """A camera of the story.

    Attributes:
        camera: as it hangs.
        place: index into `Story.places`.
        kind: what it is asked to show: `day` and so on.
    """

    camera: Camera
    place: int
    kind: str


@dataclass(frozen=True, slots=True)
class StoryPlace:
    """A place of the story: its name, and the seed of its variant."""

    name: str
    seed: int

    def build(self) -> Place:
        """The place with its scenery."""
        return built(self.name, self.seed)


@dataclass(frozen=True, slots=True)
class Journey:
    """One person's way through the story: tracks in places, one after another."""

    person: int
    tracks: tuple[Track, ...]

    def at(self, at_s: float) -> tuple[int, Stance] | None:
        """Place and stance `at_s` seconds from the start; None where they are nowhere."""
        for track in self.tracks:
            if (stance := track.at(at_s)) is not None:
                return track.leg.place, stance
        return None


@dataclass(frozen=True, slots=True)
class Story:
    """Who walks where and when."""

    request: Request
    starts_at: float
    places: tuple[StoryPlace, ...]
    cameras: tuple[StoryCamera, ...]
    people: tuple[Look, ...]
    journeys: tuple[Journey, ...]

    def present(self, place: int, at_s: float) -> list[tuple[int, Stance]]:
        """Who is in a place at an instant: person and stance, in the order of people."""
        found = ((one.person, one.at(at_s)) for one in self.journeys)
        return [(person, here[1]) for person, here in found if here and here[0] == place]


@lru_cache(maxsize=32)
def built(name: str, seed: int) -> Place:
    """A variant of a place; the same object each time, as the renderer keeps what it knows."""
    return PLACES[name](seed)


@lru_cache(maxsize=2)
def tell(request: Request) -> Story:
    """The story of a request; the same each time."""
    rng = np.random.default_rng((request.seed, 0))
    places, cameras = _hang(rng, request)
    people = _cast(request)
    walks = [seen_walks(places[one.place].build(), one.place, one.camera) for one in cameras]
    legs = plan_legs(
        np.random.default_rng((request.seed, 2)), walks, request.people, request.seconds,
        visits=request.visits,
    )  # fmt: skip
    tracks = walk_all(legs, request.seconds)
    journeys = tuple(
        Journey(person, tuple(track for track in tracks if track.leg.person == person))
        for person in range(request.people)
    )
    hour = _HOURS[request.kinds[0]] + rng.uniform(0, 1)
    starts_at = _DAY_AT + round(3600 * hour)
    return Story(request, float(starts_at), places, cameras, people, journeys)


def _cast(request: Request) -> tuple[Look, ...]:
    rng = np.random.default_rng((request.seed, 1))
    draw = cast_apart if request.people <= _FEW else cast_many
    prefix = f"{request.split}-{request.seed}-p"
    return tuple(draw(rng, request.people, request.split, prefix))


def _hang(
    rng: np.random.Generator, request: Request
) -> tuple[tuple[StoryPlace, ...], tuple[StoryCamera, ...]]:
    """Places in the order asked for, and cameras in them by turns.

    A place whose cameras are all taken is built a second time, as another variant.
    """
    places: list[StoryPlace] = []
    free: dict[str, list[tuple[int, Camera]]] = {}
    cameras: list[StoryCamera] = []
    for number in range(request.cameras):
        name = request.places[number % len(request.places)]
        if not free.get(name):
            seed = place_seed(rng, request.split)
            places.append(StoryPlace(name, seed))
            free[name] = [(len(places) - 1, one) for one in built(name, seed).cameras]
        place, camera = free[name].pop(0)
        named = f"{name}-{1 + sum(one.camera.camera_id.startswith(name) for one in cameras)}"
        camera = replace(camera, camera_id=named, width=request.width, height=request.height)
        cameras.append(StoryCamera(camera, place, request.kinds[number % len(request.kinds)]))
    return tuple(places), tuple(cameras)
