"""Progress with ETA on standard error; silent where nobody looks."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from pipeline.sources.video_file import digest_file

_TELL_EVERY_S = 60.0

Report = Callable[[float, float | None], None]
"""Tells how much is done, and of how much (None if nobody knows)."""


@contextmanager
def progress_bar() -> Iterator[Callable[[str], Report]]:
    """A bar per long job; call the result with a label, and the report as work goes on.

    Where standard error is no terminal, a line is written each tenth of the way and each minute.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain_report
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=False) as progress:

        def start(label: str) -> Report:
            task = progress.add_task(label, total=None)

            def report(done: float, total: float | None) -> None:
                progress.update(task, completed=done, total=total)

            return report

        yield start


def _plain_report(label: str) -> Report:
    began = told_at = time.monotonic()
    told = -1
    first: float | None = None  # what was done before, by a run that this one goes on with

    def report(done: float, total: float | None) -> None:
        nonlocal told, told_at, first, began
        if not total:
            return
        tenth, now = int(10 * done / total), time.monotonic()
        if first is None:
            first, began = done, now
        if tenth > told or now - told_at >= _TELL_EVERY_S:
            told, told_at = tenth, now
            eta = _eta(done - first, total - first, now - began)
            sys.stderr.write(f"{label}: {done:.0f} of {total:.0f}{eta}\n")

    return report


def _eta(done: float, total: float, passed_s: float) -> str:
    """How long it takes from here, once that can be said.

    >>> _eta(10, 40, 120)
    ', ETA 0:06:00'
    >>> _eta(40, 40, 120)
    ''
    """
    if not 0 < done < total:
        return ""
    return f", ETA {timedelta(seconds=round(passed_s * (total - done) / done))}"


def digest_reporting(path: Path, report: Report) -> str:
    """SHA-256 of a file's content; `report` hears how many bytes of it were read.

    Raises:
        SourceUnreadable: it is missing, empty, or cannot be read.
    """
    total, done = path.stat().st_size, 0

    def progress(count: int) -> None:
        nonlocal done
        done += count
        report(done, total)

    return digest_file(path, progress)
