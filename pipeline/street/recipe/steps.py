"""The steps of the recipe: what each is made from, what it makes, and how."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from detectors.mixed_precision import halves_are_fast
from detectors.training import DetectorPlan, pack_checkpoint, train_detector
from pipeline.files import write_whole
from pipeline.machine import cores, free_memory_bytes
from pipeline.street.footage.folder import REVISION
from pipeline.street.footage.stills import CAPTIONS
from pipeline.street.footage.truth import TRUTH
from pipeline.street.recipe import bundle, cards, streets
from pipeline.street.recipe.bundle import (
    CALIBRATION_FILE,
    DETECTOR,
    DETECTOR_FILE,
    ENCODER,
    ENCODER_FILE,
    LIST,
)
from pipeline.street.recipe.choosing import choose
from pipeline.street.recipe.commands import run_command
from pipeline.street.recipe.kitchen import Kitchen
from pipeline.street.recipe.placing import out_of_place, put_in_place
from pipeline.street.recipe.plan import (
    BEGINNING,
    drawing_jobs,
    encoder_plan,
    reading_workers,
    second_plan,
)
from pipeline.street.recipe.record import Inputs, claim, digest_of_file
from pipeline.street.recipe.tracks import RULE
from pipeline.street.recipe.watching import Stopped
from retrieval.search.calibration import QueryKind
from retrieval.search.calibration_file import FORMAT

_FILES = (DETECTOR_FILE, ENCODER_FILE, CALIBRATION_FILE)
_FINISHED = (*_FILES, f"{DETECTOR}.md", f"{ENCODER}.md", LIST)


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        sentence: what it does, for a person.
        inputs: what decides its result.
        outputs: what is there once it is done.
        run: does it, or what is left of it; False where it was told to stop.
        is_whole: whether what it made is still as it was made.
    """

    sentence: str
    inputs: Callable[[Kitchen], Inputs]
    outputs: Callable[[Kitchen], list[Path]]
    run: Callable[[Kitchen], bool]
    is_whole: Callable[[Kitchen], bool] = lambda _: True


def draw(kitchen: Kitchen) -> bool:
    """Draw the pictures of all splits, with the command that everybody draws with."""
    amounts = kitchen.amounts
    for split, (people, frames) in amounts.stills().items():
        done = run_command(
            kitchen.should_stop,
            "street", "stills", "--seed", amounts.seed, "--split", split,
            "--people", people, "--frames", frames, "--out", kitchen.stills(split),
            "--jobs", drawing_jobs(cores(), free_memory_bytes()),
        )  # fmt: skip
        if not done:
            return False
    return True


def learn_to_detect(kitchen: Kitchen) -> bool:
    """Train the detector.

    Raises:
        DescryError: its folder holds a training on something else, which is not gone on with.
    """
    plan = DetectorPlan(epochs=kitchen.amounts.detector_epochs, seed=kitchen.amounts.seed)
    folder = kitchen.out / "detector"
    claim(folder, _of_detector(kitchen))
    trained = train_detector(
        kitchen.stills("train"), kitchen.stills("val"), folder, plan,
        report=kitchen.report("detector, batches"), should_stop=kitchen.should_stop,
    )  # fmt: skip
    return trained is not None


def learn_to_describe(kitchen: Kitchen) -> bool:
    """Train the encoder.

    Raises:
        DescryError: its folder holds a training on something else, which is not gone on with.
    """
    claim(kitchen.first_encoder.parents[1], _of_encoder(kitchen))
    report = kitchen.report("crops and captions, lines")
    choose(kitchen.stills("train"), kitchen.well_seen, report)
    plan = encoder_plan(
        kitchen.amounts, kitchen.well_seen, kitchen.stills("val") / CAPTIONS,
        kitchen.first_encoder.parent, halves=halves_are_fast(), workers=reading_workers(cores()),
    )  # fmt: skip
    return _train(kitchen, plan)


def learn_to_describe_better(kitchen: Kitchen) -> bool:
    """Train the best encoder of the first training on.

    Raises:
        DescryError: its folder holds a training on something else, which is not gone on with.
    """
    claim(kitchen.best_encoder.parents[1], _of_better_encoder(kitchen))
    plan = second_plan(
        kitchen.amounts, kitchen.well_seen, kitchen.stills("val") / CAPTIONS,
        kitchen.first_encoder, kitchen.best_encoder.parent,
        halves=halves_are_fast(), workers=reading_workers(cores()),
    )  # fmt: skip
    return _train(kitchen, plan)


def _train(kitchen: Kitchen, plan: Mapping[str, Any]) -> bool:
    """Follow a plan, kept beside its run, with the command that everybody trains with."""
    file = Path(plan["out"]).parent / "plan.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(plan, sort_keys=False))
    return run_command(kitchen.should_stop, "train", "pretrain", "--config", file)


def pack(kitchen: Kitchen) -> bool:
    """Write both models small."""
    from retrieval.gadms.checkpoint import read_checkpoint
    from retrieval.gadms.packing import write_packed
    from retrieval.tokenizer import known_tokens

    kitchen.packed.mkdir(parents=True, exist_ok=True)
    pack_checkpoint(kitchen.best_detector, kitchen.packed / DETECTOR_FILE)
    known = known_tokens(training_captions(kitchen.stills("train") / CAPTIONS))
    write_packed(read_checkpoint(kitchen.best_encoder), known, kitchen.packed / ENCODER_FILE)
    return True


def calibrate(kitchen: Kitchen) -> bool:
    """Fit what the encoder's scores mean."""
    with suppress(Stopped):
        stills, filmed = kitchen.stills("val"), _streets(kitchen)
        bundle.calibrate(kitchen.packed, stills, filmed, kitchen.amounts.seed, kitchen.watch)
        return True
    return False


def measure(kitchen: Kitchen) -> bool:
    """Measure what was packed on people and places that nobody has seen."""
    with suppress(Stopped):
        stills = kitchen.stills("test")
        figures = bundle.measure(kitchen.packed, stills, kitchen.amounts.seed, kitchen.watch)
        write_whole(kitchen.figures, json.dumps(figures, indent=1) + "\n")
        return True
    return False


def list_and_describe(kitchen: Kitchen) -> bool:
    """Write the list of what was packed, and a card for each; put all where it is to lie."""
    bundle.write_list(kitchen.packed)
    figures = json.loads(kitchen.figures.read_bytes())
    cards.write_cards(kitchen.packed, asdict(kitchen.amounts), figures)
    put_in_place(kitchen.packed, kitchen.into, _FINISHED)
    return True


def training_captions(file: Path) -> list[str]:
    """Every sentence of a `captions.jsonl`."""
    with file.open(encoding="utf-8") as lines:
        return [caption for line in lines for caption in json.loads(line)["captions"]]


def _captions(kitchen: Kitchen) -> Inputs:
    return {split: digest_of_file(kitchen.stills(split) / CAPTIONS) for split in ("train", "val")}


def _of_detector(kitchen: Kitchen) -> Inputs:
    return {
        **_captions(kitchen), "epochs": kitchen.amounts.detector_epochs,
        "seed": kitchen.amounts.seed,
    }  # fmt: skip


def _of_encoder(kitchen: Kitchen) -> Inputs:
    return {
        **_captions(kitchen),
        "plan": encoder_plan(kitchen.amounts, Path("a"), Path("b"), Path("c")),
        "beginning": BEGINNING,
    }


def _of_better_encoder(kitchen: Kitchen) -> Inputs:
    return {
        "encoder": digest_of_file(kitchen.first_encoder),
        "captions": digest_of_file(kitchen.well_seen),
        "plan": second_plan(kitchen.amounts, *map(Path, "abcd")),
    }


def _streets(kitchen: Kitchen) -> list[Path]:
    return [kitchen.street(number) for number, _ in enumerate(streets.STREETS, start=1)]


def _finished(kitchen: Kitchen) -> list[Path]:
    folders = [kitchen.packed, *([] if kitchen.into is None else [kitchen.into])]
    return [folder / name for folder in folders for name in _FINISHED]


STEPS: Mapping[str, Step] = MappingProxyType(
    {
        "stills": Step(
            "draws people, places and sentences",
            lambda kitchen: {
                "revision": REVISION, "seed": kitchen.amounts.seed, **kitchen.amounts.stills(),
            },
            lambda kitchen: [kitchen.stills(s) / CAPTIONS for s in kitchen.amounts.stills()],
            draw,
        ),
        "detector": Step(
            "learns to find people",
            _of_detector,
            lambda kitchen: [kitchen.best_detector],
            learn_to_detect,
        ),
        "encoder": Step(
            "learns which sentence describes whom",
            _of_encoder,
            lambda kitchen: [kitchen.first_encoder, kitchen.well_seen],
            learn_to_describe,
        ),
        "encoder-again": Step(
            "learns that better, at a lower rate",
            _of_better_encoder,
            lambda kitchen: [kitchen.best_encoder],
            learn_to_describe_better,
        ),
        "pack": Step(
            "writes both models small",
            lambda kitchen: {
                "detector": digest_of_file(kitchen.best_detector),
                "encoder": digest_of_file(kitchen.best_encoder),
            },
            lambda kitchen: [kitchen.packed / DETECTOR_FILE, kitchen.packed / ENCODER_FILE],
            pack,
        ),
        "streets": Step(
            "films people who walk from camera to camera",
            streets.inputs,
            lambda kitchen: [folder / TRUTH for folder in _streets(kitchen)],
            streets.film,
        ),
        "calibration": Step(
            "fits what scores mean",
            lambda kitchen: {
                **_captions(kitchen), "streets": streets.inputs(kitchen),
                "format": FORMAT, "tracks": RULE, "kinds": [kind.value for kind in QueryKind],
                "encoder": digest_of_file(kitchen.packed / ENCODER_FILE),
            },
            lambda kitchen: [kitchen.packed / CALIBRATION_FILE],
            calibrate,
        ),
        "figures": Step(
            "measures both on unseen people and places",
            lambda kitchen: {
                "files": [digest_of_file(kitchen.packed / file) for file in _FILES],
                "test": digest_of_file(kitchen.stills("test") / CAPTIONS), "tracks": RULE,
            },
            lambda kitchen: [kitchen.figures],
            measure,
        ),
        "cards": Step(
            "writes the list and the model cards",
            lambda kitchen: {
                "files": [digest_of_file(kitchen.packed / file) for file in _FILES],
                "figures": digest_of_file(kitchen.figures), "into": kitchen.into,
                "amounts": asdict(kitchen.amounts),
            },
            _finished, list_and_describe,
            lambda kitchen: not out_of_place(kitchen.packed, kitchen.into, _FINISHED),
        ),
    }
)  # fmt: skip
