"""Batches for training, read, transformed and tokenised by other processes."""

import multiprocessing
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from retrieval.errors import PictureUnreadable, TrainingError
from retrieval.pictures import open_picture
from retrieval.tokenizer import tokenize
from retrieval.training.augment import TrainingTransform
from retrieval.training.dead_workers import abandon, has_dead, read_without_lock
from retrieval.training.loader_worker import end_with
from retrieval.training.sampler import BatchSchedule
from retrieval.training.samples import SampleTable, TextColumn
from retrieval.training.seeds import draw_seed

# A fork would copy locks that threads hold and a CUDA context that no child can use. A fork
# server has neither, and imports torch once for all workers where spawned ones import it each.
_START = "forkserver"
_END_SEEN_S = 1.0  # what a process leaves behind may be read before its end is seen


_Step = tuple[int, NDArray[np.int64]]
"""An epoch, and the rows of one of its steps on this rank."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step of one rank is computed from; all of it on the CPU."""

    rows: Tensor  # (B,) int64, of the samples in their table
    images: Tensor  # (B, 3, H, W) float32, normalised
    ids: Tensor  # (B, 77) int64, tokens of the captions, nothing masked
    identities: Tensor  # (B,) int64


class _Loaded(NamedTuple):
    """A batch on its way between processes, or why there is none; torch pins tuples."""

    rows: Tensor
    images: Tensor
    ids: Tensor
    identities: Tensor
    fault: str


class TrainingPictures(Dataset[_Loaded]):
    """The samples of a table, a step at a time: picture transformed, caption tokenised.

    Workers get the columns as memory that is shared, so that ten million captions
    lie there once and not once for each of them.
    """

    def __init__(
        self, table: SampleTable, transform: TrainingTransform, seed: int, *, is_shared: bool
    ) -> None:
        """Load from `table`.

        Args:
            table: the samples.
            transform: of the pictures.
            seed: of the plan.
            is_shared: whether other processes will load; the columns are copied to where they
                can be seen from there, once.
        """
        self._root, self._transform, self._seed = table.root, transform, seed
        columns: dict[str, NDArray[Any]] = {
            "path_blob": table.image_paths.blob,
            "path_offsets": table.image_paths.offsets,
            "caption_blob": table.captions.blob,
            "caption_offsets": table.captions.offsets,
            "caption_images": table.caption_images,
            "identities": table.caption_identities,
        }
        self._columns = {
            name: _shared(column) if is_shared else column for name, column in columns.items()
        }

    def __getitem__(self, step: _Step) -> _Loaded:
        epoch, rows = step
        size = self._transform.height, self._transform.width
        images = torch.empty((len(rows), 3, *size))
        try:
            for place, row in enumerate(rows.tolist()):
                picture = open_picture(self._path(row))
                images[place] = self._transform(
                    picture, draw_seed(self._seed, epoch, row, "picture")
                )
        except PictureUnreadable as error:
            # Raised here, torch would put a traceback of this process into its message.
            nothing = torch.empty(0)
            return _Loaded(nothing, nothing, nothing, nothing, fault=str(error))
        captions = self._texts("caption")
        return _Loaded(
            torch.from_numpy(rows),
            images,
            torch.from_numpy(tokenize([captions[row] for row in rows.tolist()])),
            torch.from_numpy(self._numbers("identities")[rows]),
            fault="",
        )

    def _path(self, row: int) -> Path:
        image = int(self._numbers("caption_images")[row])
        return self._root / self._texts("path")[image]

    def _texts(self, name: str) -> TextColumn:
        column = TextColumn()
        column.blob = self._numbers(f"{name}_blob")
        column.offsets = self._numbers(f"{name}_offsets")
        return column

    def _numbers(self, name: str) -> NDArray[Any]:
        return np.asarray(self._columns[name])


class _Steps(Sampler[_Step]):
    """The steps of whichever epoch was chosen last; only this process needs the order."""

    def __init__(self, schedule: BatchSchedule, rank: int) -> None:
        self._schedule, self._rank = schedule, rank
        self.epoch, self.first_step = 1, 0

    def __iter__(self) -> Iterator[_Step]:
        return self._from(self.epoch, self.first_step)

    def __len__(self) -> int:
        return self._schedule.steps - self.first_step

    def _from(self, epoch: int, first_step: int) -> Iterator[_Step]:
        for step in range(first_step, self._schedule.steps):
            yield epoch, self._schedule.rows(epoch, step, self._rank)


class BatchLoader:
    """The batches of one rank, epoch after epoch; its processes start once.

    Order and content depend on the schedule, the seed and the epoch, not on how many workers
    there are or at which step an epoch is entered.
    """

    def __init__(
        self,
        table: SampleTable,
        transform: TrainingTransform,
        schedule: BatchSchedule,
        *,
        rank: int = 0,
        seed: int = 0,
        workers: int = 4,
        pin: bool = False,
    ) -> None:
        """Load from `table`; nothing is read yet.

        Args:
            table: as many samples as the schedule counts.
            transform: of the pictures.
            schedule: which rows come when.
            rank: this process's, from 0.
            seed: of the plan.
            workers: processes that load; 0 to load in this one.
            pin: whether the tensors lie where a GPU fetches them without waiting.

        Raises:
            ValueError: the schedule is of another number of samples.
            TrainingError: the workers' batches do not fit /dev/shm.
        """
        if schedule.count != len(table):
            raise ValueError(f"a schedule of {schedule.count} rows, a table of {len(table)}")
        self._steps = _Steps(schedule, rank)
        self._arriving: Iterator[_Loaded] | None = None  # the latest epoch's
        _check_shared_memory(schedule.batch * 3 * transform.height * transform.width * 4, workers)
        context = multiprocessing.get_context(_START) if workers else None
        if context is not None:
            context.set_forkserver_preload([__name__])
        self._loader: DataLoader[_Loaded] | None = DataLoader(
            TrainingPictures(table, transform, seed, is_shared=workers > 0),
            batch_size=None,
            sampler=self._steps,
            num_workers=workers,
            collate_fn=_as_it_is,
            pin_memory=pin,
            multiprocessing_context=context,
            worker_init_fn=partial(end_with, os.getpid()) if workers else None,
            generator=torch.Generator(),  # else a seed for the workers is drawn from the global one
            persistent_workers=workers > 0,
        )

    def batches(self, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        """The batches of `epoch`, from 1, beginning with `first_step`, from 0.

        Raises:
            PictureUnreadable: a picture cannot be used; the message names it.
            TrainingError: a worker was killed, or the loader is closed.
        """
        if self._loader is None:
            raise TrainingError("the loader is closed: make another")
        self._steps.epoch, self._steps.first_step = epoch, first_step
        arriving = self._arriving = iter(self._loader)
        read_without_lock(arriving)
        while (loaded := self._next(arriving)) is not None:
            if loaded.fault:
                raise PictureUnreadable(loaded.fault)
            yield Batch(loaded.rows, loaded.images, loaded.ids, loaded.identities)

    def close(self) -> None:
        """Let the workers go."""
        arriving, self._arriving, self._loader = self._arriving, None, None
        if arriving is not None and has_dead(arriving):
            abandon(arriving)

    def _next(self, arriving: Iterator[_Loaded]) -> _Loaded | None:
        try:
            return next(arriving, None)
        except Exception as error:
            # What a batch that was half sent ends with is any of a dozen errors.
            if not has_dead(arriving, wait_s=_END_SEEN_S):
                raise
            self.close()
            reason = " ".join(str(error).split()) or "in the middle of a batch"
            raise TrainingError(
                f"a process that reads pictures ended ({reason}): if memory or /dev/shm is short, "
                "lower workers; 0 needs neither"
            ) from error


def _check_shared_memory(batch_bytes: int, workers: int) -> None:
    """Refuse to start where the batches on their way between processes cannot fit.

    Raises:
        TrainingError: /dev/shm is too small, as in a container that was given 64 MB.
    """
    shared = Path("/dev/shm")
    if not (workers and shared.is_dir()):
        return
    free = shutil.disk_usage(shared).free
    if free < batch_bytes * (workers + 1):
        raise TrainingError(
            f"{shared} has {free / 1e6:,.0f} MB free, {workers} workers need "
            f"{batch_bytes * (workers + 1) / 1e6:,.0f}: start the container with --shm-size 8g, "
            "or set workers to 0"
        )


def _shared(column: NDArray[Any]) -> Tensor:
    tensor = torch.tensor(column)
    tensor.share_memory_()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
    return tensor


def _as_it_is(loaded: Any) -> Any:
    """Collate nothing: a step is a batch already."""
    return loaded
