"""Which tracks are held: kept past retention, and not to be erased."""

from collections.abc import Collection
from typing import Any

import redis

from detectors.types import TrackKey
from pipeline.store.connection import store_errors
from pipeline.store.erased import IS_ERASED_LUA
from pipeline.store.keys import Keys

# Held as long as it is known; one that is being erased is known no more.
_HOLD = (
    IS_ERASED_LUA
    + """
if redis.call('EXISTS', KEYS[2]) == 0 or is_erased(KEYS[3], ARGV[1]) then return 0 end
redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
return 1
"""
)


class HeldTracks:
    """The marks of held tracks; their copies are `pipeline.workers.holding`'s."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis, self._keys = client, keys
        self._hold = client.register_script(_HOLD)

    @store_errors()
    def add(self, track: TrackKey, now: float) -> bool:
        """Hold a track from now on, or still; False if it is not known."""
        keys = [self._keys.held, self._keys.track(track), self._keys.erased]
        return bool(self._hold(keys=keys, args=[str(track), repr(float(now))]))

    @store_errors()
    def remove(self, track: TrackKey) -> bool:
        """Hold it no longer; whether it was held."""
        return bool(self._redis.hdel(self._keys.held, str(track)))

    @store_errors()
    def all(self) -> dict[TrackKey, float]:
        """Those that are held, and since when (Unix seconds)."""
        found: Any = self._redis.hgetall(self._keys.held)
        return {TrackKey.parse(name.decode()): float(since) for name, since in found.items()}

    @store_errors()
    def pictures(self, tracks: Collection[TrackKey]) -> dict[TrackKey, dict[int, str]]:
        """The kept shots of each of `tracks` that is known: number and media key of the picture."""
        with self._redis.pipeline(transaction=False) as pipe:
            for track in tracks:
                pipe.hgetall(self._keys.track(track))
            found = pipe.execute()
        return {
            track: {
                int(name[len(b"shot:") :]): value.split(b"|", 1)[1].decode()
                for name, value in fields.items()
                if name.startswith(b"shot:")
            }
            for track, fields in zip(tracks, found, strict=True)
        }
