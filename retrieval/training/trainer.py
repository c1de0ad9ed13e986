"""The training loop: steps, checkpoints that go on exactly, validation, and one best model."""

import json
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from retrieval.encoder import AUTOCAST_OF, Precision
from retrieval.errors import RetrievalError, TrainingDiverged, TrainingError
from retrieval.gadms.model import Gadms
from retrieval.training.ahead import one_ahead
from retrieval.training.augment import TrainingTransform
from retrieval.training.beginning import StartReport, Tables
from retrieval.training.durable import write_whole
from retrieval.training.journal import Journal
from retrieval.training.loading import BatchLoader
from retrieval.training.optimising import Optimising
from retrieval.training.plan import TrainingPlan
from retrieval.training.ranks import Ranks
from retrieval.training.run_folder import RunFolder
from retrieval.training.sampler import BatchSchedule
from retrieval.training.scores import ScoreTable, in_full_length
from retrieval.training.steps import LearningStep, Outcome, Views
from retrieval.training.tally import Tally
from retrieval.training.validation import Validation
from retrieval.training.views import ViewMaker

log = logging.getLogger(__name__)

# The loss scale of fp16 finds its place in about twenty; after so many it never will.
_MOST_SKIPPED = 50


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
    """What a training is made of; `said` is what files of the model say of it."""

    plan: TrainingPlan
    model: Gadms
    tables: Tables
    folder: RunFolder
    ranks: Ranks
    device: torch.device
    precision: Precision
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A batch of this rank, and its place among those whose gradients make one step."""

    rows: Tensor  # (B,)
    views: Views
    is_last: bool
    parts: int


class Trainer:
    """Trains one model in one run folder, which it may find half done.

    Killed at any instant and started again, it ends with the weights that it would have ended
    with undisturbed, bit for bit where the arithmetic of the device is repeatable.
    """

    def __init__(
        self, parts: Parts, *, report: StartReport, should_stop: Callable[[], bool] = lambda: False
    ) -> None:
        """`report` is asked for a bar for each long job; `should_stop` is asked between batches."""
        self._parts, self._report, self._should_stop = parts, report("training"), should_stop
        plan, ranks, train = parts.plan, parts.ranks, parts.tables.train
        is_pretraining = plan.task == "pretrain"
        self._scores = (
            ScoreTable(len(train), initial=plan.masking.initial_score) if is_pretraining else None
        )
        self._views = ViewMaker(plan, self._scores, parts.device, train)
        step = LearningStep(
            parts.model,
            weights={str(name): weight for name, weight in (plan.losses or {}).items()},
            score=plan.score if is_pretraining else None,
            ranks=ranks,
            autocast=AUTOCAST_OF.get(parts.precision),
        )
        self._optimising = Optimising(step, plan, ranks)
        self._schedule = BatchSchedule(len(train), plan.batch, ranks.count, plan.seed)
        size = parts.model.config.image_height, parts.model.config.image_width
        self._loader = BatchLoader(
            train,
            TrainingTransform(*size, plan.augment, plan.photometric),
            self._schedule, rank=ranks.rank, seed=plan.seed, workers=plan.workers,
            pin=parts.device.type == "cuda",
        )  # fmt: skip
        self._validation = Validation(
            parts.model, parts.tables, parts.folder, parts.device, parts.precision, report,
            parts.said,
        )  # fmt: skip
        self._epochs = plan.epochs or 1
        self._at = self._unmoved = Position()
        self._learnt: list[tuple[Tensor, Tensor | None]] = []  # since Adam last moved
        self._skipped = 0  # steps in a row
        self._saved_at = time.monotonic()

    def run(self) -> Position:
        """Train to the end, or to where `should_stop` says so; where that was."""
        self._go_on()
        step = self._at.step or None
        try:
            with Tally(self._journal(step), self._parts.plan.log_every_steps) as self._tally:
                while self._at.epoch <= self._epochs and not self._stops():
                    self._train_epoch()
        except TrainingDiverged:
            raise  # it has kept what there was
        except RetrievalError:
            with suppress(TrainingError):
                self._go_back()
                self._save()
            raise
        finally:
            self._loader.close()
        return self._at

    @property
    def is_done(self) -> bool:
        """Whether all epochs are behind."""
        return self._at.epoch > self._epochs

    def _train_epoch(self) -> None:
        rate = self._optimising.begin_epoch(self._at.epoch)
        for part in one_ahead(self._batches()):
            self._learn(part)
            if part.is_last:
                self._move(rate)
            if self._stops():
                log.info("told to stop: keeping what was learnt")
                self._go_back()
                self._save()
                return
            if part.is_last and self._is_due():
                self._save()
        epoch = self._at.epoch
        self._tally.flush(self._at.step)
        if epoch % self._parts.plan.validate_every_epochs == 0 or epoch == self._epochs:
            self._save()  # judging may take long, and must not cost the epoch
            self._validate(epoch)
        self._at = self._unmoved = Position(epoch + 1, 0, self._at.step)
        self._save()

    def _batches(self) -> Iterator[_Part]:
        """What is left of this epoch; made in a thread, so it touches no weight and no rank."""
        size, steps = self._parts.plan.accumulate, self._schedule.steps
        first, epoch = self._at.batch, self._at.epoch
        for number, batch in enumerate(self._loader.batches(epoch, first), first):
            begun = number // size * size
            is_last = (number + 1) % size == 0 or number + 1 == steps
            views = self._views.views(batch, epoch)
            yield _Part(batch.rows, views, is_last, min(size, steps - begun))

    def _learn(self, part: _Part) -> None:
        outcome = self._optimising.forward(part.views, is_last=part.is_last)
        self._check(outcome, part)
        self._optimising.backward(outcome, parts=part.parts, is_last=part.is_last)
        self._learnt.append((part.rows, outcome.get("scores")))
        self._tally.add(outcome, len(part.rows) * self._parts.ranks.count)
        done = (self._at.epoch - 1) * self._schedule.steps + self._at.batch + 1
        self._report(done, self._epochs * self._schedule.steps)
        self._at = replace(self._at, batch=self._at.batch + 1)

    def _move(self, rate: float) -> None:
        moved = self._optimising.step()
        self._skipped = self._skipped + 1 if moved.is_skipped else 0
        if self._skipped > _MOST_SKIPPED:
            self._diverge(f"no gradient of the last {self._skipped} steps was a number")
        if not math.isfinite(moved.gradient_norm) and not moved.is_skipped:
            self._diverge("the gradient is no number")
        for rows, scores in self._learnt:
            self._remember(rows, scores)
        self._learnt = []
        self._at = self._unmoved = replace(self._at, step=self._at.step + 1)
        self._tally.step(
            self._at.step, epoch=self._at.epoch, learning_rate=rate,
            gradient_norm=moved.gradient_norm,
        )  # fmt: skip

    def _remember(self, rows: Tensor, scores: Tensor | None) -> None:
        """Note the scores of a batch, of all ranks, for the next time its captions are drawn."""
        if self._scores is None or scores is None:
            return
        joined = self._parts.ranks.join_rows(in_full_length(scores)).float().cpu().numpy()
        if kept := self._scores.update(self._rows_of_all(rows).numpy(), joined):
            log.warning("%d captions had scores that are no numbers; they keep the old", kept)

    def _rows_of_all(self, rows: Tensor) -> Tensor:
        return self._parts.ranks.join_rows(rows.to(self._parts.device)).cpu()

    def _check(self, outcome: Outcome, part: _Part) -> None:
        losses = {name: value for name, value in outcome.items() if name.startswith("loss_")}
        # One look for all of them: each makes the process wait for a GPU.
        found = torch.stack([value.double() for value in losses.values()]).tolist()
        for name, value in zip(losses, found, strict=True):
            if not math.isfinite(value):
                self._learnt = [(part.rows, None)]
                self._diverge(f"the loss {name.removeprefix('loss_')} is {value}")

    def _go_back(self) -> None:
        """To where Adam last moved: what was learnt of later batches is not in the weights."""
        self._optimising.forget_gradients()
        self._learnt, self._at = [], self._unmoved

    def _diverge(self, what: str) -> None:
        """Keep a checkpoint from before the batches at hand, note these, and stop.

        Raises:
            TrainingDiverged: always.
        """
        rows = torch.cat([self._rows_of_all(rows) for rows, _ in self._learnt])
        self._go_back()
        self._save()
        out, at = self._parts.folder.out, self._at
        if self._parts.ranks.is_first:
            samples = [self._parts.tables.train[row] for row in rows.tolist()]
            batch = [{"picture": str(s.picture), "caption": s.caption} for s in samples]
            note = {"what": what, "epoch": at.epoch, "step": at.step, "batch": batch}
            write_whole(out / "diverged.json", json.dumps(note, indent=1, ensure_ascii=False))
        self._parts.ranks.wait()  # whoever starts several processes kills all when one ends
        kept = out / "checkpoints" / f"step-{at.step:08}" / "model.safetensors"
        raise TrainingDiverged(
            f"{what} at epoch {at.epoch}, step {at.step}: the batch is in "
            f"{out / 'diverged.json'}, the model before it in {kept}; look at the batch, or begin "
            "another run with that as start_from and a lower learning_rate"
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
        at, scaler = self._at, self._optimising.state()
        state = {"epoch": at.epoch, "batch": at.batch, "scaler": scaler}
        self._parts.folder.save(at.step, tensors, state, self._parts.said)

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
            self._views.scores = self._scores
        self._at = Position(saved.state["epoch"], saved.state["batch"], saved.step)
        self._unmoved = self._at
        log.info("training goes on at epoch %d, step %d", self._at.epoch, self._at.step)

    def _journal(self, resume_step: int | None) -> Journal | None:
        if not self._parts.ranks.is_first:
            return None
        return Journal(self._parts.folder.out, resume_step)
