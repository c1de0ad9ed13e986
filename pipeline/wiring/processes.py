"""Starts the processes of a data folder: its Redis, and workers of our own kind."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from pipeline.config import Settings
from pipeline.data_folder import DataFolder
from pipeline.store.server import PrivateRedis
from pipeline.workers.supervisor import WorkerSpec

LOG_BYTES_AT_MOST = 4_000_000


def start_redis(
    settings: Settings, folder: DataFolder, stack: ExitStack
) -> tuple[str, PrivateRedis | None]:
    """The address of the Redis of the settings, or of a private one, which lives in `stack`."""
    if settings.redis.url is not None:
        return settings.redis.url, None
    private = PrivateRedis(folder.path, folder.runtime_dir)
    stack.callback(private.stop)
    private.start()
    return f"unix://{private.socket}", private


def fresh_log(path: Path) -> Path:
    """A log file that does not grow for ever."""
    if path.exists() and path.stat().st_size > LOG_BYTES_AT_MOST:
        path.replace(path.with_suffix(".old.log"))
    return path


def worker_spec(
    name: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    log_file: Path | None,
    *,
    once: bool = False,
) -> WorkerSpec:
    """How to start a worker of our own kind; it ends when this process does."""
    command = [sys.executable, "-m", "pipeline", "worker", *arguments, "--parent", str(os.getpid())]
    return WorkerSpec(name, command, environment, log_file, once)
