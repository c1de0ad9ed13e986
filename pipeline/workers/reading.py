"""One of several readers of files: takes jobs until it is told to stop."""

import logging
import threading
from collections.abc import Callable

from pipeline.errors import SourceUnreadable
from pipeline.workers.jobs import ReplayJob
from pipeline.workers.spool import Spool, Taken

log = logging.getLogger(__name__)

# A file that ends its reader so often (a decoder that crashes, memory) must not stop the others.
DEATHS_AT_MOST = 4
LOOK_EVERY_S = 0.02


class ReadingWorker:
    """Reads file after file with one detector, and outlives what is wrong with any of them."""

    def __init__(
        self,
        spool: Spool,
        name: str,
        read: Callable[[ReplayJob, threading.Event], None],
        give_up: Callable[[ReplayJob, str], None],
    ) -> None:
        """Take from `spool`.

        Args:
            spool: where the jobs are.
            name: of this reader, the same when it is started again.
            read: reads one file to its end; SourceUnreadable says that it cannot be.
            give_up: notes why a file cannot be read.
        """
        self._spool, self._name = spool, name
        self._read, self._give_up = read, give_up

    def run(self, stop: threading.Event) -> None:
        """Read until `stop`."""
        while not stop.is_set():
            taken = self._spool.take(self._name)
            if taken is None:
                stop.wait(LOOK_EVERY_S)
                continue
            job = taken.job
            reason = self._why_not(taken, stop)
            if reason:
                log.warning("camera '%s': %s", job.camera_id, reason)
                self._give_up(job, reason)
            if not stop.is_set():
                self._spool.finish(taken)

    def _why_not(self, taken: Taken, stop: threading.Event) -> str:
        """Read the file; why it could not be read, or not to its end; empty if it could."""
        if taken.deaths > DEATHS_AT_MOST:
            return (
                f"{taken.job.path}: reading it ended the reader {taken.deaths} times; play it "
                "elsewhere, or export it again"
            )
        try:
            self._read(taken.job, stop)
        except SourceUnreadable as error:
            return str(error)
        return ""
