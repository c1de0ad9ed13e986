"""What a training begins with: its captions, its model, and what decides its result."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from retrieval.errors import DatasetUnusable, PlanRefused, WeightsUnusable
from retrieval.gadms.checkpoint import Checkpoint, read_checkpoint
from retrieval.gadms.configuration import PRESETS, GadmsConfig
from retrieval.gadms.description import description
from retrieval.gadms.first_weights import first_weights, with_words_drawn
from retrieval.gadms.heads import TAG_HEAD
from retrieval.gadms.model import Gadms, model_from, with_fresh_heads
from retrieval.gadms.origin import origin_after
from retrieval.gadms.state_layout import Family
from retrieval.gadms.token_table import TABLE
from retrieval.training.datasets import open_dataset
from retrieval.training.drawn import is_drawn
from retrieval.training.plan import TrainingPlan
from retrieval.training.samples import SampleTable
from retrieval.weights.bundle import catalogue
from retrieval.weights.copies import origin_of
from retrieval.weights.manifest import digest_of

log = logging.getLogger(__name__)

# Enough to tell models apart; ranking a share of millions would take longer than training.
_MOST_ASIDE = 5000
_FEW = 10  # people

StartReport = Callable[[str], Callable[[float, float | None], None]]
_TOWER_FIELDS = (
    "vision_width", "vision_layers", "text_width", "text_layers", "embed_dim", "patch_size",
    "image_height", "image_width",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """What is learnt from, and what chooses the best model; no person is in both.

    Attributes:
        train: captions with identities from 0, without gaps.
        validation: never a test split.
        source: where the validation comes from, in words.
    """

    train: SampleTable
    validation: SampleTable
    source: str


def open_tables(plan: TrainingPlan, report: StartReport) -> Tables:
    """The captions that the plan names.

    Validation is the val split of `validate_on` or of the data set itself, or, where it has none,
    a share of its people: a test split is never looked at.

    Raises:
        DatasetUnusable: incomplete, damaged, or without a train split.
    """
    chosen = plan.dataset
    opened = open_dataset(chosen.name, chosen.root, report=report(f"looking at {chosen.name}"))
    train = opened.split("train")
    if plan.validate_on is not None:
        other = plan.validate_on
        judge = open_dataset(other.name, other.root, report=report(f"looking at {other.name}"))
        return Tables(train, judge.split("val"), f"val split of {other.name}")
    if "val" in opened.splits:
        return Tables(train, opened.split("val"), f"val split of {chosen.name}")
    share = min(plan.validation_share, _MOST_ASIDE / train.images)
    rest, aside = train.split_off(share, plan.seed)
    source = f"{aside.images:,} pictures of the train split of {chosen.name}, set aside"
    return Tables(rest.relabelled(), aside, source)


def build_model(plan: TrainingPlan, train: SampleTable, start: Path | None) -> Gadms:
    """The model of the plan before its first step, on the CPU.

    Towers come from `start`, heads too where it has them and they are of this task; what it lacks
    is drawn from the seed. Heads without a loss are left as they are.

    Args:
        plan: for its task.
        train: whose identities a classifier tells apart.
        start: a checkpoint of any kind that `read_checkpoint` reads; None to draw the towers too.

    Raises:
        PlanRefused: the checkpoint has other shapes than the plan's configuration.
        WeightsUnusable: it is damaged or none.
    """
    config = PRESETS[plan.configuration]
    losses = plan.losses or {}
    classes = None
    if "id" in losses:
        classes = train.classes if plan.classes == "identities" else len(train)
    tags = len(train.tags.names) if "tags" in losses else None
    if start is None:
        tensors = with_fresh_heads(
            config, first_weights(config, plan.seed), classes=classes, tags=tags, seed=plan.seed
        )
    else:
        tensors = _from_checkpoint(config, plan, start, classes, tags)
    model = model_from(config, tensors, classes=classes, tags=tags)
    if "mlm" not in losses:
        for name, parameter in model.named_parameters():
            if not name.startswith(("base_model.", "classifier.", TAG_HEAD)):
                parameter.requires_grad_(False)
    return model


def what_decides(
    plan: TrainingPlan, tables: Tables, start: Path | None, ranks: int
) -> dict[str, Any]:
    """Plan, data and first weights: a run goes on only where all are as they were."""
    tags = {"train_tags": tables.train.tags.digest} if "tags" in (plan.losses or {}) else {}
    return {
        **plan.deciding(ranks),
        **tags,
        "start_from": digest_of(start) if start is not None else None,
        "train_captions": tables.train.digest,
        "validation_captions": tables.validation.digest,
    }


def what_it_says(plan: TrainingPlan, model: Gadms, start: Path | None) -> dict[str, Any]:
    """What every file of the model says of it, its shape and what it learnt from among others.

    Raises:
        WeightsUnusable: the checkpoint to start from is damaged or none.
    """
    family: Family = "ga-dms" if model.classifier is None else "irra"
    before = None if start is None else origin_of(start, catalogue().values())
    origin = origin_after(before, has_start=start is not None, is_drawn=is_drawn(plan.dataset.root))
    return description(model.config, family, origin=origin)


def check_tables(tables: Tables, plan: TrainingPlan, count: int) -> None:
    """Refuse what `count` processes cannot learn from or be judged by.

    Raises:
        DatasetUnusable: fewer than two captions to learn from, nothing to validate on, or no tags
            where they are to be learnt.
    """
    if len(tables.train) < max(2, count):
        raise DatasetUnusable(
            f"{len(tables.train)} captions to learn from, for {count} processes: too few"
        )
    if "tags" in (plan.losses or {}) and not tables.train.tags.names:
        raise DatasetUnusable(
            f"{plan.dataset.root}: no entry has 'tags', which the loss tags wants: give them, or "
            "leave the loss out"
        )
    if not len(tables.validation):
        raise DatasetUnusable(f"nothing to choose the best model by: {tables.source} is empty")
    if tables.validation.classes < _FEW:
        log.warning(
            "only %d people to choose the best model by (%s): it may be any; give validate_on",
            tables.validation.classes, tables.source,
        )  # fmt: skip


def _from_checkpoint(
    config: GadmsConfig, plan: TrainingPlan, start: Path, classes: int | None, tags: int | None
) -> dict[str, Tensor]:
    checkpoint = read_checkpoint(start, like=config, keep_heads=True)
    _check_towers(checkpoint, config, plan, start)
    towers = dict(checkpoint.tensors)
    towers[TABLE] = with_words_drawn(towers[TABLE], plan.seed)
    tensors = with_fresh_heads(config, towers, classes=classes, tags=tags, seed=plan.seed)
    taken = 0
    for name, tensor in checkpoint.heads.items():
        if name not in tensors or name.startswith(TAG_HEAD):
            continue  # which tag a row stands for is not kept
        if tensor.shape != tensors[name].shape:
            if name.startswith("classifier."):
                continue  # of other people
            raise PlanRefused(
                f"{start}: {name} has shape {tuple(tensor.shape)}, configuration "
                f"{plan.configuration!r} needs {tuple(tensors[name].shape)}; name another"
            )
        if not bool(torch.isfinite(tensor).all()):
            raise WeightsUnusable(
                f"{start}: {name} holds values that are no numbers: the training had failed; "
                "take an earlier checkpoint"
            )
        tensors[name] = tensor
        taken += 1
    log.info("training starts from %s: towers, and %d tensors of its heads", start, taken)
    return tensors


def _check_towers(
    checkpoint: Checkpoint, config: GadmsConfig, plan: TrainingPlan, start: Path
) -> None:
    found: Mapping[str, int] = checkpoint.config.to_mapping()
    wanted: Mapping[str, int] = config.to_mapping()
    for name in _TOWER_FIELDS:
        if found[name] != wanted[name]:
            raise PlanRefused(
                f"{start} is a model with {name} {found[name]}, but configuration "
                f"{plan.configuration!r} has {wanted[name]}; name the one that it was trained with"
            )


def device_of(plan: TrainingPlan, local_rank: int) -> torch.device:
    """Where this process trains: its own GPU where there is one, else the CPU.

    Raises:
        PlanRefused: a GPU is asked for that is not there.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if plan.device == "cpu" or (plan.device == "auto" and not count):
        return torch.device("cpu")
    # Not by torch.device, which keeps the number in 8 bits: cuda:256 would be the first.
    number = plan.device.partition(":")[2]
    index = int(number) if number else local_rank
    if index >= count:
        raise PlanRefused(
            f"device {plan.device!r}: this machine has {count} CUDA devices, and process "
            f"{local_rank} wants number {index}; start fewer processes, or use 'cpu'"
        )
    return torch.device("cuda", index)
