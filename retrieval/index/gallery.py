"""The `Index` contract, kept once for every kind of vector storage that scores exactly."""

import threading
from collections.abc import Collection, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detectors.types import TrackKey
from retrieval.index.checking import check_query, check_sighting
from retrieval.index.columns import track_hash
from retrieval.index.ledger import Ledger, Memory
from retrieval.index.sampling import draw, looked_at, sample_of
from retrieval.index.scoring import (
    HalfVectors,
    Rows,
    Scores,
    cosines,
    halved,
    order,
    widened,
)
from retrieval.index.vectors import VectorStore
from retrieval.types import (
    NO_FLOORS,
    Floors,
    ScoredShot,
    Sighting,
    TrackSample,
    Vector,
    Vectors,
    Where,
)

#: So many shots are taken in before a search that waits has its turn: a millisecond or two.
ADDED_AT_ONCE = 32


class Gallery:
    """Sightings of one model over some `VectorStore`.

    Rows that the store proposes are scored again, in one way for all stores, so that equal
    pictures score alike and every index gives the same order: by falling score, then the latest,
    then by id.

    Safe with one thread that adds, removes and expires and any number that search, and these take
    turns. Who adds many shots gives searches a turn in between, which then see the first of them.
    """

    def __init__(
        self, model_id: str, dimension: int, store: VectorStore, memory: Memory | None = None
    ) -> None:
        self._model_id = model_id
        self._dimension = dimension
        self._store = store
        self._ledger = Ledger(dimension, memory)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many shots can be found; what has expired counts until `expire` runs."""
        with self._lock:
            return len(self._ledger)

    def add(self, sightings: Sequence[Sighting]) -> int:
        """Take sightings in, retiring what they replace; how many were new.

        Raises:
            ModelMismatch: a vector of another model or length; nothing was added.
        """
        for sighting in sightings:
            check_sighting(sighting, self._model_id, self._dimension)
        added = 0
        for start in range(0, len(sightings), ADDED_AT_ONCE):
            with self._lock:
                entered = self._ledger.enter(sightings[start : start + ADDED_AT_ONCE])
                if entered:
                    self._store.append(halved(np.stack([each.vector for each in entered])))
                self._squeeze()
            added += len(entered)
        return added

    def remove(self, tracks: Collection[TrackKey]) -> int:
        """Forget every shot of `tracks` and what they retired; how many shots went."""
        with self._lock:
            gone = self._ledger.remove(tracks)
            self._squeeze()
        return gone

    def remove_collection(self, name: str) -> int:
        """Forget every shot of a collection; how many shots went."""
        with self._lock:
            gone = self._ledger.remove_collection(name)
            self._squeeze()
        return gone

    def expire(self, now: float, floors: Floors = NO_FLOORS) -> int:
        """Forget what has expired by `now`, or lies at or below its floor; how many shots went."""
        with self._lock:
            gone = self._ledger.expire(now, floors)
            self._squeeze()
        return gone

    def search(self, query: Vector, *, k: int, where: Where) -> list[ScoredShot]:
        """The `k` best admitted shots, by falling score; fewer if fewer are admitted.

        Raises:
            ModelMismatch: the query has another length than the vectors.
        """
        query = self.checked_query(query)
        with self._lock:
            rows = self._ledger.admitted(where)
            if k < 1 or not len(rows):
                return []
            near = self._store.nearest(query, k=k, admitted=rows)
            return self._scored(query, near.rows, k)

    def score_tracks(
        self, query: Vector, tracks: Collection[TrackKey], *, where: Where
    ) -> list[ScoredShot]:
        """Every admitted shot of `tracks`, by falling score.

        Raises:
            ModelMismatch: the query has another length than the vectors.
        """
        query = self.checked_query(query)
        with self._lock:
            rows = self._ledger.admitted(where, tracks)
            return self._scored(query, rows, len(rows))

    def sample_tracks(
        self, query: Vector, *, at_most: int, best_of: int, where: Where
    ) -> TrackSample:
        """What `at_most` admitted tracks score, or all if there are no more.

        Raises:
            ModelMismatch: the query has another length than the vectors.
        """
        query = self.checked_query(query)
        with self._lock:
            rows = self._ledger.admitted(where)
            # Names of those alone that are looked at: of all shots they would cost a search.
            seen = self._ledger.tracks(rows[looked_at(len(rows), at_most)])
        drawn = draw(seen, at_most)
        owners, scores = self.owned_scores(query, drawn, where=where)
        return sample_of(drawn, owners, scores, admitted=len(rows), best_of=best_of)

    def tracks(self, where: Where) -> list[TrackKey]:
        """The track of each admitted shot, in the order in which they came."""
        with self._lock:
            return self._ledger.tracks(self._ledger.admitted(where))

    def owned_scores(
        self, query: Vector, tracks: Collection[TrackKey], *, where: Where
    ) -> tuple[list[TrackKey], Scores]:
        """Whose each admitted shot of `tracks` is, and (M,) what they score."""
        with self._lock:
            rows = self._ledger.admitted(where, tracks)
            scores = cosines(widened(self._store.kept(rows)), query)
            return self._ledger.tracks(rows), scores

    def contents(self) -> tuple[list[Sighting], HalfVectors]:
        """What can be found, in the order in which it came, and (N, D) vectors as they are kept.

        For the thread that adds: nothing changes meanwhile, and no search waits. The sightings
        themselves have another vector than their own.
        """
        rows, sightings = self._ledger.contents()
        return sightings, self._store.kept(rows)

    def track_hashes(self) -> NDArray[np.uint64]:
        """Of the tracks that can be found; for the thread that adds."""
        tracks = {one.shot.track for one in self._ledger.contents()[1]}
        return np.fromiter(map(track_hash, tracks), np.uint64, len(tracks))

    def _scored(self, query: Vector, rows: Rows, limit: int) -> list[ScoredShot]:
        vectors = widened(self._store.kept(rows))  # (N, D)
        return best_shots(self._ledger, rows, vectors, cosines(vectors, query), limit)

    def _squeeze(self) -> None:
        kept = self._ledger.squeeze()
        if kept is not None:
            self._store.keep(kept)

    def checked_query(self, query: Vector) -> Vector:
        """A query in single precision.

        Raises:
            ModelMismatch: it has another length than the vectors, or is none.
        """
        return check_query(query, self._model_id, self._dimension)


class Sightings(Protocol):
    """What lies in rows, besides the vectors."""

    def captured_at(self, rows: Rows) -> NDArray[np.float64]:
        """(N,) the instants of `rows`, Unix seconds."""
        ...

    def sighting(self, row: int, vector: Vector) -> Sighting:
        """The sighting in `row`, with its `vector`."""
        ...


def best_shots(
    sightings: Sightings, rows: Rows, vectors: Vectors, scores: Scores, limit: int
) -> list[ScoredShot]:
    """The `limit` best of (N,) `rows`, by falling score; (N, D) `vectors` are theirs."""
    vectors.flags.writeable = False
    instants = sightings.captured_at(rows)
    at = np.lexsort((-instants, -scores))  # (N,) best first, the latest of equals
    if limit < len(at):
        last = at[limit - 1]
        is_equal = (scores == scores[last]) & (instants == instants[last])
        ahead = at[:limit]
        at = np.concatenate([ahead[~is_equal[ahead]], np.flatnonzero(is_equal)])
    shots = [
        ScoredShot(sightings.sighting(int(rows[i]), vectors[i]), float(scores[i]))
        for i in at.tolist()
    ]
    return sorted(shots, key=order)[:limit]
