"""What an index knows of its shots besides their vectors: ids, filters, retirements."""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from detectors.types import ShotId, TrackKey
from retrieval.index.filters import Mask, admits, among
from retrieval.index.scoring import Rows
from retrieval.types import NO_FLOORS, Floors, Sighting, Vector, Where

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Dead rows are tolerated up to this many, or up to half of all, before they are squeezed out.
DEAD_ROWS_KEPT = 1024

#: What two messages of one shot agree about, whoever sends them.
_OF_A_SHOT = ("captured_at", "collection", "box", "picture")

COLUMNS = np.dtype(
    [
        ("camera", np.int32),
        ("collection", np.int32),
        ("zones", np.int32),  # of all zones of a shot together
        ("captured_at", np.float64),
        ("quality", np.float64),
        ("expires_at", np.float64),  # +inf for never, −inf for a row that is dead
    ]
)


class Memory(Protocol):
    """What is known of tracks besides the rows of a ledger: their retirements, and other rows."""

    def elsewhere(self, track: TrackKey) -> Collection[int]:
        """Numbers of the track's shots that can be found and lie outside of the ledger."""
        ...

    def sealed(self, shot: ShotId) -> Sighting:
        """One of those that lie elsewhere, with any vector."""
        ...

    def is_retired(self, track: TrackKey, number: int) -> bool:
        """Whether a shot of the track was retired, seen or not."""
        ...

    def retire(self, track: TrackKey, number: int) -> None:
        """Remember a retirement; what lies outside of the ledger is found no longer."""
        ...

    def forget(self, track: TrackKey) -> None:
        """Forget the retirements of a track of which no shot is left."""
        ...

    def emptied(self, track: TrackKey) -> None:
        """The ledger has no shot of this track any more."""
        ...


class OwnMemory:
    """Of a ledger that is all there is."""

    def __init__(self) -> None:
        self._retired: dict[TrackKey, set[int]] = {}

    def elsewhere(self, track: TrackKey) -> Collection[int]:  # noqa: ARG002
        return ()

    def sealed(self, shot: ShotId) -> Sighting:
        raise LookupError(f"{shot} is not elsewhere")

    def is_retired(self, track: TrackKey, number: int) -> bool:
        return number in self._retired.get(track, ())

    def retire(self, track: TrackKey, number: int) -> None:
        self._retired.setdefault(track, set()).add(number)

    def forget(self, track: TrackKey) -> None:
        self._retired.pop(track, None)

    emptied = forget


class Ledger:
    """Rows of sightings in columns, so that a filter is a few array operations.

    A row never moves until `squeeze`, which keeps the order; the owner of the vectors appends
    and squeezes in step. A retired, removed or expired row is dead: no filter admits it.

    Retirements are remembered by track, so that a shot delivered late or twice stays retired,
    and forgotten with the track's last shot: the memory is bounded by the tracks held. So a
    removed track that is added again is found again; whoever removes must also see to it
    that the log no longer delivers it.
    """

    def __init__(self, dimension: int, memory: Memory | None = None) -> None:
        self._columns = np.empty(DEAD_ROWS_KEPT, COLUMNS)
        self._sightings: list[Sighting | None] = []
        self._live = 0
        self._row_of: dict[TrackKey, dict[int, int]] = {}
        self._memory = OwnMemory() if memory is None else memory
        self._camera_codes: dict[str, int] = {}
        self._collection_codes: dict[str, int] = {}
        self._zones_codes: dict[tuple[str, ...], int] = {}
        self._no_vector: Vector = np.eye(1, dimension, dtype=np.float32)[0]

    def __len__(self) -> int:
        return self._live

    @property
    def size(self) -> int:
        """Rows in use, the dead ones included."""
        return len(self._sightings)

    def enter(self, sightings: Iterable[Sighting]) -> list[Sighting]:
        """Give each new sighting the next row and retire what it replaces.

        A shot that arrives after its own retirement gets no row, but still retires
        what it replaces: the outcome is the same in whatever order shots come.

        Returns:
            Those that got a row, in the order of their rows.
        """
        entered = []
        for sighting in sightings:
            track, number = sighting.shot
            if not (self._row_of.get(track) or self._memory.elsewhere(track)):
                self._memory.forget(track)
            if sighting.replaces is not None:
                self._retire(track, sighting.replaces)
            known = self._known(sighting.shot)
            if known is not None:
                compare(known, sighting)
            if known is None and not self._memory.is_retired(track, number):
                self._append(sighting)
                entered.append(sighting)
            elif not self._row_of.get(track):
                self._lose(track)
        return entered

    def remove(self, tracks: Iterable[TrackKey]) -> int:
        """Let every row of `tracks` die; how many did."""
        rows = [row for track in set(tracks) for row in self._row_of.get(track, {}).values()]
        self._kill(rows)
        return len(rows)

    def remove_collection(self, name: str) -> int:
        """Let every row of the collection `name` die; how many did."""
        if name not in self._collection_codes:
            return 0
        columns = self._columns[: self.size]
        is_in = columns["collection"] == self._collection_codes[name]
        rows = np.flatnonzero(is_in & (columns["expires_at"] > -np.inf))
        self._kill(rows.tolist())
        return len(rows)

    def expire(self, now: float, floors: Floors = NO_FLOORS) -> int:
        """Let every row die that expired by `now`, or is not above its floor; how many did."""
        columns = self._columns[: self.size]
        is_gone = columns["expires_at"] <= now
        for name in floors.keys() & self._collection_codes.keys():
            is_in = columns["collection"] == self._collection_codes[name]
            is_gone |= is_in & (columns["captured_at"] <= floors[name])
        rows = np.flatnonzero(is_gone & (columns["expires_at"] > -np.inf))
        self._kill(rows.tolist())
        return len(rows)

    def admitted(self, where: Where, tracks: Collection[TrackKey] | None = None) -> Rows:
        """The rows that `where` admits, of `tracks` only unless None."""
        wanted = [set(names) for names in (where.tracks, tracks) if names is not None]
        if not wanted:
            return np.flatnonzero(self._admits(self._columns[: self.size], where))
        of_tracks = [self._row_of.get(track, {}).values() for track in set.intersection(*wanted)]
        rows = np.sort(np.fromiter((row for some in of_tracks for row in some), np.int64))
        return rows[self._admits(self._columns[rows], where)]

    def sighting(self, row: int, vector: Vector) -> Sighting:
        """The sighting in a live `row`, with its `vector`, which the ledger does not hold."""
        sighting = self._sightings[row]
        if sighting is None:
            raise LookupError(f"row {row} is dead")
        return replace(sighting, vector=vector)

    def captured_at(self, rows: Rows) -> NDArray[np.float64]:
        """(N,) the instants of `rows`, Unix seconds."""
        return np.array(self._columns["captured_at"][rows])

    def tracks(self, rows: Rows) -> list[TrackKey]:
        """The track of each of `rows`, all of them live."""
        return [
            sighting.shot.track
            for row in rows.tolist()
            if (sighting := self._sightings[row]) is not None
        ]

    def contents(self) -> tuple[Rows, list[Sighting]]:
        """The live rows, and the sighting in each, without its vector."""
        living = [(row, one) for row, one in enumerate(self._sightings) if one is not None]
        return np.array([row for row, _ in living], np.int64), [one for _, one in living]

    def squeeze(self) -> Rows | None:
        """Drop the dead rows once they are many; the rows kept, or None if nothing moved."""
        dead = self.size - self._live
        if dead <= max(DEAD_ROWS_KEPT, self._live):
            return None
        kept = np.flatnonzero(self._columns["expires_at"][: self.size] > -np.inf)
        self._columns = np.resize(self._columns[kept], max(len(kept) * 2, DEAD_ROWS_KEPT))
        self._sightings = [self._sightings[row] for row in kept.tolist()]
        for row, sighting in enumerate(self._sightings):
            if sighting is not None:
                track, number = sighting.shot
                self._row_of[track][number] = row
        return kept

    def _append(self, sighting: Sighting) -> None:
        row = self.size
        if row == len(self._columns):
            self._columns = np.resize(self._columns, row * 2)
        track, number = sighting.shot
        self._columns[row] = (
            _code(self._camera_codes, track.camera_id),
            _code(self._collection_codes, sighting.collection),
            _code(self._zones_codes, sighting.zones),
            sighting.captured_at,
            sighting.quality,
            np.inf if sighting.expires_at is None else sighting.expires_at,
        )
        # The vector lives once, beside the ledger: at 512 numbers it is nearly all of the memory.
        self._sightings.append(replace(sighting, vector=self._no_vector))
        self._row_of.setdefault(track, {})[number] = row
        self._live += 1

    def _known(self, shot: ShotId) -> Sighting | None:
        """What can be found under this name, here or elsewhere."""
        row = self._row_of.get(shot.track, {}).get(shot.number)
        if row is not None:
            return self._sightings[row]
        if shot.number in self._memory.elsewhere(shot.track):
            return self._memory.sealed(shot)
        return None

    def _retire(self, track: TrackKey, number: int) -> None:
        self._memory.retire(track, number)
        row = self._row_of.get(track, {}).get(number)
        if row is not None:
            self._kill([row], goes_on=True)

    def _kill(self, rows: Sequence[int], *, goes_on: bool = False) -> None:
        self._columns["expires_at"][rows] = -np.inf
        self._live -= len(rows)
        for row in rows:
            sighting = self._sightings[row]
            if sighting is None:
                continue
            self._sightings[row] = None
            track, number = sighting.shot
            del self._row_of[track][number]
            if not self._row_of[track] and not goes_on:
                self._lose(track)

    def _lose(self, track: TrackKey) -> None:
        self._row_of.pop(track, None)
        self._memory.emptied(track)

    def _admits(self, columns: NDArray[Any], where: Where) -> Mask:
        mask = admits(columns, self._camera_codes, self._zones_codes, where)  # (N,)
        if where.collections is not None:
            mask &= among(self._collection_codes, where.collections)[columns["collection"]]
        return mask


def compare(kept: Sighting, again: Sighting) -> None:
    """Say so where a shot comes twice and is not the same: somebody gave two pictures one name."""
    if any(getattr(kept, name) != getattr(again, name) for name in _OF_A_SHOT):
        log.warning("shot %s came again with other contents: the first is kept", kept.shot)


def _code(codes: dict[T, int], name: T) -> int:
    return codes.setdefault(name, len(codes))
