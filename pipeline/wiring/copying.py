"""Builds the worker of a change of model."""

from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.shutdown import Stop
from pipeline.store.model_change import ModelStore
from pipeline.wiring.models import build_encoder
from pipeline.wiring.stores import Stores
from pipeline.workers.copying import Copier, CopyParts
from pipeline.workers.reindexing import ReindexParts, ReindexWorker


def build_reindex_worker(settings: Settings, stores: Stores, stop: Stop) -> ReindexWorker:
    """The worker of the change of model of these stores."""

    def make_copier(name: str) -> tuple[str, Copier]:
        encoder = build_encoder(settings, name)
        parts = CopyParts(
            encoder=encoder,
            models=stores.models,
            sightings=stores.sightings,
            crops=stores.crops,
            media=stores.media,
            clock=SystemClock(),
            stopped=lambda: stop.is_set() or _is_undone(stores.models),
        )
        return encoder.model_id, Copier(parts)

    return ReindexWorker(ReindexParts(stores.models, stores.sightings, make_copier))


def _is_undone(models: ModelStore) -> bool:
    change = models.change()
    return change is None or change.state == "undoing"
