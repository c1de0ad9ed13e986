"""Query workers that share an index on a real Redis 8, while its model changes."""

from types import SimpleNamespace

from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.names import process_name
from pipeline.store.leases import LeaseStore
from pipeline.store.searchers import SearcherStore
from pipeline.store.vector_shards import known_count
from pipeline.telemetry import Telemetry
from pipeline.wiring.spread_index import give_up_spread, open_servers
from pipeline.workers.bookmarks import Bookmarks
from pipeline.workers.cautions import Trust
from pipeline.workers.service import Engine
from pipeline.workers.shared_view import SharedView
from pipeline.workers.view import VIEW_NAME
from tests.data.spread_indexes import spread
from tests.model_change_house import POLICY, House

#: How long a worker counts that is silent, and one that turned to another model for the old one.
STAYS_S = 1.5
LEASE_S = 1.0


class Replica(House):
    """One of them; all of a test are over one bus and the same servers."""

    def __init__(self, client, keys, folder, url):
        super().__init__(client, keys, folder)
        index = {"kind": "redis", "url": url, "shards": 3}
        settings = {"data_dir": folder / "data", "redis": {"namespace": keys.namespace}}
        self.settings = Settings(**settings, index=index)
        self.servers = open_servers(self.settings)
        self.name = process_name()
        self.searchers = SearcherStore(client, keys, self.name, stays_s=STAYS_S)
        self.stores = SimpleNamespace(client=client, models=self.models)

    def index(self, encoder):
        id_, size = encoder.model_id, encoder.dimension
        return spread(self.servers, id_, size, keys=self.keys, clock=SystemClock())

    def engine(self, encoder, name=VIEW_NAME):
        clock, index, mine = SystemClock(), self.index(encoder), encoder.model_id
        view = SharedView(
            self.log,
            index,
            model_id=mine,
            policy=POLICY,
            clock=clock,
            telemetry=Telemetry(),
            bookmarks=Bookmarks(index, self.log, POLICY, clock, every_s=0.1),
            name=name,
            lease=LeaseStore(self.client, self.keys, self.name, ttl_s=LEASE_S),
            lease_name=self.keys.index_writer(mine),
            is_given_up=lambda: self.models.is_given_up(mine),
        )
        return Engine(encoder, index, view, Trust(), index)

    def discard(self, model_id):
        if give_up_spread(self.settings, self.stores, model_id):
            super().discard(model_id)

    def left(self, encoder):
        """How many keys the servers have of a model, and whether an index is known."""
        (first,) = self.keys.index_shards(encoder.model_id, 1)
        client = self.servers._one
        keys = list(client.scan_iter(first.prefix.replace(":0}", ":[0-9]}") + "*", count=10_000))
        return [key for key in keys if not key.endswith(b":state")], known_count(
            self.servers, first
        )

    def close(self):
        super().close()
        self.servers.close()
