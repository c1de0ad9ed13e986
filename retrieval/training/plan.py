"""What a training is asked to do: each setting with its default, its bounds, and a sentence."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from retrieval.errors import PlanRefused
from retrieval.gadms.configuration import PRESETS
from retrieval.training.plan_parts import DatasetChoice, Masking, PlanPart
from retrieval.training.schedule import Grouping

Task = Literal["pretrain", "finetune"]
LossName = Literal["sdm", "mlm", "id", "itc", "tags"]

# Of GA-DMS's released scripts; the paper weighs masked tokens 0.4.
_EPOCHS: Mapping[Task, int] = {"pretrain": 30, "finetune": 60}
_LOSSES: Mapping[Task, Mapping[LossName, float]] = {
    "pretrain": {"sdm": 1.0, "mlm": 0.3},
    "finetune": {"sdm": 1.0, "id": 1.0, "mlm": 1.0},
}
# Where a run writes, how fast it goes and how often it tells: the training is the same.
_DECIDES_NOTHING = frozenset(
    {
        "out", "workers", "device", "deterministic", "keep", "log_every_steps",
        "checkpoint_every_s", "checkpoint_every_steps",
    }
)  # fmt: skip


class TrainingPlan(PlanPart):
    """One training from beginning to end. `for_task` fills in what depends on the task."""

    task: Task | None = Field(
        default=None, description="pretrain or finetune; null: what the command says"
    )
    dataset: DatasetChoice = Field(description="What is learnt from: its train split")
    validate_on: DatasetChoice | None = Field(
        default=None,
        description="Whose val split chooses the best model; null: that of the data set, or a part"
        " of its train split",
    )
    validation_share: float = Field(
        default=0.05,
        gt=0,
        le=0.5,
        description="Part of the train split set aside where there is no val split",
    )
    configuration: str = Field(
        default="vit-b16", description=f"Shape of the model: one of {', '.join(PRESETS)}"
    )
    start_from: str | None = Field(
        default=None,
        description="A checkpoint file or a name from `descry models list`; null: drawn weights",
    )
    out: Path = Field(description="The folder of this run: checkpoints, logs and the best model")
    epochs: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="Times each caption is seen; null: 30 to pretrain, 60 to fine-tune",
    )
    batch: int = Field(
        default=128, ge=2, le=65_536, description="Captions in one step of each process"
    )
    accumulate: int = Field(
        default=1, ge=1, le=1024, description="Batches whose gradients make one step of Adam"
    )
    learning_rate: float = Field(
        default=1e-5, gt=0, le=1, description="Highest rate; the paper says 1e-4, its code 1e-5"
    )
    warmup_epochs: int = Field(
        default=5, ge=0, le=1000, description="Epochs in which the rate rises, fewer than epochs"
    )
    warmup_from: float = Field(
        default=0.1, ge=0, le=1, description="Part of the rate that the first epoch has"
    )
    weight_decay: float = Field(default=4e-5, ge=0, le=1, description="L2 decay, as Adam adds it")
    adam_betas: tuple[float, float] = Field(
        default=(0.9, 0.999), description="Memory of Adam's two means, each from 0 to below 1"
    )
    adam_eps: float = Field(
        default=1e-3, gt=0, le=1, description="What Adam adds to its divisor; GA-DMS wants 1e-3"
    )
    clip_norm: float | None = Field(
        default=None, gt=0, description="Longest gradient; longer ones are shortened; null: never"
    )
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        default="auto",
        description="Of the arithmetic, weights being fp32; auto: fp32 on a CPU, a half on a GPU",
    )
    device: str = Field(
        default="auto",
        pattern=r"^(auto|cpu|cuda(:\d{1,3})?)$",
        description="auto, cpu, cuda or cuda:N",
    )
    seed: int = Field(default=0, ge=0, le=2**32 - 1, description="The same seed, the same training")
    workers: int = Field(
        default=4, ge=0, le=256, description="Processes that read pictures, for each process"
    )
    augment: bool = Field(default=True, description="Shift pictures and erase parts of them")
    photometric: bool = Field(
        default=False,
        description="Show pictures as other cameras would: light, colour cast, haze, blur, noise",
    )
    deterministic: bool = Field(
        default=False, description="Refuse operations whose result differs from run to run"
    )
    groups: Grouping = Field(
        default="flat",
        description="flat: one learning rate; irra: new heads and biases learn faster",
    )
    losses: Mapping[LossName, float] | None = Field(
        default=None,
        description="Weights by name, of sdm, mlm, itc, tags (of entries that have some) and, to"
        " fine-tune, id; others are off; null: sdm 1 and mlm 0.3 to pretrain, sdm, id and mlm 1"
        " to fine-tune",
    )
    score: Literal["reference", "paper"] = Field(
        default="reference",
        description="How tokens are scored: as GA-DMS's released code does, or as its paper says",
    )
    masking: Masking = Field(default=Masking(), description="Chances of hiding tokens")
    caption_padding: Literal["full", "batch"] = Field(
        default="full",
        description="Empty places after captions: full, to 77, as released; batch, to the longest"
        " of the batch, which is faster",
    )
    fine_tuning_view: Literal["masked", "plain"] = Field(
        default="masked",
        description="Captions matched in fine-tuning: masked, as in all published results; plain",
    )
    classes: Literal["identities", "captions"] = Field(
        default="identities",
        description="Size of the classifier: one for each person; captions: as released, too many",
    )
    checkpoint_every_s: float = Field(
        default=600.0, gt=0, le=604_800, description="Seconds of work that a power cut may cost"
    )
    checkpoint_every_steps: int | None = Field(
        default=None, ge=1, description="Steps between checkpoints as well; null: seconds alone"
    )
    keep: int = Field(default=2, ge=1, le=1000, description="Newest checkpoints kept")
    log_every_steps: int = Field(default=20, ge=1, description="Steps from one log row to the next")
    validate_every_epochs: int = Field(
        default=1, ge=1, le=10_000, description="Epochs from one validation to the next"
    )

    @field_validator("configuration")
    @classmethod
    def _is_a_preset(cls, name: str) -> str:
        if name not in PRESETS:
            raise ValueError(f"must be one of {', '.join(PRESETS)}")
        return name

    @field_validator("adam_betas")
    @classmethod
    def _are_shares(cls, betas: tuple[float, float]) -> tuple[float, float]:
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError("must be two numbers from 0 to below 1")
        return betas

    @field_validator("losses")
    @classmethod
    def _weigh_something(
        cls, losses: Mapping[LossName, float] | None
    ) -> Mapping[LossName, float] | None:
        if losses is None:
            return None
        if any(not 0 <= weight <= 1000 for weight in losses.values()):
            raise ValueError("must have weights from 0 to 1000")
        if not any(losses.values()):
            raise ValueError("must have a weight above 0, or there is nothing to learn")
        return losses

    @model_validator(mode="after")
    def _warms_up_in_time(self) -> "TrainingPlan":
        if self.epochs is not None and self.warmup_epochs >= self.epochs:
            raise ValueError(
                f"warmup_epochs ({self.warmup_epochs}) is not below epochs ({self.epochs}): set it"
            )
        return self

    @model_validator(mode="after")
    def _fits_its_task(self) -> "TrainingPlan":
        if self.task == "pretrain" and self.losses and self.losses.get("id"):
            raise ValueError(
                "has the loss id in pretraining, where no person is known: leave it out"
            )
        return self

    def for_task(self, task: Task) -> "TrainingPlan":
        """This plan for one task: `task`, `epochs` and `losses` are filled, unused losses gone.

        Raises:
            PlanRefused: the plan is for the other task, or does not fit this one.
        """
        if self.task not in (None, task):
            raise PlanRefused(f"the plan says task: {self.task}, and {task} was asked for")
        weights = _LOSSES[task] if self.losses is None else self.losses
        filled = {
            **self.model_dump(),
            "task": task,
            "epochs": self.epochs or _EPOCHS[task],
            "losses": {name: weight for name, weight in weights.items() if weight},
        }
        try:
            return TrainingPlan.model_validate(filled)
        except ValidationError as error:
            raise PlanRefused(f"the plan {_reason(error)}") from error

    def deciding(self, ranks: int = 1) -> dict[str, Any]:
        """What decides the result, as plain values by dotted name.

        Not the place of the data, which may move: its digest is to be compared beside this. And
        not how the joined batch is spread over processes.

        Args:
            ranks: processes that train together.
        """
        plain = self.model_dump(mode="json", exclude=set(_DECIDES_NOTHING))
        plain["batch"] = self.batch * ranks
        flat = dict(_flattened(plain))
        return {name: value for name, value in flat.items() if not name.endswith(".root")}

    def fingerprint(self, ranks: int = 1) -> str:
        """SHA-256 over `deciding`, in hexadecimal: a run may go on only under the same one."""
        return hashlib.sha256(json.dumps(self.deciding(ranks), sort_keys=True).encode()).hexdigest()


def _flattened(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for name, value in values.items():
        if isinstance(value, dict):
            pairs += _flattened(value, f"{prefix}{name}.")
        else:
            pairs.append((prefix + name, value))
    return pairs


def _reason(error: ValidationError) -> str:
    return str(error.errors()[0]["msg"]).removeprefix("Value error, ")
