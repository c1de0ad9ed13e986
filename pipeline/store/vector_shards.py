"""The vectors of an index on a Redis Cluster: all of `VectorShards` in the words of Redis 8."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import redis

from detectors.types import TrackKey
from pipeline.clock import Clock
from pipeline.errors import ConfigError, StoreUnavailable
from pipeline.store import shard_scripts as scripts
from pipeline.store.keys import ShardKeys
from pipeline.store.shard_questions import FETCH_AT_ONCE, ShardQuestions, in_parts, named
from pipeline.store.shard_servers import ShardServers
from pipeline.store.shard_wire import (
    NEVER,
    about,
    expiry,
    number,
    packed,
    set_of,
    spelt_set,
    unpacked,
)
from retrieval.errors import IndexBehind
from retrieval.types import Floors, Sighting

#: Shots in one script: while it runs, its server does nothing else.
ENTER_AT_ONCE = 32
#: How long a model's shards say that they were given up, to whoever searches them still.
GIVEN_UP_FOR_S = 86_400.0
#: A set outlives its last shot by this much, should nobody be there to drop it: clocks differ.
GRACE_S = 3600.0


class RedisShards(ShardQuestions):
    """Questions, and orders: a script does what it does to a shard as a whole.

    Whatever a writer does to a shard moves its token; replicas get all of it in order. So a replica
    that takes over has a state that the shard once had, and its token says which.
    """

    def __init__(
        self, servers: ShardServers, keys: Sequence[ShardKeys], model_id: str, clock: Clock
    ) -> None:
        """Look at what there is.

        Raises:
            ConfigError: it was made with another number of shards.
            StoreUnavailable: the server of the first shard is away.
        """
        super().__init__(servers, keys, model_id)
        self._clock = clock
        self._session, self._written = "", [0] * len(keys)
        self._lost = [False] * len(keys)
        self._agree_on_count()

    def begin(self) -> None:
        """Become the writer; what another writes from now on makes us fall behind."""
        self._session, self._written = uuid4().hex, [0] * self.count
        for shard, was_lost in enumerate(self._lost):
            self._tell(shard, scripts.BEGIN, self._token(shard), int(was_lost))
            self._lost[shard] = False

    def positions(self) -> list[tuple[int, str] | None]:
        """The last checkpoint of each shard; None where there is none.

        Raises:
            StoreUnavailable: a shard is away.
        """
        asked = {
            shard: [("HMGET", keys.state, "number", "position")]
            for shard, keys in enumerate(self._keys)
        }
        told = self._ask(asked, lambda _, replies: replies[0])
        if len(told) < self.count:
            raise StoreUnavailable(f"{named(set(asked) - set(told))} of the index: no answer")
        marks = [told[shard] for shard in range(self.count)]
        return [(int(n), at.decode()) if n is not None else None for n, at in marks]

    def enter(self, shard: int, sightings: Sequence[Sighting]) -> list[Sighting | bool]:
        """Take shots in: for each whether it is new, or what is known under its name."""
        told: list[Sighting | bool] = []
        for some in in_parts(sightings, ENTER_AT_ONCE):
            arguments = [part for each in some for part in self._arguments(each)]
            for each, reply in zip(
                some, self._write(shard, scripts.ENTER, *arguments), strict=True
            ):
                told.append(bool(reply) if isinstance(reply, int) else self._same(each, *reply))
        return told

    def expire(self, now: float, floors: Floors) -> int:
        """Forget what has expired by `now`, or lies at or below its floor; how many shots went."""
        cuts = [part for name in floors for part in (f":{name}", number(floors[name]))]
        return sum(
            self._write(shard, scripts.EXPIRE, number(now), *cuts) for shard in range(self.count)
        )

    def remove_collection(self, name: str) -> int:
        """Drop the sets of a collection; how many shots went."""
        return sum(
            self._write(shard, scripts.REMOVE_COLLECTION, f":{name}") for shard in range(self.count)
        )

    def checkpoint(self, number: int, position: str) -> None:
        """Note in every shard that all up to `position` is in."""
        for shard in range(self.count):
            self._write(shard, scripts.CHECKPOINT, number, position)

    def remove(self, tracks: Mapping[int, Sequence[TrackKey]]) -> int:
        """Drop tracks, on the replicas as well; how many shots went. It takes no writer."""
        return sum(
            self._tell(shard, scripts.REMOVE, *map(str, some), on_replicas=True)
            for shard, own in tracks.items()
            for some in in_parts(own, FETCH_AT_ONCE)
        )

    def clear(self) -> None:
        """Drop everything."""
        for shard in range(self.count):
            self._tell(shard, scripts.CLEAR, on_replicas=True)
        self._agree_on_count()

    def give_up(self) -> None:
        """Drop everything, for nobody is to search it any more; whoever does learns that.

        The first shard, which knows how many there are, goes last: who was killed is followed by
        another.
        """
        for shard in reversed(range(self.count)):
            for name in self._tell(shard, scripts.GIVE_UP, int(GIVEN_UP_FOR_S * 1000)):
                self._tell(shard, scripts.DROP, name)
        self._tell(0, scripts.FORGET, int(GIVEN_UP_FOR_S * 1000))

    def _tell(self, shard: int, script: str, *arguments: Any, on_replicas: bool = False) -> Any:
        command = self._script(shard, script, *arguments)
        try:
            return self._servers.tell(self._keys[shard].state, command, on_replicas=on_replicas)
        except StoreUnavailable as error:
            raise StoreUnavailable(f"{named([shard])} of the index: {error}") from error

    def _write(self, shard: int, script: str, *arguments: Any) -> Any:
        """Tell a shard something as its writer.

        Where it is not known whether it was done, the next order finds out: tokens differ then.
        """
        before, after = self._token(shard), self._token(shard, 1)
        try:
            told = self._tell(shard, script, before, after, *arguments)
        except redis.ResponseError as error:
            if "BEHIND" not in str(error):
                raise
            self._lost[shard] = True
            raise IndexBehind(f"{named([shard])} of the index has not what came last") from error
        self._written[shard] += 1
        return told

    def _token(self, shard: int, more: int = 0) -> str:
        return f"{self._session}:{self._written[shard] + more}"

    def _arguments(self, sighting: Sighting) -> tuple[Any, ...]:
        track, shot_number = sighting.shot
        until = expiry(sighting)
        left_s = max(until - self._clock.now(), 0.0) + GRACE_S
        return (
            str(track),
            shot_number,
            "" if sighting.replaces is None else sighting.replaces,
            spelt_set(set_of(sighting)),
            number(until),
            "" if until >= NEVER else int(left_s * 1000),
            about(sighting),
            packed(sighting),
        )

    def _same(self, sighting: Sighting, name: bytes, told: bytes) -> Sighting:
        """What is known under the name of a sighting; with the vector of that, which may differ."""
        shot = str(sighting.shot).encode()
        return unpacked(self._model_id, name, shot, told, packed(sighting), 1.0)

    def _agree_on_count(self) -> None:
        known = known_count(self._servers, self._keys[0])
        if known is None:  # a server that is full lets nothing be written, and may be asked
            name = self._keys[0].state
            self._servers.tell(name, ("HSETNX", name, "shards", self.count))
            known = known_count(self._servers, self._keys[0])
        if known != self.count:
            raise ConfigError(
                f"the index was made with {known} shards, and index.shards is {self.count}: set it "
                "back, or have it built anew by 'descry index rebuild'"
            )


def known_count(servers: ShardServers, first: ShardKeys) -> int | None:
    """How many shards an index was made with, by its first; None where there is no index.

    Raises:
        StoreUnavailable: its server is away.
    """
    told = servers.tell(first.state, ("HGET", first.state, "shards"))
    return None if told is None else int(told)
