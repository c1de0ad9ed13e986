"""What is left to do with a loader's processes once one of them was killed.

torch ends them by setting an event that they share, and every process looks at that event all the
time: one that is killed while it looks keeps the event's lock, and whoever sets it then waits for
ever. So where one is dead, nobody asks the others: they are killed too, and torch is told that it
has nothing to end. Nor does the trainer, the only one who sets the event, ask the event whether it
is set. Torch's iterator has no public way to do either.
"""

# ruff: noqa: SLF001

from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from typing import Any

from torch.utils.data._utils import signal_handling

_WAIT_S = 1.0  # until a process that was killed is seen to be gone


class _Ending:
    """The event of an iterator as its trainer sees it: read without the lock of the shared one."""

    def __init__(self, shared: Event) -> None:
        self.shared, self._is_set = shared, False

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        self.shared.set()


def read_without_lock(arriving: Any) -> None:
    """Let torch find a dead process of a loader's iterator without the lock that it may hold.

    Args:
        arriving: an iterator of a `DataLoader`; one without processes is left as it is.
    """
    event = getattr(arriving, "_workers_done_event", None)
    if isinstance(event, Event):
        arriving._workers_done_event = _Ending(event)


def has_dead(arriving: Any, *, wait_s: float = 0.0) -> bool:
    """Whether a process of a loader's iterator is gone.

    Args:
        arriving: an iterator of a `DataLoader`; one without processes has none that is gone.
        wait_s: how long to wait for the first of them to end, in seconds.
    """
    workers: list[BaseProcess] = getattr(arriving, "_workers", [])
    if wait_s and all(worker.is_alive() for worker in workers):
        for worker in workers:
            worker.join(wait_s / len(workers))
    return not all(worker.is_alive() for worker in workers)


def abandon(arriving: Any) -> None:
    """End a loader's iterator, some of whose processes are dead, without a word to the others."""
    if arriving._shutdown:
        return
    arriving._shutdown = True
    for worker in arriving._workers:
        worker.kill()
        worker.join(_WAIT_S)
    if hasattr(arriving, "_pin_memory_thread_done_event"):
        arriving._pin_memory_thread_done_event.set()
    for queue in (*arriving._index_queues, arriving._worker_result_queue):
        queue.cancel_join_thread()
        queue.close()
    if arriving._worker_pids_set:
        signal_handling._remove_worker_pids(id(arriving))  # type: ignore[attr-defined]
        arriving._worker_pids_set = False
