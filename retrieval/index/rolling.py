"""The index that outlives its process: a head in memory, and sealed segments on disk."""

import logging
import threading
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from detectors.types import TrackKey
from retrieval.index.columns import Columns
from retrieval.index.compaction import in_few, worth_merging
from retrieval.index.faiss_flat import FaissHalves
from retrieval.index.gallery import Gallery
from retrieval.index.index_folder import IndexFolder
from retrieval.index.parts import Parts
from retrieval.index.retirements import Retirements
from retrieval.index.sampling import sample_of
from retrieval.index.scanning import Scan, best_in, scores_in, tracks_drawn
from retrieval.index.scoring import order
from retrieval.index.sealed_memory import SealedMemory
from retrieval.index.sealing import Group, grouped
from retrieval.index.segment import Segment
from retrieval.types import NO_FLOORS, Floors, ScoredShot, Sighting, TrackSample, Vector, Where

log = logging.getLogger(__name__)

#: Merges behind one checkpoint: the reader of the log waits for them.
MERGES_AT_ONCE = 4

#: Retirements of tracks that are gone may be so many before they are looked for.
SPARE_RETIREMENTS = 10_000


class RollingIndex:
    """The `Index` contract over more shots than fit in memory, there again after a restart.

    New shots go to the head, a `FaissIndex`. A checkpoint seals it: its shots are written to
    segments by collection and day, and a manifest that names them replaces the last. A process
    that dies at any instant finds the last checkpoint again, and whoever reads the log goes on
    from its `position`. What is removed is removed on disk before `remove` returns.

    One thread writes, any number search: they share the head's lock, and none for segments.

    Attributes:
        problems: what was damaged when it was opened, and set aside; it has to be added again.
    """

    def __init__(self, folder: Path, model_id: str, dimension: int, scan: Scan = best_in) -> None:
        """Open what `folder` holds, or begin there; `scan` looks through segments.

        Raises:
            IndexUnusable: it holds an index of another model, or one that cannot be read.
            OSError: it cannot be written to.
        """
        self._model_id, self._dimension, self._scan = model_id, dimension, scan
        self._writing = threading.RLock()
        self._disk = IndexFolder(folder, model_id, dimension)
        segments, retirements, self.problems = self._disk.open()
        for problem in self.problems:
            log.error("index: %s; all is to be read again for it", problem)
        self._memory = SealedMemory(retirements)
        self._parts = Parts(self._new_head(), tuple(segments))
        self._unsaved = 0

    @property
    def position(self) -> str | None:
        """What the last checkpoint was made with; None before the first."""
        return self._disk.manifest.position

    @property
    def is_incomplete(self) -> bool:
        """Whether something was damaged, and all must be added again, until the next checkpoint."""
        return self._disk.manifest.incomplete

    @property
    def unsaved(self) -> int:
        """How many shots came or expired since the last checkpoint; more where a removal failed."""
        return self._unsaved

    @property
    def segments(self) -> int:
        """How many sealed segments a search visits at most."""
        return len(self._parts.segments)

    def __len__(self) -> int:
        """How many shots can be found; what has expired counts until `expire` runs."""
        head, segments = self._parts
        return len(head) + sum(map(len, segments))

    def add(self, sightings: Sequence[Sighting]) -> int:
        """Take sightings in, retiring what they replace; how many were new.

        Raises:
            ModelMismatch: a vector of another model or length; nothing was added.
        """
        with self._writing:
            head, segments = self._parts
            self._memory.ahead_of({sighting.shot.track for sighting in sightings}, segments)
            try:
                added = head.add(sightings)
            finally:
                self._memory.settle()
            self._unsaved += added
            return added

    def remove(self, tracks: Collection[TrackKey]) -> int:
        """Forget every shot of `tracks`, on disk as well; how many shots went.

        Raises:
            OSError: it cannot be written down; they are found no longer, until a restart.
        """
        with self._writing:
            head, segments = self._parts
            unsaved = head.remove(tracks)
            gone = sum(segment.remove(tracks) for segment in segments)
            self._write_removals()
            return gone + unsaved

    def erase(self, tracks: Collection[TrackKey]) -> int:
        """Forget `tracks` as `remove` does, and leave no byte of them on disk; how many shots went.

        Every segment that has a row of theirs, found still or not, is written again without it.

        Raises:
            OSError: the disk is full, say; what was removed by then stays so. Erase again.
        """
        with self._writing:
            gone = self.remove(tracks)
            for segment in [each for each in self._parts.segments if each.holds(tracks)]:
                self._merge([segment])
            for track in tracks:
                self._memory.retirements.forget(track)
            self._disk.forget_retirements(tracks)
            return gone

    def remove_collection(self, name: str) -> int:
        """Forget every shot of a collection, on disk as well; how many shots went.

        Raises:
            OSError: it cannot be written down; they are found no longer, until a restart.
        """
        with self._writing:
            head, segments = self._parts
            theirs = [segment for segment in segments if segment.entry.collection == name]
            gone = head.remove_collection(name) + sum(segment.remove_all() for segment in theirs)
            self._write_removals()
            return gone

    def expire(self, now: float, floors: Floors = NO_FLOORS) -> int:
        """Forget what has expired by `now`, or lies at or below its floor; how many shots went."""
        with self._writing:
            head, segments = self._parts
            gone = head.expire(now, floors) + sum(each.expire(now, floors) for each in segments)
            self._unsaved += gone
            return gone

    def search(self, query: Vector, *, k: int, where: Where) -> list[ScoredShot]:
        """The `k` best admitted shots, by falling score; fewer if fewer are admitted.

        Raises:
            ModelMismatch: the query has another length than the vectors.
        """
        head, segments = self._parts
        query = head.checked_query(query)
        if k < 1:
            return []
        # Segments first: of a shot that is replaced meanwhile both are seen, and not neither.
        shots = self._scan(segments, query, k=k, where=where)
        shots += head.search(query, k=k, where=where)
        return sorted(shots, key=order)[:k]

    def score_tracks(
        self, query: Vector, tracks: Collection[TrackKey], *, where: Where
    ) -> list[ScoredShot]:
        """Every admitted shot of `tracks`, by falling score.

        Raises:
            ModelMismatch: the query has another length than the vectors.
        """
        head, segments = self._parts
        query = head.checked_query(query)
        shots: list[ScoredShot] = []
        for segment in segments:
            rows = segment.admitted(where, tracks)
            shots += segment.scored(query, rows, len(rows))
        shots += head.score_tracks(query, tracks, where=where)
        return sorted(shots, key=order)

    def sample_tracks(
        self, query: Vector, *, at_most: int, best_of: int, where: Where
    ) -> TrackSample:
        """What `at_most` admitted tracks score, or all if there are no more.

        Raises:
            ModelMismatch: the query has another length than the vectors.
        """
        head, segments = self._parts
        query = head.checked_query(query)
        drawn, count = tracks_drawn(segments, head.tracks(where), at_most=at_most, where=where)
        sealed, scores = scores_in(segments, query, drawn, where=where)
        owners, more = head.owned_scores(query, drawn, where=where)
        scores = np.concatenate([scores, more])
        return sample_of(drawn, [*sealed, *owners], scores, admitted=count, best_of=best_of)

    def checkpoint(self, position: str) -> None:
        """Seal what was added, and note how far its source was read.

        Raises:
            OSError: the disk is full, say; the last checkpoint stands, and nothing is forgotten.
        """
        with self._writing:
            self._merge_some(self._seal(position), MERGES_AT_ONCE)

    def tidy(self) -> None:
        """Merge a little, if nothing came since the last checkpoint; it stays what it is."""
        with self._writing:
            if not self._unsaved:
                self._merge_some((), 1)

    def compact(self) -> int:
        """Merge all that can be merged and drop the rows dead on disk; how many segments are left.

        The checkpoint stays what it is.

        Raises:
            OSError: the disk is full, say; what was merged by then stays so.
        """
        with self._writing:
            for some in in_few(self._parts.segments):
                self._merge(some)
            return self.segments

    def clear(self) -> None:
        """Forget everything, for good: position and all.

        Raises:
            OSError: it cannot be written down; nothing is found, until a restart.
        """
        with self._writing:
            self._memory.retirements = Retirements()
            self._parts = Parts(self._new_head(), ())
            self._unsaved = 0
            self._disk.clear()

    def _new_head(self) -> Gallery:
        store = FaissHalves.empty(self._dimension)
        return Gallery(self._model_id, self._dimension, store, self._memory)

    def _write_removals(self) -> None:
        if any(segment.is_removed for segment in self._parts.segments):
            self._unsaved += 1
            self._disk.commit_removals(self._parts.segments)
            self._unsaved -= 1
            self._parts = self._parts.without_gone()

    def _commit(self, segments: Sequence[Segment], head: Gallery, position: str) -> None:
        """Make `segments` what is on disk, and what is searched."""
        living = [segment for segment in segments if len(segment)]
        retirements = self._memory.retirements
        self._memory.retirements = self._disk.commit(living, retirements, position)
        self._parts = Parts(head, tuple(living))

    def _forget_retirements(self, unless_of: int = 0) -> None:
        """Forget those of tracks of which no shot is left, if there are more than so many."""
        if len(self._memory.retirements) > unless_of:
            self._memory.retirements.only(self._parts.track_hashes())

    def _seal(self, position: str) -> Collection[Group]:
        """Write the head into segments; their groups."""
        head, segments = self._parts
        sightings, vectors = head.contents()
        groups = grouped(sightings)
        self._forget_retirements(unless_of=len(self) * 2 + SPARE_RETIREMENTS)
        fresh: list[Segment] = []
        try:
            for group, rows in groups.items():
                columns = Columns.of([sightings[row] for row in rows.tolist()])
                fresh.append(self._disk.seal(group, columns, vectors[rows]))
        except OSError:
            self._disk.sweep()
            raise
        self._commit([*segments, *fresh], self._new_head(), position)
        self._unsaved = 0
        return groups.keys()

    def _merge_some(self, busy: Collection[Group], at_most: int) -> None:
        try:
            for _ in range(at_most):
                some = worth_merging(self._parts.segments, busy)
                if some:
                    self._merge(some)
        except OSError as error:
            log.warning("index: segments cannot be merged (%s); they stay as they are", error)

    def _merge(self, some: Sequence[Segment]) -> None:
        self._parts = self._parts.merged(some, self._disk.merge(some))
