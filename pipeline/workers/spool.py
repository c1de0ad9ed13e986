"""Jobs for several readers of files: a folder in which a job is taken by renaming it."""

from pathlib import Path
from typing import NamedTuple

from pipeline.workers.jobs import ReplayJob


class Taken(NamedTuple):
    """A job in the hands of one reader.

    Attributes:
        file: where the job lies now.
        job: what to do.
        deaths: how many readers of this name ended while they did it.
    """

    file: Path
    job: ReplayJob
    deaths: int


class Spool:
    """A folder that one process fills and several readers empty; each job is with one of them.

    A job waits, is taken, and is finished: three folders, and a rename from one to the next. A
    reader that was killed finds its job again when it is back.
    """

    def __init__(self, folder: Path) -> None:
        self._waiting, self._taken, self._finished = (
            folder / name for name in ("waiting", "taken", "finished")
        )
        for each in (self._waiting, self._taken, self._finished):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, number: int, job: ReplayJob) -> str:
        """Add a job, to be taken in the order of numbers; its name."""
        name = f"{number:010d}"
        job.write(self._waiting / name)
        return name

    def finished(self) -> list[str]:
        """The names of the jobs that were finished since the last call, in order."""
        files = sorted(self._finished.iterdir())
        for file in files:
            file.unlink()
        return [file.name for file in files]

    def take(self, reader: str) -> Taken | None:
        """The next job for `reader`: first the one it already had; None if there is none."""
        mine = self._taken / reader
        mine.mkdir(mode=0o700, exist_ok=True)
        for known in mine.iterdir():
            number, _, deaths = known.name.partition(".")
            again = known.rename(mine / f"{number}.{int(deaths) + 1}")
            return Taken(again, ReplayJob.read(again), int(deaths) + 1)
        for waiting in sorted(self._waiting.iterdir()):
            if waiting.name.startswith("."):  # being written
                continue
            try:
                file = waiting.rename(mine / f"{waiting.name}.0")
            except FileNotFoundError:  # another reader was faster
                continue
            return Taken(file, ReplayJob.read(file), 0)
        return None

    def finish(self, taken: Taken) -> None:
        """The job is done, or given up for good."""
        taken.file.rename(self._finished / taken.file.name.partition(".")[0])
