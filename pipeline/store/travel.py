"""Travel times between cameras, by day: counts alone, that name no track and no person."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import redis

from pipeline.store.connection import store_errors
from pipeline.store.keys import Keys
from retrieval.search.travel import TravelTimes

Pair = tuple[str, str]
"""From which camera to which."""


class TravelStore:
    """What was learnt on each day; a day is replaced as a whole, so learning twice is once."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis, self._keys = client, keys

    @store_errors()
    def replace(self, day: str, learnt: Mapping[Pair, TravelTimes], *, token: str) -> None:
        """What a day (`2026-11-28`) says of pairs of cameras, and what it was learnt from."""
        said = {
            f"{one} {other}": [int(count) for count in times.counts]
            for (one, other), times in learnt.items()
            if times.links
        }
        self._redis.hset(self._keys.travel, day, json.dumps({"token": token, "pairs": said}))

    @store_errors()
    def tokens(self) -> dict[str, str]:
        """By day, what it was learnt from."""
        return {day: str(said["token"]) for day, said in self._days().items()}

    @store_errors()
    def by_day(self) -> dict[str, dict[Pair, TravelTimes]]:
        """By day, the travel times of each pair of cameras."""
        found: dict[str, dict[Pair, TravelTimes]] = {}
        for day, said in self._days().items():
            with suppress(ValueError):  # another version's: that day is learnt again
                found[day] = {_pair(names): _times(some) for names, some in said["pairs"].items()}
        return found

    @store_errors()
    def forget_all(self) -> None:
        """Forget every day: each is learnt again from whom is still known."""
        self._redis.delete(self._keys.travel)

    @store_errors()
    def forget(self, days: set[str]) -> None:
        """Forget what was learnt on some days."""
        if days:
            self._redis.hdel(self._keys.travel, *sorted(days))

    def _days(self) -> dict[str, Any]:
        known: Any = self._redis.hgetall(self._keys.travel)
        return {day.decode(): json.loads(said) for day, said in sorted(known.items())}


def _pair(names: str) -> Pair:
    one, other = names.split(" ")
    return one, other


def _times(counts: list[int]) -> TravelTimes:
    return TravelTimes(np.array(counts, np.float64))
