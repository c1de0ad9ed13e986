"""Up to which capture each collection was forgotten, because it took more than it may."""

import math
from typing import Any

import redis

from pipeline.store.connection import store_errors
from pipeline.store.keys import Keys

_RAISE = """
local known = redis.call('HGET', KEYS[1], ARGV[1])
local floor = known and tonumber(string.match(known, '^(%S+)'))
if floor and floor >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
return 1
"""


class Floors:
    """A floor only rises, until the collection may take more, or is removed.

    It stands before anything below it is deleted: what comes late is not brought back, and a
    sweep that was killed is completed by the next.
    """

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis, self._key = client, keys.floors
        self._raise = client.register_script(_RAISE)

    @store_errors()
    def known(self) -> dict[str, float]:
        """Collection → Unix seconds: what was captured then or before counts no more."""
        return {name: floor for name, (floor, _) in self.with_budgets().items()}

    @store_errors()
    def with_budgets(self) -> dict[str, tuple[float, int]]:
        """The same with the budget, in bytes, that each was made for."""
        found: Any = self._redis.hgetall(self._key)
        floors: dict[str, tuple[float, int]] = {}
        for name, told in found.items():
            floor, _, budget = told.decode().partition(" ")
            if math.isfinite(float(floor)):
                floors[name.decode("utf-8", "replace")] = float(floor), int(budget)
        return floors

    @store_errors()
    def raise_to(self, collection: str, captured_at: float, budget: int) -> None:
        """Forget what was captured at `captured_at` or before; never less than was forgotten."""
        floor = repr(float(captured_at))
        self._raise(keys=[self._key], args=[collection, floor, budget])

    @store_errors()
    def drop(self, collection: str) -> None:
        """Have no floor any longer."""
        self._redis.hdel(self._key, collection)
