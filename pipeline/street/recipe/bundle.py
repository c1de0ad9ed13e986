"""What goes into the repository beside the weights: calibration, figures and list."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.files import write_whole
from pipeline.street.recipe.asking import ask
from pipeline.street.recipe.calibrating import calibrate as calibration_of
from pipeline.street.recipe.calibrating import halved
from pipeline.street.recipe.detection import average_precision
from pipeline.street.recipe.ladder import fit_evidence
from pipeline.street.recipe.likening import fit_likeness
from pipeline.street.recipe.linking import fit_on
from pipeline.street.recipe.passers import see_passers
from pipeline.street.recipe.tracks import read_stills
from pipeline.street.recipe.trusting import trust_figures
from pipeline.street.recipe.watching import NOBODY, Watch
from retrieval.encoder import load_encoder
from retrieval.errors import DatasetUnusable
from retrieval.gadms.origin import NOTES
from retrieval.ports import Encoder
from retrieval.search.calibration import Calibration
from retrieval.search.calibration_file import read_calibration, save_calibration
from retrieval.search.person_links import ROUGH_LINKS
from retrieval.weights.manifest import Entry, digest_of, write_manifest

DETECTOR, ENCODER = "street-yolo", "street-gadms"
DETECTOR_FILE, ENCODER_FILE = f"{DETECTOR}.safetensors", f"{ENCODER}.safetensors"
CALIBRATION_FILE = f"{ENCODER}-calibration.safetensors"
LIST = "models.yaml"

LICENCE = "AGPL-3.0-only, like Descry"


def calibrate(
    folder: Path, stills: Path, streets: Sequence[Path], seed: int, watch: Watch = NOBODY
) -> None:
    """Fit what scores of the packed encoder mean, of sentences, phrases and pairs of tracks.

    All of it on the val split. With too few people on `streets` the law of pairs stays rough.

    Raises:
        DatasetUnusable: too few people.
        Stopped: the watch says so; what was there before stays.
    """
    encoder = _encoder(folder)
    fitted = calibration_of(stills, encoder, seed=seed, watch=watch)
    evidence = fit_evidence(stills, encoder, fitted, seed=seed, watch=watch)
    links = ROUGH_LINKS
    with suppress(ValueError):
        seen = [see_passers(street, encoder, watch) for street in streets]
        links = fit_on(seen, encoder, fitted.background, seed=seed, watch=watch)
    whole = replace(fitted, evidence=evidence, links=links)
    with suppress(DatasetUnusable):  # too few people: pictures are not judged
        whole = with_likeness(whole, stills, encoder, seed, watch)
    save_calibration(whole, folder / CALIBRATION_FILE)


def with_likeness(
    calibration: Calibration, stills: Path, encoder: Encoder, seed: int, watch: Watch = NOBODY
) -> Calibration:
    """The calibration of `stills` and `seed`, with laws for pictures and moved sentences.

    Raises:
        DatasetUnusable: too few people who are not its background.
        Stopped: the watch says so.
    """
    _, people = halved(read_stills(stills), np.random.default_rng(seed))
    laws = fit_likeness(stills, encoder, calibration, people, seed=seed, watch=watch)
    return replace(calibration, others=laws)


def measure(folder: Path, stills: Path, seed: int, watch: Watch = NOBODY) -> dict[str, Any]:
    """Figures of the packed models on a split that neither learnt from, nor the calibration.

    Raises:
        WeightsUnusable: the calibration is missing, or of another encoder.
        DatasetUnusable: too few people.
        Stopped: the watch says so.
    """
    encoder = _encoder(folder)
    calibration = read_calibration(
        folder / CALIBRATION_FILE, model_id=encoder.model_id, dimension=encoder.dimension
    )
    asked = ask(stills, encoder, seed, watch)
    trust = trust_figures(asked, calibration, seed=seed)
    return {
        ENCODER: {"people": len(asked.queries), **asked.figures(), **trust},
        DETECTOR: average_precision(folder / DETECTOR_FILE, stills, watch),
    }


def write_list(folder: Path) -> None:
    """Write `models.yaml`: names, sizes and digests of what was packed."""
    entries = {
        DETECTOR: _entry(DETECTOR, folder, "detector", DETECTOR_FILE),
        ENCODER: _entry(ENCODER, folder, "encoder", ENCODER_FILE),
    }
    write_whole(folder / LIST, write_manifest(entries, {}))


def _encoder(folder: Path) -> Encoder:
    """The packed one, in full precision on every device: the device decides no figure."""
    return load_encoder(folder / ENCODER_FILE, name=ENCODER, precision="fp32")


def _entry(name: str, folder: Path, kind: Any, file: str) -> Entry:
    path, calibration = folder / file, folder / CALIBRATION_FILE
    is_calibrated = kind == "encoder" and calibration.is_file()
    return Entry(
        name=name, kind=kind, licence=LICENCE, source="make street-weights", file=file,
        size=path.stat().st_size, sha256=digest_of(path), note=NOTES["synthetic"], bundled=True,
        synthetic=True, calibration=CALIBRATION_FILE if is_calibrated else None,
        calibration_sha256=digest_of(calibration) if is_calibrated else None,
    )  # fmt: skip
