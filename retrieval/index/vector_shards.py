"""What the index that is spread over machines asks of the servers that hold its vectors.

Vectors lie in sets, one for each hour of capture, collection and shard of the cameras. A shard is
on one server, with all that is known of its tracks, so that what is done to a shard is done as a
whole. Questions go to many shards at once and are answered by those that are there.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple, Protocol

from detectors.types import ShotId, TrackKey
from retrieval.types import Floors, Sighting, Vector, Where

HOUR_S = 3600.0


class SetName(NamedTuple):
    """One set of a shard: the shots of a collection that were captured in one hour."""

    hour: float
    collection: str


class Directory(NamedTuple):
    """What a shard says of itself.

    Attributes:
        sets: those that it has, each with the earliest instant (Unix seconds) at which one of its
            shots expires; 1e15 and more for never.
        expired_until: what expired by then (Unix seconds) is forgotten.
        is_behind: whether it lost something that is being read again from the log.
    """

    sets: Mapping[SetName, float]
    expired_until: float
    is_behind: bool


class Found(NamedTuple):
    """A shot of a set, as its id is written, and within a slack its cosine similarity."""

    name: SetName
    shot: str
    score: float


class SetAsked(NamedTuple):
    """A set that is searched.

    Attributes:
        name: which.
        at_most: how many shots are wanted.
        may_expire: whether some of its shots may have expired.
    """

    name: SetName
    at_most: int
    may_expire: bool


class VectorShards(Protocol):
    """Shards numbered from 0, on one server or many.

    Questions (`directories` to `living`) have no answer for shards that are away; orders raise
    `StoreUnavailable` of the pipeline. Orders of a writer, which `begin` makes us, raise
    `IndexBehind` where a shard has not what we wrote last: another writes, or a fail-over lost it.
    """

    @property
    def count(self) -> int:
        """How many there are."""
        ...

    def directories(self, shards: Iterable[int]) -> dict[int, Directory]:
        """What each holds."""
        ...

    def nearest(
        self, query: Vector, asked: Mapping[int, Sequence[SetAsked]], where: Where
    ) -> dict[int, list[list[Found]]]:
        """For each set the nearest admitted shots, by falling score; exact but for rounding."""
        ...

    def admitted(
        self, query: Vector, asked: Mapping[int, Sequence[SetAsked]], where: Where
    ) -> dict[int, list[list[ShotId]]]:
        """For each set its admitted shots, near or not, in an order that stays the same."""
        ...

    def shots(
        self, found: Mapping[int, Sequence[tuple[SetName, str]]]
    ) -> dict[int, list[Sighting | None]]:
        """Each of those shots as it is kept; None for one that went meanwhile."""
        ...

    def of_tracks(self, tracks: Mapping[int, Sequence[TrackKey]]) -> dict[int, list[Sighting]]:
        """Every shot of those tracks, those that have expired too."""
        ...

    def living(self, shards: Mapping[int, Directory]) -> dict[int, int]:
        """How many shots of each have not been forgotten."""
        ...

    def begin(self) -> None:
        """Become the writer; what another writes from now on makes us fall behind."""
        ...

    def positions(self) -> list[tuple[int, str] | None]:
        """The last checkpoint of each shard: its number and position; None where there is none."""
        ...

    def enter(self, shard: int, sightings: Sequence[Sighting]) -> list[Sighting | bool]:
        """Take shots in: for each whether it is new, or what is known under its name."""
        ...

    def expire(self, now: float, floors: Floors) -> int:
        """Forget what has expired by `now`, or lies at or below its floor; how many shots went."""
        ...

    def remove_collection(self, name: str) -> int:
        """Drop the sets of a collection; how many shots went."""
        ...

    def checkpoint(self, number: int, position: str) -> None:
        """Note in every shard that all up to `position` is in."""
        ...

    def remove(self, tracks: Mapping[int, Sequence[TrackKey]]) -> int:
        """Drop tracks, on the replicas as well; how many shots went. It takes no writer."""
        ...

    def clear(self) -> None:
        """Drop everything."""
        ...


def shard_of(camera_id: str, count: int) -> int:
    """Which of `count` shards has the shots of a camera; the same on every machine.

    >>> [shard_of(name, 4) for name in ("lobby", "gate", "yard")]
    [2, 0, 0]
    """
    digest = blake2b(camera_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) % count


def by_shard(tracks: Collection[TrackKey], count: int) -> dict[int, list[TrackKey]]:
    """Tracks by the shard that has them; each once."""
    grouped: dict[int, list[TrackKey]] = {}
    for track in dict.fromkeys(tracks):
        grouped.setdefault(shard_of(track.camera_id, count), []).append(track)
    return grouped


def hour_of(instant: float) -> float:
    """The hour since 1970 in which an instant lies; infinities stay what they are.

    >>> hour_of(7300.0)
    2
    """
    return math.floor(instant / HOUR_S) if math.isfinite(instant) else instant


def is_wanted(name: SetName, where: Where) -> bool:
    """Whether a set may hold what is asked for, by its hour and its collection."""
    return (
        (where.collections is None or name.collection in where.collections)
        and (where.since is None or name.hour >= hour_of(where.since))
        and (where.until is None or name.hour <= hour_of(where.until))
    )
