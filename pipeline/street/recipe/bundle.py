"""What goes into the repository beside the weights: calibration, figures, list and cards."""

import json
from pathlib import Path
from typing import Any

from pipeline.files import write_whole
from pipeline.street.recipe.asking import ask
from pipeline.street.recipe.calibrating import calibrate as calibration_of
from pipeline.street.recipe.detection import average_precision
from pipeline.street.recipe.trusting import trust_figures
from retrieval.encoder import load_encoder
from retrieval.search.calibration_file import read_calibration, save_calibration
from retrieval.weights.manifest import Entry, digest_of, write_manifest

DETECTOR, ENCODER = "street-yolo", "street-gadms"
DETECTOR_FILE, ENCODER_FILE = f"{DETECTOR}.safetensors", f"{ENCODER}.safetensors"
CALIBRATION_FILE = f"{ENCODER}-calibration.safetensors"
LIST = "models.yaml"

_LICENCE = "AGPL-3.0-only, like Descry"
_NOTE = "learnt on synthetic people only"


def calibrate(folder: Path, stills: Path, seed: int) -> None:
    """Fit what scores of the packed encoder mean, on the people of the val split.

    Raises:
        DatasetUnusable: too few people.
    """
    encoder = load_encoder(folder / ENCODER_FILE, name=ENCODER, device="cpu")
    save_calibration(calibration_of(stills, encoder, seed=seed), folder / CALIBRATION_FILE)


def measure(folder: Path, stills: Path, seed: int) -> dict[str, Any]:
    """Figures of the packed models on a split that neither learnt from, nor the calibration.

    Raises:
        WeightsUnusable: the calibration is missing, or of another encoder.
        DatasetUnusable: too few people.
    """
    encoder = load_encoder(folder / ENCODER_FILE, name=ENCODER, device="cpu")
    calibration = read_calibration(
        folder / CALIBRATION_FILE, model_id=encoder.model_id, dimension=encoder.dimension
    )
    asked = ask(stills, encoder, seed)
    trust = trust_figures(asked, calibration, seed=seed)
    return {
        ENCODER: {"people": len(asked.queries), **asked.figures(), **trust},
        DETECTOR: average_precision(folder / DETECTOR_FILE, stills),
    }


def write_list(folder: Path) -> None:
    """Write `models.yaml`: names, sizes and digests of what was packed."""
    entries = {
        DETECTOR: _entry(DETECTOR, folder, "detector", DETECTOR_FILE),
        ENCODER: _entry(ENCODER, folder, "encoder", ENCODER_FILE),
    }
    write_whole(folder / LIST, write_manifest(entries, {}))


def _entry(name: str, folder: Path, kind: Any, file: str) -> Entry:
    path, calibration = folder / file, folder / CALIBRATION_FILE
    is_calibrated = kind == "encoder" and calibration.is_file()
    return Entry(
        name=name, kind=kind, licence=_LICENCE, source="make street-weights", file=file,
        size=path.stat().st_size, sha256=digest_of(path), note=_NOTE, bundled=True,
        synthetic=True, calibration=CALIBRATION_FILE if is_calibrated else None,
        calibration_sha256=digest_of(calibration) if is_calibrated else None,
    )  # fmt: skip


def write_cards(folder: Path, made: dict[str, Any], figures: dict[str, Any]) -> None:
    """Write a model card for each: data, seed, command, figures, limits.

    Args:
        folder: where the weights lie.
        made: what they were made from, by name.
        figures: as `measure` gave them.
    """
    for name, sentence in (
        (
            DETECTOR,
            "Finds people in frames: a YOLO11 of 1.6 million parameters, trained from none.",
        ),
        (ENCODER, "Ranks pictures of people by a sentence: GA-DMS in a small configuration."),
    ):
        said = _card(name, sentence, made, figures[name])
        write_whole(folder / f"{name}.md", said)


def _card(name: str, sentence: str, made: dict[str, Any], figures: dict[str, Any]) -> str:
    rows = "\n".join(f"| {key} | {value} |" for key, value in figures.items())
    data = "\n".join(f"| {key} | {json.dumps(value)} |" for key, value in made.items())
    return f"""# {name}

{sentence} Licence: {_LICENCE}.

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

| what | value |
|---|---|
{rows}

## Limits

- Real people, clothes, cameras and words differ from drawn ones: expect far lower figures there.
- Words that no training sentence held say little or nothing to it; it reads English alone.
- It must not be the reason for any decision about a person.
"""
