"""A sealed part of an index: shots of one collection and day on disk, that only become fewer."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.types import TrackKey
from retrieval.index.codes import CODES_TOO, Codes, are_worth_codes, codes_of
from retrieval.index.columns import Columns
from retrieval.index.faiss_flat import FaissHalves, Packed
from retrieval.index.filters import Admitted, Mask, admits
from retrieval.index.gallery import best_shots
from retrieval.index.manifest import FileEntry, SegmentEntry
from retrieval.index.scoring import HalfVectors, Rows, Scores, cosines, widened
from retrieval.index.vectors import Candidates
from retrieval.types import Floors, ScoredShot, Sighting, Vector, Where
from retrieval.whole_files import flush

COLUMNS: Final = "shots.safetensors"
VECTORS: Final = "vectors.faiss"


class Segment:
    """Searched by any number of threads, while one lets rows die.

    Nothing of it is read before it is needed: files are mapped, and may be deleted meanwhile.

    Rows die here first, and on disk with the next checkpoint; what is removed dies there at once.

    Attributes:
        entry: what the manifest says of it.
        codes: what its vectors nearly are; None where they are too few for that to help.
    """

    def __init__(
        self,
        entry: SegmentEntry,
        columns: Columns,
        vectors: FaissHalves,
        alive: Mask,
        model_id: str,
        codes: Codes | None = None,
    ) -> None:
        self.entry, self.codes = entry, codes
        self._columns, self._vectors, self._model_id = columns, vectors, model_id
        self._alive, self._alive_on_disk = alive, alive.copy()
        self._everybody = np.ones(len(alive), np.bool_)
        self._is_removed, self._live = False, int(np.count_nonzero(alive))
        self._captured = (entry.first_at, entry.last_at)
        self._expires = columns.bounds("expires_at")
        self._cameras = frozenset(columns.cameras)

    @classmethod
    def opened(cls, folder: Path, entry: SegmentEntry, model_id: str, dimension: int) -> "Segment":
        """The one that was written to `folder`, the index's.

        Raises:
            OSError: a file cannot be read, for a reason that need not last.
            ValueError: a file is missing or damaged.
        """
        for file in entry.all_files():
            # Vectors are nearly all of it, and a wrong one scores wrongly; all else is compared.
            problem = file.problem(folder, thorough=not file.name.endswith(VECTORS))
            if problem is not None and not file.name.endswith(CODES_TOO):
                raise ValueError(problem)
        columns = Columns.mapped(folder / entry.name / COLUMNS)
        vectors = FaissHalves.mapped(folder / entry.name / VECTORS, entry.slack)
        if len(columns) != entry.shots or vectors.shape != (entry.shots, dimension):
            raise ValueError(f"it holds {len(columns)} shots, and vectors of {vectors.shape}")
        alive = np.ones(entry.shots, np.bool_)
        if entry.dead is not None:
            bits = np.fromfile(folder / entry.dead.name, np.uint8)
            alive = ~np.unpackbits(bits, count=entry.shots).astype(np.bool_)
        return cls(entry, columns, vectors, alive, model_id, codes_of(folder, entry, dimension))

    @property
    def lacks_codes(self) -> bool:
        """Whether codes would help, and there are none: they are damaged, or it is old."""
        return self.codes is None and are_worth_codes(self._vectors.shape)

    def __len__(self) -> int:
        """Rows that can be found."""
        return self._live

    def admitted(self, where: Where, tracks: Collection[TrackKey] | None = None) -> Rows:
        """The rows that `where` admits, of `tracks` only unless None."""
        if not self._may_admit(where):
            return np.empty(0, np.int64)
        wanted = [set(names) for names in (where.tracks, tracks) if names is not None]
        if wanted:
            rows = self._columns.rows_of(set.intersection(*wanted))
            picked = {name: self._columns[name][rows] for name in _FILTERED}
            return rows[self._alive[rows] & self._admits(picked, self._asked(where))]
        if self._admits_all(where):
            return np.flatnonzero(self._alive)
        return np.flatnonzero(self._alive & self._admits(self._columns, self._asked(where)))

    def stretch(self, where: Where) -> Admitted:
        """Which rows `where` admits."""
        if not self._may_admit(where):
            return Admitted.nobody(self.entry.shots)
        if where.tracks is not None:
            mask = np.zeros(self.entry.shots, np.bool_)
            mask[self.admitted(where)] = True
            return Admitted.among(mask)
        here, is_theirs = self._columns.stretch(where.cameras)
        left = self._asked(where, is_theirs=is_theirs)
        admits_all = self._admits_all(left)
        if admits_all and self._live == self.entry.shots:
            rows = here.stop - here.start
            return Admitted(self.entry.shots, here.start, self._everybody[here], rows)
        # A copy: what dies meanwhile must not leave less than was counted.
        mask = self._alive[here].copy()
        if not admits_all:
            some = {name: self._columns[name][here] for name in _FILTERED}
            mask &= self._admits(some, left)
        return Admitted(self.entry.shots, here.start, mask, int(np.count_nonzero(mask)))

    def nearest(self, query: Vector, *, k: int, admitted: Admitted) -> Candidates:
        """Whatever may be among the `k` best of some rows, or more; k is 1 or more."""
        return self._vectors.best(query, k=k, admitted=admitted)

    def nearest_of(self, query: Vector, rows: Rows, *, k: int) -> Candidates:
        """As `nearest`, of (M,) rows, rising."""
        return self._vectors.nearest(query, k=k, admitted=rows)

    def packed(self, rows: Rows) -> Packed:
        """(N, 2 D) a copy of the bytes of the vectors in `rows`, as `products` takes them."""
        return self._vectors.packed(rows)

    def products(self, query: Vector, rows: Rows) -> NDArray[np.float32]:
        """(N,) what `rows` score, but for `slack`."""
        return self._vectors.products(query, rows)

    def expect(self, admitted: Admitted) -> None:
        """Have the vectors of some rows read from disk, where they are not in memory."""
        self._vectors.expect(admitted)

    @property
    def slack(self) -> float:
        """By how much a score of `nearest` and the cosine differ at most."""
        return self.entry.slack

    def scored(self, query: Vector, rows: Rows, limit: int) -> list[ScoredShot]:
        """The `limit` best of `rows`, by falling score."""
        vectors = widened(self._vectors.kept(rows))
        return best_shots(self, rows, vectors, cosines(vectors, query), limit)

    def scores(self, query: Vector, rows: Rows) -> Scores:
        """(N,) what `rows` score."""
        return cosines(widened(self._vectors.kept(rows)), query)

    def kept(self, rows: Rows) -> HalfVectors:
        """(N, D) a copy of the vectors in `rows`."""
        return self._vectors.kept(rows)

    def sighting(self, row: int, vector: Vector) -> Sighting:
        """The sighting in `row`, with its `vector`."""
        return self._columns.sighting(row, vector, self.entry.collection, self._model_id)

    def captured_at(self, rows: Rows) -> NDArray[np.float64]:
        """(N,) the instants of `rows`, Unix seconds."""
        return np.array(self._columns["captured_at"][rows])

    @property
    def any_vector(self) -> Vector:
        """(D,) of length 1, for a sighting whose own does not matter."""
        vector: Vector = np.eye(1, self._vectors.shape[1], dtype=np.float32)[0]
        return vector

    def tracks(self, rows: Rows) -> list[TrackKey]:
        """The track of each of `rows`."""
        return [self._columns.track(row) for row in rows.tolist()]

    def live_shots(self, tracks: Collection[TrackKey]) -> Iterable[tuple[TrackKey, int, int]]:
        """Of `tracks`: the track, the number and the row of each shot that can be found."""
        rows = self._columns.rows_of(tracks)
        for row in rows[self._alive[rows]].tolist():
            yield self._columns.track(row), int(self._columns["number"][row]), row

    def live_hashes(self) -> NDArray[np.uint64]:
        """Of the tracks that can be found, some more than once."""
        found: NDArray[np.uint64] = self._columns["hash"][self._alive[self._columns["hash_row"]]]
        return found

    @property
    def is_changed(self) -> bool:
        """Whether rows died that live on disk."""
        return self._is_removed or not np.array_equal(self._alive, self._alive_on_disk)

    @property
    def is_removed(self) -> bool:
        """Whether rows were removed that live on disk."""
        return self._is_removed

    @property
    def is_gone(self) -> bool:
        """Whether nothing of it is left, on disk either once it is written."""
        return not self._live and not self._alive_on_disk.any()

    def holds(self, tracks: Collection[TrackKey]) -> bool:
        """Whether a row of `tracks` lies in it, found still or dead."""
        return len(self._columns.rows_of(tracks)) > 0

    def kill(self, rows: Rows) -> int:
        """Let `rows` be found no longer; how many were until now."""
        gone = int(np.count_nonzero(self._alive[rows]))
        self._alive[rows] = False
        self._live -= gone
        return gone

    def remove(self, tracks: Collection[TrackKey]) -> int:
        """Let the rows of `tracks` be found no longer, for good; how many were until now."""
        return self._remove(self._columns.rows_of(tracks))

    def remove_all(self) -> int:
        """Let nothing be found any longer, for good; how many were until now."""
        return self._remove(np.arange(self.entry.shots))

    def expire(self, now: float, floors: Floors) -> int:
        """Let what expired by `now`, or is not above its floor, be found no longer; how many."""
        floor = floors.get(self.entry.collection, -np.inf)
        if self._expires[0] > now and self._captured[0] > floor:
            return 0
        is_gone = (self._columns["expires_at"] <= now) | (self._columns["captured_at"] <= floor)
        return self.kill(np.flatnonzero(self._alive & is_gone))

    def _remove(self, rows: Rows) -> int:
        if self._alive_on_disk[rows].any():
            self._alive_on_disk[rows] = False
            self._is_removed = True
        return self.kill(rows)

    def contents(self) -> tuple[Columns, Rows, HalfVectors, Mask]:
        """The M rows that live on disk, (M, D) vectors as kept, and which can be found still."""
        rows = np.flatnonzero(self._alive_on_disk)
        return self._columns, rows, self._vectors.kept(rows), self._alive[rows]

    def write_dead(self, folder: Path, serial: int, *, removed_only: bool) -> SegmentEntry:
        """Write which rows are dead, and what the manifest is to say then.

        Raises:
            OSError: it cannot be written.
        """
        name = f"{self.entry.name}/dead-{serial:08d}.bits"
        alive = self._alive_on_disk if removed_only else self._alive
        (folder / name).write_bytes(np.packbits(~alive).tobytes())
        flush(folder / name)
        return replace(self.entry, dead=FileEntry.of(folder, name))

    def is_written(self, entry: SegmentEntry, *, removed_only: bool) -> None:
        """The manifest says `entry` of it now."""
        self.entry, self._is_removed = entry, False
        if not removed_only:
            self._alive_on_disk[:] = self._alive

    def _may_admit(self, where: Where) -> bool:
        return (
            self._live > 0
            and self._expires[1] > where.now
            and (where.collections is None or self.entry.collection in where.collections)
            and (where.cameras is None or not self._cameras.isdisjoint(where.cameras))
            and (where.since is None or self._captured[1] >= where.since)
            and (where.until is None or self._captured[0] < where.until)
        )

    def _admits_all(self, where: Where) -> bool:
        """Whether no filter needs to be asked row by row."""
        return (
            self._expires[0] > where.now
            and (where.cameras is None or self._cameras <= where.cameras)
            and (where.since is None or self._captured[0] >= where.since)
            and (where.until is None or self._captured[1] < where.until)
            and where.zones is None
            and where.min_quality <= 0
        )

    def _admits(self, columns: "Columns | dict[str, NDArray[np.generic]]", where: Where) -> Mask:
        is_any_expired = self._expires[0] <= where.now
        names = self._columns.cameras, self._columns.zones
        return admits(columns, *names, where, is_any_expired=is_any_expired)

    def _asked(self, where: Where, *, is_theirs: bool = False) -> Where:
        """What is left of `where`, without what is true of every row, as cameras may be."""
        is_later = where.since is not None and self._captured[0] >= where.since
        is_before = where.until is not None and self._captured[1] < where.until
        since, until = None if is_later else where.since, None if is_before else where.until
        cameras = None if is_theirs else where.cameras
        if (since, until, cameras) == (where.since, where.until, where.cameras):
            return where
        return replace(where, since=since, until=until, cameras=cameras)


_FILTERED = ("expires_at", "captured_at", "quality", "camera", "zones")
