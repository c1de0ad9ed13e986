"""Figures of training between two rows of the journal."""

import time
from collections.abc import Mapping
from types import TracebackType

from torch import Tensor

from retrieval.training.journal import Journal
from retrieval.training.steps import Outcome


class Tally:
    """Means over the steps since the last row; silent on every rank but the first."""

    def __init__(self, journal: Journal | None, every: int) -> None:
        """Write to `journal` every `every` steps; None writes nothing."""
        self._journal, self._every = journal, every
        # Tensors, read when a row is due: each reading makes the process wait for a GPU.
        self._sums: dict[str, Tensor] = {}
        self._batches = self._crops = 0
        self._began = time.monotonic()
        self._row: dict[str, float] = {}

    def add(self, outcome: Outcome, crops: int) -> None:
        """Count one batch of `crops` pictures, of all ranks."""
        if self._journal is None:
            return
        for name, value in outcome.items():
            if name.startswith(("loss_", "accuracy_")):
                so_far = self._sums.get(name)
                more = value.detach().double()
                self._sums[name] = more if so_far is None else so_far + more
        self._batches += 1
        self._crops += crops

    def step(self, step: int, *, epoch: int, learning_rate: float, gradient_norm: float) -> None:
        """Note that Adam moved for the `step`-th time; a row where it is due."""
        self._row = {
            "epoch": epoch, "learning_rate": learning_rate, "gradient_norm": gradient_norm,
        }  # fmt: skip
        if step % self._every == 0:
            self.flush(step)

    def flush(self, step: int) -> None:
        """Write what was counted since the last row, if anything was."""
        if self._journal is None or not self._batches or not self._row:
            return
        means = {name: float(s) / self._batches for name, s in sorted(self._sums.items())}
        loss = sum(value for name, value in means.items() if name.startswith("loss_"))
        passed = max(time.monotonic() - self._began, 1e-9)
        row = {**self._row, "loss": loss, **means, "crops_per_s": self._crops / passed}
        self._journal.write("train", step, row)
        self._sums, self._batches, self._crops = {}, 0, 0
        self._began = time.monotonic()

    def validated(self, step: int, values: Mapping[str, float]) -> None:
        """Write a row of validation; the time it took is not that of training."""
        if self._journal is not None:
            self._journal.write("validation", step, values)
        self._began = time.monotonic()

    def __enter__(self) -> "Tally":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._journal is not None:
            self._journal.close()
