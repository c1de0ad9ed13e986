"""Ending a process when it is told to: one event that SIGINT and SIGTERM set.

The signal's number arrives through a pipe and a thread reads it. A handler in Python would
run on the main thread only, which may be deep in a decoder, or holding the very lock that
setting an event takes.
"""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PR_SET_PDEATHSIG = 1
_SHOW_CURSOR = b"\x1b[?25h"


class Stop(threading.Event):
    """Set when the process is to end."""

    def __init__(self) -> None:
        super().__init__()
        self.signum: int | None = None
        self.is_at_once = False

    @property
    def exit_code(self) -> int:
        """130 after an interrupt, 0 after an orderly request or none."""
        return INTERRUPTED if self.signum == signal.SIGINT else 0

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Have a signal end the process where it stands, for as long as the block runs.

        For what takes seconds and cannot be asked to stop, loading a model say, in a process that
        a kill at that time does not harm.
        """
        self.is_at_once = True
        if self.is_set():
            os._exit(self.exit_code)
        try:
            yield
        finally:
            self.is_at_once = False


@contextmanager
def stopping() -> Iterator[Stop]:
    """An event that SIGINT or SIGTERM sets, for as long as the block runs.

    A SIGINT on top of an earlier signal ends the process at once: whoever presses Ctrl-C
    twice has waited long enough.

    Raises:
        ValueError: this is not the main thread, which alone receives signals.
    """
    stop = Stop()
    previous = {signum: signal.signal(signum, _noted) for signum in _SIGNALS}
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    previous_fd = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    watcher = threading.Thread(target=_watch, args=(reader, stop), name="signals", daemon=True)
    watcher.start()
    try:
        yield stop
    finally:
        signal.set_wakeup_fd(previous_fd)
        for signum, handler in previous.items():
            signal.signal(signum, handler or signal.SIG_DFL)
        os.close(writer)
        watcher.join()
        os.close(reader)


def _noted(signum: int, frame: FrameType | None) -> None:
    """Keep the default (die, or KeyboardInterrupt) from happening; the thread does the rest."""


def _watch(reader: int, stop: Stop) -> None:
    while received := os.read(reader, 64):
        for signum in received:
            if signum == signal.SIGINT and stop.is_set():
                if sys.stderr is not None and sys.stderr.isatty():
                    os.write(2, _SHOW_CURSOR)  # which a progress bar had hidden
                os._exit(INTERRUPTED)
            if signum in _SIGNALS and not stop.is_set():
                stop.signum = signum
                stop.set()
                if stop.is_at_once:
                    os._exit(stop.exit_code)


def die_with_parent(parent_pid: int | None = None) -> None:
    """Ask Linux for a SIGTERM when the parent dies, so that a killed supervisor leaves nobody.

    Elsewhere this does nothing. The parent is, to Linux, the thread that started this
    process: a supervisor must start its workers from a thread that lives as long as it does.

    Args:
        parent_pid: who the parent should be, as told by it; without it, a parent that died
            before this call goes unnoticed.
    """
    if not sys.platform.startswith("linux"):
        return
    expected = os.getppid() if parent_pid is None else parent_pid
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) was refused")
    # It may have died between the fork and the line above, and then no signal comes.
    if os.getppid() != expected:
        os.kill(os.getpid(), signal.SIGTERM)
