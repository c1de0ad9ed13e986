"""How far an import is: each file that is being read, and all of them, in bytes of the files."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from pipeline.cli.import_outcome import Outcome
from pipeline.cli.import_plan import Extent, Planned
from pipeline.cli.progress import Report, progress_bar
from pipeline.logs import printable

# Where nobody looks at a bar, a line each tenth of the way and each minute.
TELL_EVERY_S = 60.0
# A file read in less time needs no line of its own.
WORTH_TELLING_S = 5.0


class Total:
    """What is done of an import, counted in bytes: the one measure known before a file is read."""

    def __init__(self, extent: Extent, now: float) -> None:
        self._extent, self._began = extent, now
        self._files = self._over_bytes = 0
        self._partial: dict[str, float] = {}
        self._footage_s: dict[str, float] = {}
        self._over_footage_s = 0.0
        self._idle_bytes = 0

    @property
    def done_bytes(self) -> float:
        """Of files dealt with, and the share read of those at hand."""
        return self._over_bytes + sum(self._partial.values())

    @property
    def share(self) -> float:
        """0 to 1; 1 if there is nothing to do."""
        size = self._extent.size_bytes
        return min(self.done_bytes / size, 1.0) if size else 1.0

    def read(self, planned: Planned, done: int, frames: int | None) -> None:
        """So many frames of a file are read, of so many if anybody knows."""
        if not frames or planned.info is None:
            return
        share, path = min(done / frames, 1.0), str(planned.recording.path)
        self._partial[path] = share * planned.recording.size_bytes
        self._footage_s[path] = share * planned.info.duration_s

    def over(self, outcome: Outcome) -> None:
        """A file is dealt with."""
        recording, imported = outcome.planned.recording, outcome.imported
        self._files += 1
        self._over_bytes += recording.size_bytes
        self._partial.pop(str(recording.path), None)
        self._footage_s.pop(str(recording.path), None)
        if imported is None or imported.known:
            self._idle_bytes += recording.size_bytes
        else:
            self._over_footage_s += imported.footage_s

    def times_realtime(self, now: float) -> float:
        """Seconds of footage read a second."""
        footage_s = self._over_footage_s + sum(self._footage_s.values())
        return footage_s / max(now - self._began, 1e-3)

    def left_s(self, now: float) -> float | None:
        """Seconds still to go, by what was really read so far; None where nobody can say."""
        read = self.done_bytes - self._idle_bytes
        left = self._extent.size_bytes - self.done_bytes
        return (now - self._began) * max(left, 0.0) / read if read > 0 else None

    def line(self, now: float) -> str:
        """All of it in words."""
        left_s = self.left_s(now)
        eta = f", ETA {timedelta(seconds=round(left_s))}" if left_s and self.share < 1 else ""
        return (
            f"in all: {self._files} of {self._extent.files} files, {self.share:.0%}, "
            f"{self.times_realtime(now):.1f} × real time{eta}"
        )


class ImportProgress:
    """Tells of an import on standard error."""

    def __init__(self, extent: Extent, bars: Progress | None, reports: Callable[[str], Report]):
        self._extent, self._bars, self._reports = extent, bars, reports
        self._total = Total(extent, time.monotonic())
        self._tenth, self._told_at = 0, time.monotonic()
        self._tasks: dict[str, TaskID] = {}
        self._lines: dict[str, tuple[float, Report]] = {}
        self._all = bars.add_task("in all", total=1.0) if bars is not None else None

    def began(self, planned: Planned) -> None:
        """A file was given to the readers."""
        self._lines[str(planned.recording.path)] = (
            time.monotonic(),
            self._reports(f"read {printable(str(planned.recording.path))}"),
        )

    def read(self, planned: Planned, done: int, frames: int | None) -> None:
        """So many frames of a file are read."""
        self._total.read(planned, done, frames)
        path = str(planned.recording.path)
        if self._bars is not None and done:
            if path not in self._tasks:
                self._tasks[path] = self._bars.add_task(printable(planned.recording.path.name))
            self._bars.update(self._tasks[path], completed=done, total=frames)
        elif done and path in self._lines:
            began, report = self._lines[path]
            if time.monotonic() - began >= WORTH_TELLING_S:
                report(done, frames)
        self._tell()

    def over(self, outcome: Outcome) -> None:
        """A file is dealt with."""
        path = str(outcome.planned.recording.path)
        self._lines.pop(path, None)
        if self._bars is not None and path in self._tasks:
            self._bars.remove_task(self._tasks.pop(path))
        self._total.over(outcome)
        self._tell()

    def _tell(self) -> None:
        now = time.monotonic()
        if self._bars is not None and self._all is not None:
            self._bars.update(
                self._all, completed=self._total.share, description=self._total.line(now)
            )
            return
        tenth = int(10 * self._total.share)
        is_worth_it = tenth > self._tenth and self._extent.files > 1
        if is_worth_it or now - self._told_at >= TELL_EVERY_S:
            self._tenth, self._told_at = tenth, now
            sys.stderr.write(f"{self._total.line(now)}\n")


@contextmanager
def import_progress() -> Iterator[
    tuple[Callable[[str], Report], Callable[[Extent], ImportProgress]]
]:
    """What starts a report of its own, and what starts the progress of an import, once known."""
    console = Console(stderr=True)
    if not console.is_terminal:
        with progress_bar() as reports:
            yield reports, lambda extent: ImportProgress(extent, None, reports)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=False) as bars:

        def start(label: str) -> Report:
            task = bars.add_task(label, total=None)
            return lambda done, total: bars.update(
                task, completed=done, total=total, visible=total is None or done < total
            )

        yield start, lambda extent: ImportProgress(extent, bars, lambda _label: _tell_nobody)


def _tell_nobody(_done: float, _total: float | None) -> None:
    pass
