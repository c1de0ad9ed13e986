"""How much disk each collection takes, how much it may, and from which capture on it fits.

What is counted, shot by shot: its picture, in whole blocks of the disk; its message in the log,
names of fields and all; and a bound on what an index on disk has of it. Not counted: recent video,
clips and copies of held tracks, which have limits of their own; boxes, tracks and runs, which are
small; and what Redis writes to its append-only file until it writes that anew.
"""

import logging
from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import redis

from pipeline.store.connection import store_errors
from pipeline.store.floors import Floors
from pipeline.store.keys import Keys
from pipeline.store.media import Media
from pipeline.store.stream_scan import Message

log = logging.getLogger(__name__)

BLOCK: Final = 4096
"""Files take whole blocks, of so many bytes with every usual file system."""

INDEX_ROW: Final = 512
"""More than a sealed segment of 1,000 shots has of each beside its vector and the code of that."""

_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Budgets:
    """How many bytes of disk things may take; None is no limit.

    Attributes:
        live: what live cameras saw.
        imports: each collection of imports.
        collections: the same for single collections, by name; they need not exist yet.
    """

    live: int | None = None
    imports: int | None = None
    collections: Mapping[str, int | None] = field(default_factory=dict)

    @classmethod
    def in_mb(
        cls, live: float | None, imports: float | None, collections: Mapping[str, float | None]
    ) -> "Budgets":
        """From megabytes, as settings have them."""
        named = {name: _bytes(mb) for name, mb in collections.items()}
        return cls(_bytes(live), _bytes(imports), named)

    def of(self, collection: str) -> int | None:
        """What a collection may take.

        >>> Budgets(imports=5, collections={"trial": None}).of("trial") is None
        True
        """
        usual = self.live if collection == "live" else self.imports
        return self.collections.get(collection, usual)


class _Scale:
    """The shots of one collection: a few numbers for each, so that a million fit in memory."""

    def __init__(self) -> None:
        self._captured, self._bytes = array("d"), array("q")
        self._pictures, self._named = array("q"), array("q")

    def put(self, message: Message, picture_bytes: int) -> None:
        self._captured.append(message.captured_at)
        self._bytes.append(message.log_bytes + 2 * message.vector_bytes + INDEX_ROW)
        self._pictures.append(-(-picture_bytes // BLOCK) * BLOCK)
        self._named.append(hash(message.picture))

    def weigh(self, budget: int | None) -> tuple[int, float | None]:
        """Bytes of all, and the last capture that must go for the rest to fit; None if all fits.

        A picture that several messages name, as after a change of the model, counts once.
        """
        captured = np.frombuffer(self._captured)  # (N,)
        taken = np.frombuffer(self._bytes, np.int64).copy()  # (N,)
        _, first = np.unique(np.frombuffer(self._named, np.int64), return_index=True)
        taken[first] += np.frombuffer(self._pictures, np.int64)[first]
        order = np.argsort(-captured, kind="stable")
        sums = np.cumsum(taken[order])  # (N,) the youngest first
        over = 0 if budget is None else int(np.searchsorted(sums, budget, side="right"))
        floor = None if budget is None or over == len(sums) else float(captured[order][over])
        return int(sums[-1]), floor


class Budget:
    """Weighs what a sweep leaves, and says what of it must go.

    Everything is weighed anew with each sweep, on the walk over the log that it makes anyway: no
    counter can be wrong, whatever was killed. Pictures are not looked at, for messages have their
    size; those written before they had it are, each time.
    """

    def __init__(self, client: redis.Redis, keys: Keys, media: Media, budgets: Budgets) -> None:
        self._redis, self._key, self._media = client, keys.weights, media
        self.budgets = budgets
        self._store = Floors(client, keys)
        self._floors: dict[str, float] = {}
        self._scales: dict[str, _Scale] = defaultdict(_Scale)
        self._warned: set[str] = set()

    def begin(self) -> None:
        """Begin a sweep; floors that were made for a smaller budget than today's are none."""
        for name, (_, made_for) in self._store.with_budgets().items():
            budget = self.budgets.of(name)
            if budget is None or budget > made_for:
                self._store.drop(name)
        self._floors = self._store.known()
        self._scales.clear()

    def is_over(self, collection: str, captured_at: float) -> bool:
        """Whether what was captured then is over the budget of its collection."""
        return captured_at <= self._floors.get(collection, float("-inf"))

    def weigh(self, message: Message) -> None:
        """Count a message of the log that stays."""
        size = message.picture_bytes
        if not size and message.picture:
            size = self._size(message.picture)
        self._scales[message.collection].put(message, size)

    def settle(self) -> bool:
        """Make known what was weighed since, and whether some of it must go: then weigh again."""
        weights: dict[str, int] = {}
        must_go = False
        for name, scale in self._scales.items():
            budget = self.budgets.of(name)
            weights[name], floor = scale.weigh(budget)
            if floor is not None and budget is not None:
                must_go = True
                self._store.raise_to(name, floor, budget)
                self._tell(name, weights[name], budget)
        self._scales.clear()
        self._floors = self._store.known()
        if not must_go:
            self._keep(weights)
        return must_go

    @store_errors()
    def weights(self) -> dict[str, int]:
        """Collection → bytes by the last sweep that came to its end."""
        found: Any = self._redis.hgetall(self._key)
        return {name.decode("utf-8", "replace"): int(size) for name, size in found.items()}

    @store_errors()
    def forget(self, collection: str) -> None:
        """A collection is no more: the next of its name begins anew."""
        self._store.drop(collection)
        self._redis.hdel(self._key, collection)

    @store_errors()
    def _keep(self, weights: dict[str, int]) -> None:
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(self._key)
            if weights:
                pipe.hset(self._key, mapping={name: str(size) for name, size in weights.items()})
            pipe.execute()

    def _size(self, picture: str) -> int:
        try:
            return self._media.size(picture)
        except ValueError:  # the name of none of ours: whoever deletes it says so
            return 0

    def _tell(self, name: str, size: int, budget: int) -> None:
        # Cameras go over it for ever; of an import somebody wants to know, once.
        is_news = name != "live" and name not in self._warned
        self._warned.add(name)
        log.log(
            logging.WARNING if is_news else logging.INFO,
            "collection '%s': takes %.1f MB, its budget is %.1f MB: the oldest is forgotten; for "
            "more, raise %s",
            *(name, size / _MB, budget / _MB),
            "retention.live_mb" if name == "live" else f"retention.collections_mb.{name}",
        )


def _bytes(megabytes: float | None) -> int | None:
    return None if megabytes is None else int(megabytes * _MB)
