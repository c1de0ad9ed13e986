"""Builds what watches for sentences, and what takes them in."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.names import process_name
from pipeline.store.alerts import AlertStore
from pipeline.store.keys import Keys
from pipeline.store.leases import LeaseStore
from pipeline.store.watches import WatchStore
from pipeline.telemetry import Telemetry
from pipeline.wiring.delivering import receiver_rules
from pipeline.wiring.stores import Stores
from pipeline.workers.alarm_thresholds import Thresholds
from pipeline.workers.catalogue import Catalogue
from pipeline.workers.pictured import FindPeople
from pipeline.workers.presence import Presence
from pipeline.workers.query import Follower
from pipeline.workers.service import Engine
from pipeline.workers.standing import LEASE_S, Ledger, StandingWatches
from pipeline.workers.watch_desk import WatchDesk
from pipeline.workers.watch_trial import WatchTrial
from pipeline.workers.watch_vectors import WatchVectors


@dataclass(frozen=True, slots=True)
class Watching:
    """What tells alerts, and the desk whose followers hear of its end."""

    desk: WatchDesk
    standing: Follower

    def run(self, stop: threading.Event, alarm: Callable[[Exception], None]) -> None:
        """Tell until `stop`; `alarm` hears of what ends it early."""
        try:
            self.standing.run(stop, alarm)
        finally:
            self.desk.close()


def build_watching(
    settings: Settings,
    stores: Stores,
    catalogue: Catalogue,
    telemetry: Telemetry,
    engine: Callable[[], Engine],
    find_people: FindPeople,
) -> Watching:
    """What watches for sentences and pictures in a query worker.

    Args:
        settings: all of them.
        stores: where things are kept.
        catalogue: knows cameras, zones, and who is in view.
        telemetry: of the worker.
        engine: what the worker searches with now.
        find_people: looks for people in a picture.
    """
    keys, clock = Keys(settings.redis.namespace), SystemClock()
    watches, alerts = WatchStore(stores.client, keys), AlertStore(stores.client, keys)
    ledger = Ledger(
        watches=watches,
        alerts=alerts,
        sightings=stores.sightings,
        runs=stores.runs,
        cameras=stores.cameras.known,
        presence=Presence(stores.tracks, clock),
        lease=LeaseStore(stores.client, keys, process_name(), ttl_s=LEASE_S),
        lease_name=keys.watch_teller,
    )
    standing = StandingWatches(ledger, engine, clock, telemetry, best_of=settings.search.best_of)
    thresholds = Thresholds(stores.runs, stores.cameras.known, clock, settings.search.best_of)
    trial = WatchTrial(thresholds, stores.tracks, engine, clock, best_of=settings.search.best_of)
    refuse = receiver_rules(settings).refuse
    vectors = WatchVectors(engine, find_people, clock)
    desk = WatchDesk(watches, alerts, catalogue, clock, trial.tell, refuse, vectors)
    return Watching(desk, standing)
