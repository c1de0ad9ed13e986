"""Which encoder the shots of a data folder are embedded with, and its change for another.

The model in use is a word in the store that the first shot sets and a change replaces: whoever
embeds, settles or searches asks here and not the settings.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any, Final

import redis

from detectors.types import ShotId
from pipeline.errors import ConfigError
from pipeline.store.connection import store_errors
from pipeline.store.keys import Keys
from pipeline.store.log_copies import LogCopies
from pipeline.store.whole_log import WholeLog
from pipeline.store.wire import MODEL

#: What asks for a worker of its own; `tidying` deletes what the old model left in the log.
ACTIVE: Final = ("starting", "encoding", "checking", "switching", "tidying", "undoing")
#: A change that has come no further can be taken back.
REVOCABLE: Final = ("starting", "encoding", "checking")

#: So many shots whose picture could not be read are named; all are counted.
NAMED_AT_MOST: Final = 1000
_NAMED_FOR_S: Final = 86_400

# A change is written whole, and only over the state that its writer read.
_WRITE = """
local known = redis.call('HGET', KEYS[1], 'state') or ''
if known ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return 1
"""

# What is said of a change is written only while it stands where its author saw it.
_NOTE = """
local told = redis.call('HMGET', KEYS[1], 'state', 'facts', 'cut')
if told[1] ~= ARGV[1] or (told[3] or '') ~= ARGV[4] then return 0 end
local facts = cjson.decode(told[2])
if facts['model_id'] ~= ARGV[2] or facts['upto'] ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 5))
return 1
"""

# From this step on nobody settles a shot of the old model, so what it left has an end.
_SWITCH = """
if redis.call('HGET', KEYS[1], 'state') ~= 'checking' then return 0 end
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
local cut = '0-0'
if redis.call('EXISTS', KEYS[3]) == 1 then
  local told = redis.call('XINFO', 'STREAM', KEYS[3])
  for i = 1, #told, 2 do if told[i] == 'last-generated-id' then cut = told[i + 1] end end
end
redis.call('SET', KEYS[2], ARGV[2])
redis.call('HSET', KEYS[1], 'state', 'switching', 'cut', cut)
return 1
"""

# An erased track must not be named any more; a set may be searched for one, and a JSON may not.
_NAME = """
if redis.call('HEXISTS', KEYS[1], 'shot:' .. ARGV[1]) == 0 then return 0 end
return redis.call('SADD', KEYS[2], ARGV[2])
"""


@dataclass(frozen=True, slots=True)
class ModelChange:
    """A change of the model in use, as far as it has come.

    Attributes:
        name: of the model that is wanted.
        model_id: its name and digest; empty until it is loaded.
        from_id: the model in use when the change began.
        state: one of `ACTIVE`, or `done`, `cancelled`, `failed`.
        total: shots of the old model that are kept.
        done: of these, those dealt with.
        missing: of these, those whose picture cannot be read.
        upto: the end of the log when the check began; all before it is in both.
        checked: what a query worker found: empty, `ok`, or what is wrong.
        cut: the end of the log at the switch, nothing of the old model being behind it; later
            the end when all before it had its copy.
        served: whether searches use the new model.
        reason: why it failed.
    """

    name: str
    from_id: str
    model_id: str = ""
    state: str = "starting"
    total: int = 0
    done: int = 0
    missing: int = 0
    upto: str = ""
    checked: str = ""
    cut: str = ""
    served: bool = False
    reason: str = ""

    @property
    def is_active(self) -> bool:
        """Whether there is something left to do."""
        return self.state in ACTIVE

    @property
    def given_up(self) -> str:
        """The id of the model whose index nobody needs any more; empty while both are needed."""
        if self.state == "done":
            return self.from_id
        return self.model_id if self.state == "undoing" or not self.is_active else ""


def name_of(model_id: str) -> str:
    """The name in a model id.

    >>> name_of("street-gadms@c0ffee")
    'street-gadms'
    """
    return model_id.partition("@")[0]


class ModelStore:
    """The model in use, and the change of it, on Redis.

    Attributes:
        copies: what a change writes to the log, and deletes from it.
    """

    def __init__(self, client: redis.Redis, keys: Keys, whole: WholeLog | None = None) -> None:
        self._whole = whole or WholeLog(client, keys)
        self.copies = LogCopies(client, keys, self._whole)
        self._redis, self._keys = client, keys
        self._write = client.register_script(_WRITE)
        self._note = client.register_script(_NOTE)
        self._switch = client.register_script(_SWITCH)
        self._name = client.register_script(_NAME)

    @store_errors()
    def in_use(self) -> str | None:
        """The id of the model that shots are embedded with; None before the first shot.

        A log of a version that kept no such word is asked for the model of its last shot.
        """
        found: Any = self._redis.get(self._keys.model)
        if found is None:
            last = self._whole.last()
            if last is None or not last[1].get(MODEL):
                return None
            self._redis.set(self._keys.model, last[1][MODEL], nx=True)
            found = self._redis.get(self._keys.model)
        return None if found is None else str(found.decode())

    @store_errors()
    def change(self) -> ModelChange | None:
        """The last change; None if there never was one."""
        found: Any = self._redis.hgetall(self._keys.reindex)
        if not found:
            return None
        told = {key.decode(): value.decode() for key, value in found.items()}
        facts = json.loads(told.pop("facts"))
        return ModelChange(**(facts | told | {"served": told.get("served") == "1"}))

    def is_given_up(self, model_id: str) -> bool:
        """Whether the index of a model is one that the last change left, or did not come to."""
        change = self.change()
        return change is not None and change.given_up == model_id != self.in_use()

    def begin(self, name: str, from_id: str) -> ModelChange:
        """Ask for a change of model.

        Raises:
            ConfigError: another was asked for a moment ago.
        """
        known = self.change()
        change = ModelChange(name, from_id)
        if not self._written("" if known is None else known.state, change):
            raise ConfigError("another change of model began just now: see 'descry reindex'")
        self._forget_names()
        return change

    def advance(self, change: ModelChange, **changes: Any) -> ModelChange | None:
        """Write what `changes` of the change that its worker has; None if it was taken back."""
        fresh = replace(change, **changes)
        return fresh if self._written(change.state, fresh) else None

    @store_errors()
    def note(self, change: ModelChange, **said: str) -> bool:
        """What a query worker says of a change, `checked` or `served`; False if it is another now.

        Who compared two indexes may be late: what was compared then says nothing of a change that
        began since.
        """
        known = [change.state, change.model_id, change.upto, change.cut]
        fields = [part for pair in said.items() for part in pair]
        return bool(self._note(keys=[self._keys.reindex], args=[*known, *fields]))

    @store_errors()
    def undo(self, reason: str = "") -> bool:
        """Take back a change that has not switched; False if there is none."""
        for state in REVOCABLE:
            args = [state, "state", "undoing", "reason", reason]
            if self._write(keys=[self._keys.reindex], args=args):
                return True
        return False

    @store_errors()
    def switch(self, change: ModelChange) -> ModelChange | None:
        """Use the new model from now on; None if the change was taken back."""
        keys = [self._keys.reindex, self._keys.model, self._keys.sightings]
        if not self._switch(keys=keys, args=[change.from_id, change.model_id]):
            return None
        return self.change()

    @store_errors()
    def name_missing(self, shots: Iterable[ShotId]) -> None:
        """Have shots without a readable picture named, for a day, if they are kept."""
        self._name_in(self._keys.reindex_missing, islice(shots, NAMED_AT_MOST))

    @store_errors()
    def draw_sample(self, shots: Iterable[ShotId]) -> None:
        """Say which shots a query worker has to find with both models."""
        self._name_in(self._keys.reindex_sample, shots)

    @store_errors()
    def missing(self) -> list[ShotId]:
        """The shots without a readable picture, in order; `NAMED_AT_MOST` of them."""
        return self._named(self._keys.reindex_missing)

    @store_errors()
    def sample(self) -> list[ShotId]:
        """What was drawn, in order."""
        return self._named(self._keys.reindex_sample)

    def _name_in(self, key: str, shots: Iterable[ShotId]) -> None:
        self._redis.delete(key)
        with self._redis.pipeline(transaction=False) as pipe:
            for shot in shots:
                keys = [self._keys.track(shot.track), key]
                self._name(keys=keys, args=[shot.number, str(shot)], client=pipe)
            pipe.expire(key, _NAMED_FOR_S)
            pipe.execute()

    def _named(self, key: str) -> list[ShotId]:
        found: Any = self._redis.smembers(key)
        return sorted(ShotId.parse(name.decode()) for name in found)

    @store_errors()
    def _forget_names(self) -> None:
        self._redis.delete(self._keys.reindex_missing, self._keys.reindex_sample)

    @store_errors()
    def _written(self, known: str, change: ModelChange) -> bool:
        facts = asdict(change)
        told = {name: facts.pop(name) for name in ("state", "cut", "checked", "served", "reason")}
        told |= {"served": "1" if change.served else "", "facts": json.dumps(facts)}
        if known == change.state:  # the same step goes on: what others say of it stays
            told = {"state": change.state, "facts": told["facts"]}
        fields = [part for pair in told.items() for part in pair]
        return bool(self._write(keys=[self._keys.reindex], args=[known, *fields]))
