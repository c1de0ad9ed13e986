"""One training from its plan to its end: the parts put together, and taken apart again."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from retrieval.encoder import Precision, precision_on
from retrieval.training.beginning import (
    StartReport,
    Tables,
    build_model,
    check_tables,
    device_of,
    open_tables,
    what_decides,
    what_it_says,
)
from retrieval.training.evaluate import silent
from retrieval.training.plan import TrainingPlan
from retrieval.training.ranks import Ranks, join_ranks, leave_ranks, local_rank
from retrieval.training.run_folder import Best, RunFolder
from retrieval.training.trainer import Parts, Trainer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trained:
    """How a training ended.

    Attributes:
        is_done: all epochs; False where it was told to stop, to go on another time.
        epoch: the next one, from 1.
        step: of Adam so far.
        best: the best model by validation; None before the first.
        captions: learnt from.
        classes: people among them.
        judged_by: where the validation came from.
        is_first: whether this process speaks for all.
    """

    is_done: bool
    epoch: int
    step: int
    best: Best | None
    captions: int
    classes: int
    judged_by: str
    is_first: bool


def train(
    plan: TrainingPlan,
    start: Path | None,
    *,
    report: StartReport,
    should_stop: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train as the plan says, from where its run folder is.

    Under torchrun every process calls this; the run folder is on a disk that all of them see.

    Args:
        plan: for its task.
        start: the checkpoint that `plan.start_from` means.
        report: given the name of a long job, what is told how far it is.
        should_stop: asked between steps; a checkpoint is written before the end.

    Raises:
        DatasetUnusable: the data.
        WeightsUnusable: the checkpoint to start from.
        PlanRefused: the plan, the device, or a run folder of another plan.
        TrainingDiverged: the loss is no number.
        TrainingError: the disk, or a process that reads pictures.
    """
    device = device_of(plan, local_rank())
    if device.type == "cuda":
        torch.cuda.set_device(device)
    ranks = join_ranks(device)
    folder = RunFolder(plan.out, keep=plan.keep)
    if ranks.is_first:
        with folder.held():
            trained = _train(plan, start, folder, ranks, device, report, should_stop)
    else:
        trained = _train(plan, start, folder, ranks, device, silent, should_stop)
    # After a failure nobody takes leave: it waits for the others, who may wait for us.
    leave_ranks(ranks)
    return trained


def _train(
    plan: TrainingPlan,
    start: Path | None,
    folder: RunFolder,
    ranks: Ranks,
    device: torch.device,
    report: StartReport,
    should_stop: Callable[[], bool],
) -> Trained:
    precision = precision_on(device, plan.precision)
    _settle(plan, precision)
    tables = open_tables(plan, report)
    check_tables(tables, plan, ranks.count)
    model = build_model(plan, tables.train, start).to(device)
    if ranks.is_first:
        folder.claim({**what_decides(plan, tables, start, ranks.count), "precision": precision})
    ranks.wait()
    said = what_it_says(plan, model, start)
    parts = Parts(plan, model, tables, folder, ranks, device, precision, said)
    log.info(
        "training %s on %s: %d captions of %d people, %s, %d processes",
        plan.task, device, len(tables.train), tables.train.classes, precision, ranks.count,
    )  # fmt: skip
    trainer = Trainer(parts, report=report, should_stop=should_stop)
    ended = trainer.run()
    return _told(trainer.is_done, ended.epoch, ended.step, folder, tables, ranks)


def _told(
    is_done: bool, epoch: int, step: int, folder: RunFolder, tables: Tables, ranks: Ranks
) -> Trained:
    return Trained(
        is_done=is_done,
        epoch=epoch,
        step=step,
        best=folder.best(),
        captions=len(tables.train),
        classes=tables.train.classes,
        judged_by=tables.source,
        is_first=ranks.is_first,
    )


def _settle(plan: TrainingPlan, precision: Precision) -> None:
    """Make the device's arithmetic exact or repeatable where the plan asks for it; slower."""
    if precision == "fp32":
        torch.backends.cudnn.allow_tf32 = False  # else a GPU's convolutions keep ten bits
    if plan.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what cuBLAS asks for
        torch.use_deterministic_algorithms(True)
