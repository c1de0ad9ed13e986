"""What is known of each track: when it was seen, whether it is open, its kept shots."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import redis

from detectors.types import TrackKey
from pipeline.store.connection import store_errors
from pipeline.store.erased import IS_ERASED_LUA
from pipeline.store.keys import Keys
from pipeline.store.track_record import TrackCursor, TrackRecord, decode_track

OPEN_TRACK_LUA = (
    IS_ERASED_LUA
    + """
local function open_track(keys, member, camera, collection, is_live, first, last, imported, heard)
  local track, tracks, live, cameras = keys[1], keys[2], keys[3], keys[4]
  if is_erased(keys[5], member) then return 0 end
  local known = redis.call('HMGET', track, 'first', 'last')
  if not known[1] then
    redis.call('HSET', track, 'state', 'open', 'collection', collection, 'is_live', is_live,
      'first', first, 'last', last, 'imported', imported, 'shots', '0')
    redis.call('ZADD', tracks, first, member)
    redis.call('SADD', cameras, camera)
    if is_live == '1' then redis.call('SADD', live, member) end
    if heard ~= '' then redis.call('HSET', track, 'heard', heard) end
    return 1
  end
  if heard ~= '' then redis.call('HSET', track, 'heard', heard) end
  if tonumber(first) < tonumber(known[1]) then
    redis.call('HSET', track, 'first', first)
    redis.call('ZADD', tracks, first, member)
  end
  if tonumber(last) > tonumber(known[2]) then redis.call('HSET', track, 'last', last) end
  return 0
end
"""
)
"""Creates a track or widens its span; opening twice, in any order, is opening once.

An erased track stays erased.
"""

CHOOSE_THUMBNAIL_LUA = """
local function choose_thumbnail(track)
  local fields = redis.call('HGETALL', track)
  local shots, best, picture, best_number = 0, nil, nil, nil
  for i = 1, #fields, 2 do
    local number = tonumber(string.match(fields[i], '^shot:(%d+)$'))
    if number then
      shots = shots + 1
      local quality, key = string.match(fields[i + 1], '^([^|]*)|(.*)$')
      local better = best == nil or tonumber(quality) > tonumber(best)
      if better or (tonumber(quality) == tonumber(best) and number < best_number) then
        best, picture, best_number = quality, key, number
      end
    end
  end
  redis.call('HSET', track, 'shots', shots)
  if best then redis.call('HSET', track, 'best', best, 'picture', picture)
  else redis.call('HDEL', track, 'best', 'picture') end
end
"""
"""Counts the kept shots; the thumbnail is the best, the earliest of equals: order tells nothing."""

_OPEN = OPEN_TRACK_LUA + "return open_track(KEYS, unpack(ARGV))"

# A track that retention forgot is not brought back by a late word about it.
_SEEN = """
local heard = ARGV[#KEYS + 1]
for i, track in ipairs(KEYS) do
  local last = redis.call('HGET', track, 'last')
  if last and tonumber(ARGV[i]) > tonumber(last) then redis.call('HSET', track, 'last', ARGV[i]) end
  if last and heard ~= '' then redis.call('HSET', track, 'heard', heard) end
end
"""

_END = """
local last = redis.call('HGET', KEYS[1], 'last')
redis.call('SREM', KEYS[2], ARGV[1])
if not last then return 0 end
redis.call('HSET', KEYS[1], 'state', 'ended')
if tonumber(ARGV[2]) > tonumber(last) then redis.call('HSET', KEYS[1], 'last', ARGV[2]) end
return 1
"""


def open_arguments(
    track: TrackKey,
    *,
    collection: str,
    is_live: bool,
    first_seen_at: float,
    last_seen_at: float,
    imported_at: float | None,
    heard_at: float | None,
) -> list[str]:
    """The arguments of `open_track` in Lua, behind its keys."""
    first, last = repr(float(first_seen_at)), repr(float(last_seen_at))
    imported, heard = _or_empty(imported_at), _or_empty(heard_at if is_live else None)
    live = str(int(is_live))
    return [str(track), track.camera_id, collection, live, first, last, imported, heard]


def _or_empty(at: float | None) -> str:
    return "" if at is None else repr(float(at))


def open_keys(keys: Keys, track: TrackKey) -> list[str]:
    """The keys that `open_track` in Lua takes."""
    of_track = [keys.track(track), keys.tracks(track.camera_id)]
    return [*of_track, keys.live, keys.cameras, keys.erased]


class TrackStore:
    """The tracks of every camera. All of it may be said twice: the record ends up the same."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._open = client.register_script(_OPEN)
        self._seen = client.register_script(_SEEN)
        self._end = client.register_script(_END)

    @store_errors()
    def open(
        self,
        track: TrackKey,
        *,
        collection: str,
        is_live: bool,
        first_seen_at: float,
        imported_at: float | None,
        heard_at: float | None = None,
    ) -> bool:
        """Make `track` known; whether it was new. A track that has ended stays ended.

        `heard_at` is our clock's: of what is imported it is not kept, so that no archive is live.
        """
        arguments = open_arguments(
            track,
            collection=collection,
            is_live=is_live,
            first_seen_at=first_seen_at,
            last_seen_at=first_seen_at,
            imported_at=imported_at,
            heard_at=heard_at,
        )
        return bool(self._open(keys=open_keys(self._keys, track), args=arguments))

    @store_errors()
    def seen(self, last_seen_at: Mapping[TrackKey, float], heard_at: float | None = None) -> None:
        """Tracks were seen at these instants; an instant never moves back.

        `heard_at`, of a live camera, is when they were told of by our clock: the last word counts,
        since that clock may be set back.
        """
        if last_seen_at:
            self._seen(
                keys=[self._keys.track(track) for track in last_seen_at],
                args=[*(repr(float(at)) for at in last_seen_at.values()), _or_empty(heard_at)],
            )

    @store_errors()
    def end(self, last_seen_at: Mapping[TrackKey, float]) -> None:
        """Tracks ended, seen last at these instants."""
        with self._redis.pipeline(transaction=False) as pipe:
            for track, at in last_seen_at.items():
                hash_and_live = [self._keys.track(track), self._keys.live]
                self._end(keys=hash_and_live, args=[str(track), repr(float(at))], client=pipe)
            pipe.execute()

    def end_all_of(self, camera_id: str, *, except_run: str | None, now: float) -> int:
        """End what earlier runs of a live camera left open; how many tracks that were.

        They were last seen when they were last seen, not `now`, which only caps a clock gone wrong.
        """
        mine = [t for t in self._live() if t.camera_id == camera_id and t.run_id != except_run]
        records = self.get_many(mine)
        self.end({t: min(records[t].last_seen_at, now) if t in records else now for t in mine})
        return len(mine)

    def end_all_of_runs(self, camera_id: str, run_ids: Collection[str]) -> int:
        """End what these runs of a live camera left open; how many tracks that were."""
        mine = [t for t in self._live() if t.camera_id == camera_id and t.run_id in run_ids]
        records = self.get_many(mine)
        self.end({t: records[t].last_seen_at if t in records else 0.0 for t in mine})
        return len(mine)

    @store_errors()
    def get_many(self, tracks: Collection[TrackKey]) -> dict[TrackKey, TrackRecord]:
        """The records of those of `tracks` that are known."""
        with self._redis.pipeline(transaction=False) as pipe:
            for track in tracks:
                pipe.hgetall(self._keys.track(track))
            found = pipe.execute()
        records = (decode_track(track, fields) for track, fields in zip(tracks, found, strict=True))
        return {record.key: record for record in records if record is not None}

    def live_keys(self, now: float, stale_after_s: float) -> set[TrackKey]:
        """Tracks of live cameras that are open and were heard of in the last `stale_after_s`.

        A worker that was killed leaves tracks open: silence tells.
        """
        records = self.open_tracks().values()
        return {r.key for r in records if r.is_heard_of(now, stale_after_s)}

    def open_tracks(self) -> dict[TrackKey, TrackRecord]:
        """The records of tracks of live cameras that are open, heard of or not."""
        return self.get_many(self._live())

    def list(
        self,
        camera_id: str | None,
        *,
        after: TrackCursor | None,
        count: int,
        among: Collection[str] | None = None,
    ) -> list[TrackRecord]:
        """Up to `count` tracks of a camera (None: of all `among` these), by first sight, then key.

        Continue with `TrackCursor.after` the last one.
        """
        cameras = self._cameras(camera_id, among)
        members = islice(self._members(cameras, after, count), count)
        return list(self.get_many(list(members)).values())

    @store_errors()
    def spread_out(self, *, of_each: int, latest: int) -> Sequence[TrackKey]:
        """Up to `of_each` of the `latest` tracks of every camera, at even distances."""
        cameras = self._cameras(None)
        with self._redis.pipeline(transaction=False) as pipe:
            for camera in cameras:
                pipe.zrevrange(self._keys.tracks(camera), 0, latest - 1)
            found = pipe.execute()
        return [
            TrackKey.parse(members[at * len(members) // taken].decode())
            for members in found
            for taken in [min(of_each, len(members))]
            for at in range(taken)
        ]

    @store_errors()
    def beginning(
        self, camera_id: str, spans: Sequence[tuple[float, float]], *, most: int
    ) -> Sequence[Sequence[TrackKey]]:
        """The first `most` tracks of a camera that began in each span, both ends counted."""
        pipe = self._redis.pipeline(transaction=False)
        for since, until in spans:
            pipe.zrangebyscore(self._keys.tracks(camera_id), repr(since), repr(until), 0, most)
        return [[TrackKey.parse(member.decode()) for member in some] for some in pipe.execute()]

    @store_errors()
    def count(self, camera_id: str | None = None) -> int:
        """How many tracks of a camera (None: of all) are known."""
        return sum(int(self._redis.zcard(self._keys.tracks(c))) for c in self._cameras(camera_id))

    @store_errors()
    def _members(
        self, cameras: Sequence[str], after: TrackCursor | None, count: int
    ) -> Iterator[TrackKey]:
        """The next `count` of each camera, merged; not a generator, so that errors are ours."""
        found: list[tuple[float, bytes]] = []
        for camera in cameras:
            key, low = self._keys.tracks(camera), "-inf"
            if after is not None:
                low = f"({after.first_seen_at!r}"
                behind = str(after.key).encode()
                at = after.first_seen_at
                ties: Any = self._redis.zrangebyscore(key, at, at)
                found += [(at, member) for member in ties if member > behind]
            rest: Any = self._redis.zrangebyscore(key, low, "+inf", 0, count, withscores=True)
            found += [(score, member) for member, score in rest]
        return (TrackKey.parse(member.decode()) for _, member in sorted(found))

    def _cameras(
        self, camera_id: str | None, among: Collection[str] | None = None
    ) -> Sequence[str]:
        if camera_id is not None:
            return [camera_id]
        members: Any = self._redis.smembers(self._keys.cameras)
        known = {camera.decode() for camera in members}
        return sorted(known if among is None else known.intersection(among))

    @store_errors()
    def _live(self) -> set[TrackKey]:
        members: Any = self._redis.smembers(self._keys.live)
        return {TrackKey.parse(member.decode()) for member in members}
