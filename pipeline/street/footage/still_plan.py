"""What each single frame of a training set shows, drawn from the seed and the frame's number."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.street.camera import NEAR_M, Camera
from pipeline.street.casting import Split
from pipeline.street.footage.walking import Route, apart
from pipeline.street.look import Pose
from pipeline.street.scenery.places import PLACES, Place
from pipeline.street.variants import SPLITS, place_seed

FEWEST, MOST = 4, 12
_AROUND = (FEWEST + MOST) / 2
_EACH = 6
#: People are met again within a group of so many, so that their bodies can be kept meanwhile.
_GROUP = 40
_APART_M = 0.5
_TRIES = 60
#: Share of people who are looked for a place that shows all of them, and how small they may be.
_WHOLE, _LEAST_PX = 0.82, 16.0
#: Share of people who phone, and of those who stand and do not, who turn about.
_PHONES, _TURNS = 0.12, 0.3


@dataclass(frozen=True, slots=True)
class Placed:
    """Somebody in a frame.

    Attributes:
        person: number within the pool, from 0.
        pose: how they hold themselves.
        x: metres.
        y: metres.
        heading: radians from +x to the left.
    """

    person: int
    pose: Pose
    x: float
    y: float
    heading: float


@dataclass(frozen=True, slots=True)
class Stills:
    """A set of single frames.

    Attributes:
        seed: of 0 to 2**32 - 1; draws everything.
        people: how many there are.
        split: which places and which people.
        frames: how many pictures.
    """

    seed: int
    people: int
    split: Split
    frames: int

    @property
    def rounds(self) -> int:
        """How often each person is met."""
        return max(1, round(self.frames * _AROUND / self.people))

    def person_id(self, person: int) -> str:
        """Name of a person of the pool, as no other split or seed has it.

        >>> Stills(7, 100, "val", 10).person_id(3)
        'val-7-00003'
        """
        return f"{self.split}-{self.seed}-{person:05d}"

    def rng(self, purpose: int, number: int) -> np.random.Generator:
        """Chance for one purpose of one frame or person, whatever was drawn before."""
        return np.random.default_rng((self.seed, SPLITS.index(self.split), purpose, number))


_COUNT, _ORDER, _FRAME = range(3)


def usual_frames(people: int) -> int:
    """How many frames show each of `people` about six times.

    >>> usual_frames(400)
    300
    """
    return max(1, round(people * _EACH / _AROUND))


def people_of(stills: Stills, frame: int) -> list[int]:
    """Who is in a frame, counted from 0; nobody twice."""
    counts = stills.rng(_COUNT, 0).integers(FEWEST, MOST + 1, frame + 1)
    first, last = int(counts[:-1].sum()), int(counts.sum())
    return list(dict.fromkeys(_person(stills, slot) for slot in range(first, last)))


def groups_of(stills: Stills, frames: Sequence[int]) -> list[int]:
    """For each frame the group that the first of its people belongs to."""
    counts = stills.rng(_COUNT, 0).integers(FEWEST, MOST + 1, max(frames, default=0) + 1)
    slots = (np.cumsum(counts) - counts) % (stills.people * stills.rounds)
    return [int(slots[frame]) // (_GROUP * stills.rounds) for frame in frames]


def _person(stills: Stills, slot: int) -> int:
    """Who takes a place in the line: all of a group, in another order each round."""
    slot %= stills.people * stills.rounds
    group, within = divmod(slot, _GROUP * stills.rounds)
    first = group * _GROUP
    size = min(_GROUP, stills.people - first)
    turn, number = divmod(within, size)
    order = stills.rng(_ORDER, group * stills.rounds + turn).permutation(size)
    return first + int(order[number])


@dataclass(frozen=True, slots=True)
class StillPlan:
    """What one frame shows.

    Attributes:
        place: where.
        place_seed: which variant of it.
        camera: who looks.
        people: who is there.
        jpeg_quality: of the picture, 40 to 95.
    """

    place: str
    place_seed: int
    camera: Camera
    people: tuple[Placed, ...]
    jpeg_quality: int


def plan_still(stills: Stills, frame: int) -> tuple[StillPlan, Place, np.random.Generator]:
    """The plan of a frame, its place, and the chance that is left for lights and lens."""
    rng = stills.rng(_FRAME, frame)
    name = sorted(PLACES)[rng.integers(len(PLACES))]
    seed = place_seed(rng, stills.split)
    place = PLACES[name](seed)
    camera = vary(rng, place.cameras[rng.integers(len(place.cameras))])
    people = arrange(rng, place, camera, people_of(stills, frame))
    quality = int(rng.integers(40, 96))
    return StillPlan(name, seed, camera, tuple(people), quality), place, rng


def vary(rng: np.random.Generator, camera: Camera) -> Camera:
    """The same camera hung a little elsewhere, with another zoom and another picture size.

    It moves towards what it looks at, and down: behind it and above may be a wall.
    """
    ahead = np.subtract(camera.target, camera.eye)
    ahead[2] = 0.0
    ahead /= max(float(np.linalg.norm(ahead)), 1e-6)
    inward, aside, down = np.abs(rng.normal(0, 0.5)) + 0.1, rng.normal(0, 0.2), rng.normal(0, 0.25)
    eye = np.add(camera.eye, inward * ahead + aside * np.array([-ahead[1], ahead[0], 0.0]))
    eye[2] -= abs(down)
    target = np.add(camera.target, rng.normal(0, (0.8, 0.8, 0.2)))
    width, height = ((640, 360), (640, 360), (640, 480), (480, 360))[rng.integers(4)]
    return replace(
        camera,
        eye=(float(eye[0]), float(eye[1]), max(float(eye[2]), 1.2)),
        target=(float(target[0]), float(target[1]), float(target[2])),
        field_of_view=float(np.clip(camera.field_of_view * rng.uniform(0.5, 1.1), 15, 75)),
        width=width,
        height=height,
    )


def arrange(
    rng: np.random.Generator, place: Place, camera: Camera, people: Sequence[int]
) -> list[Placed]:
    """Somewhere in view for each of `people`; who finds no room is left out."""
    placed: list[Placed] = []
    for person in people:
        whole = rng.random() < _WHOLE
        for _ in range(_TRIES):
            one = _somewhere(rng, place, person)
            taken = [(other.x, other.y) for other in placed]
            if apart(taken, (one.x, one.y)) >= _APART_M and _is_in_view(camera, one, whole=whole):
                placed.append(one)
                break
    return placed


def _is_in_view(camera: Camera, one: Placed, *, whole: bool) -> bool:
    """Whether somebody is in the picture, from head to feet if `whole`, large enough to draw."""
    ends = np.array([[one.x, one.y, 1.75], [one.x, one.y, 0.0]], np.float32)
    seen: list[list[float]] = camera.project(ends).tolist()
    (x, top, depth), (_, bottom, feet_depth) = seen
    if min(depth, feet_depth) < NEAR_M or bottom - top < _LEAST_PX or not 0 < x < camera.width:
        return False
    if whole:
        return top > 0 and bottom < camera.height
    return top < 0.7 * camera.height and bottom > 0.3 * camera.height


def _somewhere(rng: np.random.Generator, place: Place, person: int) -> Placed:
    """Somebody on a walk, or where people stand."""
    walks = rng.random() < 0.75 or not place.stands
    if walks:
        route = Route(place.walks[rng.integers(len(place.walks))])
        x, y, heading = route.at(rng.uniform(0, route.length_m), rng.normal(0, 0.6))
        heading += math.pi * int(rng.integers(2)) + rng.normal(0, 0.15)
    else:
        x, y, heading = place.stands[rng.integers(len(place.stands))]
        x, y = x + rng.normal(0, 0.25), y + rng.normal(0, 0.25)
        heading += rng.normal(0, 0.8)
    return Placed(person, any_pose(rng, walks=bool(walks)), float(x), float(y), float(heading))


def any_pose(rng: np.random.Generator, *, walks: bool) -> Pose:
    """A pose as passers-by have them."""
    phones = rng.random() < _PHONES
    if not walks and not phones and rng.random() < _TURNS:
        ahead = float(rng.uniform(0.6, 1.2) * rng.choice((-1, 1)))
        return Pose("turning", float(rng.random()), float(rng.uniform(0.1, 0.3)), ahead)
    stride = float(rng.uniform(0.6, 1.0)) if walks else 0.0
    activity = "phoning" if phones else "walking" if walks else "standing"
    return Pose(activity, float(rng.random()), stride, float(rng.normal(0, 0.3)))
