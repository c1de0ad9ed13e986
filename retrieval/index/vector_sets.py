"""The index that outgrows a machine: vector sets on many servers."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TypeVar

from detectors.types import TrackKey
from retrieval.errors import IndexBehind
from retrieval.index.checking import check_sighting
from retrieval.index.ledger import compare
from retrieval.index.set_search import SetSearch
from retrieval.index.vector_shards import VectorShards, by_shard, shard_of
from retrieval.types import NO_FLOORS, Floors, Sighting

T = TypeVar("T")


class VectorSetIndex(SetSearch):
    """The `Index` contract over `VectorShards`.

    Nothing of it is in this process, so any number of them search what one fills. To add, one must
    be the only writer: `IndexBehind` says that a shard has not what was added last, and all since
    `position` must be added again. Any number of threads search; one writes.
    """

    def __init__(self, model_id: str, dimension: int, shards: VectorShards) -> None:
        super().__init__(model_id, dimension, shards)
        self._is_writer = False
        self._unsaved = 0

    @property
    def position(self) -> str | None:
        """What the last checkpoint that every shard has was made with; None before the first."""
        told = [mark for mark in self._shards.positions() if mark is not None]
        return min(told)[1] if told else None

    @property
    def is_incomplete(self) -> bool:
        """Whether a shard lost all, checkpoints too, so that all must be added again."""
        told = self._shards.positions()
        return None in told and any(told)

    @property
    def unsaved(self) -> int:
        """How many shots this process added or let expire since the last checkpoint."""
        return self._unsaved

    def __len__(self) -> int:
        """How many shots can be found; what has expired counts until `expire` runs."""
        return sum(self._living().values())

    @property
    def sets(self) -> int:
        """How many vector sets a search visits at most."""
        directories = self._directories(range(self._shards.count))
        return sum(len(directory.sets) for directory in directories.values())

    def add(self, sightings: Sequence[Sighting]) -> int:
        """Take sightings in, retiring what they replace; how many were new.

        Raises:
            ModelMismatch: a vector of another model or length; nothing was added.
            IndexBehind: something that was added since `position` is lost.
        """
        for sighting in sightings:
            check_sighting(sighting, self._model_id, self._dimension)
        by_part: dict[int, list[Sighting]] = {}
        for sighting in sightings:
            part = shard_of(sighting.shot.track.camera_id, self._shards.count)
            by_part.setdefault(part, []).append(sighting)
        added = 0
        for part, some in by_part.items():
            told = self._as_writer(partial(self._shards.enter, part, some))
            for sighting, known in zip(some, told, strict=True):
                if isinstance(known, Sighting):
                    compare(known, sighting)
                else:
                    added += known
        self._unsaved += added
        return added

    def remove(self, tracks: Collection[TrackKey]) -> int:
        """Forget every shot of `tracks` and what they retired; how many shots went."""
        return self._shards.remove(by_shard(tracks, self._shards.count)) if tracks else 0

    def erase(self, tracks: Collection[TrackKey]) -> int:
        """Forget `tracks` as `remove` does; how many shots went.

        What the servers keep on their own disks is theirs: it goes when they write it anew.
        """
        return self.remove(tracks)

    def remove_collection(self, name: str) -> int:
        """Forget every shot of a collection; how many shots went.

        Raises:
            IndexBehind: something that was added since `position` is lost.
        """
        gone = self._as_writer(partial(self._shards.remove_collection, name))
        self._unsaved += 1
        return gone

    def expire(self, now: float, floors: Floors = NO_FLOORS) -> int:
        """Forget what has expired by `now`, or lies at or below its floor; how many shots went.

        Sets that went as a whole are dropped; of others, searches and counts leave out what has
        expired, and what lies below a floor is taken out.

        Raises:
            IndexBehind: something that was added since `position` is lost.
        """
        gone = self._as_writer(partial(self._shards.expire, now, floors))
        self._unsaved += gone
        return gone

    def checkpoint(self, position: str) -> None:
        """Note in every shard that what was added came from up to `position`.

        Raises:
            IndexBehind: something that was added since the last is lost.
        """
        marks = [mark[0] for mark in self._shards.positions() if mark is not None]
        number = max(marks, default=0) + 1
        self._as_writer(partial(self._shards.checkpoint, number, position))
        self._unsaved = 0

    def tidy(self) -> None:
        """Nothing to do: sets are dropped by `expire`."""

    def clear(self) -> None:
        """Forget everything, for good: position and all."""
        self._shards.clear()
        self._is_writer, self._unsaved = False, 0

    def begin(self) -> None:
        """Become the writer, in place of whoever was; go on from `position`."""
        self._is_writer, self._unsaved = False, 0

    def _as_writer(self, act: Callable[[], T]) -> T:
        if not self._is_writer:
            self._shards.begin()
            self._is_writer = True
        try:
            return act()
        except IndexBehind:
            self._is_writer = False
            raise

    def _living(self) -> Mapping[int, int]:
        parts = range(self._shards.count)
        return self._answers(parts, self._shards.living(self._shards.directories(parts)))
