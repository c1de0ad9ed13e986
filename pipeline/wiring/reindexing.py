"""A change of model, as commands ask for it, and the owner of a data folder sees to it."""

import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from pipeline.config import Settings
from pipeline.errors import Busy, ConfigError, NotFound, StoreFull, StoreUnavailable
from pipeline.store.model_change import ModelChange, ModelStore, name_of
from pipeline.wiring.processes import worker_spec
from pipeline.wiring.stores import Stores, open_stores
from pipeline.wiring.weights import of_another_model, open_library, usable_encoder
from pipeline.workers.supervisor import Supervisor
from retrieval.errors import WeightsUnusable

WORKER: Final = "reindex"
LOOK_EVERY_S: Final = 0.5

#: Of one more vector in the log and one in the index, with what is kept beside each.
BYTES_A_SHOT: Final = 4096
#: What a disk needs besides, not to stand still for other reasons.
SPARE_BYTES: Final = 64 << 20


class ReindexKeeper:
    """Has the worker of a change run while there is something to do for it."""

    def __init__(
        self,
        models: ModelStore,
        supervisor: Supervisor,
        environment: Mapping[str, str],
        log_file: Path | None,
        wanted: Callable[[], bool],
    ) -> None:
        """`wanted` says whether whoever owns the folder stays long enough to begin."""
        self._is_wanted = wanted
        self._models, self._supervisor = models, supervisor
        self._environment, self._log_file = environment, log_file
        self._looked_at, self._is_started = float("-inf"), False

    def insist(self) -> None:
        """We are here for nothing else."""
        self._is_wanted = lambda: True

    def look(self) -> None:
        """Start the worker if it is wanted and none runs; call it a few times a second."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = now
        try:
            change = self._models.change()
        except StoreUnavailable:
            return
        if change is None or not change.is_active or not self._is_wanted():
            return
        if self._is_started and self._supervisor.exit_code(WORKER) is None:
            return
        self._is_started = True
        self._supervisor.add(
            worker_spec(WORKER, [WORKER], self._environment, self._log_file, once=True)
        )


def ask_for_change(settings: Settings, stores: Stores, folder: Path, name: str) -> ModelChange:
    """Ask for a change to a model; the one that is under way, if it is to that model.

    Raises:
        WeightsError: the model is unknown, not installed, or damaged.
        ConfigError: it is in use already, or a change to another is under way.
        NotFound: there is no shot yet.
        StoreFull: the disk has no room for a second index.
    """
    models = stores.models
    usable_encoder(open_library(settings), name)
    if open_library(settings).find(name).kind != "encoder":
        raise WeightsUnusable(f"model {name!r} is a detector, not an encoder; name another")
    known, in_use = models.change(), models.in_use()
    if known is not None and known.is_active:
        if known.name != name or known.state == "undoing":
            raise ConfigError(
                f"a change to {known.name} is under way: wait for it, or take it back with "
                "'descry reindex --cancel'"
            )
        return known
    if in_use is None:
        raise NotFound(
            f"there is no shot to embed anew: set encoder.model to {name}, and it is used from "
            "the first on"
        )
    if name_of(in_use) == name:
        raise ConfigError(f"{name} is the model in use already: name another, or do nothing")
    if settings.index.kind == "redis":
        prepare_servers(settings, stores, known)
    check_room(folder, stores.sightings.length())
    return models.begin(name, in_use)


def prepare_servers(settings: Settings, stores: Stores, before: ModelChange | None) -> None:
    """See that the servers of the index hold nothing of the change before, and have room.

    Raises:
        Busy: a worker may search what that change left there.
        StoreFull: their memory does not suffice.
        StoreUnavailable: one of them is away.
    """
    from pipeline.wiring.spread_index import check_memory, give_up_spread

    left = "" if before is None else before.given_up
    if left and stores.models.is_given_up(left) and not give_up_spread(settings, stores, left):
        raise Busy(
            f"the index of {name_of(left)} is being dropped from its servers: give the command "
            "again in half a minute"
        )
    check_memory(settings, stores.sightings.length())


def check_room(folder: Path, shots: int) -> None:
    """See that a second index, and a second vector of each shot in the log, fit beside the first.

    Raises:
        StoreFull: they do not.
    """
    needed, free = shots * BYTES_A_SHOT + SPARE_BYTES, shutil.disk_usage(folder).free
    if needed > free:
        raise StoreFull(
            f"an index beside the old one takes about {needed / 1e6:.0f} MB, and '{folder}' has "
            f"{free / 1e6:.0f} MB free: make room, then give the command again"
        )


def model_in_use(settings: Settings, redis_url: str | None) -> str | None:
    """The id of the model in use, if there is one and the store says so now."""
    with suppress(StoreUnavailable):
        return open_stores(settings, redis_url).models.in_use()
    return None


def check_asked(settings: Settings, redis_url: str | None, asked: str | None) -> None:
    """See that a model that a flag named is the one in use.

    Raises:
        ConfigError: it is not.
    """
    if asked is not None:
        in_use = model_in_use(settings, redis_url)
        if in_use is not None and name_of(in_use) != asked:
            raise ConfigError(of_another_model(asked, name_of(in_use)))
