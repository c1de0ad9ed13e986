"""A folder as `descry street stills` leaves it, without a renderer: people in plain colours."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.street.casting import cast
from pipeline.street.words.captions import caption
from pipeline.street.words.views import View
from retrieval.fakes import COLOURS

SHOTS = 4
BOX = [100.0, 50.0, 132.0, 146.0]


def picture_of(look):
    """A body in two plain colours, as far as the fake encoder has names for them."""
    upper = look.outer or look.top
    lower = look.bottom or look.top
    pixels = np.full((48, 16, 3), 120, np.uint8)
    pixels[8:24] = COLOURS.get(upper.colour, COLOURS["grey"])
    pixels[24:42] = COLOURS.get(lower.colour, COLOURS["grey"])
    return pixels


def stills_of(folder: Path, people: int, shots: int = SHOTS) -> Path:
    """A folder as `descry street stills` leaves it, without the pictures of frames."""
    rng = np.random.default_rng(5)
    (folder / "crops").mkdir(parents=True)
    captions, claims, crops, frames, looks = [], [], [], [], {}
    for number in range(people):
        look = cast(rng, f"val-5-{number:05d}", "val")
        looks[look.person] = look.to_mapping()
        for shot in range(shots):
            name = f"{number:06d}-{shot:02d}.jpg"
            Image.fromarray(picture_of(look)).save(folder / "crops" / name)
            told = caption(rng, look, View())
            frames.append({"frame": len(frames), "width": 640, "height": 360, "people": []})
            crop = {"image": name, "identity": look.person, "frame": len(crops), "box": BOX}
            crops.append(crop)
            captions.append({"image": f"crops/{name}", "captions": [told.text]})
            said = [{k: v for k, v in asdict(claim).items() if v} for claim in told.claims]
            claims.append({"image": name, "claims": [said]})
    (folder / "looks.json").write_text(json.dumps(looks))
    written = {"captions": captions, "claims": claims, "crops": crops, "frames": frames}
    for name, rows in written.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder
