"""Drawn clips in a folder laid out as a rendered street is, for tests that render nothing."""

import json
from collections.abc import Mapping
from pathlib import Path

from pipeline.street.footage.mot import TruthRow
from pipeline.street.footage.truth import CameraTruth, Truth, write_truth
from pipeline.street.look import Body, Garment, Hair, Look
from tests.drawn_street.clip import LOOKS, draw_clip

STARTS_AT = 1767261600.0  # 2026-01-01T10:00:00Z
ABSENT = "a man in a pink raincoat with a green suitcase"


def draw_footage(
    folder: Path, seeds: Mapping[str, int], *, seconds: float = 24, fps: int = 5, height: int = 180
) -> Truth:
    """A clip for each camera of `seeds`, their truth, `queries.json`, and `script.json`.

    The same seven people walk past every camera. The script tells the scripted detector what the
    truth is; five descriptions fit one person each, the sixth nobody.
    """
    folder.mkdir(parents=True, exist_ok=True)
    people = [_look(f"p{number}", look) for number, look in enumerate(LOOKS, start=1)]
    rows, script, cameras = {}, {}, []
    for camera, seed in seeds.items():
        path = folder / f"{camera}.mp4"
        boxes: dict = {}
        clip = draw_clip(
            path, seed=seed, seconds=seconds, fps=fps, width=height * 16 // 9, height=height,
            boxes=boxes,
        )  # fmt: skip
        rows[camera] = _rows(clip, boxes)
        script[camera] = json.loads(path.with_suffix(".boxes.json").read_text())
        for name in (".boxes.json", ".truth.json"):
            path.with_suffix(name).unlink()
        cameras.append(
            CameraTruth(
                camera_id=camera,
                place="street",
                place_seed=seed,
                kind="day",
                light="day",
                width=clip.width,
                height=clip.height,
                fps=fps,
                frames=clip.frames,
                starts_at=STARTS_AT,
            )
        )
    (folder / "script.json").write_text(json.dumps({"cameras": script}))
    queries = [{"text": look.describe(), "people": [f"p{n}"]} for n, look in enumerate(LOOKS, 1)]
    queries = [*queries[:5], {"text": ABSENT, "people": []}]
    (folder / "queries.json").write_text(json.dumps({"queries": queries}))
    return write_truth(folder, 1, people, cameras, rows)


def _rows(clip, boxes) -> list[TruthRow]:
    number_of = {look.describe(): number for number, look in enumerate(LOOKS, start=1)}
    person_of = {person.id: number_of[person.description] for person in clip.people}
    return [
        TruthRow(
            frame, person_of[id], box, box, min((confidence - 0.5) / 0.45, 1.0), box.y2 - box.y1
        )
        for frame, seen in boxes.items()
        for id, (box, confidence) in seen.items()
    ]


def _look(person: str, look) -> Look:
    return Look(
        person=person,
        body=Body(look.noun, "adult", "average", "average", "light", 1),
        hair=Hair(look.hairstyle if look.hairstyle != "bun" else "long", "brown", "loose"),
        top=Garment(look.top.kind, look.top.colour),
        bottom=None if look.bottom is None else Garment(look.bottom.kind, look.bottom.colour),
        shoes=Garment("shoes", "black"),
        hat=None if look.hat is None else Garment(look.hat.kind, look.hat.colour),
        carried=() if look.bag is None else (Garment(look.bag.kind, look.bag.colour),),
    )
