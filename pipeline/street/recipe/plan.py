"""How much of everything the bundled weights are made from, and how the encoder is trained."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

BEGINNING = 2
"""Raised when the same plan and captions come to begin otherwise, or to say other tags."""

_MOST_PROCESSES = 8
_BYTES_A_JOB = 3_000_000_000  # of one process that draws, with room to spare


@dataclass(frozen=True, slots=True)
class Amounts:
    """What decides the weights, beside the code.

    Attributes:
        seed: of the street and of both trainings; people and places differ by split.
        train_people: different people to learn from.
        train_frames: pictures of them.
        val_people: people that choose the best epochs and fit the calibration.
        val_frames: pictures of them.
        test_people: people that the figures are measured on.
        test_frames: pictures of them.
        street_people: people who walk through each filmed street.
        street_seconds: how long each is filmed.
        detector_epochs: passes over the training frames.
        encoder_epochs: passes over the training captions.
        again_epochs: more of them, from the best epoch of those, at a lower rate.
        configuration: of the encoder, a preset.
        batch: captions in one step.
    """

    seed: int = 6
    train_people: int = 6000
    train_frames: int = 6000
    val_people: int = 300
    val_frames: int = 300
    test_people: int = 1000
    test_frames: int = 900
    street_people: int = 62
    street_seconds: int = 150
    detector_epochs: int = 11
    encoder_epochs: int = 4
    again_epochs: int = 3
    configuration: str = "street"
    batch: int = 64

    def stills(self) -> dict[str, tuple[int, int]]:
        """People and frames of each split."""
        return {
            "train": (self.train_people, self.train_frames),
            "val": (self.val_people, self.val_frames),
            "test": (self.test_people, self.test_frames),
        }


USUAL = Amounts()
QUICK = Amounts(
    train_people=12, train_frames=10, val_people=6, val_frames=5, test_people=6, test_frames=5,
    street_people=8, street_seconds=20,
    detector_epochs=1, encoder_epochs=1, again_epochs=1, batch=16,
)  # fmt: skip


def drawing_jobs(cores: int, free_bytes: int) -> int:
    """Processes that draw; what they draw is the same, however many there are.

    >>> drawing_jobs(2, 8 * 10**9), drawing_jobs(64, 64 * 10**9), drawing_jobs(8, 7 * 10**9)
    (2, 8, 2)
    """
    return max(min(cores, _MOST_PROCESSES, free_bytes // _BYTES_A_JOB), 1)


def reading_workers(cores: int) -> int:
    """Processes that read pictures for the encoder's trainer, which keeps one core to itself.

    How each picture is changed is drawn from the seed, the epoch and its row alone, so the same
    is learnt with any number of them. Of the detector that is not true: ultralytics gives each of
    its workers a random stream of its own, and `DetectorPlan` has one.

    >>> reading_workers(1), reading_workers(2), reading_workers(64)
    (1, 1, 8)
    """
    return max(min(cores - 1, _MOST_PROCESSES), 1)


def encoder_plan(
    amounts: Amounts,
    train: Path,
    validation: Path,
    out: Path,
    *,
    halves: bool = False,
    workers: int = 1,
) -> dict[str, Any]:
    """The plan of `descry train pretrain`, as its YAML holds it.

    Of GA-DMS's losses the contrastive one teaches from random weights, where SDM alone collapses;
    a little SDM beside it knows that two pictures of one person are no negatives. What is true of
    everybody, told as tags, teaches colours and garments sooner than sentences do: of a picture
    it says fifty things, a sentence three or four. Masked words would take a third of the time.
    Captions are as long as the longest of their batch: padding to 77 tokens is most of the work of
    so small a text tower. What other cameras do to a picture is drawn anew each time; erasing parts
    of it slows down what learns little enough.

    Args:
        amounts: of epochs and batch.
        train: the captions to learn from.
        validation: `captions.jsonl` of the val split.
        out: the run folder.
        halves: compute in bfloat16.
        workers: processes that read pictures; they decide nothing.
    """
    return {
        "dataset": {"name": "jsonl", "root": str(train)},
        "validate_on": {"name": "jsonl", "root": str(validation)},
        "configuration": amounts.configuration,
        "out": str(out),
        "epochs": amounts.encoder_epochs,
        "warmup_epochs": min(1, amounts.encoder_epochs - 1),
        "warmup_from": 0.5,
        "batch": amounts.batch,
        "learning_rate": 7e-4,
        "weight_decay": 1e-5,
        "adam_betas": [0.9, 0.98],
        "adam_eps": 1e-8,
        "clip_norm": 5.0,
        "precision": "bf16" if halves else "fp32",
        "losses": {"itc": 1.0, "sdm": 0.1, "tags": 0.15},
        "score": "paper",
        "caption_padding": "batch",
        "augment": False,
        "photometric": True,
        "workers": workers,
        "seed": amounts.seed,
        "keep": 1,
        "log_every_steps": 50,
    }


def second_plan(
    amounts: Amounts,
    train: Path,
    validation: Path,
    start: Path,
    out: Path,
    *,
    halves: bool = False,
    workers: int = 1,
) -> dict[str, Any]:
    """The plan that goes on from the best epoch of `encoder_plan`'s.

    Half the rate, other orders of the captions and other pictures of the same crops. Four passes
    left validation rising; a rate that starts high again would first undo what the last of
    them learnt.

    Args:
        amounts: of epochs and batch.
        train: the captions to learn from.
        validation: `captions.jsonl` of the val split.
        start: the best encoder of the first plan.
        out: the run folder.
        halves: compute in bfloat16.
        workers: processes that read pictures; they decide nothing.
    """
    return {
        **encoder_plan(amounts, train, validation, out, halves=halves, workers=workers),
        "start_from": str(start),
        "epochs": amounts.again_epochs,
        "warmup_epochs": 0,
        "learning_rate": 3.5e-4,
        "seed": amounts.seed + 1,
    }
