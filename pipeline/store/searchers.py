"""Which query worker searches the index of which model: several share one on servers."""

import redis

from pipeline.store.connection import store_errors
from pipeline.store.keys import Keys

STAYS_S = 30.0
"""How long a worker counts that says nothing; no search takes as long."""

# A member is a worker and a model; its score is the microsecond at which it counts no more, so that
# of two models of one worker the later one is told.
_ATTEND = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
"""

_KNOWN = """
local time = redis.call('TIME')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', time[1] * 1000000 + time[2])
return redis.call('ZRANGE', KEYS[1], 0, -1)
"""


class SearcherStore:
    """The query workers that are alive, by the clock of Redis alone.

    A worker that turned to another model counts for the one before for a while: a search that it
    had begun goes on in the index of that one.
    """

    def __init__(
        self, client: redis.Redis, keys: Keys, worker: str, *, stays_s: float = STAYS_S
    ) -> None:
        """Say nothing yet; `worker` is unique among those alive, and has no blank in it."""
        self._redis, self._key = client, keys.searchers
        self._worker, self._stays_us = worker, max(int(stays_s * 1e6), 1)
        self._attend = client.register_script(_ATTEND)
        self._known = client.register_script(_KNOWN)

    @store_errors()
    def attend(self, model_id: str) -> None:
        """Say that this worker is alive, and searches the index of that model from now on."""
        self._attend(keys=[self._key], args=[f"{self._worker} {model_id}", self._stays_us])

    @store_errors()
    def leave(self) -> None:
        """Count no longer, for any model."""
        for worker, model_id in self._pairs():
            if worker == self._worker:
                self._redis.zrem(self._key, f"{worker} {model_id}")

    def is_searched(self, model_id: str) -> bool:
        """Whether a search of that model may begin, in this worker or another."""
        return model_id in dict(self._pairs()).values()

    def is_in_use(self, model_id: str) -> bool:
        """Whether a search of that model may begin, or be under way."""
        return any(model_id == used for _, used in self._pairs())

    @store_errors()
    def _pairs(self) -> list[tuple[str, str]]:
        """Workers and models; of one worker, the model that it searches now comes last."""
        members = [member.decode().partition(" ") for member in self._known(keys=[self._key])]
        return [(worker, model_id) for worker, _, model_id in members]
