"""The demo's own footage: people who walk down a drawn street, with the truth about them."""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.types import Box, Image
from tests.drawn_street.figures import Sprite, draw_person
from tests.drawn_street.looks import Colour, Look, Thing
from tests.drawn_street.scenery import draw_street

LOOKS = (
    Look("woman", Thing("red", "coat"), Thing("grey", "trousers"), bag=Thing("black", "rucksack"),
         hairstyle="long"),
    Look("man", Thing("green", "jacket"), Thing("blue", "jeans")),
    Look("woman", Thing("yellow", "dress"), bag=Thing("brown", "handbag"), hairstyle="bun"),
    Look("man", Thing("white", "shirt"), Thing("black", "trousers"), bag=Thing("blue", "rucksack")),
    Look("man", Thing("orange", "hoodie"), Thing("grey", "trousers"), hat=Thing("blue", "beanie")),
    Look("woman", Thing("purple", "jumper"), Thing("black", "skirt"), bag=Thing("red", "handbag"),
         hairstyle="long"),
    Look("man", Thing("black", "coat"), Thing("brown", "trousers"), hat=Thing("brown", "hat")),
)  # fmt: skip
#: Hair and skin that tell each other apart at this size.
COMPLEXIONS: tuple[tuple[Colour, Colour], ...] = (
    ((44, 32, 26), (232, 190, 162)),
    ((104, 66, 38), (224, 178, 146)),
    ((196, 158, 96), (232, 192, 166)),
    ((30, 28, 30), (150, 102, 72)),
    ((24, 22, 24), (112, 76, 54)),
    ((136, 70, 40), (236, 196, 172)),
)

#: When each walks, as shares of the clip, and how near: 0 along the houses, 1 along the kerb.
#: Between the three groups nobody is in view.
WALKS = (
    (0.00, 0.285, 0.85),
    (0.045, 0.33, 0.15),
    (0.345, 0.625, 0.45),
    (0.375, 0.655, 0.95),
    (0.40, 0.665, 0.05),
    (0.68, 0.965, 0.70),
    (0.71, 0.99, 0.25),
)

#: Who is hidden more than this is left out of the boxes, as a detector would miss them.
MIN_VISIBLE = 0.4


@dataclass(frozen=True, slots=True)
class PersonTruth:
    """One person of the clip; frames are counted from 1 and those in which they have a box."""

    id: int
    description: str
    first_frame: int
    last_frame: int


@dataclass(frozen=True, slots=True)
class ClipTruth:
    """What a drawn clip shows."""

    frames: int
    fps: int
    width: int
    height: int
    people: tuple[PersonTruth, ...]


@dataclass(frozen=True, slots=True)
class _Walker:
    id: int
    look: Look
    starts_s: float
    ends_s: float
    nearness: float
    facing: int


@dataclass(slots=True)
class _Canvas:
    """One frame being painted, from far to near."""

    picture: NDArray[np.float32]
    owner: NDArray[np.int32]  # (H, W) the id of the person in front, 0 for none
    silhouettes: dict[int, tuple[Box, int]] = field(default_factory=dict)


def draw_clip(
    path: Path,
    *,
    seed: int = 7,
    seconds: float = 12,
    fps: int = 10,
    width: int = 640,
    height: int = 360,
    progress: Callable[[int, int], None] | None = None,
    boxes: dict[int, dict[int, tuple[Box, float]]] | None = None,
) -> ClipTruth:
    """Draw a clip to `path` (H.264), and beside it `<stem>.boxes.json` and `<stem>.truth.json`.

    The boxes are a script for the scripted detector; the truth says who is who. The same seed
    gives the same people, boxes and pictures.

    Args:
        path: an .mp4; it appears when it is complete.
        seed: who comes when, and the grain.
        seconds: the slower, the longer; the people stay the same.
        fps: frames each second.
        width: even pixels, best 16:9 with `height`.
        height: even pixels.
        progress: told (frames drawn, frames in all) after each frame.
        boxes: filled with box and confidence by frame, from 1, and person.
    """
    rng = np.random.default_rng(seed)
    walkers = _cast(rng, seconds)
    street = draw_street(width, height, rng)
    total = max(round(seconds * fps), 1)
    boxes = {} if boxes is None else boxes

    def pictures() -> Iterator[Image]:
        for number in range(1, total + 1):
            canvas = _paint(street, walkers, (number - 1) / fps)
            boxes[number] = _visible_boxes(canvas)
            grain = rng.normal(0, 2.0, street.shape[:2]).astype(np.float32)[:, :, None]
            yield np.clip(canvas.picture + grain, 0, 255).astype(np.uint8)
            if progress is not None:
                progress(number, total)

    _write_h264(path, pictures(), fps, width, height)
    truth = ClipTruth(total, fps, width, height, _people(walkers, boxes))
    script = {
        str(number): [[*(round(edge, 1) for edge in box), conf] for box, conf in seen.values()]
        for number, seen in boxes.items()
        if seen
    }
    path.with_suffix(".boxes.json").write_text(json.dumps({"frames": script}))
    path.with_suffix(".truth.json").write_text(json.dumps(asdict(truth), indent=1))
    return truth


def _cast(rng: np.random.Generator, seconds: float) -> list[_Walker]:
    """Who walks when; from far to near, the order in which they are painted."""
    order = rng.permutation(len(LOOKS))
    walkers = []
    for id, (starts, ends, nearness) in enumerate(WALKS, start=1):
        hair, skin = COMPLEXIONS[rng.integers(len(COMPLEXIONS))]
        look = replace(LOOKS[order[id - 1]], hair=hair, skin=skin)
        facing = 1 if (id + order[0]) % 2 else -1
        walkers.append(_Walker(id, look, starts * seconds, ends * seconds, nearness, facing))
    return sorted(walkers, key=lambda walker: walker.nearness)


def _paint(street: NDArray[np.float32], walkers: list[_Walker], at_s: float) -> _Canvas:
    canvas = _Canvas(street.copy(), np.zeros(street.shape[:2], np.int32))
    for walker in walkers:
        if walker.starts_s <= at_s <= walker.ends_s:
            _paint_walker(canvas, walker, at_s)
    return canvas


def _paint_walker(canvas: _Canvas, walker: _Walker, at_s: float) -> None:
    height, width = canvas.owner.shape
    tall_px = (
        height * (0.46 + 0.14 * walker.nearness) * (0.96 if walker.look.noun == "woman" else 1)
    )
    ground_y = height * (0.635 + 0.285 * walker.nearness)
    progress = (at_s - walker.starts_s) / (walker.ends_s - walker.starts_s)
    margin = tall_px * 0.35
    walked_px = progress * (width + 2 * margin)
    x = walked_px - margin if walker.facing > 0 else width + margin - walked_px
    phase = 2 * math.pi * walked_px / (tall_px * 0.95) + walker.id
    sprite = draw_person(walker.look, height_px=tall_px, phase=phase, facing=walker.facing)
    move = np.array([[1, 0, x - sprite.foot_x], [0, 1, ground_y - sprite.foot_y]], np.float32)
    _paint_shadow(canvas, sprite, x, ground_y)
    alpha = cv2.warpAffine(sprite.alpha, move, (width, height))
    picture = cv2.warpAffine(sprite.picture, move, (width, height), borderMode=cv2.BORDER_REPLICATE)
    canvas.picture += (picture - canvas.picture) * alpha[:, :, None]
    canvas.owner[alpha > 0.5] = walker.id
    canvas.silhouettes[walker.id] = _outline(sprite, float(move[0, 2]), float(move[1, 2]))


def _paint_shadow(canvas: _Canvas, sprite: Sprite, x: float, ground_y: float) -> None:
    """The silhouette laid on the ground, away from a low sun on the left."""
    height, width = canvas.owner.shape
    lean, flat = 0.5, 0.16
    lay = np.array(
        [
            [1, -lean, x - sprite.foot_x + lean * sprite.foot_y],
            [0, flat, ground_y - flat * sprite.foot_y],
        ],
        np.float32,
    )
    shadow = cv2.GaussianBlur(cv2.warpAffine(sprite.alpha, lay, (width, height)), (0, 0), 1.6)
    canvas.picture *= 1 - 0.34 * shadow[:, :, None]


def _outline(sprite: Sprite, left: float, top: float) -> tuple[Box, int]:
    """The box around a whole person, in the frame or beyond it, and their pixels."""
    rows, columns = np.nonzero(sprite.alpha > 0.5)
    box = Box(
        left + columns.min(), top + rows.min(), left + columns.max() + 1, top + rows.max() + 1
    )
    return box, len(rows)


def _visible_boxes(canvas: _Canvas) -> dict[int, tuple[Box, float]]:
    """Box and confidence by person, of those that show enough of themselves."""
    height, width = canvas.owner.shape
    shown = np.bincount(canvas.owner.ravel(), minlength=len(WALKS) + 1)
    seen = {}
    for id, (box, pixels) in canvas.silhouettes.items():
        visible = min(shown[id] / pixels, 1.0)
        if visible >= MIN_VISIBLE:
            inside = Box(
                max(box.x1, 0.0), max(box.y1, 0.0), min(box.x2, width), min(box.y2, height)
            )
            seen[id] = inside, round(0.5 + 0.45 * float(visible), 3)
    return seen


def _people(
    walkers: list[_Walker], boxes: dict[int, dict[int, tuple[Box, float]]]
) -> tuple[PersonTruth, ...]:
    people = []
    for walker in sorted(walkers, key=lambda walker: walker.id):
        frames = [number for number, seen in boxes.items() if walker.id in seen]
        if frames:
            people.append(PersonTruth(walker.id, walker.look.describe(), min(frames), max(frames)))
    return tuple(people)


def _write_h264(path: Path, pictures: Iterator[Image], fps: int, width: int, height: int) -> None:
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with av.open(
            str(unfinished), "w", format="mp4", options={"movflags": "+faststart"}
        ) as container:
            stream = container.add_stream("libx264", rate=fps)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            # x264's macroblock tree gives other bytes each time; the same seed promises the same.
            stream.options = {"crf": "20", "preset": "veryfast", "x264-params": "mbtree=0"}
            for picture in pictures:
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                container.mux(stream.encode(frame.reformat(format="yuv420p")))
            container.mux(stream.encode())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
