"""What watches told: a stream of words about alerts, and what was told last of each track."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import redis

from detectors.types import TrackKey
from pipeline.store.connection import store_errors
from pipeline.store.deliveries import DeliveryStore
from pipeline.store.erased import IS_ERASED_LUA
from pipeline.store.keys import Keys
from pipeline.store.leases import Held
from retrieval.search.watches import Kind, Known, Told

_BATCH: Final = 500

# A word and what is known because of it, in one step; of an erased track neither. Whoever lost its
# lease without knowing writes nothing: another tells now, of the same alert perhaps.
_TELL = (
    IS_ERASED_LUA
    + """
local told, alerts, erased, lease = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local holder, field, before, after, track, root, word = unpack(ARGV)
if redis.call('GET', lease) ~= holder then return -3 end
if is_erased(erased, track) or is_erased(erased, root) then return -1 end
if (redis.call('HGET', told, field) or '') ~= before then return -2 end
redis.call('HSET', told, field, after)
if word ~= '' then redis.call('XADD', alerts, '*', 'word', word) end
return 1
"""
)

_FORGET = """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
for i = 2, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
return 1
"""

_KEEP = """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
"""

POSITION = re.compile(r"[0-9]{1,19}(-[0-9]{1,19})?")


@dataclass(frozen=True, slots=True)
class Word:
    """One thing told of an alert.

    Attributes:
        position: of the word among all words.
        alert: id of the alert.
        number: which word about it, from 1 on.
        kind: `new`, `update` or `end`.
        watch_id: whose.
        watch: name of that watch.
        track: who is seen.
        root: the track that the alert began with.
        score: cosine.
        seen_at: when the shot was captured, Unix seconds.
        picture: its media key.
        told_at: Unix seconds.
    """

    position: str
    alert: str
    number: int
    kind: Kind
    watch_id: str
    watch: str
    track: str
    root: str
    score: float
    seen_at: float
    picture: str
    told_at: float


class AlertStore:
    """The words, in their order, and the last about each watch and track."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis, self._keys = client, keys
        self._deliveries = DeliveryStore(client, keys)
        self._tell = client.register_script(_TELL)
        self._forget, self._keep = client.register_script(_FORGET), client.register_script(_KEEP)

    @store_errors()
    def told(self) -> dict[tuple[str, TrackKey], Told]:
        """What was told last, by watch and track."""
        found: Any = self._redis.hvals(self._keys.alerted)
        return {(each.watch, each.track): each for each in map(_decode_told, found)}

    @store_errors()
    def tell(
        self,
        word: Told,
        before: Told | None,
        *,
        watch: str,
        now: float,
        by: Held,
        is_silent: bool = False,
    ) -> bool:
        """Tell a word, if `before` is what was told last; telling it again is telling it once.

        Args:
            word: what is to be told.
            before: what was told last of the same watch and track.
            watch: the name of the watch.
            now: Unix seconds.
            by: the lease of whoever tells.
            is_silent: whether it is to be known only.

        Returns:
            Whether it was; not where the track was erased, the lease is another's, or something
            else was told last.
        """
        said = {
            "alert": word.alert,
            "number": word.number,
            "kind": word.kind,
            "watch_id": word.watch,
            "watch": watch,
            "track": str(word.track),
            "root": str(word.root),
            "score": word.score,
            "seen_at": word.seen_at,
            "picture": word.picture,
            "told_at": now,
        }
        done = self._tell(
            keys=[self._keys.alerted, self._keys.alerts, self._keys.erased, by.key],
            args=[
                by.holder,
                _field(word),
                b"" if before is None else _encode_told(before),
                _encode_told(word),
                str(word.track),
                str(word.root),
                "" if is_silent else json.dumps(said),
            ],
        )
        return bool(done == 1)

    @store_errors()
    def forget_told(self, words: list[Told], *, by: Held) -> None:
        """Keep in mind no longer what was told last, if the lease is ours; the words stay."""
        for start in range(0, len(words), _BATCH):
            some = [_field(word) for word in words[start : start + _BATCH]]
            self._forget(keys=[self._keys.alerted, by.key], args=[by.holder, *some])

    @store_errors()
    def read_from(self) -> str | None:
        """From which position of the log on shots of people in view are; None if nobody said."""
        found: Any = self._redis.get(self._keys.watched)
        return None if found is None else str(found.decode())

    @store_errors()
    def keep_read_from(self, position: str, *, by: Held) -> None:
        """Have whoever reads next begin behind a position of the log, if the lease is ours."""
        self._keep(keys=[self._keys.watched, by.key], args=[by.holder, position])

    @store_errors()
    def page(self, after: str, count: int) -> list[Word]:
        """The next `count` words behind position `after`."""
        rows: Any = self._redis.xrange(self._keys.alerts, f"({after}", "+", count)
        return [_decode_word(*row) for row in rows]

    @store_errors()
    def word(self, position: str) -> Word | None:
        """The word at a position; None if it is gone."""
        rows: Any = self._redis.xrange(self._keys.alerts, position, position)
        return _decode_word(*rows[0]) if rows else None

    @store_errors()
    def last(self) -> str:
        """The position of the last word ever told."""
        if not self._redis.exists(self._keys.alerts):
            return "0-0"
        told: Any = self._redis.xinfo_stream(self._keys.alerts)
        return str(told["last-generated-id"].decode())

    @store_errors()
    def expire(self, gone: Callable[[float], bool]) -> int:
        """Forget the words about shots for whose instant `gone` says so; how many went.

        What was told last of an alert that is open is kept in mind until its end was told.
        """
        old = [word.position for word in self._words() if gone(word.seen_at)]
        self._delete(old)
        over = (each for each in self.told().values() if not each.is_open)
        self._forget_all([each for each in over if gone(each.seen_at)])
        return len(old)

    @store_errors()
    def erase(self, named: re.Pattern[bytes]) -> int:
        """Forget every alert with a track in it that `named` finds; how many words went.

        The whole alert: its id is made of the name of a track.
        """
        known = list(self.told().values())
        words: list[Word | Told] = [*self._words(), *known]
        alerts = {
            each.alert
            for each in words
            if named.search(f"{each.track}\n{each.root}\n{each.picture}".encode())
        }
        theirs = [word.position for word in self._words() if word.alert in alerts]
        self._delete(theirs)
        self._forget_all([each for each in known if each.alert in alerts])
        return len(theirs)

    def _forget_all(self, words: list[Told]) -> None:
        if words:
            self._redis.hdel(self._keys.alerted, *map(_field, words))

    def _words(self) -> Iterator[Word]:
        after = "0-0"
        while words := self.page(after, _BATCH):
            yield from words
            after = words[-1].position

    def _delete(self, positions: list[str]) -> None:
        for start in range(0, len(positions), _BATCH):
            self._redis.xdel(self._keys.alerts, *positions[start : start + _BATCH])
        self._deliveries.forget(positions)  # after the words: none is on its way again


def open_alerts(told: Known) -> list[Told]:
    """What was told last of the alerts that have not ended."""
    return [each for each in told.values() if each.is_open]


def _field(word: Told) -> str:
    return f"{word.watch} {word.track}"


def _decode_word(position: bytes, fields: dict[bytes, bytes]) -> Word:
    return Word(position=position.decode(), **json.loads(fields[b"word"]))


def _encode_told(told: Told) -> bytes:
    facts = {name: getattr(told, name) for name in _FACTS} | {
        "track": str(told.track),
        "root": str(told.root),
        "person": base64.b64encode(told.person.astype("<f2").tobytes()).decode(),
    }
    return json.dumps(facts, sort_keys=True).encode()


def _decode_told(raw: bytes) -> Told:
    facts = json.loads(raw)
    person = np.frombuffer(base64.b64decode(facts["person"]), "<f2").astype(np.float32)
    track, root = TrackKey.parse(facts["track"]), TrackKey.parse(facts["root"])
    until = facts.get("until", facts["seen_at"])  # told by a version that did not keep it
    return Told(**(facts | {"person": person, "track": track, "root": root, "until": until}))


_FACTS = ("alert", "watch", "kind", "number", "score", "seen_at", "until", "picture", "model_id")
