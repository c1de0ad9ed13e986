"""Opens the index that lies on servers of its own, and makes it anew."""

import logging
from collections.abc import Callable, Collection
from contextlib import closing
from typing import NamedTuple

from detectors.types import TrackKey
from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.errors import ConfigError, FolderInUse
from pipeline.names import process_name
from pipeline.store.keys import Keys
from pipeline.store.leases import LeaseStore
from pipeline.store.shard_access import Access
from pipeline.store.shard_servers import ShardServers
from pipeline.store.vector_shards import RedisShards, known_count
from pipeline.telemetry import Telemetry
from pipeline.wiring.stores import Stores
from pipeline.workers.bookmarks import Bookmarks
from pipeline.workers.shared_view import CHECKPOINT_EVERY_S, LEASE_S, SharedView
from retrieval.index.vector_sets import VectorSetIndex
from retrieval.index.vector_shards import by_shard
from retrieval.ports import Encoder, SharedIndex

log = logging.getLogger(__name__)


class Spread(NamedTuple):
    """How an index lies on its servers."""

    model: str
    shots: int
    sets: int
    shards: int
    servers: int
    missing: list[str]


def open_servers(settings: Settings) -> ShardServers:
    """Connect to the servers of the index.

    Raises:
        ConfigError: they have no vector sets, or refuse our credentials.
        StoreUnavailable: none answers.
    """
    index = settings.index
    nodes = [url.strip() for url in (index.url or "").split(",")]
    password = None if index.password is None else index.password.get_secret_value()
    return ShardServers(Access(nodes, index.username, password, index.timeout_s, index.ca_file))


def open_spread(
    settings: Settings, model_id: str, dimension: int, servers: ShardServers | None = None
) -> VectorSetIndex:
    """The index of a model on its servers.

    Raises:
        ConfigError: they have no vector sets, refuse our credentials, or hold other shards.
        StoreUnavailable: none answers.
    """
    servers = open_servers(settings) if servers is None else servers
    keys = Keys(settings.redis.namespace).index_shards(model_id, settings.index.shards)
    shards = RedisShards(servers, keys, model_id, SystemClock())
    return VectorSetIndex(model_id, dimension, shards)


def build_shared_view(
    settings: Settings, stores: Stores, index: SharedIndex, model_id: str, telemetry: Telemetry
) -> SharedView:
    """What reads the log into such an index, in one of the processes that search it."""
    clock, keys = SystemClock(), Keys(settings.redis.namespace)
    return SharedView(
        stores.sightings,
        index,
        model_id=model_id,
        policy=stores.policy,
        clock=clock,
        telemetry=telemetry,
        bookmarks=Bookmarks(
            index, stores.sightings, stores.policy, clock, every_s=CHECKPOINT_EVERY_S
        ),
        lease=LeaseStore(stores.client, keys, process_name(), ttl_s=LEASE_S),
        lease_name=keys.index_writer(model_id),
    )


def report_spread(settings: Settings, encoder: Encoder) -> Spread:
    """What the index of an encoder holds, and which parts do not answer."""
    servers = open_servers(settings)
    index = open_spread(settings, encoder.model_id, encoder.dimension, servers)
    shots, sets = len(index), index.sets
    return Spread(
        encoder.model_id, shots, sets, settings.index.shards, servers.nodes, index.missing()
    )


def erase_spread(settings: Settings, stores: Stores, tracks: Collection[TrackKey]) -> None:
    """Erase tracks from the index of the model in use, whoever fills it, on its replicas as well.

    Raises:
        StoreUnavailable: Redis, or a server of the index, is away.
    """
    model_id = stores.models.in_use()
    if model_id is None:
        return
    with closing(open_servers(settings)) as servers:
        keys = Keys(settings.redis.namespace)
        count = known_count(servers, keys.index_shards(model_id, 1)[0])
        shards = RedisShards(servers, keys.index_shards(model_id, count), model_id, SystemClock())
        shards.remove(by_shard(tracks, count))


def rebuild_spread(
    settings: Settings, stores: Stores, encoder: Encoder, progress: Callable[[int, int], None]
) -> int:
    """Empty the index and read the log into it again; how many shots it holds.

    Raises:
        FolderInUse: a query worker fills it.
        StoreUnavailable: Redis, or a server of the index, is away.
    """
    keys, model_id = Keys(settings.redis.namespace), encoder.model_id
    lease = LeaseStore(stores.client, keys, process_name(), ttl_s=LEASE_S)
    if not lease.claim(keys.index_writer(model_id)):
        raise FolderInUse("a query worker fills the index: stop it before it is made anew")
    servers = open_servers(settings)
    before = known_count(servers, keys.index_shards(model_id, 1)[0])
    RedisShards(servers, keys.index_shards(model_id, before), model_id, SystemClock()).clear()
    forget = keys.index_shards(model_id, 1)[0].state
    servers.tell(forget, ("DEL", forget))
    index = open_spread(settings, model_id, encoder.dimension, servers)
    view = build_shared_view(settings, stores, index, model_id, Telemetry())
    while not view.state.caught_up:
        view.follow_once(block_s=0)
        progress(view.state.messages, max(stores.sightings.length(), view.state.messages))
    view.leave()
    return len(index)


def refuse_spread(settings: Settings, what: str) -> None:
    """Let pass what has an index on disk.

    Raises:
        ConfigError: it lies on servers.
    """
    if settings.index.kind == "redis":
        raise ConfigError(
            f"index.kind is redis: there is nothing on this disk to {what}; its servers keep it"
        )
