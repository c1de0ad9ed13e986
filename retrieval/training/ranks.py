"""The processes that train together: what is joined over them, and how.

Every method works in a single process too, where it costs nothing.
"""

import os
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed

from retrieval.errors import PlanRefused

_OF_TORCHRUN = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
_PATIENCE = timedelta(minutes=30)
_VALIDATING = timedelta(days=7)  # a rank that validates keeps the others waiting


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among those that train together.

    Attributes:
        rank: of this process, from 0.
        count: of all.
        patient: the same processes, for waits of any length; None for one process alone, or
            for the patience of every other operation.
    """

    rank: int = 0
    count: int = 1
    patient: distributed.ProcessGroup | None = None

    @property
    def is_first(self) -> bool:
        """Whether this one speaks and writes for all."""
        return self.rank == 0

    def join_rows(self, rows: Tensor) -> Tensor:
        """(R·B, …) rows of all ranks, in their order; gradient flows to this rank's own.

        Every rank has as many rows, and computes the same loss of the joined ones; each passes
        the gradient of its own rows back, so the sum over ranks is the gradient of that loss.
        """
        if self.count == 1:
            return rows
        parts = [torch.empty_like(rows) for _ in range(self.count)]
        distributed.all_gather(parts, rows.detach().contiguous())
        parts[self.rank] = rows
        return torch.cat(parts)

    def total(self, value: Tensor) -> Tensor:
        """The sum of `value` over ranks, without gradient."""
        summed = value.detach().clone()
        if self.count > 1:
            distributed.all_reduce(summed)
        return summed

    def extremes(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """() and (): lowest and highest of the values of all ranks.

        A value that is no number makes both none, as it does within one process.
        """
        ends = torch.stack([-values.detach().amin(), values.detach().amax()])
        if self.count > 1:
            lost = self.total(ends.isnan().any().to(ends.dtype))
            distributed.all_reduce(ends, op=distributed.ReduceOp.MAX)
            ends = torch.where(lost > 0, torch.full_like(ends, torch.nan), ends)
        return -ends[0], ends[1]

    def wait(self) -> None:
        """Until all ranks are here."""
        if self.count > 1:
            distributed.barrier(group=self.patient)


def local_rank() -> int:
    """Which of the processes on this machine this is, from 0; its GPU has the same number.

    Raises:
        PlanRefused: torchrun's variable is no number.
    """
    given = os.environ.get("LOCAL_RANK", "0")
    if not (given.isascii() and given.isdigit()):
        raise PlanRefused(f"LOCAL_RANK is {given!r}: start several processes with torchrun")
    return int(given)


def join_ranks(device: torch.device) -> Ranks:
    """The ranks that torchrun started, or this process alone.

    Raises:
        PlanRefused: torchrun's variables are there in part, or make no sense.
    """
    given = {name: os.environ.get(name, "") for name in _OF_TORCHRUN}
    if not (given["RANK"] or given["WORLD_SIZE"]):
        return Ranks()
    try:
        rank, count = int(given["RANK"]), int(given["WORLD_SIZE"])
    except ValueError as error:
        raise PlanRefused(f"{given}: start several processes with torchrun") from error
    if not (0 <= rank < count and all(given.values())):
        raise PlanRefused(f"{given}: start several processes with torchrun")
    backend = "nccl" if device.type == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=_PATIENCE)
    patient = distributed.new_group(backend="gloo", timeout=_VALIDATING)
    if not isinstance(patient, distributed.ProcessGroup):  # what it gives to a rank left out
        raise PlanRefused(f"rank {rank} is in no group: start several processes with torchrun")
    return Ranks(rank, count, patient)


def leave_ranks(ranks: Ranks) -> None:
    """Take leave of the others."""
    if ranks.count > 1 and distributed.is_initialized():
        distributed.destroy_process_group()
