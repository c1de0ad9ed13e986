"""What is asked of the vectors on a Redis Cluster: the questions of `VectorShards` in its words."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from detectors.types import ShotId, TrackKey
from pipeline.store import shard_asking as scripts
from pipeline.store.keys import ShardKeys
from pipeline.store.shard_servers import Command, ShardServers
from pipeline.store.shard_wire import filter_of, number, parse_set, spelt_set, unpacked
from retrieval.index.vector_shards import Directory, Found, SetAsked, SetName
from retrieval.types import Sighting, Vector, Where

T = TypeVar("T")

FETCH_AT_ONCE = 256
SETS_AT_ONCE = 1000


class ShardQuestions:
    """Asks shards on servers; one that is away has no answer.

    Every shard has its keys in one slot, so that a script sees all of it at one instant.
    """

    def __init__(self, servers: ShardServers, keys: Sequence[ShardKeys], model_id: str) -> None:
        self._servers, self._keys, self._model_id = servers, keys, model_id
        self._sets: dict[int, tuple[bytes, dict[SetName, float]]] = {}
        self._seen: dict[int, tuple[bytes, int]] = {}
        self._knowing = threading.Lock()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._keys)

    def directories(self, shards: Iterable[int]) -> dict[int, Directory]:
        """What each holds."""
        asked = {
            shard: [self._script(shard, scripts.DIRECTORY, self._known_at(shard))]
            for shard in shards
        }
        told = self._ask(asked, lambda shard, replies: self._directory(shard, replies[0]))
        return dict(told)

    def nearest(
        self, query: Vector, asked: Mapping[int, Sequence[SetAsked]], where: Where
    ) -> dict[int, list[list[Found]]]:
        """For each set the nearest admitted shots, by falling score; exact but for rounding."""
        vector = query.astype("<f4").tobytes()
        return self._search(asked, vector, where, _found)

    def admitted(
        self, query: Vector, asked: Mapping[int, Sequence[SetAsked]], where: Where
    ) -> dict[int, list[list[ShotId]]]:
        """For each set its admitted shots, in the order of their names."""
        sizes = self._ask(
            {
                shard: [("ZCARD", self._keys[shard].members(spelt_set(one.name))) for one in some]
                for shard, some in asked.items()
            },
            lambda _, replies: replies,
        )
        whole = {
            shard: [
                one._replace(at_most=max(int(size), 1))
                for one, size in zip(asked[shard], some, strict=True)
            ]
            for shard, some in sizes.items()
        }
        return self._search(whole, query.astype("<f4").tobytes(), where, _ids)

    def shots(
        self, found: Mapping[int, Sequence[tuple[SetName, str]]]
    ) -> dict[int, list[Sighting | None]]:
        """Each of those shots as it is kept; None for one that went meanwhile."""
        asked = {
            shard: [
                self._script(shard, scripts.SHOTS, *_spelt(some))
                for some in in_parts(places, FETCH_AT_ONCE)
            ]
            for shard, places in found.items()
        }
        return self._ask(asked, lambda _, replies: [self._shot(one) for r in replies for one in r])

    def of_tracks(self, tracks: Mapping[int, Sequence[TrackKey]]) -> dict[int, list[Sighting]]:
        """Every shot of those tracks, those that have expired too."""
        asked = {
            shard: [
                self._script(shard, scripts.OF_TRACKS, *map(str, some))
                for some in in_parts(own, FETCH_AT_ONCE)
            ]
            for shard, own in tracks.items()
        }
        return self._ask(
            asked,
            lambda _, replies: [shot for r in replies for one in r if (shot := self._shot(one))],
        )

    def living(self, shards: Mapping[int, Directory]) -> dict[int, int]:
        """How many shots of each have not been forgotten."""
        asked = {
            shard: [
                self._script(
                    shard, scripts.LIVING, number(directory.expired_until), *map(spelt_set, some)
                )
                for some in in_parts(list(directory.sets), SETS_AT_ONCE)
            ]
            for shard, directory in shards.items()
        }
        return self._ask(asked, lambda _, replies: sum(map(int, replies)))

    def _search(
        self,
        asked: Mapping[int, Sequence[SetAsked]],
        vector: bytes,
        where: Where,
        read: Callable[[SetName, list[bytes]], T],
    ) -> dict[int, list[T]]:
        commands = {
            shard: [self._vsim(shard, one, vector, where) for one in some]
            for shard, some in asked.items()
        }
        return self._ask(
            commands,
            lambda shard, replies: [
                read(one.name, reply) for one, reply in zip(asked[shard], replies, strict=True)
            ],
        )

    def _vsim(self, shard: int, one: SetAsked, vector: bytes, where: Where) -> Command:
        # TRUTH compares with every vector: whatever the filter leaves, none is overlooked. NOTHREAD
        # keeps scripts out meanwhile: a thread may see what is between two steps of one.
        key = self._keys[shard].vectors(spelt_set(one.name))
        command = ("VSIM", key, "FP32", vector, "WITHSCORES", "COUNT", one.at_most, "TRUTH")
        asked = filter_of(where, one.name, may_expire=one.may_expire)
        return (*command, *(("FILTER", asked) if asked else ()), "NOTHREAD")

    def _script(self, shard: int, script: str, *arguments: Any) -> Command:
        return ("EVAL", script, 1, self._keys[shard].state, *arguments)

    def _ask(
        self, commands: Mapping[int, Sequence[Command]], read: Callable[[int, list[Any]], T]
    ) -> dict[int, T]:
        names = {self._keys[shard].state: shard for shard in commands}
        told = self._servers.ask({name: commands[shard] for name, shard in names.items()})
        return {names[name]: read(names[name], replies) for name, replies in told.items()}

    def _known_at(self, shard: int) -> bytes:
        with self._knowing:
            return self._sets[shard][0] if shard in self._sets else b""

    def _directory(self, shard: int, told: Sequence[Any]) -> Directory:
        at, expired, token, behind, listed = told
        with self._knowing:
            if listed is not None:
                names = map(parse_set, map(bytes.decode, listed[::2]))
                firsts = (float(expiries.split()[0]) for expiries in listed[1::2])
                self._sets[shard] = at, dict(zip(names, firsts, strict=True))
            is_behind = behind == b"1" or self._went_back(shard, token)
            return Directory(self._sets[shard][1], float(expired), is_behind)

    def _went_back(self, shard: int, token: bytes) -> bool:
        """Whether a shard has been told more by the writer than it knows now."""
        session, _, written = token.partition(b":")
        now = (session, int(written or 0))
        seen = self._seen.setdefault(shard, now)
        if seen[0] == now[0] and now[1] < seen[1]:
            return True  # until the writer sees it, too, and begins anew
        self._seen[shard] = now
        return False

    def _shot(self, told: Sequence[Any] | None) -> Sighting | None:
        return None if told is None else unpacked(self._model_id, *told)


def in_parts(some: Sequence[T], at_most: int) -> Iterator[Sequence[T]]:
    """A sequence cut into pieces of `at_most`, the last one shorter."""
    return (some[begin : begin + at_most] for begin in range(0, len(some), at_most))


def named(shards: Iterable[int]) -> str:
    """Shards, as they are told to a person."""
    return "shard " + ", ".join(map(str, sorted(shards)))


def _found(name: SetName, reply: Sequence[bytes]) -> list[Found]:
    return [
        # A vector set tells (1 + cosine) / 2.
        Found(name, shot.decode(), 2.0 * float(score) - 1.0)
        for shot, score in zip(reply[::2], reply[1::2], strict=True)
    ]


def _ids(_name: SetName, reply: Sequence[bytes]) -> list[ShotId]:
    return sorted(ShotId.parse(shot.decode()) for shot in reply[::2])


def _spelt(places: Iterable[tuple[SetName, str]]) -> list[str]:
    return [part for name, shot in places for part in (spelt_set(name), shot)]
