"""Indexes on servers of vector sets, each in a namespace of its own."""

from uuid import uuid4

import pytest

from pipeline.clock import ManualClock
from pipeline.store.keys import Keys
from pipeline.store.vector_shards import RedisShards
from retrieval.index.vector_sets import VectorSetIndex

SHARDS = 3


def spread(servers, model_id, dimension, *, keys=None, shards=SHARDS, clock=None):
    """One over all of `servers`; by a clock at 0 nothing is dropped behind the tests' back."""
    keys = Keys(f"test:{uuid4()}") if keys is None else keys
    told = RedisShards(
        servers, keys.index_shards(model_id, shards), model_id, clock or ManualClock(0.0)
    )
    return VectorSetIndex(model_id, dimension, told)


class Replicas:
    """Two workers over the same servers: one writes, the other answers."""

    def __init__(self, servers, model_id, dimension):
        keys = Keys(f"test:{uuid4()}")
        self._writer = spread(servers, model_id, dimension, keys=keys)
        self._reader = spread(servers, model_id, dimension, keys=keys)

    def __len__(self):
        return len(self._reader)

    def __getattr__(self, name):
        is_order = name in {"add", "expire", "remove_collection", "checkpoint", "clear", "begin"}
        return getattr(self._writer if is_order else self._reader, name)


#: For the contract test: what makes each, and the fixture of its servers.
SPREAD = {
    "redis": (spread, "vector_servers"),
    "replicas": (Replicas, "vector_servers"),
    "cluster": (spread, "vector_cluster"),
}
ON_SERVERS = ["redis", "replicas", pytest.param("cluster", marks=pytest.mark.slow)]
