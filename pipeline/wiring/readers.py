"""A few workers that read files side by side, for as long as one import lasts."""

import fcntl
import os
import secrets
import shutil
from contextlib import ExitStack
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.machine import cores
from pipeline.wiring.processes import fresh_log, worker_spec
from pipeline.wiring.sessions import Session
from pipeline.wiring.settings import worker_environment
from pipeline.workers.jobs import ReplayJob
from pipeline.workers.spool import Spool
from pipeline.workers.supervisor import Supervisor, WorkerFailed, last_line

# Each reader holds a detector: about a gigabyte, on a GPU as well.
READERS_AT_MOST = 8
BYTES_A_READER = 1_500_000_000
# Deaths of readers in a row, without one file finished between them.
DEATHS_AT_MOST = 12
_THREADS = "OMP_NUM_THREADS"


def usual_readers(cores: int, free_bytes: int) -> int:
    """How many files are read at once unless somebody says otherwise.

    One reader with many threads waits for its decoder, and many readers fill the memory.

    >>> usual_readers(2, 8_000_000_000), usual_readers(64, 64_000_000_000), usual_readers(8, 10**9)
    (2, 8, 1)
    """
    return max(min(cores, READERS_AT_MOST, free_bytes // BYTES_A_READER), 1)


class Readers:
    """Up to `at_most` workers, started as jobs come in; each reads one file at a time.

    A reader that dies is started again and goes on with its file, from where that was last quiet.
    """

    def __init__(self, session: Session, at_most: int) -> None:
        """Start nobody yet.

        Raises:
            ConfigError: the data folder is elsewhere.
        """
        if session.folder is None:
            raise ConfigError("a file can be read only where the data folder is")
        _remove_abandoned(session.folder.runtime_dir)
        self._folder = _claim_folder(session.folder.runtime_dir, session.leftovers)
        self._session, self._at_most = session, at_most
        self._log_file = fresh_log(session.folder.logs / "replay.log")
        self._spool, self._supervisor = Spool(self._folder), Supervisor()
        session.leftovers.callback(self.stop)
        self._started = self._outstanding = 0
        self._deaths_before = 0

    @property
    def has_room(self) -> bool:
        """Whether another job would keep a reader from idling."""
        return self._outstanding < 2 * self._at_most + 8

    def put(self, number: int, job: ReplayJob) -> str:
        """Have `job` read; its name. Jobs are begun in the order of their numbers."""
        name = self._spool.put(number, job)
        self._outstanding += 1
        if self._started < min(self._outstanding, self._at_most):
            self._started += 1
            self._start(str(self._started))
        return name

    def finished(self) -> list[str]:
        """The names of the jobs that have come to their end, well or not, since the last call."""
        names = self._spool.finished()
        if names:
            self._outstanding -= len(names)
            self._deaths_before = self._deaths()
        return names

    def tend(self) -> None:
        """Keep the readers alive; call it a few times a second.

        Raises:
            WorkerFailed: they need a person, or die again and again.
        """
        self._supervisor.tend()
        if self._deaths() - self._deaths_before >= DEATHS_AT_MOST:
            raise WorkerFailed(last_line(self._log_file) or "the readers keep ending", 1)

    def stop(self) -> None:
        """End the readers; those at work leave off where they are."""
        self._supervisor.stop()
        self._started = 0

    def _deaths(self) -> int:
        return sum(self._supervisor.restarts().values())

    def _start(self, reader: str) -> None:
        environment = dict(worker_environment(self._session.settings, self._session.redis_url))
        environment.setdefault(_THREADS, str(max(cores() // self._at_most, 1)))
        arguments = ["camera", "--spool", str(self._folder), "--name", reader]
        name = f"replay-{reader}"
        self._supervisor.add(worker_spec(name, arguments, environment, self._log_file))


def _claim_folder(runtime_dir: Path, leftovers: ExitStack) -> Path:
    """A new folder, held by a lock as long as we live: process numbers come again."""
    name = secrets.token_hex(8)
    unseen, folder = runtime_dir / f".spool-{name}", runtime_dir / f"spool-{name}"
    unseen.mkdir(mode=0o700, parents=True)
    lock = os.open(unseen, os.O_RDONLY)
    leftovers.callback(os.close, lock)
    fcntl.flock(lock, fcntl.LOCK_EX)
    unseen.rename(folder)
    leftovers.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _remove_abandoned(runtime_dir: Path) -> None:
    """What imports left that were killed; their readers ended with them."""
    for folder in runtime_dir.glob("spool-*"):
        try:
            lock = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:  # its import has just ended
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)
