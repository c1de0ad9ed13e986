"""Renews the leases of a worker beside its work, however long that takes."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

RENEW_EVERY_S = 1.0
STALLED_AFTER_S = 60.0
"""A detector that takes longer than its slowest start hangs: others may have the cameras."""


class LeaseKeeper(threading.Thread):
    """A thread of its own: a detector that is slow, or starts up, must not cost the cameras.

    One that hangs must, so that a worker which lives takes them: leases are renewed only while
    the work goes on.
    """

    def __init__(
        self,
        renew: Callable[[], object],
        is_at_work: Callable[[], bool],
        *,
        every_s: float = RENEW_EVERY_S,
    ) -> None:
        """Renew by `renew` while `is_at_work`, once started."""
        super().__init__(name="leases", daemon=True)
        self._renew, self._is_at_work, self._every_s = renew, is_at_work, every_s
        self._stopping = threading.Event()

    def run(self) -> None:
        """Renew until `stop`."""
        while not self._stopping.wait(self._every_s):
            try:
                if self._is_at_work():
                    self._renew()
            except Exception:  # a thread's outermost loop
                log.exception("the leases could not be renewed")

    def stop(self) -> None:
        """Renew no more."""
        self._stopping.set()
        if self.is_alive():
            self.join(1.0)


@contextmanager
def renewed(renew: Callable[[], object]) -> Iterator[None]:
    """Renew beside what is done meanwhile, and would keep its thread for long."""
    keeper = LeaseKeeper(renew, lambda: True)
    keeper.start()
    try:
        yield
    finally:
        keeper.stop()
