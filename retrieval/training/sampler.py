"""Which samples each process sees at each step."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import PlanRefused
from retrieval.training.seeds import NO_ROW, draw_seed

_Order = NDArray[Any]  # int32 where the count fits, else int64


class BatchSchedule:
    """Every epoch in another order, cut into batches that the ranks share.

    One order an epoch, drawn from the seed and the epoch alone. A step takes the next
    `batch` × `ranks` rows of it, and each rank a contiguous part of those. So what R ranks
    with a batch of b see together is what one rank with a batch of R × b sees, and training can
    go on in the middle of an epoch. The last step of an epoch is shorter where the count does
    not divide; the ranks' parts of it are equal, so fewer than `ranks` rows, other ones
    each epoch, are left out.

    The order is kept for one epoch at a time: 4 bytes a row.
    """

    def __init__(self, count: int, batch: int, ranks: int = 1, seed: int = 0) -> None:
        """A schedule of `count` rows.

        Args:
            count: samples, at least 2 and at least `ranks`.
            batch: rows a step takes on each rank, at least 1.
            ranks: processes, at least 1.
            seed: of the plan.

        Raises:
            PlanRefused: too few samples for the ranks, or to tell one from another.
            ValueError: `batch` or `ranks` is below 1.
        """
        if batch < 1 or ranks < 1:
            raise ValueError(f"a batch of {batch} on {ranks} ranks holds nothing")
        if count < 2:
            raise PlanRefused(
                f"{count} sample cannot be trained on: a caption is learnt against those of other "
                "pictures; give a data set with more"
            )
        if count < ranks:
            raise PlanRefused(
                f"{count} samples for {ranks} processes: some would have none; start fewer"
            )
        self.count, self.batch, self.ranks, self.seed = count, batch, ranks, seed
        full, rest = divmod(count, batch * ranks)
        self.steps = full + (rest >= ranks)
        self._order_of: tuple[int, _Order] | None = None

    def rows(self, epoch: int, step: int, rank: int) -> NDArray[np.int64]:
        """(B,) the rows that `rank` takes at `step` of `epoch`; B is `batch` or, last, fewer.

        Args:
            epoch: from 1.
            step: within the epoch, from 0, below `steps`.
            rank: from 0, below `ranks`.

        Raises:
            ValueError: there is no such step or rank.
        """
        if not (0 <= step < self.steps and 0 <= rank < self.ranks):
            raise ValueError(
                f"step {step} of {self.steps} on rank {rank} of {self.ranks} does not exist"
            )
        first = step * self.batch * self.ranks
        share = min(self.batch, (self.count - first) // self.ranks)
        begin = first + rank * share
        return self._order(epoch)[begin : begin + share].astype(np.int64)

    def _order(self, epoch: int) -> _Order:
        if self._order_of is None or self._order_of[0] != epoch:
            order = np.arange(self.count).astype(
                np.int32 if self.count <= np.iinfo(np.int32).max else np.int64
            )
            np.random.default_rng(draw_seed(self.seed, epoch, NO_ROW, "order")).shuffle(order)
            self._order_of = epoch, order
        return self._order_of[1]
