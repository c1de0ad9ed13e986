"""Opens the index that a query worker searches, on disk where nobody else has it, and fills it."""

import fcntl
import logging
import os
import re
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from detectors.gpus import find_gpus
from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.telemetry import Telemetry
from pipeline.wiring.stores import Stores
from pipeline.workers.bookmarks import Bookmarks
from pipeline.workers.view import VIEW_NAME, LogView
from retrieval.ports import DurableIndex, Encoder, Index

if TYPE_CHECKING:
    from retrieval.index.scanning import Scan

log = logging.getLogger(__name__)

LOCK_WITHIN_S: Final = 3.0
"""A worker that is being replaced needs a moment to end."""

LOCK: Final = "lock"
"""Whoever holds it has the folder; it stays when all else in there goes."""


def index_folder(data_folder: Path, model_id: str) -> Path:
    """Where the index of a model lies.

    >>> index_folder(Path("data"), "street-small@c0ffee").as_posix()
    'data/index/street-small@c0ffee'
    """
    return data_folder / "index" / re.sub(r"[^\w.@-]+", "-", model_id)


def open_index(
    settings: Settings, encoder: Encoder, data_folder: Path
) -> tuple[Index, DurableIndex | None]:
    """The gallery for one encoder's vectors; the second is the same, where it outlives us.

    Where another query worker of this machine has the one on disk, ours is in memory.

    Raises:
        IndexUnusable: it was written by a newer version, or is damaged.
        ConfigError: it cannot be written to, or its servers are not what it needs.
        StoreUnavailable: its servers are away.
    """
    model_id, dimension = encoder.model_id, encoder.dimension
    if settings.index.kind == "redis":
        from pipeline.wiring.spread_index import open_spread

        spread = open_spread(settings, model_id, dimension)
        return spread, spread
    if settings.index.kind == "flat":
        from retrieval.index.flat import FlatIndex

        return FlatIndex(model_id, dimension), None
    folder = index_folder(data_folder, model_id)
    scan = _scan(settings, dimension)
    try:
        return _open_on_disk(folder, model_id, dimension, scan)
    except OSError as error:
        raise ConfigError(
            f"the index '{folder}' cannot be opened ({error.strerror or error}): make room, or "
            "make it writable"
        ) from error


def _scan(settings: Settings, dimension: int) -> "Scan":
    """What looks through segments: a GPU if it may, else the CPU.

    Raises:
        ConfigError: the GPU that was asked for is not there.
    """
    from retrieval.index.scanning import best_in

    asked, budget_mb = settings.index.device, settings.index.gpu_memory_mb
    if asked == "cpu" or budget_mb == 0:
        return best_in
    names = find_gpus().names
    number = int(asked.partition(":")[2] or 0)
    if number >= len(names):
        if asked == "auto":
            return best_in
        raise ConfigError(
            f"index.device is '{asked}', and torch finds {len(names) or 'no'} GPU"
            f"{'' if len(names) == 1 else 's'}: set it to auto or cpu"
        )
    from retrieval.index.device_memory import HALF_ROUNDING, DeviceMemory
    from retrieval.index.device_scanning import DeviceScan

    device = "cuda" if asked == "auto" else asked
    log.info("index: searched on %s (%s), in %d MiB at most", device, names[number], budget_mb)
    return DeviceScan(DeviceMemory(device, dimension, budget_mb * 2**20), HALF_ROUNDING)


def _open_on_disk(
    folder: Path, model_id: str, dimension: int, scan: "Scan"
) -> tuple[Index, DurableIndex | None]:
    if lock_folder(folder, LOCK_WITHIN_S) is None:
        from retrieval.index.faiss_flat import FaissIndex

        log.info("index: another query worker has '%s'; this one keeps its own in memory", folder)
        return FaissIndex(model_id, dimension), None
    from retrieval.index.rolling import RollingIndex

    # A descriptor a segment, and a few segments a day and collection.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    rolling = RollingIndex(folder, model_id, dimension, scan)
    return rolling, rolling


def build_view(
    stores: Stores,
    index: Index,
    durable: DurableIndex | None,
    model_id: str,
    telemetry: Telemetry,
    name: str = VIEW_NAME,
    forgotten: Callable[[], None] = lambda: None,
) -> LogView:
    """What reads the log into an index, and goes on where `durable` was.

    `forgotten` is told whenever somebody is taken out of the index before their time.
    """
    clock = SystemClock()
    bookmarks = None
    if durable is not None:
        bookmarks = Bookmarks(durable, stores.sightings, stores.policy, clock)
    return LogView(
        stores.sightings,
        index,
        model_id=model_id,
        policy=stores.policy,
        clock=clock,
        telemetry=telemetry,
        bookmarks=bookmarks,
        name=name,
        forgotten=forgotten,
    )


def lock_folder(folder: Path, within_s: float) -> int | None:
    """Have a folder to ourselves until the descriptor is closed or the process ends, by -9 too.

    Returns:
        None where another has it still after `within_s` seconds.

    Raises:
        OSError: it cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    deadline = time.monotonic() + within_s
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        if time.monotonic() >= deadline:
            os.close(descriptor)
            return None
        time.sleep(0.1)
