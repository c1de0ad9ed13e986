"""Draws people of the street twice, once in something else, as an encoder sees their crops.

Person 2n is as the street casts them. Person 2n + 1 is the same body in the same clothes but for
one thing, which a few words name. Each is drawn among others in places and light of the street.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from detectors.types import Image
from pipeline.files import write_whole
from pipeline.street.footage.crops import cut_of
from pipeline.street.footage.still_plan import Stills, plan_still, usual_frames
from pipeline.street.footage.still_shots import conditions, look_of
from pipeline.street.footage.studio import studio
from pipeline.street.look import Garment, Look
from pipeline.street.rendering.lens import apply
from pipeline.street.rendering.weather import apply_weather
from pipeline.street.words.claims import Claim
from pipeline.street.words.fits import holds
from retrieval.ports import Encoder
from retrieval.types import Vectors

#: What is changed, in turn: a part, a kind, colours to choose from.
CHANGES = (
    ("hat", "cap", ("red", "white", "yellow", "blue", "black")),
    ("upper", "jacket", ("red", "green", "yellow", "white", "blue")),
    ("carried", "rucksack", ("red", "yellow", "blue", "black", "green")),
    ("lower", "trousers", ("red", "white", "black", "green", "beige")),
)
WORDS = {"hat": "a {} cap", "upper": "a {} jacket", "carried": "a {} rucksack",
         "lower": "{} trousers"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """How an odd person differs from the even one before.

    Attributes:
        part: `hat`, `upper`, `carried` or `lower`.
        text: as somebody says it: `a red cap`.
    """

    part: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """People and what an encoder makes of their crops.

    Attributes:
        looks: of persons 0 to P − 1, the changed ones among them.
        changes: P / 2, of persons 1, 3, 5 …
        shots: (S, D) length 1.
        person: (S,) whose each shot is.
    """

    looks: Sequence[Look]
    changes: Sequence[Change]
    shots: Vectors
    person: np.ndarray


def changed(rng: np.random.Generator, look: Look, turn: int) -> tuple[Look, Change] | None:
    """The same person but for one thing that they have not; None where this cannot be changed."""
    part, kind, colours = CHANGES[turn % len(CHANGES)]
    if part == "lower" and look.bottom is None:
        return None
    for colour in rng.permutation(colours).tolist():
        if any(holds(Claim(part, colour=each), look) for each in (colour,)):
            continue
        thing = Garment(kind, colour, shape=0.25, tone=0.65)
        other = {
            "hat": replace(look, hat=thing),
            "upper": replace(look, outer=thing, outer_open=False),
            "carried": replace(look, carried=(thing,)),
            "lower": replace(look, bottom=thing),
        }[part]
        return other, Change(part, WORDS[part].format(colour))
    return None


def cast_changed(stills: Stills) -> tuple[list[Look], list[Change]]:
    """The looks of all `stills.people`, and what is changed of every second."""
    rng = stills.rng(200, 0)
    looks: list[Look] = []
    changes: list[Change] = []
    for number in range(stills.people // 2):
        look, turn = look_of(stills, number), number
        while (both := changed(rng, look, turn)) is None:
            turn += 1
        looks += [look, replace(both[0], person=f"{look.person}-changed")]
        changes.append(both[1])
    return looks, changes


def crops_of(stills: Stills, frame: int, looks: Sequence[Look]) -> list[tuple[int, Image]]:
    """The crops of one frame: whose, and (H, W, 3) RGB."""
    plan, place, rng = plan_still(stills, frame)
    light, air, lens = conditions(rng, place, stills.split)
    drawer = studio()
    meshes = [
        (n, drawer.figures.pose(looks[one.person], [one.pose])[0].moved(
            at=(one.x, one.y), heading=one.heading))
        for n, one in enumerate(plan.people, 1)
    ]  # fmt: skip
    picture, seen = drawer.draw(plan.camera, place, meshes, light)
    at = datetime.fromtimestamp(1_700_000_000 + frame, UTC)
    rgb = apply(apply_weather(picture.rgb, air, rng), lens, rng, at=at, name="CAM 01")
    crops = []
    for one in seen:
        cut = cut_of(stills.rng(100 + one.owner, frame), one, plan.camera)
        if cut is not None:
            left, top, right, bottom = (int(edge) for edge in cut.box)
            crops.append((plan.people[one.owner - 1].person, rgb[top:bottom, left:right]))
    return crops


def draw_changed(folder: Path, stills: Stills, encoder: Encoder) -> Drawn:
    """Draw and encode them, a frame at a time; what is in `folder` already is not drawn again."""
    folder.mkdir(parents=True, exist_ok=True)
    looks, changes = cast_changed(stills)
    shots, owners = [], []
    for frame in range(usual_frames(stills.people)):
        file = folder / f"{frame:05d}.json"
        note = asdict(stills) | {"model": encoder.model_id}
        kept = json.loads(file.read_text()) if file.exists() else {}
        if kept.get("of") != note:
            crops = crops_of(stills, frame, looks)
            vectors = encoder.encode_images([crop for _, crop in crops]) if crops else []
            kept = {"of": note, "person": [who for who, _ in crops],
                    "shots": [vector.tolist() for vector in vectors]}  # fmt: skip
            write_whole(file, json.dumps(kept))
        owners += kept["person"]
        shots += kept["shots"]
    return Drawn(looks, changes, np.array(shots, np.float32), np.array(owners))
