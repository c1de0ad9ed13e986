"""Processes that draw: one task after another, each with its own renderer and one thread."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from typing import TypeVar

import cv2

from pipeline.errors import DescryError
from pipeline.shutdown import die_with_parent

Task = TypeVar("Task")
Result = TypeVar("Result")

#: A process each, so one thread each: what the numeric libraries and the renderer go by.
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LP_NUM_THREADS"), "1"
)
_POLL_S = 0.5


class _Line:
    """What a drawing process shares with the one that started it; nothing outside of a crew."""

    stop: Event | None = None
    frames: "Synchronized[int] | None" = None


def note_frame() -> None:
    """Told by a task: one more frame is done."""
    if _Line.frames is not None:
        with _Line.frames.get_lock():
            _Line.frames.value += 1


def is_stopped() -> bool:
    """Asked by a task: whether to leave the rest for another time."""
    return _Line.stop is not None and _Line.stop.is_set()


def draw_all(
    work: Callable[[Task], Result],
    tasks: Sequence[Task],
    *,
    jobs: int,
    report: Callable[[int], None],
    stopped: Callable[[], bool],
) -> None:
    """Do `work` on each task, in their order, in `jobs` processes.

    Once `stopped` says so, no further task starts, and those under way are told by `is_stopped`.

    Args:
        work: a function of a module, as another process imports it; it tells `note_frame`.
        tasks: what it is called with, one by one.
        jobs: processes, at least 1.
        report: told twice a second how many frames are done.
        stopped: asked as often.

    Raises:
        DescryError: a process died: killed, out of memory, or the renderer crashed.
    """
    if not tasks:
        return
    context = get_context("spawn")
    stop, frames = context.Event(), context.Value("q", 0)
    with (
        _one_thread_each(),
        ProcessPoolExecutor(
            max_workers=min(jobs, len(tasks)),
            mp_context=context,
            initializer=_begin,
            initargs=(os.getpid(), stop, frames),
        ) as pool,
    ):
        try:
            for _ in _done(pool, work, iter(tasks), ahead=jobs + 1, stopped=stopped):
                report(frames.value)
                if stopped():
                    stop.set()
        except BrokenProcessPool as error:
            if stopped():  # whoever stops a group of processes stops these too
                return
            raise DescryError(
                "a drawing process died (killed, or out of memory): the same command goes on "
                "from there; fewer --jobs need less memory"
            ) from error
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
    report(frames.value)


def _done(
    pool: ProcessPoolExecutor, work: Callable[[Task], Result], tasks: Iterator[Task], *,
    ahead: int, stopped: Callable[[], bool],
) -> Iterator[None]:  # fmt: skip
    """Keep `ahead` tasks under way; comes back twice a second until all are done."""
    under_way: set[Future[Result]] = set()
    while True:
        while len(under_way) < ahead and not stopped():
            task = next(tasks, None)
            if task is None:
                break
            under_way.add(pool.submit(work, task))
        if not under_way:
            return
        done, under_way = wait(under_way, timeout=_POLL_S, return_when=FIRST_COMPLETED)
        for one in done:
            one.result()
        if stopped():
            under_way = {one for one in under_way if not one.cancel()}
        yield


@contextmanager
def _one_thread_each() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(_ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _begin(parent_pid: int, stop: Event, frames: "Synchronized[int]") -> None:
    """Leave Ctrl-C to the parent, and end with it; OpenCV asks no variable for its threads."""
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(parent_pid)
    _Line.stop, _Line.frames = stop, frames
