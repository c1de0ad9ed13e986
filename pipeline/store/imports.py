"""Which imports are at work, and which collections are being removed: never both of one."""

import redis

from pipeline.errors import ConfigError
from pipeline.store.connection import store_errors
from pipeline.store.keys import Keys

# A killed import says nothing more; a working one says so far more often than this.
DEAD_AFTER_S = 30.0
SAY_EVERY_S = 5.0
# A removal that was killed keeps imports out no longer than this.
REMOVING_FOR_S = 60.0


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
    def begin(self, collection: str, holder: str, now: float) -> None:
        """Import `holder` will work on `collection`.

        Said first and looked second, as a removal does the other way round: one of them sees
        the other.

        Raises:
            ConfigError: it is being removed.
        """
        self.say(collection, holder, now)
        if self._redis.exists(self._keys.removing(collection)):
            self.leave(collection, holder)
            raise ConfigError(f"{collection!r} is being removed: try again in a moment")

    @store_errors()
    def close(self, collection: str) -> None:
        """Let no import begin; to be said again within `REMOVING_FOR_S`."""
        self._redis.set(self._keys.removing(collection), "1", ex=round(REMOVING_FOR_S))

    @store_errors()
    def open(self, collection: str) -> None:
        """Let imports begin again."""
        self._redis.delete(self._keys.removing(collection))

    @store_errors()
    def leave(self, collection: str, holder: str) -> None:
        """Import `holder` is done with `collection`."""
        self._redis.zrem(self._keys.importing(collection), holder)

    @store_errors()
    def count(self, collection: str, now: float) -> int:
        """How many imports work on `collection`."""
        return int(self._redis.zcount(self._keys.importing(collection), f"({now!r}", "+inf"))
