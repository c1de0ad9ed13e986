"""What is left to do with a loader's processes once one of them was killed.

torch ends them by setting an event that they share, and every process looks at that event all the
time: one that is killed while it looks keeps the event's lock, and whoever sets it then waits for
ever. So where one is dead, nobody asks the others: they are killed too, and torch is told that it
has nothing to end. Its iterator has no public way to do that.
"""

# ruff: noqa: SLF001

from multiprocessing.process import BaseProcess
from typing import Any

from torch.utils.data._utils import signal_handling

_WAIT_S = 1.0  # until a process that was killed is seen to be gone


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
