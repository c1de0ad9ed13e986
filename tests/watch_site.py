"""A site that is watched: a log over a real Redis, people in view, workers that tell of them."""

from dataclasses import replace
from types import SimpleNamespace

from detectors.types import ShotId, TrackKey
from pipeline.clock import ManualClock
from pipeline.store.alerts import AlertStore
from pipeline.store.erased import ErasedTracks
from pipeline.store.leases import LeaseStore
from pipeline.store.runs import RunStore
from pipeline.store.sighting_log import SightingLog
from pipeline.store.tracks import TrackStore
from pipeline.store.watches import Watch, WatchStore
from pipeline.store.wire import encode_sighting
from pipeline.telemetry import Telemetry
from pipeline.workers.cautions import Trust
from pipeline.workers.presence import Presence
from pipeline.workers.standing import Ledger, StandingWatches
from pipeline.workers.view import ViewState
from retrieval.fakes import FakeEncoder
from retrieval.index.flat import FlatIndex
from retrieval.search.calibration import rough_calibration
from tests.store_messages import NOON, logged, published

ENCODER = FakeEncoder()
RED, BLUE = ENCODER.encode_texts(["red coat", "blue coat"])


def track(number=1, camera="lobby"):
    return TrackKey(camera, "r1", number)


def engine_of(encoder):
    """What a query worker searches with, of an empty index."""
    return SimpleNamespace(
        encoder=encoder,
        index=FlatIndex(encoder.model_id, encoder.dimension),
        trust=Trust(rough_calibration(encoder.model_id)),
        view=SimpleNamespace(state=ViewState(caught_up=True)),
        parts=None,
    )


class Site:
    """A log, people in view, and workers that tell of them."""

    def __init__(self, bus):
        self.bus, self.clock = bus, ManualClock(NOON)
        self.log = SightingLog(bus.client, bus.keys)
        self.watches = WatchStore(bus.client, bus.keys)
        self.alerts = AlertStore(bus.client, bus.keys)
        self.tracks = TrackStore(bus.client, bus.keys)
        self.erased = ErasedTracks(bus.client, bus.keys)

    def watch(self, name="red", text="red coat", **more):
        facts = {
            "watch_id": name,
            "name": name,
            "kind": "text",
            "text": text,
            "cameras": (),
            "zones": (),
            "hours": "",
            "timezone": "UTC",
            "false_alarms": 1e6,  # all may come: nothing tells what unrelated people score
            "cooldown_s": 0.0,
            "created_at": NOON,
        }
        self.watches.add(Watch(**(facts | more)))

    def appear(self, who):
        self.tracks.open(
            who,
            collection="live",
            is_live=True,
            first_seen_at=NOON,
            imported_at=None,
            heard_at=self.clock.now(),
        )

    def see(self, who, number=1, vector=RED, *, encoder=ENCODER, is_copy=False, **more):
        self.appear(who)
        message = logged(published(number, who, shot=ShotId(who, number), **more))
        message = replace(message, vector=vector, model_id=encoder.model_id, is_copy=is_copy)
        self.bus.client.xadd(self.bus.keys.sightings, encode_sighting(message))

    def worker(self, name="one", engine=None):
        engine = engine or engine_of(ENCODER)
        ledger = Ledger(
            watches=self.watches,
            alerts=self.alerts,
            sightings=self.log,
            runs=RunStore(self.bus.client, self.bus.keys),
            cameras=lambda: ["lobby"],
            presence=Presence(self.tracks, self.clock),
            lease=LeaseStore(self.bus.client, self.bus.keys, name, ttl_s=60),
            lease_name=self.bus.keys.watch_teller,
        )
        return StandingWatches(ledger, lambda: engine, self.clock, Telemetry(), best_of=3)

    def words(self):
        return [(w.kind, w.track, w.number) for w in self.alerts.page("0-0", 100)]
