"""Which worker reads which live camera: leases that expire when their holder dies."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import redis

from pipeline.store.connection import store_errors
from pipeline.store.keys import Keys

_CLAIM_LUA = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local holder = redis.call('GET', KEYS[1])
local known = redis.call('HMGET', KEYS[2], 'turn', 'worker', 'since')
local turn, since = tonumber(known[1] or 0), tonumber(known[3] or now)
local is_first = known[1] and 0 or 1
if holder and holder ~= ARGV[1] then return {0, turn, now - since, is_first} end
if known[2] ~= ARGV[1] then
  turn, since = turn + 1, now
  redis.call('HSET', KEYS[2], 'turn', turn, 'worker', ARGV[1], 'since', string.format('%d', now))
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {1, turn, now - since, is_first}
"""

_RELEASE_LUA = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""

_ATTEND_LUA = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return redis.call('ZCARD', KEYS[1])
"""


@dataclass(frozen=True, slots=True)
class Held:
    """Under which key a lease lies, and what lies there while it is ours."""

    key: str
    holder: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What became of a claim; true if the lease is ours.

    Attributes:
        is_ours: whether it is.
        turn: which turn the camera is in; it ends when another worker takes the camera, and not
            when the lease of the one that has it runs out for a while.
        since_s: how long ago that turn began, by the clock of Redis.
        is_first: whether Redis knew of no turn before: the camera is new, or Redis came back empty.
    """

    is_ours: bool
    turn: int
    since_s: float
    is_first: bool = False

    def __bool__(self) -> bool:
        return self.is_ours


class LeaseStore:
    """The leases of one worker on cameras.

    Time is that of Redis alone: the clocks of two machines never compare.

    Attributes:
        ttl_s: how long a lease outlives its last renewal.
    """

    def __init__(self, client: redis.Redis, keys: Keys, holder: str, *, ttl_s: float) -> None:
        """Hold nothing yet.

        Args:
            client: of the bus.
            keys: of the installation.
            holder: this worker; unique among those alive.
            ttl_s: how long a lease outlives its last renewal.
        """
        self._redis, self._keys = client, keys
        self._holder, self._ttl_ms = holder, max(int(ttl_s * 1000), 1)
        self.ttl_s = ttl_s
        self._claim = client.register_script(_CLAIM_LUA)
        self._release = client.register_script(_RELEASE_LUA)
        self._attend = client.register_script(_ATTEND_LUA)

    def held(self, camera_id: str) -> Held:
        """By what a script sees whether the lease on a camera is still ours."""
        return Held(self._keys.lease(camera_id), self._holder)

    @store_errors()
    def claim(self, camera_id: str) -> Claim:
        """Take or renew the lease on a camera; false while another worker has it."""
        keys = [self._keys.lease(camera_id), self._keys.turn(camera_id)]
        is_ours, turn, since_ms, is_first = self._claim(
            keys=keys, args=[self._holder, self._ttl_ms]
        )
        return Claim(bool(is_ours), int(turn), since_ms / 1000, bool(is_first))

    @store_errors()
    def release(self, camera_id: str) -> None:
        """Give a lease up, if it is ours."""
        self._release(keys=[self._keys.lease(camera_id)], args=[self._holder])

    @store_errors()
    def free(self, cameras: Iterable[str]) -> list[str]:
        """Those of `cameras` that nobody holds, in their order."""
        asked = list(cameras)
        if not asked:
            return []
        holders: Any = self._redis.mget([self._keys.lease(camera) for camera in asked])
        return [camera for camera, holder in zip(asked, holders, strict=True) if holder is None]

    @store_errors()
    def attend(self) -> int:
        """Say that this worker is alive; how many are, itself included."""
        return int(self._attend(keys=[self._keys.watchers], args=[self._holder, self._ttl_ms]))

    @store_errors()
    def leave(self, cameras: Collection[str]) -> None:
        """Give up everything, so that another worker need not wait for the leases to expire."""
        for camera in cameras:
            self.release(camera)
        self._redis.zrem(self._keys.watchers, self._holder)
