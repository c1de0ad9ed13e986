"""Which imports are at work, so that nobody removes what they fill."""

import redis

from pipeline.store.connection import store_errors
from pipeline.store.keys import Keys

# A killed import says nothing more; a working one says so far more often than this.
DEAD_AFTER_S = 30.0
SAY_EVERY_S = 5.0


class ImportsAtWork:
    """The imports that fill each collection now, told by themselves."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis, self._keys = client, keys

    @store_errors()
    def say(self, collection: str, holder: str, now: float) -> None:
        """Import `holder` works on `collection`; to be said again within `DEAD_AFTER_S`."""
        key = self._keys.importing(collection)
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.zadd(key, {holder: now + DEAD_AFTER_S})
            pipe.expire(key, round(2 * DEAD_AFTER_S))
            pipe.execute()

    @store_errors()
    def leave(self, collection: str, holder: str) -> None:
        """Import `holder` is done with `collection`."""
        self._redis.zrem(self._keys.importing(collection), holder)

    @store_errors()
    def count(self, collection: str, now: float) -> int:
        """How many imports work on `collection`."""
        return int(self._redis.zcount(self._keys.importing(collection), f"({now!r}", "+inf"))
