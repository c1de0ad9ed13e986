"""The model cards of the bundled weights: data, seed, command, figures, limits."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.files import write_whole
from pipeline.street.recipe.bundle import DETECTOR, ENCODER, LICENCE


class _About(NamedTuple):
    """What a card says of one model: what it does, what was made for the other one, its limit."""

    sentence: str
    not_its: frozenset[str]
    limit: str


_ABOUT = {
    DETECTOR: _About(
        "Finds people in frames: a YOLO11 of 1.6 million parameters, trained from none.",
        frozenset({"encoder_epochs", "again_epochs", "configuration", "batch"}),
        "Small, hidden and oddly lit people are missed first: see the figures for people of 50 px.",
    ),
    ENCODER: _About(
        "Ranks pictures of people by a sentence: GA-DMS in a small configuration.",
        frozenset({"detector_epochs"}),
        "Words that no training sentence held say little or nothing to it; it reads English alone.",
    ),
}

# What each figure is; shares are in per cent unless a range is given.
_MEANING = {
    "people": "people asked for, or in the frames",
    "r1": "sentences whose best hit truly fits, %",
    "r5": "with one that fits among the best 5, %",
    "r10": "with one that fits among the best 10, %",
    "map": "mean average precision, %",
    "minp": "mean inverse negative penalty, %",
    "chance_r1": "r1 of a draw, %",
    "calibration_error": "expected calibration error of the tracks shown, 0 to 1",
    "brier": "Brier score of the tracks shown, 0 to 1, less is better",
    "brier_constant": "that of saying shown_fit every time",
    "shown_fit": "share of the tracks shown that fit, 0 to 1",
    "present_refused": "answers about somebody present that were 'no likely match', %",
    "absent_refused": "answers about somebody absent that were, %",
    "present_asked": "answers about somebody present",
    "absent_asked": "answers about somebody absent",
    "gallery": "people searched in",
    "frames": "frames looked at",
    "ap50": "average precision at IoU 0.5, all labelled people, %",
    "recall_at_0.4": "recall at confidence 0.4, %",
    "people_reasonable": "people of 50 px or more and 65 % visible",
    "ap50_reasonable": "average precision at IoU 0.5 for those, %",
    "recall_reasonable_at_0.4": "recall at confidence 0.4 for those, %",
}


def write_cards(folder: Path, made: dict[str, Any], figures: dict[str, Any]) -> None:
    """Write a model card for each: data, seed, command, figures, limits.

    Args:
        folder: where the weights lie.
        made: what they were made from, by name.
        figures: as `measure` gave them.
    """
    for name, about in _ABOUT.items():
        write_whole(folder / f"{name}.md", _card(name, about, made, figures[name]))


def _card(name: str, about: _About, made: dict[str, Any], figures: dict[str, Any]) -> str:
    rows = "\n".join(f"| {k} | {_MEANING.get(k, '')} | {value} |" for k, value in figures.items())
    mine = {key: value for key, value in made.items() if key not in about.not_its}
    data = "\n".join(f"| {key} | {json.dumps(value)} |" for key, value in mine.items())
    return f"""# {name}

{about.sentence} Licence: {LICENCE}. Made with Descry {version("descry")}.

**Learnt on synthetic people only.** Every picture was drawn by `descry street stills`; no real
person is in the data. It shows that Descry works before anything is fetched. For real footage,
fetch weights that learnt on real people: see `descry models list`.

## Data and command

`make street-weights` draws the data, trains, measures and writes this card. Validation chose the
best epoch; the test split has people, garment shapes, shades, combinations of clothes, variants of
the places, and ranges of light, lens and weather that neither training nor validation saw.

| what | value |
|---|---|
{data}

## Figures on the test split

| what | it is | value |
|---|---|---|
{rows}

## Limits

- Real people, clothes, cameras and words differ from drawn ones: expect far lower figures there.
- {about.limit}
- It must not be the reason for any decision about a person.
"""
