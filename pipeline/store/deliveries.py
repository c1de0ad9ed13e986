"""Alerts on their way to webhooks and brokers, and those that were given up."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import redis

from pipeline.errors import NotFound
from pipeline.store.connection import store_errors
from pipeline.store.keys import Keys

MOST_UNDELIVERED: Final = 1000
"""Deliveries that were given up: of more, the oldest are forgotten."""

MOST_WAITING: Final = 5000
"""Of one receiver; what comes then is given up at once."""

# Who gets a word, and that this is known, in one step; nobody gets one that is gone. Whoever lost
# its lease without knowing stands at another word, and does nothing.
_ROUTE = """
local alerts, waiting, given_up, position, counts = unpack(KEYS)
local before, word, most = ARGV[1], ARGV[2], ARGV[3]
if (redis.call('GET', position) or '') ~= before then return 0 end
if #redis.call('XRANGE', alerts, word, word) == 1 then
  for i = 4, #ARGV, 3 do
    if ARGV[i] == '' then
      redis.call('HSET', waiting, ARGV[i + 1], ARGV[i + 2])
    else
      redis.call('XADD', given_up, 'MAXLEN', most, '*', 'delivery', ARGV[i + 2])
      redis.call('HINCRBY', counts, ARGV[i] .. ' undelivered', 1)
    end
  end
end
redis.call('SET', position, word)
return 1
"""

_SETTLE = """
local waiting, counts, given_up = unpack(KEYS)
local id, after, outcome, most = unpack(ARGV)
if redis.call('HEXISTS', waiting, id) == 0 then return 0 end
redis.call('HINCRBY', counts, outcome, 1)
if string.find(outcome, ' failed$') then redis.call('HSET', waiting, id, after) return 1 end
redis.call('HDEL', waiting, id)
if string.find(outcome, ' undelivered$') then
  redis.call('XADD', given_up, 'MAXLEN', most, '*', 'delivery', after)
end
return 1
"""

_RESEND = """
local waiting, given_up = unpack(KEYS)
if redis.call('XDEL', given_up, ARGV[1]) == 0 then return 0 end
redis.call('HSET', waiting, ARGV[2], ARGV[3])
return 1
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One word of an alert on its way to one receiver. What it says stays with the alerts.

    Attributes:
        word: position of the word.
        alert: its alert, whose words keep their order.
        target: where to: the address of a webhook, or of a broker.
        queued_at: when it was known that it goes there, Unix seconds.
        attempts: how many failed.
        next_at: not before this instant, Unix seconds.
        reason: why the last attempt failed.
        failed_at: when, Unix seconds; 0 if none did.
    """

    word: str
    alert: str
    target: str
    queued_at: float
    attempts: int = 0
    next_at: float = 0.0
    reason: str = ""
    failed_at: float = 0.0

    @property
    def id(self) -> str:
        """Its name among those that wait."""
        return f"{self.word} {hashlib.sha256(self.target.encode()).hexdigest()[:16]}"

    @property
    def kind(self) -> str:
        """`webhook`, or what it is else: what its figures are counted under."""
        return "webhook" if self.target.startswith("http") else self.target.partition(":")[0]


class DeliveryStore:
    """What waits to be delivered, and what was given up."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis, self._keys = client, keys
        self._route = client.register_script(_ROUTE)
        self._settle = client.register_script(_SETTLE)
        self._resend = client.register_script(_RESEND)

    @store_errors()
    def position(self, *, first: str) -> str:
        """Up to which word it is known who gets it; `first` from now on if nobody said."""
        self._redis.set(self._keys.delivery_position, first, nx=True)
        found: Any = self._redis.get(self._keys.delivery_position)
        return str(found.decode())

    @store_errors()
    def route(self, before: str, word: str, to: Sequence[tuple[Delivery, bool]]) -> bool:
        """Have `word`, the next after `before`, delivered.

        Args:
            before: the word up to which it was known who gets it.
            word: its position.
            to: deliveries, and whether each is given up at once.

        Returns:
            Whether it was the next.
        """
        keys = self._keys
        args = [
            text
            for one, is_given_up in to
            for text in (one.kind if is_given_up else "", one.id, _encode(one))
        ]
        done = self._route(
            keys=[
                keys.alerts,
                keys.deliveries,
                keys.undelivered,
                keys.delivery_position,
                keys.delivery_counts,
            ],
            args=[before, word, MOST_UNDELIVERED, *args],
        )
        return bool(done)

    @store_errors()
    def waiting(self) -> list[Delivery]:
        """Everything that waits, in no order."""
        found: Any = self._redis.hvals(self._keys.deliveries)
        return [_decode(raw) for raw in found]

    def done(self, one: Delivery) -> None:
        """It is there."""
        self._end(one, "delivered")

    def failed(self, one: Delivery) -> None:
        """It waits on, as `one` says; not if it went meanwhile."""
        self._end(one, "failed")

    def give_up(self, one: Delivery) -> None:
        """It waits no longer."""
        self._end(one, "undelivered")

    @store_errors()
    def drop(self, one: Delivery) -> None:
        """Forget it: its word is gone."""
        self._redis.hdel(self._keys.deliveries, one.id)

    @store_errors()
    def undelivered(self) -> list[tuple[str, Delivery]]:
        """What was given up, by an id of its own, the oldest first."""
        rows: Any = self._redis.xrange(self._keys.undelivered)
        return [(name.decode(), _decode(fields[b"delivery"])) for name, fields in rows]

    @store_errors()
    def resend(self, ids: Collection[str], now: float) -> int:
        """Deliver again what was given up; how many of `ids` there were.

        Raises:
            NotFound: one of them is none.
        """
        known = dict(self.undelivered())
        for name in ids:
            if name not in known:
                raise NotFound(f"nothing undelivered has the id {name!r}: list what there is again")
        count = 0
        for name in ids:
            one = replace(known[name], queued_at=now, attempts=0, next_at=0.0)
            keys = [self._keys.deliveries, self._keys.undelivered]
            count += int(self._resend(keys=keys, args=[name, one.id, _encode(one)]))
        return count

    @store_errors()
    def forget(self, words: Collection[str]) -> None:
        """Forget whatever is about `words`: they are gone."""
        theirs = set(words)
        if not theirs:
            return
        names: Any = self._redis.hkeys(self._keys.deliveries)
        gone = [name for name in names if name.decode().partition(" ")[0] in theirs]
        if gone:
            self._redis.hdel(self._keys.deliveries, *gone)
        for name, one in self.undelivered():
            if one.word in theirs:
                self._redis.xdel(self._keys.undelivered, name)

    @store_errors()
    def figures(self) -> tuple[int, int, Mapping[str, int]]:
        """How many wait, how many were given up and are kept, and `kind outcome` → how many."""
        counts: Any = self._redis.hgetall(self._keys.delivery_counts)
        told = {name.decode(): int(count) for name, count in counts.items()}
        waiting: Any = self._redis.hlen(self._keys.deliveries)
        return int(waiting), int(self._redis.xlen(self._keys.undelivered)), told

    @store_errors()
    def _end(self, one: Delivery, outcome: str) -> None:
        self._settle(
            keys=[self._keys.deliveries, self._keys.delivery_counts, self._keys.undelivered],
            args=[one.id, _encode(one), f"{one.kind} {outcome}", MOST_UNDELIVERED],
        )


def _encode(one: Delivery) -> str:
    return json.dumps(asdict(one))


def _decode(raw: bytes) -> Delivery:
    return Delivery(**json.loads(raw))
