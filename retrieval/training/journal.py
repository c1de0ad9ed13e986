"""The numbers of a run as it goes: CSV files for people and scripts, events for TensorBoard."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal

from torch.utils.tensorboard import SummaryWriter

from retrieval.errors import TrainingError
from retrieval.training.durable import write_whole
from retrieval.weights.download import disk_trouble

log = logging.getLogger(__name__)

Kind = Literal["train", "validation"]

_KINDS: tuple[Kind, ...] = ("train", "validation")


class Journal:
    """`train.csv`, `validation.csv` and `tensorboard/` in the folder of a run.

    A row has a step and numbers, never a caption or a path. A run that goes on from a
    checkpoint writes the steps after it once more, so what the killed run wrote of them is
    cut away; TensorBoard is told to hide it.

    Each file has the columns of its first row. A row is handed to the system at once, so that
    a killed run loses none; a power cut may take the last.
    """

    def __init__(self, folder: Path, resume_step: int | None = None) -> None:
        """The journal in `folder`, made where it is not there.

        Args:
            folder: of the run.
            resume_step: the step of the checkpoint that the run goes on from; rows after it are
                cut. None: it begins, and every row is.

        Raises:
            TrainingError: the folder cannot be written.
        """
        self._folder = folder
        kept_step = -1 if resume_step is None else resume_step
        self._columns: dict[Kind, list[str]] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for kind in _KINDS:
                self._cut(kind, kept_step)
            self._events = SummaryWriter(str(folder / "tensorboard"), purge_step=kept_step + 1)
        except OSError as error:
            raise TrainingError(disk_trouble(folder, error)) from error

    def write(self, kind: Kind, step: int, values: Mapping[str, float]) -> None:
        """Append one row.

        Args:
            kind: which file.
            step: of the training; rows come in rising order.
            values: numbers by column.

        Raises:
            TrainingError: the disk is full or fails.
            ValueError: the columns are not those of the first row.
        """
        columns = ["step", *values]
        begun = self._columns.get(kind)
        if begun is not None and begun != columns:
            raise ValueError(f"{kind}.csv has the columns {begun}, a row came with {columns}")
        row = [str(step), *(repr(float(value)) for value in values.values())]
        path = self._path(kind)
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(_lines([row] if begun else [columns, row]))
            for name, value in values.items():
                self._events.add_scalar(f"{kind}/{name}", float(value), step)
            self._events.flush()
        except OSError as error:
            raise TrainingError(disk_trouble(path, error)) from error
        self._columns[kind] = columns

    def close(self) -> None:
        """Write what is left and stop."""
        self._events.close()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _path(self, kind: Kind) -> Path:
        return self._folder / f"{kind}.csv"

    def _cut(self, kind: Kind, kept_step: int) -> None:
        """Leave the rows up to `kept_step`; what is no row, such as half of one, goes too."""
        path = self._path(kind)
        if not path.exists():
            return
        text = path.read_text("utf-8", errors="replace")
        # A line without its end was being written when the run was killed.
        lines = text.split("\n")[:-1]
        header, *rows = [line.split(",") for line in lines] or [[""]]
        kept = [row for row in rows if _step_of(row, len(header)) <= kept_step]
        if header[0] != "step" or not kept:
            path.unlink()
            return
        if len(kept) < len(rows):
            log.info("%s: %d rows after step %d are cut", path, len(rows) - len(kept), kept_step)
        write_whole(path, _lines([header, *kept]))
        self._columns[kind] = header


def _lines(rows: Iterable[list[str]]) -> str:
    return "".join(",".join(row) + "\n" for row in rows)


def _step_of(row: list[str], width: int) -> float:
    """The step of a row; beyond all steps where it is none."""
    is_whole = len(row) == width and row[0].isascii() and row[0].isdigit()
    return int(row[0]) if is_whole else float("inf")
