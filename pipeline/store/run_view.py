"""The runs of every camera, kept in memory: only those that changed are read again.

A search states what was watched, and a camera may have ten thousand runs: one a reconnect, one a
file. Every write of a run gives it the next number of a counter, in the order in which they
happen, so that a reader who knows the last number it saw asks for what came after.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import redis

from pipeline.store.keys import Keys

T = TypeVar("T")

_TOUCH_LUA = "return redis.call('ZADD', KEYS[2], redis.call('INCR', KEYS[1]), ARGV[1])"


class RunChanges:
    """Notes which run was written, with the write itself."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._keys, self._touch = keys, client.register_script(_TOUCH_LUA)

    def note(self, pipe: "redis.client.Pipeline", camera_id: str, run_id: str) -> None:
        """Put the note into `pipe`, beside what writes the run."""
        keys = [self._keys.run_sequence, self._keys.run_changes(camera_id)]
        self._touch(keys=keys, args=[run_id], client=pipe)


@dataclass(slots=True)
class _Known(Generic[T]):
    """What was read of one camera: its runs, and the last change that they hold."""

    runs: dict[str, T] = field(default_factory=dict)
    seen: int = 0


class RunView(Generic[T]):
    """Remembers the runs that were read. For one process, any of its threads."""

    def __init__(
        self, client: redis.Redis, keys: Keys, load: Callable[[str, Sequence[str]], Iterable[T]]
    ) -> None:
        """Know nothing yet; `load` reads the runs of a camera, one result for each id."""
        self._redis, self._keys, self._load = client, keys, load
        self._known: dict[str, _Known[T]] = {}
        self._lock = threading.Lock()

    def of_camera(self, camera_id: str) -> list[T]:
        """The runs of a camera by the instant they started, as they are now."""
        with self._lock:
            known = self._known.setdefault(camera_id, _Known())
            with self._redis.pipeline(transaction=True) as pipe:
                pipe.get(self._keys.run_sequence)
                pipe.zrange(self._keys.runs(camera_id), 0, -1)
                pipe.zrangebyscore(self._keys.run_changes(camera_id), f"({known.seen}", "+inf")
                sequence, members, changed = pipe.execute()
            self._follow(known, camera_id, int(sequence or 0), _names(members), _names(changed))
            return list(known.runs.values())

    def _follow(
        self, known: _Known[T], camera_id: str, sequence: int, ids: list[str], changed: list[str]
    ) -> None:
        # A counter that went back is that of another Redis, or of one that was emptied.
        old = known.runs if sequence >= known.seen else {}
        stale = set(changed)
        missing = [run_id for run_id in ids if run_id in stale or run_id not in old]
        fresh = dict(zip(missing, self._load(camera_id, missing), strict=True)) if missing else {}
        known.runs = {run_id: fresh[run_id] if run_id in fresh else old[run_id] for run_id in ids}
        known.seen = sequence


def _names(members: Any) -> list[str]:
    return [member.decode() for member in members]
