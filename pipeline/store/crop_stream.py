"""Shots on their way from the camera workers to the embed workers."""

import enum
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis
from redis.exceptions import ResponseError

from pipeline.errors import WireError
from pipeline.store.connection import block_ms, store_errors
from pipeline.store.keys import GROUP, Keys
from pipeline.store.tracks import OPEN_TRACK_LUA, open_arguments, open_keys
from pipeline.store.wire import PublishedShot, decode_shot, encode_shot

log = logging.getLogger(__name__)

MAX_DELIVERIES = 5
"""A crop that was handed out this often and never settled kills its workers: it is put aside."""

_DAMAGED_KEPT = 1000

# The append comes first: where Redis is out of memory it refuses there, and nothing is half done.
_PUBLISH = (
    OPEN_TRACK_LUA
    + """
local crops, track = KEYS[6], KEYS[1]
local number, room = ARGV[9], tonumber(ARGV[10])
if is_erased(KEYS[5], ARGV[1]) then return 'erased' end
if tonumber(number) <= tonumber(redis.call('HGET', track, 'published') or '0') then
  return 'known'
end
if redis.call('XLEN', crops) >= room then return 'full' end
redis.call('XADD', crops, '*', unpack(ARGV, 12))
open_track(KEYS, unpack(ARGV, 1, 8))
redis.call('HSET', track, 'published', number)
for zone in string.gmatch(ARGV[11], '%S+') do
  redis.call('HSET', track, 'zone:' .. zone, '1')
  redis.call('SADD', KEYS[7], zone)
end
return 'published'
"""
)

_PUT_ASIDE = """
local crops, damaged = KEYS[1], KEYS[2]
local group, entry, reason, kept = unpack(ARGV)
redis.call('XACK', crops, group, entry)
if redis.call('XDEL', crops, entry) == 0 then return 0 end
redis.call('XADD', damaged, 'MAXLEN', '~', kept, '*', 'id', entry, 'reason', reason)
return 1
"""

# Claiming what another worker took over meanwhile would take it back, so ask first.
_TOUCH = """
local held = 0
for i = 3, #ARGV do
  if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2]) == 1 then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
    held = held + 1
  end
end
return held
"""

# Deleting a consumer forgets what it holds, so it must hold nothing at that very moment.
_LEAVE = """
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return 1
"""


class Publish(enum.Enum):
    """What became of a shot that was offered.

    KNOWN: the track has published this number or a higher one before. ERASED: it was erased,
    and nothing of it is taken any more. FULL: nothing was
    written; an import waits and offers it again, a live camera drops and counts it.
    """

    PUBLISHED = "published"
    KNOWN = "known"
    ERASED = "erased"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class TakenCrop:
    """A shot in the hands of one worker; `deliveries` counts how often it was handed out."""

    entry_id: str
    shot: PublishedShot
    deliveries: int


class CropStream:
    """A bounded stream read by a group: each crop goes to one worker until it is settled.

    What a worker took and did not settle goes to another after a while, so a killed worker
    loses nothing. The stream is never trimmed: when it is full, it says so.
    """

    def __init__(self, client: redis.Redis, keys: Keys, *, max_length: int) -> None:
        self._redis = client
        self._keys = keys
        self._max_length = max_length
        self._publish = client.register_script(_PUBLISH)
        self._put_aside = client.register_script(_PUT_ASIDE)
        self._touch = client.register_script(_TOUCH)
        self._leave = client.register_script(_LEAVE)

    @store_errors()
    def publish(self, shot: PublishedShot) -> Publish:
        """Offer a shot; the same number of a track is taken once, however often it is offered."""
        track = shot.shot.track
        arguments = open_arguments(
            track,
            collection=shot.collection,
            is_live=shot.is_live,
            first_seen_at=shot.captured_at,
            last_seen_at=shot.captured_at,
            imported_at=shot.imported_at,
            heard_at=shot.published_at,
        )
        fields = [part for pair in encode_shot(shot).items() for part in pair]
        outcome = self._publish(
            keys=[*open_keys(self._keys, track), self._keys.crops, self._keys.zones],
            args=[
                *arguments,
                shot.shot.number,
                self._max_length,
                " ".join(shot.zones),
                *fields,
            ],
        )
        return Publish(outcome.decode())

    @store_errors()
    def ensure_group(self) -> None:
        """Create the stream and its group where they are missing."""
        try:
            self._redis.xgroup_create(self._keys.crops, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    @store_errors()
    def take(
        self, consumer: str, *, count: int, block_s: float, reclaim_idle_s: float
    ) -> list[TakenCrop]:
        """Up to `count` new crops, or a single one that a dead worker held.

        It may be what killed that worker, so it comes alone: a batch taken along would be handed
        out again and again with it, and put aside in the end.

        Args:
            consumer: this worker's name; unique among those alive.
            count: at least 1.
            block_s: how long to wait when there is nothing; it may return sooner.
            reclaim_idle_s: a worker silent about a crop for this long is taken for dead.
        """
        try:
            found = self._reclaim(consumer, reclaim_idle_s)
            if not found:
                found = self._fresh(consumer, count, block_s)
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            log.warning("the crop stream had no group %r: made it again", GROUP)
            self.ensure_group()
            return []
        return [crop for crop in map(self._decode, found) if crop is not None]

    @store_errors()
    def resume(self, consumer: str, *, count: int) -> list[TakenCrop]:
        """Up to `count` crops that a worker of this very name held when it was killed.

        Args:
            consumer: a name that no other living worker has.
            count: at least 1.
        """
        crops = self._keys.crops
        while True:
            held: Any = self._redis.xpending_range(
                crops, GROUP, "-", "+", count, consumername=consumer
            )
            if not held:
                return []
            times = {row["message_id"]: int(row["times_delivered"]) + 1 for row in held}
            rows: Any = self._redis.xclaim(crops, GROUP, consumer, 0, list(times))
            found = [(entry, fields, times[entry]) for entry, fields in rows if fields]
            if gone := times.keys() - {entry for entry, _, _ in found}:
                self._redis.xack(crops, GROUP, *gone)
            if taken := [crop for crop in map(self._decode, found) if crop is not None]:
                return taken

    @store_errors()
    def touch(self, consumer: str, entry_ids: Sequence[str]) -> int:
        """Say that `consumer` still works on these; how many of them it still holds."""
        if not entry_ids:
            return 0
        return int(self._touch(keys=[self._keys.crops], args=[GROUP, consumer, *entry_ids]))

    @store_errors()
    def discard(self, entry_id: str, reason: str) -> bool:
        """Put a crop aside that nobody can use; False if it was settled meanwhile."""
        log.warning("crop %s: put aside (%s)", entry_id, reason)
        keys = [self._keys.crops, self._keys.damaged]
        return bool(self._put_aside(keys=keys, args=[GROUP, entry_id, reason, str(_DAMAGED_KEPT)]))

    @store_errors()
    def leave(self, consumer: str) -> bool:
        """Take a worker's name off the list; False while it holds crops, which others reclaim."""
        return bool(self._leave(keys=[self._keys.crops], args=[GROUP, consumer]))

    @store_errors()
    def pending(self) -> int:
        """How many crops are in the hands of a worker."""
        crops = self._keys.crops
        groups: Any = self._redis.xinfo_groups(crops) if self._redis.exists(crops) else []
        return sum(int(group["pending"]) for group in groups)

    @store_errors()
    def length(self) -> int:
        """How many crops wait or are in the hands of a worker."""
        return int(self._redis.xlen(self._keys.crops))

    @store_errors()
    def last_id(self) -> str:
        """The id of the newest crop ever published; `0-0` before the first."""
        if not self._redis.exists(self._keys.crops):
            return "0-0"
        about: Any = self._redis.xinfo_stream(self._keys.crops)
        return str(about["last-generated-id"].decode())

    @store_errors()
    def holds_up_to(self, entry_id: str) -> bool:
        """Whether a crop published up to `entry_id` still waits or is in somebody's hands."""
        return bool(self._redis.xrange(self._keys.crops, max=entry_id, count=1))

    @store_errors()
    def damaged(self) -> int:
        """How many messages were put aside, up to the last thousand or so."""
        return int(self._redis.xlen(self._keys.damaged))

    @store_errors()
    def oldest_age_s(self, now: float) -> float:
        """How long the oldest crop has been in the stream; 0 when it is empty."""
        first: Any = self._redis.xrange(self._keys.crops, count=1)
        return max(0.0, now - int(first[0][0].split(b"-")[0]) / 1000) if first else 0.0

    def _reclaim(self, consumer: str, idle_s: float) -> list[tuple[bytes, Any, int]]:
        crops, start = self._keys.crops, "0-0"
        while True:
            answer: Any = self._redis.xautoclaim(
                crops, GROUP, consumer, int(idle_s * 1000), start, count=1
            )
            # Redis 6.2 names entries that are gone, without fields.
            entries = [entry for entry in answer[1] if entry[0] is not None and entry[1]]
            start = answer[0].decode()
            if entries or start == "0-0":
                break
        return [(entry_id, fields, self._deliveries(entry_id)) for entry_id, fields in entries]

    def _deliveries(self, entry_id: bytes) -> int:
        rows: Any = self._redis.xpending_range(
            self._keys.crops, GROUP, entry_id.decode(), entry_id.decode(), 1
        )
        return int(rows[0]["times_delivered"]) if rows else 1

    def _fresh(self, consumer: str, count: int, block_s: float) -> list[tuple[bytes, Any, int]]:
        block = block_ms(self._redis, block_s) if block_s > 0 else None
        streams: Any = self._redis.xreadgroup(
            GROUP, consumer, {self._keys.crops: ">"}, count=count, block=block
        )
        return [(entry_id, fields, 1) for _, rows in streams for entry_id, fields in rows]

    def _decode(self, found: tuple[bytes, Any, int]) -> TakenCrop | None:
        entry_id, fields, deliveries = found
        reason = f"handed out {deliveries} times and never settled"
        if deliveries <= MAX_DELIVERIES:
            try:
                return TakenCrop(entry_id.decode(), decode_shot(fields), deliveries)
            except WireError as error:
                reason = str(error)
        self.discard(entry_id.decode(), reason)
        return None
