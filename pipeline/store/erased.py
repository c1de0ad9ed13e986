"""Which tracks are erased: a late word about one must not bring it back.

An erased track is remembered by a salted digest of its name, and by nothing else. So whoever asks
about a name is answered, and no search of the disk finds one.
"""

import secrets
from collections.abc import Collection, Sequence
from typing import Any

import redis

from detectors.types import TrackKey
from pipeline.store.connection import store_errors
from pipeline.store.keys import Keys

IS_ERASED_LUA = """
local function is_erased(erased, member)
  local salt = redis.call('HGET', erased, 'salt')
  return salt and redis.call('HEXISTS', erased, redis.sha1hex(salt .. member)) == 1
end
"""
"""Whether a track is erased, for scripts that would make it known."""

# Nothing is marked where one is held: all of them, or none.
_MARK = """
local erased, erasing, held, live = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local refused = {}
for i = 3, #ARGV do
  if redis.call('HEXISTS', held, ARGV[i]) == 1 then refused[#refused + 1] = ARGV[i] end
end
if #refused > 0 then return refused end
redis.call('HSETNX', erased, 'salt', ARGV[1])
local salt = redis.call('HGET', erased, 'salt')
for i = 3, #ARGV do
  local track, tracks = KEYS[2 * i - 1], KEYS[2 * i]
  redis.call('HSET', erased, redis.sha1hex(salt .. ARGV[i]), ARGV[2])
  redis.call('SADD', erasing, ARGV[i])
  redis.call('DEL', track)
  redis.call('ZREM', tracks, ARGV[i])
  redis.call('SREM', live, ARGV[i])
end
return {}
"""

_WHICH = (
    IS_ERASED_LUA
    + """
local found = {}
if redis.call('EXISTS', KEYS[1]) == 0 then return found end
for _, member in ipairs(ARGV) do
  if is_erased(KEYS[1], member) then found[#found + 1] = member end
end
return found
"""
)


class ErasedTracks:
    """The marks of erased tracks, which last, and the names of those being erased, which do not."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis, self._keys = client, keys
        self._mark = client.register_script(_MARK)
        self._which = client.register_script(_WHICH)

    @store_errors()
    def mark(self, tracks: Sequence[TrackKey], now: float) -> list[TrackKey]:
        """Forget the records of `tracks` and refuse them from now on, all in one step.

        Returns:
            Those that are held. Where there are any, nothing was done.
        """
        keys = self._keys
        theirs = [name for t in tracks for name in (keys.track(t), keys.tracks(t.camera_id))]
        held: Any = self._mark(
            keys=[keys.erased, keys.erasing, keys.held, keys.live, *theirs],
            args=[secrets.token_hex(16), repr(float(now)), *map(str, tracks)],
        )
        return [TrackKey.parse(name.decode()) for name in held]

    @store_errors()
    def which(self, tracks: Collection[TrackKey]) -> set[TrackKey]:
        """Those of `tracks` that are erased."""
        if not tracks:
            return set()
        found: Any = self._which(keys=[self._keys.erased], args=[str(track) for track in tracks])
        return {TrackKey.parse(name.decode()) for name in found}

    @store_errors()
    def held(self, tracks: Sequence[TrackKey]) -> list[TrackKey]:
        """Those of `tracks` that are held, known still or past retention."""
        since: Any = self._redis.hmget(self._keys.held, list(map(str, tracks)))
        return [track for track, told in zip(tracks, since, strict=True) if told is not None]

    @store_errors()
    def at_work(self) -> frozenset[TrackKey]:
        """Those that are being erased now: whoever has an index takes them out of it."""
        names: Any = self._redis.smembers(self._keys.erasing)
        return frozenset(TrackKey.parse(name.decode()) for name in names)

    @store_errors()
    def done(self, tracks: Collection[TrackKey]) -> None:
        """Forget the names of `tracks`: they are erased."""
        if tracks:
            self._redis.srem(self._keys.erasing, *map(str, tracks))
