"""The log of embedded shots: what the index, the watches and the counters are views of."""

import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import redis

from detectors.types import TrackKey
from pipeline.errors import WireError
from pipeline.store.connection import store_errors
from pipeline.store.crop_stream import TakenCrop
from pipeline.store.erased import IS_ERASED_LUA, ErasedTracks
from pipeline.store.floors import Floors
from pipeline.store.keys import GROUP, Keys
from pipeline.store.positions import START as START
from pipeline.store.positions import position_order as position_order
from pipeline.store.tracks import CHOOSE_THUMBNAIL_LUA
from pipeline.store.whole_log import WholeLog
from pipeline.store.wire import SHOT, LoggedSighting, decode_sighting, encode_sighting

log = logging.getLogger(__name__)

_PAGE = 500
_POSITION = re.compile(rb"\d{1,20}(-\d{1,20})?")

# Two workers may encode one crop: whoever deletes it first settles it. The loser wrote the same
# picture again, perhaps after it was retired, so it makes sure that somebody deletes it.
# A shot may arrive after the one that replaces it: `gone:{n}` waits for it.
# The first shot says which model is in use; a vector of another is refused, and its crop waits.
_SETTLE = (
    CHOOSE_THUMBNAIL_LUA
    + IS_ERASED_LUA
    + """
local crops, sightings, track, retired, in_use = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[6]
local group, entry, number, replaces, quality, picture, now, member, model = unpack(ARGV, 1, 9)
local wanted = redis.call('GET', in_use)
if wanted and wanted ~= model then return -2 end
redis.call('XACK', crops, group, entry)
local ours = redis.call('XDEL', crops, entry) == 1
if is_erased(KEYS[5], member) then return -1 end
local forgotten = redis.call('EXISTS', track) == 0
if forgotten or not ours then
  if redis.call('HEXISTS', track, 'shot:' .. number) == 0 then
    redis.call('ZADD', retired, now, picture)
  end
  return 0
end
redis.call('SET', in_use, model)
redis.call('XADD', sightings, '*', unpack(ARGV, 10))
redis.call('HSET', track, 'shot:' .. number, quality .. '|' .. picture)
if replaces ~= '' then redis.call('HSET', track, 'gone:' .. replaces, '1') end
for _, n in ipairs({number, replaces}) do
  local kept = redis.call('HGET', track, 'shot:' .. n)
  if kept and redis.call('HEXISTS', track, 'gone:' .. n) == 1 then
    redis.call('ZADD', retired, now, string.match(kept, '|(.*)$'))
    redis.call('HDEL', track, 'shot:' .. n)
  end
end
choose_thumbnail(track)
return 1
"""
)


@dataclass(frozen=True, slots=True)
class View:
    """How far a reader of the log has it on disk, and when it last said so (Unix seconds)."""

    position: str
    heartbeat_at: float


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of crops.

    Attributes:
        sightings: how many were still ours to turn into sightings.
        erased: pictures of tracks that were erased meanwhile: whoever wrote them deletes them now.
        refused: how many are of another model than the one in use, and wait.
    """

    sightings: int
    erased: list[str]
    refused: int = 0


@dataclass(frozen=True, slots=True)
class LogPage:
    """A stretch of the log.

    Attributes:
        sightings: what of it can be read, each with its position.
        last: position of its last message, readable or not; where it began, if it is empty.
        is_full: whether it was cut at the count that was asked for, so that more may follow.
    """

    sightings: list[tuple[str, LoggedSighting]]
    last: str
    is_full: bool


class SightingLog:
    """An append-only stream; a crop becomes a sighting exactly once.

    Attributes:
        damaged: messages passed over because they could not be read.
        erased: of which tracks nothing counts any more, wherever it still is.
        floors: up to which capture a collection has been forgotten, for it was over its budget.
        whole: the log with what of it lies in files.
    """

    def __init__(self, client: redis.Redis, keys: Keys, whole: WholeLog | None = None) -> None:
        self.damaged = 0
        self.whole = whole or WholeLog(client, keys)
        self.erased, self.floors = ErasedTracks(client, keys), Floors(client, keys)
        self._redis = client
        self._keys = keys
        self._settle = client.register_script(_SETTLE)
        self._warned: set[bytes] = set()

    @store_errors()
    def settle(self, taken: Sequence[tuple[TakenCrop, LoggedSighting]]) -> Settled:
        """Turn crops into sightings.

        Each crop at once: the sighting appended, the track brought up to date, the crop
        acknowledged and deleted. A crop whose track was forgotten or erased is only deleted. One
        that was embedded by another model than the one in use by now waits.
        """
        with self._redis.pipeline(transaction=False) as pipe:
            for crop, sighting in taken:
                shot = sighting.shot
                fields = [part for pair in encode_sighting(sighting).items() for part in pair]
                self._settle(
                    keys=[
                        self._keys.crops,
                        self._keys.sightings,
                        self._keys.track(shot.track),
                        self._keys.retired,
                        self._keys.erased,
                        self._keys.model,
                    ],
                    args=[
                        GROUP,
                        crop.entry_id,
                        shot.number,
                        "" if sighting.replaces is None else sighting.replaces,
                        repr(float(sighting.quality)),
                        sighting.picture,
                        repr(float(sighting.embedded_at)),
                        str(shot.track),
                        sighting.model_id,
                        *fields,
                    ],
                    client=pipe,
                )
            done = pipe.execute()
        erased = [each.picture for (_, each), came in zip(taken, done, strict=True) if came == -1]
        return Settled(done.count(1), erased, refused=done.count(-2))

    def page(self, after: str, *, count: int, block_s: float = 0.0) -> LogPage:
        """The next `count` messages behind `after`; none when `block_s` went by without one.

        A message that cannot be read is passed over and counted: it must not stop a view.
        """
        rows = self.whole.rows(after, count)
        if not rows and block_s > 0 and self.whole.wait(after, block_s):
            rows = self.whole.rows(after, count)
        good = [(row[0].decode(), sighting) for row in rows if (sighting := self._decode(*row))]
        return LogPage(good, rows[-1][0].decode() if rows else after, len(rows) >= count)

    def read(
        self, after: str, *, count: int, block_s: float = 0.0
    ) -> list[tuple[str, LoggedSighting]]:
        """The first readable of `page` and those that follow it; empty at the end of the log."""
        while True:
            page = self.page(after, count=count, block_s=block_s)
            if page.sightings or page.last == after:
                return page.sightings
            after = page.last

    def of_track(self, track: TrackKey, *, since: float) -> Iterator[LoggedSighting]:
        """What the log holds of one track, embedded at `since` (Unix seconds) or later."""
        position, prefix = f"{max(round(since * 1000), 0)}-0", f"{track}/".encode()
        for rows in self.whole.walk(position, _PAGE, re.compile(re.escape(prefix))):
            for entry_id, fields in rows:
                is_its = fields.get(SHOT, b"").startswith(prefix)
                if is_its and (sighting := self._decode(entry_id, fields)) is not None:
                    yield sighting

    def last_id(self) -> str:
        """The position of the last message that is still there; `START` if none is."""
        return self.whole.last_position()

    @store_errors()
    def end(self) -> str:
        """The highest position ever given, its message being there or not; `START` if none."""
        if not self._redis.exists(self._keys.sightings):
            return START
        told: Any = self._redis.xinfo_stream(self._keys.sightings)
        return str(told["last-generated-id"].decode())

    @store_errors()
    def identity(self) -> str:
        """Which log this is: another one where Redis has forgotten everything meanwhile."""
        self._redis.set(self._keys.log_id, uuid4().hex, nx=True)
        found: Any = self._redis.get(self._keys.log_id)
        return str(found.decode())

    @store_errors()
    def removed(self) -> dict[str, str]:
        """Collections that were removed: up to which position nothing of them counts any more."""
        found: Any = self._redis.hgetall(self._keys.removed)
        return {
            name.decode("utf-8", "replace"): position.decode()
            for name, position in found.items()
            if _POSITION.fullmatch(position)
        }

    def length(self) -> int:
        """How many messages the log holds."""
        return self.whole.length()

    @store_errors()
    def register_view(self, name: str, position: str, now: float) -> None:
        """Say that view `name` has everything up to `position` on disk, and is alive."""
        state = json.dumps({"position": position, "heartbeat_at": now})
        self._redis.hset(self._keys.views, name, state)

    @store_errors()
    def forget_view(self, name: str) -> None:
        """View `name` is no more; the log need not wait for it."""
        self._redis.hdel(self._keys.views, name)

    @store_errors()
    def views(self) -> dict[str, View]:
        """Who reads the log, and how far."""
        found: Any = self._redis.hgetall(self._keys.views)
        return {name.decode(): View(**json.loads(state)) for name, state in found.items()}

    def _decode(self, entry_id: bytes, fields: dict[bytes, bytes]) -> LoggedSighting | None:
        try:
            return decode_sighting(fields)
        except WireError as error:
            if entry_id not in self._warned:
                self._warned.add(entry_id)
                self.damaged += 1
                log.warning("sighting %s: passed over (%s)", entry_id.decode(), error)
            return None
