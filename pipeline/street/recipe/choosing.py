"""Which crops, sentences and tags the encoder learns from."""

import json
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from pipeline.files import write_whole
from pipeline.street.footage.stills import CAPTIONS, CROPS, LOOKS
from pipeline.street.look import Look
from pipeline.street.recipe.tagging import tags_of
from pipeline.street.recipe.watching import Report, tell_nobody

LEAST_HEIGHT_PX, LEAST_VISIBLE = 56.0, 0.45
"""Of a body and of its surface: what is smaller or more hidden teaches clothes to nobody."""

SENTENCES_EACH = 2
"""The longest: a short one fits half of the people that a batch holds as wrong answers."""


def choose(stills: Path, chosen: Path, report: Report = tell_nobody) -> int:
    """Write the captions of the crops that show somebody well, and not in infrared light.

    Args:
        stills: a folder of stills.
        chosen: what is written, in that folder.
        report: told how many lines are read, of how many.

    Returns:
        How many crops were chosen.
    """
    total = _count_lines(stills / CROPS) + _count_lines(stills / CAPTIONS)
    done = count(1)

    def lines(path: Path) -> Iterator[dict[str, Any]]:
        for one in _lines(path):
            yield one
            report(next(done), total)

    well_seen = {f"crops/{one['image']}" for one in lines(stills / CROPS) if is_well_seen(one)}
    looks = json.loads((stills / LOOKS).read_bytes())
    tags = tags_of([Look.from_mapping(look) for look in looks.values()])
    kept = [
        {**told_at_length(one), "tags": tags[one["identity"]]}
        for one in lines(stills / CAPTIONS)
        if one["image"] in well_seen
    ]
    write_whole(chosen, "".join(json.dumps(one) + "\n" for one in kept))
    return len(kept)


def is_well_seen(crop: dict[str, Any]) -> bool:
    """Whether a line of `crops.jsonl` is of somebody whose clothes a picture of 192×64 shows."""
    if crop["light"] == "infrared":
        return False
    return bool(crop["height_px"] >= LEAST_HEIGHT_PX and crop["visible"] >= LEAST_VISIBLE)


def told_at_length(entry: dict[str, Any]) -> dict[str, Any]:
    """A line of `captions.jsonl` with its longest sentences, in the order they stood in."""
    told = entry["captions"]
    longest = sorted(range(len(told)), key=lambda at: len(told[at]))[-SENTENCES_EACH:]
    return {**entry, "captions": [told[at] for at in sorted(longest)]}


def _count_lines(path: Path) -> int:
    with path.open("rb") as lines:
        return sum(1 for _ in lines)


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
