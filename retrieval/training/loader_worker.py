"""How a process that loads batches ends: not before its trainer, and not after it."""

import os
import signal
import threading
import time
from pathlib import Path
from types import FrameType

_LOOK_EVERY_S = 2.0
_GRACE_S = 10.0  # for the batch at hand


def end_with(trainer: int, _number: int) -> None:
    """Let a worker outlast the signals that stop a trainer, but not the trainer.

    A terminal, or torchrun, tells every process to stop, but the trainer still waits for the
    batch at hand. And the worker's own parent is the fork server, which outlives a trainer that
    was killed: nobody but us would notice.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end_soon)
    threading.Thread(target=_watch, args=(trainer,), daemon=True).start()


def _end_soon(_signum: int, _frame: FrameType | None) -> None:
    ending = threading.Timer(_GRACE_S, os._exit, [1])
    ending.daemon = True
    ending.start()


def _watch(trainer: int) -> None:
    while _is_alive(trainer):
        time.sleep(_LOOK_EVERY_S)
    server = Path(f"/proc/{os.getppid()}/cmdline")
    if server.exists() and b"forkserver" in server.read_bytes():
        os.kill(os.getppid(), signal.SIGKILL)  # it serves nobody any more
    os._exit(1)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
