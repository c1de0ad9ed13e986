"""Ends the server that a killed owner left on our data: two writers would ruin it."""

import contextlib
import logging
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import redis

from pipeline.errors import ConfigError, StoreUnavailable
from pipeline.store.connection import connect

log = logging.getLogger(__name__)

_ANSWER_S = 2.0
_END_S = 5.0
_POLL_S = 0.02


def evict_leftover(folder: Path, sockets: Iterable[Path], pid: int | None) -> None:
    """End whatever server still works in `folder`; the caller holds the lock on it.

    Every write is on the disk already, so nothing is lost however it ends.

    Args:
        folder: the server's working folder, by which it is known.
        sockets: where it may answer.
        pid: what it was, the last time it was started.

    Raises:
        ConfigError: another Redis answers on one of our sockets.
        StoreUnavailable: it does not end.
    """
    for socket in sockets:
        _shut_down(folder, socket)
    if pid is not None and _works_in(folder, pid):
        log.warning("private Redis: a leftover (pid %d) is ended", pid)
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            if _ends(folder, pid):
                return
        raise StoreUnavailable(f"a leftover redis-server (pid {pid}) works in {folder}: end it")


def _shut_down(folder: Path, socket: Path) -> None:
    if not socket.is_socket():
        return
    address = {"url": None, "username": None, "password": None}
    with contextlib.closing(connect(**address, unix_socket=socket, timeout_s=_ANSWER_S)) as client:
        try:
            where = Path(str(client.config_get("dir")["dir"]))
            if where.resolve() != folder.resolve():
                raise ConfigError(
                    f"{socket} belongs to another Redis (in {where}): set runtime_dir to a folder "
                    "of its own"
                )
            log.warning("private Redis: a leftover answered on %s and is shut down", socket)
            client.shutdown(nosave=True)
        except (redis.ConnectionError, redis.TimeoutError):
            return  # a dead socket, or a server that hangs: its process tells


def _works_in(folder: Path, pid: int) -> bool:
    """Whether `pid` is a redis-server in `folder`; numbers are used again after a reboot."""
    process = Path("/proc") / str(pid)
    try:
        name = (process / "comm").read_text().strip()
        return name.startswith("redis-server") and (process / "cwd").resolve() == folder.resolve()
    except OSError:
        return False


def _ends(folder: Path, pid: int) -> bool:
    deadline = time.monotonic() + _END_S
    while time.monotonic() < deadline:
        if not _works_in(folder, pid):
            return True
        time.sleep(_POLL_S)
    return False
