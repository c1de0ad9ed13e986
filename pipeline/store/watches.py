"""Which sentences and pictures are watched for, as they were asked."""

import base64
import json
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import uuid4

import numpy as np
import redis

from detectors.types import TrackKey
from pipeline.errors import ConfigError, NotFound
from pipeline.store.connection import store_errors
from pipeline.store.erased import IS_ERASED_LUA
from pipeline.store.keys import Keys
from pipeline.webhook_urls import BROKER
from retrieval.types import Vector

# Of an erased track there is no picture to watch for, though it was read a moment before.
_ADD = (
    IS_ERASED_LUA
    + """
if ARGV[5] ~= '' and is_erased(KEYS[3], ARGV[5]) then return -1 end
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 0 end
for _, known in ipairs(redis.call('HVALS', KEYS[1])) do
  if cjson.decode(known).name == ARGV[3] then return 0 end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('SET', KEYS[2], ARGV[4])
return 1
"""
)

_REMAKE = """
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('SET', KEYS[2], ARGV[4])
return 1
"""

# Its open alerts end once it is removed, and whoever was told of them hears of that.
_REMOVE = """
redis.call('SET', KEYS[2], ARGV[2])
local known = redis.call('HGET', KEYS[1], ARGV[1])
if not known then return 0 end
local watch, to = cjson.decode(known), {}
if watch.webhook and watch.webhook ~= '' then table.insert(to, watch.webhook) end
if watch.mqtt then table.insert(to, ARGV[3]) end
if #to > 0 then redis.call('HSET', KEYS[3], ARGV[1], table.concat(to, ' ')) end
return redis.call('HDEL', KEYS[1], ARGV[1])
"""


@dataclass(frozen=True, slots=True)
class Watch:
    """A sentence or a picture that is watched for.

    Attributes:
        watch_id: drawn when it was added: another of the same name is another watch.
        name: unique among those there are.
        kind: what is watched for: `text`, a sentence; `picture`, a likeness, with words or without.
        text: the sentence. It describes a person, so it is never logged.
        cameras: only these; all if empty.
        zones: only people in one of these; all if empty.
        hours: `HH:MM-HH:MM` at `timezone`; empty for always.
        timezone: IANA name.
        false_alarms: how many unrelated tracks a day and camera may be told.
        cooldown_s: for how long one probable person makes no second alert.
        created_at: Unix seconds.
        webhook: address that its alerts are sent to; it may hold a secret, so it is never logged.
        mqtt: whether its alerts go to the broker, though not those of every watch do.
        like: name of the track or shot whose likeness it is; empty of an uploaded picture.
        vector: of the picture, float32 in base64; of a person, so it goes where the watch goes.
        model_id: the encoder of `vector`.
    """

    watch_id: str
    name: str
    kind: str
    text: str
    cameras: tuple[str, ...]
    zones: tuple[str, ...]
    hours: str
    timezone: str
    false_alarms: float
    cooldown_s: float
    created_at: float
    webhook: str = ""
    mqtt: bool = False
    like: str = ""
    vector: str = field(default="", repr=False)
    model_id: str = ""

    @property
    def picture(self) -> Vector:
        """(D,) length 1: `vector`."""
        return np.frombuffer(base64.b64decode(self.vector), "<f4").astype(np.float32)

    @property
    def source(self) -> TrackKey | None:
        """The track whose likeness it is."""
        return TrackKey.parse("/".join(self.like.split("/")[:3])) if self.like else None

    def with_picture(self, vector: Vector, model_id: str) -> "Watch":
        """The same with a picture's vector, (D,) length 1, of an encoder."""
        encoded = base64.b64encode(vector.astype("<f4").tobytes()).decode()
        return replace(self, vector=encoded, model_id=model_id)

    @property
    def receivers(self) -> tuple[str, ...]:
        """Who is sent its alerts, beside those who are sent every watch's."""
        return (*filter(None, [self.webhook]), *([BROKER] if self.mqtt else ()))


class WatchStore:
    """Every watch there is."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis, self._keys = client, keys
        self._add = client.register_script(_ADD)
        self._remove = client.register_script(_REMOVE)
        self._remake = client.register_script(_REMAKE)
        self._decoded: tuple[bytes, list[Watch]] | None = None

    @store_errors()
    def add(self, watch: Watch) -> None:
        """Have it watched for.

        Raises:
            ConfigError: another has its name.
            NotFound: the track whose likeness it is was erased.
        """
        source = "" if watch.source is None else str(watch.source)
        args = [watch.watch_id, _encode(watch), watch.name, uuid4().hex, source]
        keys = [self._keys.watches, self._keys.watches_version, self._keys.erased]
        done: Any = self._add(keys=keys, args=args)
        if done == -1:
            raise NotFound(f"track {source} was erased: watch for another")
        if not done:
            raise ConfigError(
                f"there is a watch named {watch.name!r}: choose another name, or "
                "'descry watch remove' it first"
            )

    @store_errors()
    def all(self) -> list[Watch]:
        """Every one, the oldest first; they are read anew only after a change."""
        # The version first: what changes in between is read twice, and nothing is missed.
        version: Any = self._redis.get(self._keys.watches_version)
        kept = self._decoded
        if kept is not None and kept[0] == version:
            return list(kept[1])
        found: Any = self._redis.hvals(self._keys.watches)
        watches = [_decode(raw) for raw in found]
        watches.sort(key=lambda watch: (watch.created_at, watch.watch_id))
        self._decoded = None if version is None else (version, watches)
        return list(watches)

    @store_errors()
    def remove(self, watch_id: str) -> bool:
        """Watch for it no longer; whether it was there."""
        keys = [self._keys.watches, self._keys.watches_version, self._keys.left_webhooks]
        return bool(self._remove(keys=keys, args=[watch_id, uuid4().hex, BROKER]))

    @store_errors()
    def remake(self, before: Watch, after: Watch) -> None:
        """Keep another vector of the same picture, unless the watch went or changed meanwhile."""
        args = [before.watch_id, _encode(before), _encode(after), uuid4().hex]
        self._remake(keys=[self._keys.watches, self._keys.watches_version], args=args)

    @store_errors()
    def erase(self, named: re.Pattern[bytes]) -> None:
        """Watch no longer for the likeness of tracks that `named` finds."""
        for watch in self.all():
            if watch.like and named.search(watch.like.encode()):
                self.remove(watch.watch_id)

    @store_errors()
    def receivers(self) -> dict[str, tuple[str, ...]]:
        """Where the alerts of each watch go that has a receiver, removed ones included."""
        left: Any = self._redis.hgetall(self._keys.left_webhooks)
        gone = {watch.decode(): tuple(to.decode().split()) for watch, to in left.items()}
        return gone | {each.watch_id: each.receivers for each in self.all() if each.receivers}

    @store_errors()
    def removed_with_receiver(self) -> set[str]:
        """Removed watches whose last words may still have to go to a receiver."""
        left: Any = self._redis.hkeys(self._keys.left_webhooks)
        return {watch.decode() for watch in left}

    @store_errors()
    def forget_receivers(self, watches: Collection[str]) -> None:
        """Forget the receivers of removed watches: all is told."""
        if watches:
            self._redis.hdel(self._keys.left_webhooks, *watches)


def _encode(watch: Watch) -> str:
    return json.dumps(asdict(watch), ensure_ascii=True)


def _decode(raw: bytes) -> Watch:
    told = json.loads(raw)
    told["cameras"], told["zones"] = tuple(told["cameras"]), tuple(told["zones"])
    return Watch(**told)
