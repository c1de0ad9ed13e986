"""Builds what follows people from camera to camera."""

from collections.abc import Callable, Sequence

from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.coverage import CameraCoverage
from pipeline.same_ground import read_same_ground
from pipeline.store.keys import Keys
from pipeline.store.travel import TravelStore
from pipeline.wiring.stores import Stores
from pipeline.workers.catalogue import Catalogue
from pipeline.workers.covering import Covering
from pipeline.workers.journeying import Journeying
from pipeline.workers.sequences import Sequences
from pipeline.workers.service import Engine
from pipeline.workers.travelling import Travelling
from retrieval.search.person_links import Views


def build_sequences(
    settings: Settings, stores: Stores, catalogue: Catalogue, sharing: Views
) -> Sequences:
    """What answers `then`."""
    covering = Covering(catalogue, SystemClock())

    def cover(
        camera: str, collections: Sequence[str], since: float, until: float
    ) -> Sequence[CameraCoverage]:
        return covering.cover([camera], collections, since, until)

    journeying = Journeying(stores.tracks, cover, best_of=settings.search.best_of, sharing=sharing)
    return Sequences(stores.tracks, journeying, travel_store(settings, stores).by_day)


def build_travelling(
    settings: Settings, stores: Stores, engine: Callable[[], Engine]
) -> Travelling:
    """What learns travel times."""
    return Travelling(
        travel_store(settings, stores),
        stores.tracks,
        stores.cameras,
        stores.runs,
        engine,
        SystemClock(),
        best_of=settings.search.best_of,
        sharing=read_same_ground(settings.search.same_ground),
    )


def travel_store(settings: Settings, stores: Stores) -> TravelStore:
    """Where travel times are kept."""
    return TravelStore(stores.client, Keys(settings.redis.namespace))
