"""The published layouts of person data sets in miniature, drawn on the spot.

Each identity wears its own colours and each caption names them, so that a tiny model can learn
from them: see `figure` and `sentence`. There are 56 identities to be had.
"""

import json
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 24, 64
COLOURS = {
    "red": (200, 30, 30),
    "blue": (30, 50, 200),
    "green": (30, 150, 50),
    "yellow": (230, 210, 40),
    "white": (240, 240, 240),
    "black": (20, 20, 20),
    "purple": (130, 40, 160),
    "orange": (240, 130, 20),
}
#: (top, trousers) of each identity, counted from 0; shuffled, so that tops do not repeat in a row.
OUTFITS: list[tuple[str, str]] = sorted(permutations(COLOURS, 2))
np.random.default_rng(7).shuffle(OUTFITS)
_SENTENCES = (
    "A person wears a {top} shirt and {trousers} trousers.",
    "Someone in {trousers} trousers with a {top} top walks past.",
    "The pedestrian has a {top} jacket over {trousers} pants.",
    "{top} coat, {trousers} jeans.",
)


class Part(NamedTuple):
    """One picture of an identity, as every layout needs it."""

    split: str
    identity: int  # from 0, over all splits
    view: int  # from 0, of that identity
    path: str


def figure(identity: int, view: int) -> Image.Image:
    """A figure of 24×64 in the colours of `identity`; each view has its own background."""
    rng = np.random.default_rng((identity, view))
    picture = np.empty((HEIGHT, WIDTH, 3), np.int64)
    picture[:] = rng.integers(90, 170, 3)
    top, trousers = OUTFITS[identity]
    left = 4 + int(rng.integers(0, 4))
    picture[4:14, left + 4 : left + 10] = (220, 180, 150)
    picture[14:36, left : left + 14] = COLOURS[top]
    picture[36:62, left + 1 : left + 13] = COLOURS[trousers]
    picture += rng.integers(-12, 13, picture.shape)
    return Image.fromarray(picture.clip(0, 255).astype(np.uint8))


def sentence(identity: int, number: int) -> str:
    """The caption `number`, from 0, of `identity`; four in a row differ."""
    top, trousers = OUTFITS[identity]
    return _SENTENCES[number % len(_SENTENCES)].format(top=top, trousers=trousers)


def make_cuhk(
    root: Path, *, train: int = 6, val: int = 2, test: int = 2, pictures_each: int = 2
) -> Path:
    """CUHK-PEDES below `root`: identities a split, from 1; two captions a picture."""
    folder = root / "CUHK-PEDES"
    entries = [
        {
            "split": part.split,
            "captions": _captions(part, 2),
            "file_path": part.path,
            "processed_tokens": [["a"]],
            "id": part.identity + 1,
        }
        for part in _draw(folder / "imgs", _parts(train, val, test, pictures_each, "cam_a/{}.png"))
    ]
    return _write_json(folder / "reid_raw.json", entries)


def make_icfg(root: Path, *, train: int = 6, test: int = 2, pictures_each: int = 2) -> Path:
    """ICFG-PEDES below `root`: identities from 0, no val split; one caption a picture."""
    folder = root / "ICFG-PEDES"
    entries = [
        {
            "split": part.split,
            "captions": _captions(part, 1),
            "file_path": part.path,
            "id": part.identity,
        }
        for part in _draw(folder / "imgs", _parts(train, 0, test, pictures_each, "{}.jpg"))
    ]
    return _write_json(folder / "ICFG-PEDES.json", entries)


def make_rstp(
    root: Path, *, train: int = 6, val: int = 2, test: int = 2, pictures_each: int = 5
) -> Path:
    """RSTPReid below `root`: identities from 0; two captions a picture."""
    folder = root / "RSTPReid"
    entries = [
        {
            "id": part.identity,
            "img_path": part.path,
            "captions": _captions(part, 2),
            "split": part.split,
        }
        for part in _draw(folder / "imgs", _parts(train, val, test, pictures_each, "{}.jpg"))
    ]
    return _write_json(folder / "data_captions.json", entries)


def make_webperson(root: Path, *, pictures: int = 8) -> Path:
    """WebPerson below `root`: one outfit a picture, two captions each, one with a stray `/n`."""
    folder = root / "WebPerson"
    entries = [
        {
            part.path: {
                "caption1": f"/n{sentence(part.identity, 0)}",
                "caption2": sentence(part.identity, 1),
            }
        }
        for part in _draw(folder / "images", _parts(pictures, 0, 0, 1, "00/{}.jpg"))
    ]
    return _write_json(folder / "100w.json", entries)


def make_jsonl(
    root: Path, *, train: int = 6, val: int = 2, test: int = 2, pictures_each: int = 2
) -> Path:
    """Our own layout in `root`: one object a line, identities by name; one caption a picture."""
    lines = [
        json.dumps(
            {
                "image": f"pictures/{part.path}",
                "caption": sentence(part.identity, part.view),
                "identity": f"person {part.identity:02}",
                "split": part.split,
            }
        )
        for part in _draw(root / "pictures", _parts(train, val, test, pictures_each, "{}.png"))
    ]
    (root / "people.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return root


def change_json(file: Path, change: Callable[[Any], Any]) -> None:
    """Read `file`, let `change` alter what it holds or return something else, and write it."""
    content = json.loads(file.read_text("utf-8"))
    changed = change(content)
    file.write_text(json.dumps(content if changed is None else changed), "utf-8")


def _parts(train: int, val: int, test: int, pictures_each: int, path: str) -> Iterator[Part]:
    splits = ["train"] * train + ["val"] * val + ["test"] * test
    for identity, split in enumerate(splits):
        for view in range(pictures_each):
            yield Part(split, identity, view, path.format(f"{identity:04}_{view}"))


def _draw(folder: Path, parts: Iterator[Part]) -> Iterator[Part]:
    for part in parts:
        file = folder / part.path
        file.parent.mkdir(parents=True, exist_ok=True)
        figure(part.identity, part.view).save(file)
        yield part


def _captions(part: Part, count: int) -> list[str]:
    return [sentence(part.identity, part.view * count + number) for number in range(count)]


def _write_json(file: Path, entries: list[dict[str, Any]]) -> Path:
    file.write_text(json.dumps(entries), "utf-8")
    return file.parent
