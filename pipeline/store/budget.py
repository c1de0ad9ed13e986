"""How much disk each collection takes, how much it may, and from which capture on it fits.

What is counted, shot by shot: its picture, in whole blocks of the disk; its message in the log,
names of fields and all; and a bound on what an index on disk has of it. Not counted: recent video,
clips and copies of held tracks, which have limits of their own; boxes, tracks and runs, which are
small; and what Redis writes to its append-only file until it writes that anew.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import redis

from pipeline.store.connection import store_errors
from pipeline.store.floors import Floors
from pipeline.store.keys import Keys
from pipeline.store.log_chunk import Chunk, Gone
from pipeline.store.media import Media
from pipeline.store.scales import FileScales, Scale
from pipeline.store.stream_scan import Message

log = logging.getLogger(__name__)

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
        self._scales: dict[str, Scale] = defaultdict(Scale)
        self._warned: set[str] = set()
        self._files = FileScales()
        self._unopened: dict[str, int] = defaultdict(int)

    def begin(self) -> None:
        """Begin a sweep; floors that were made for a smaller budget than today's are none."""
        for name, (_, made_for) in self._store.with_budgets().items():
            budget = self.budgets.of(name)
            if budget is None or budget > made_for:
                self._store.drop(name)
        self._floors = self._store.known()
        self._scales.clear()
        self._unopened.clear()
        self._files.begin()

    def wants(self, chunk: Chunk, gone: Gone) -> bool:
        """Whether a file of the log is to be opened: something in it must go, or may have to."""
        stays = not chunk.has_some(gone)
        has_budget = any(self.budgets.of(name) is not None for name in chunk.collections)
        if stays and not has_budget and chunk.weights is not None:
            for name, size in chunk.weights:
                self._unopened[name] += size
            return False
        known = self._files.of(chunk) if stays else None
        if known is None:
            self._files.open(chunk)
            return True
        for name, scale in known.items():
            self._scales[name].join(scale)
        return False

    def is_over(self, collection: str, captured_at: float) -> bool:
        """Whether what was captured then is over the budget of its collection."""
        return captured_at <= self._floors.get(collection, float("-inf"))

    def weigh(self, message: Message) -> None:
        """Count a message of the log that stays."""
        size = message.picture_bytes
        if not size and message.picture:
            size = self._size(message.picture)
        for scales in (self._scales, self._files.opened(message)):
            if scales is not None:
                scales[message.collection].put(message, size)

    def settle(self) -> bool:
        """Make known what was weighed since, and whether some of it must go: then weigh again."""
        weights: dict[str, int] = {}
        must_go = False
        self._files.close()
        for name, scale in self._scales.items():
            budget = self.budgets.of(name)
            weights[name], floor = scale.weigh(budget)
            if floor is not None and budget is not None:
                must_go = True
                self._store.raise_to(name, floor, budget)
                self._tell(name, weights[name], budget)
        for name, size in self._unopened.items():
            weights[name] = weights.get(name, 0) + size
        self._scales.clear()
        self._unopened.clear()
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
