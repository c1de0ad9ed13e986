"""Progress with ETA on standard error; silent where nobody looks."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Report = Callable[[float, float | None], None]
"""Tells how much is done, and of how much (None if nobody knows)."""


@contextmanager
def progress_bar() -> Iterator[Callable[[str], Report]]:
    """A bar per long job; call the result with a label, and the report as work goes on.

    Where standard error is no terminal, a line a tenth of the way is written instead.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain_report
        return
    columns = (
        TextColumn("{task.description}"),
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
    told = -1

    def report(done: float, total: float | None) -> None:
        nonlocal told
        if not total:
            return
        tenth = int(10 * done / total)
        if tenth > told:
            told = tenth
            sys.stderr.write(f"{label}: {done:.0f} of {total:.0f}\n")

    return report
