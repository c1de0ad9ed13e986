"""The training loop: steps, checkpoints that go on exactly, validation, and one best model."""

import json
import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch

from retrieval.encoder import AUTOCAST_OF, Precision
from retrieval.errors import TrainingDiverged
from retrieval.gadms.model import Gadms
from retrieval.training.augment import TrainingTransform
from retrieval.training.beginning import Tables
from retrieval.training.durable import write_whole
from retrieval.training.journal import Journal
from retrieval.training.loading import Batch, BatchLoader
from retrieval.training.metrics import Report
from retrieval.training.optimising import Optimising
from retrieval.training.plan import TrainingPlan
from retrieval.training.ranks import Ranks
from retrieval.training.run_folder import RunFolder
from retrieval.training.sampler import BatchSchedule
from retrieval.training.scores import ScoreTable
from retrieval.training.steps import LearningStep, Outcome
from retrieval.training.tally import Tally
from retrieval.training.validation import Validation
from retrieval.training.views import ViewMaker

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a training stands, between two steps of Adam.

    Attributes:
        epoch: from 1; one past the last when all is done.
        batch: the next of this epoch, from 0.
        step: of Adam so far, in all epochs.
    """

    epoch: int = 1
    batch: int = 0
    step: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What a training is made of; the plan is for its task, the model on its device."""

    plan: TrainingPlan
    model: Gadms
    tables: Tables
    folder: RunFolder
    ranks: Ranks
    device: torch.device
    precision: Precision


class Trainer:
    """Trains one model in one run folder, which it may find half done.

    Killed at any instant and started again, it ends with the weights that it would have ended
    with undisturbed, bit for bit where the arithmetic of the device is repeatable.
    """

    def __init__(
        self, parts: Parts, *, report: Report, should_stop: Callable[[], bool] = lambda: False
    ) -> None:
        """`report` is told batches done and in all; `should_stop` is asked between steps."""
        self._parts, self._report, self._should_stop = parts, report, should_stop
        plan, ranks, train = parts.plan, parts.ranks, parts.tables.train
        is_pretraining = plan.task == "pretrain"
        self._scores = (
            ScoreTable(len(train), initial=plan.masking.initial_score) if is_pretraining else None
        )
        self._views = ViewMaker(plan, self._scores, parts.device)
        step = LearningStep(
            parts.model,
            weights={str(name): weight for name, weight in (plan.losses or {}).items()},
            score=plan.score if is_pretraining else None,
            ranks=ranks,
            autocast=AUTOCAST_OF.get(parts.precision),
        )
        self._optimising = Optimising(step, plan, ranks)
        self._schedule = BatchSchedule(len(train), plan.batch, ranks.count, plan.seed)
        config = parts.model.config
        self._loader = BatchLoader(
            train, TrainingTransform(config.image_height, config.image_width, plan.augment),
            self._schedule, rank=ranks.rank, seed=plan.seed, workers=plan.workers,
            pin=parts.device.type == "cuda",
        )  # fmt: skip
        self._validation = Validation(
            parts.model, parts.tables, parts.folder, parts.device, parts.precision
        )
        self._at = self._unmoved = Position()
        self._saved_at = time.monotonic()

    def run(self) -> Position:
        """Train to the end, or to where `should_stop` says so; where that was."""
        self._go_on()
        step = self._at.step or None
        try:
            with Tally(self._journal(step), self._parts.plan.log_every_steps) as self._tally:
                while self._at.epoch <= self._epochs and not self._stops():
                    self._train_epoch()
        finally:
            self._loader.close()
        return self._at

    @property
    def is_done(self) -> bool:
        """Whether all epochs are behind."""
        return self._at.epoch > self._epochs

    @property
    def _epochs(self) -> int:
        return self._parts.plan.epochs or 1

    def _train_epoch(self) -> None:
        rate = self._optimising.begin_epoch(self._at.epoch)
        stopped = False
        for batch, is_last, parts in self._batches():
            self._learn(batch, is_last=is_last, parts=parts)
            if is_last:
                self._move(rate)
                stopped = self._stops()
                if stopped or self._is_due():
                    self._save()
                if stopped:
                    return
        epoch = self._at.epoch
        self._tally.flush(self._at.step)
        if epoch % self._parts.plan.validate_every_epochs == 0 or epoch == self._epochs:
            self._validate(epoch)
        self._at = Position(epoch + 1, 0, self._at.step)
        self._save()

    def _batches(self) -> Iterator[tuple[Batch, bool, int]]:
        """Batches of this epoch, whether Adam steps after each, and of how many it then learns."""
        size, steps = self._parts.plan.accumulate, self._schedule.steps
        first = self._at.batch
        for number, batch in enumerate(self._loader.batches(self._at.epoch, first), first):
            begun = number // size * size
            is_last = (number + 1) % size == 0 or number + 1 == steps
            yield batch, is_last, min(size, steps - begun)

    def _learn(self, batch: Batch, *, is_last: bool, parts: int) -> None:
        if self._at.batch % self._parts.plan.accumulate == 0:
            self._unmoved = self._at
        outcome = self._optimising.forward(
            self._views.views(batch, self._at.epoch), is_last=is_last
        )
        self._check(outcome, batch)
        self._optimising.backward(outcome, parts=parts, is_last=is_last)
        self._remember(batch, outcome)
        self._tally.add(outcome, len(batch.rows) * self._parts.ranks.count)
        self._batch_in_hand = batch
        done = (self._at.epoch - 1) * self._schedule.steps + self._at.batch + 1
        self._report(done, self._epochs * self._schedule.steps)
        self._at = replace(self._at, batch=self._at.batch + 1)

    def _move(self, rate: float) -> None:
        moved = self._optimising.step()
        if not math.isfinite(moved.gradient_norm) and not moved.is_skipped:
            self._diverge("the gradient is no number", self._batch_in_hand)
        self._at = replace(self._at, step=self._at.step + 1)
        self._tally.step(
            self._at.step, epoch=self._at.epoch, learning_rate=rate,
            gradient_norm=moved.gradient_norm,
        )  # fmt: skip

    def _remember(self, batch: Batch, outcome: Outcome) -> None:
        """Note the scores of this batch, of all ranks, for the next time its captions are drawn."""
        if self._scores is None:
            return
        ranks = self._parts.ranks
        rows = ranks.join_rows(batch.rows.to(self._parts.device)).cpu().numpy()
        scores = ranks.join_rows(outcome["scores"]).float().cpu().numpy()
        if kept := self._scores.update(rows, scores):
            log.warning("%d captions had scores that are no numbers; they keep the old", kept)

    def _check(self, outcome: Outcome, batch: Batch) -> None:
        losses = {name: value for name, value in outcome.items() if name.startswith("loss_")}
        # One look for all of them: each makes the process wait for a GPU.
        found = torch.stack([value.double() for value in losses.values()]).tolist()
        for name, value in zip(losses, found, strict=True):
            if not math.isfinite(value):
                self._diverge(f"the loss {name.removeprefix('loss_')} is {value}", batch)

    def _diverge(self, what: str, batch: Batch) -> None:
        """Keep a checkpoint from before this batch, note the batch, and stop.

        Raises:
            TrainingDiverged: always.
        """
        self._optimising.forget_gradients()
        out, train = self._parts.folder.out, self._parts.tables.train
        self._at = self._unmoved
        self._save()
        if self._parts.ranks.is_first:
            rows = [train[row] for row in batch.rows.tolist()]
            samples = [{"picture": str(s.picture), "caption": s.caption} for s in rows]
            note = {"what": what, "epoch": self._at.epoch, "step": self._at.step, "batch": samples}
            write_whole(out / "diverged.json", json.dumps(note, indent=1, ensure_ascii=False))
        self._parts.ranks.wait()  # whoever starts several processes kills all when one ends
        raise TrainingDiverged(
            f"{what} at epoch {self._at.epoch}, step {self._at.step}: the batch is in "
            f"{out / 'diverged.json'}, the model before it in {out / 'checkpoints'}; look at the "
            "batch, or begin another run from there with a lower learning_rate"
        )

    def _validate(self, epoch: int) -> None:
        if self._parts.ranks.is_first:
            values = self._validation.judge(epoch, self._at.step)
            self._tally.validated(self._at.step, values)
        self._parts.ranks.wait()

    def _stops(self) -> bool:
        """Whether any rank is told to stop: they stop together, or one would wait for ever."""
        told = torch.tensor(float(self._should_stop()), device=self._parts.device)
        return bool(self._parts.ranks.total(told) > 0)

    def _is_due(self) -> bool:
        plan = self._parts.plan
        every = plan.checkpoint_every_steps
        by_steps = every is not None and self._at.step % every == 0
        return by_steps or time.monotonic() - self._saved_at >= plan.checkpoint_every_s

    def _save(self) -> None:
        self._saved_at = time.monotonic()
        if not self._parts.ranks.is_first:
            return
        tensors = {"model": self._parts.model.state_dict(), "optimiser": self._optimising.tensors()}
        if self._scores is not None:
            tensors["scores"] = self._scores.to_tensors()
        state = {
            "epoch": self._at.epoch,
            "batch": self._at.batch,
            "scaler": self._optimising.state(),
        }
        self._parts.folder.save(self._at.step, tensors, state)

    def _go_on(self) -> None:
        """Take up the newest checkpoint, if there is one."""
        self._parts.ranks.wait()
        saved = self._parts.folder.latest()
        self._parts.ranks.wait()  # nobody writes before all have read
        if saved is None:
            return
        self._parts.model.load_state_dict(saved.tensors("model"))
        self._optimising.restore(saved.tensors("optimiser"), saved.state["scaler"])
        if self._scores is not None:
            self._scores = ScoreTable.from_tensors(saved.tensors("scores"))
            self._views = ViewMaker(self._parts.plan, self._scores, self._parts.device)
        self._at = Position(saved.state["epoch"], saved.state["batch"], saved.step)
        log.info("training goes on at epoch %d, step %d", self._at.epoch, self._at.step)

    def _journal(self, resume_step: int | None) -> Journal | None:
        if not self._parts.ranks.is_first:
            return None
        return Journal(self._parts.folder.out, resume_step)
