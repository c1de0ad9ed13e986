"""Opens the index that lies on servers of its own, and makes it anew."""

import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from functools import partial
from typing import Final, NamedTuple

from detectors.types import TrackKey
from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.errors import ConfigError, FolderInUse, StoreFull
from pipeline.names import process_name
from pipeline.store.keys import Keys
from pipeline.store.leases import LeaseStore
from pipeline.store.searchers import SearcherStore
from pipeline.store.shard_access import Access
from pipeline.store.shard_servers import ShardServers
from pipeline.store.vector_shards import RedisShards, known_count
from pipeline.telemetry import Telemetry
from pipeline.wiring.stores import Stores
from pipeline.workers.bookmarks import Bookmarks
from pipeline.workers.shared_view import CHECKPOINT_EVERY_S, LEASE_S, SharedView
from pipeline.workers.view import VIEW_NAME
from retrieval.index.vector_sets import VectorSetIndex
from retrieval.index.vector_shards import Directory, by_shard
from retrieval.ports import Encoder, SharedIndex

log = logging.getLogger(__name__)

#: Of a server's memory, with 512 numbers (tests/benchmarks/index_nodes.py).
BYTES_A_SHOT: Final = 3200


class Spread(NamedTuple):
    """How the index of a model lies on its servers.

    Attributes:
        model: its id.
        shots: how many can be found.
        sets: how many vector sets there are.
        shards: into how many parts it is divided.
        servers: how many have them; replicas are not counted.
        missing: parts that do not answer in full.
        in_use: whether it is the one that is searched; else it is being made, or being dropped.
    """

    model: str
    shots: int
    sets: int
    shards: int
    servers: int
    missing: list[str]
    in_use: bool


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
    settings: Settings,
    stores: Stores,
    index: SharedIndex,
    model_id: str,
    telemetry: Telemetry,
    name: str = VIEW_NAME,
    forgotten: Callable[[], None] = lambda: None,
) -> SharedView:
    """What reads the log into such an index, in one of the processes that search it.

    `forgotten` is told whenever somebody is taken out of the index before their time.
    """
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
        is_given_up=partial(stores.models.is_given_up, model_id),
        name=name,
        forgotten=forgotten,
    )


def report_spread(settings: Settings, stores: Stores) -> list[Spread]:
    """What lies on the servers: of the model in use first, then of one that comes or goes.

    Raises:
        StoreUnavailable: Redis is away, or all servers of the index.
    """
    in_use, told = stores.models.in_use(), []
    with closing(open_servers(settings)) as servers:
        for model_id in _models(stores):
            shards = _known_shards(settings, servers, model_id)
            if shards is not None:
                directories = shards.directories(range(shards.count))
                answers = shards.living(directories)
                missing = [n for n in range(shards.count) if _is_missing(n, directories, answers)]
                told.append(
                    Spread(
                        model=model_id,
                        shots=sum(answers.values()),
                        sets=sum(len(directory.sets) for directory in directories.values()),
                        shards=shards.count,
                        servers=servers.nodes,
                        missing=[f"shard {number}" for number in missing],
                        in_use=model_id == in_use,
                    )
                )
    return told


def _is_missing(
    shard: int, directories: Mapping[int, Directory], answers: Mapping[int, int]
) -> bool:
    return shard not in answers or directories[shard].is_behind


def erase_spread(settings: Settings, stores: Stores, tracks: Collection[TrackKey]) -> None:
    """Erase tracks from the index of every model, whoever fills it, on its replicas as well.

    Raises:
        StoreUnavailable: Redis, or a server of the index, is away.
    """
    models = _models(stores)
    if not models:
        return
    with closing(open_servers(settings)) as servers:
        for model_id in models:
            shards = _known_shards(settings, servers, model_id)
            if shards is not None:
                shards.remove(by_shard(tracks, shards.count))


def give_up_spread(settings: Settings, stores: Stores, model_id: str) -> bool:
    """Drop what is left of a model on the servers, unless it is needed; whether nothing is left.

    Raises:
        StoreUnavailable: Redis, or a server of the index, is away.
    """
    searchers = SearcherStore(stores.client, Keys(settings.redis.namespace), process_name())
    if not stores.models.is_given_up(model_id) or searchers.is_in_use(model_id):
        return False
    with closing(open_servers(settings)) as servers:
        shards = _known_shards(settings, servers, model_id)
        if shards is not None:
            shards.give_up()
            log.info("index: nothing is left of %s on its servers", model_id)
    return True


def check_memory(settings: Settings, shots: int) -> None:
    """See that the servers have memory for an index of so many shots beside what they hold.

    Raises:
        StoreFull: one may not use so much.
        StoreUnavailable: one is away.
    """
    with closing(open_servers(settings)) as servers:
        told = servers.memory()
    needed = shots * BYTES_A_SHOT // len(told)
    for name, (used, at_most) in told.items():
        if at_most and used + needed > at_most:
            raise StoreFull(
                f"an index beside the old one takes about {needed / 1e6:.0f} MB of each server, "
                f"and {name} may use {max(at_most - used, 0) / 1e6:.0f} MB more: raise its "
                "maxmemory, or add servers, then give the command again"
            )


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
    before = _known_shards(settings, servers, model_id)
    if before is not None:
        before.clear()
        forget = keys.index_shards(model_id, 1)[0].state
        servers.tell(forget, ("DEL", forget))
    lease.release(keys.index_writer(model_id))  # for the view, which has another name
    index = open_spread(settings, model_id, encoder.dimension, servers)
    view = build_shared_view(settings, stores, index, model_id, Telemetry())
    while not view.state.caught_up:
        view.follow_once(block_s=0)
        progress(view.state.messages, max(stores.sightings.length(), view.state.messages))
    view.leave()
    return len(index)


def _models(stores: Stores) -> list[str]:
    """Ids of the models that may have an index: the one in use, and those of the last change."""
    in_use, change = stores.models.in_use(), stores.models.change()
    others = () if change is None else (change.model_id, change.from_id)
    return [name for name in dict.fromkeys((in_use, *others)) if name]


def _known_shards(settings: Settings, servers: ShardServers, model_id: str) -> RedisShards | None:
    """The shards of a model that has an index, however many it was made with."""
    keys = Keys(settings.redis.namespace)
    count = known_count(servers, keys.index_shards(model_id, 1)[0])
    if count is None:
        return None
    return RedisShards(servers, keys.index_shards(model_id, count), model_id, SystemClock())


def refuse_spread(settings: Settings, what: str) -> None:
    """Let pass what has an index on disk.

    Raises:
        ConfigError: it lies on servers.
    """
    if settings.index.kind == "redis":
        raise ConfigError(
            f"index.kind is redis: there is nothing on this disk to {what}; its servers keep it"
        )
