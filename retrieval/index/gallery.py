"""The `Index` contract, kept once for every kind of vector storage that scores exactly."""

import threading
from collections.abc import Collection, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detectors.types import TrackKey
from retrieval.errors import ModelMismatch
from retrieval.index.ledger import Ledger, Rows
from retrieval.track_scores import means_of_best
from retrieval.types import ScoredShot, Sighting, TrackSample, Vector, Vectors, Where

#: Two float32 sums of the same products, added in another order, differ by less than this.
ROUNDING = 1e-4

#: Below this share of all rows, or this many, the admitted ones are picked out and scanned alone.
FEW_SHARE = 1 / 16
FEW_ROWS = 2048

#: Rows looked at for each track that a sample wants: a track has a few shots.
ROWS_PER_DRAW = 4


class VectorStore(Protocol):
    """Vectors by row, in the order they were appended."""

    def append(self, vectors: Vectors) -> None:
        """Take (N, D) in as the next N rows."""
        ...

    def keep(self, rows: Rows) -> None:
        """Drop every row but `rows`, which move up and stay in order."""
        ...

    def take(self, rows: Rows) -> Vectors:
        """(N, D) a copy of the vectors in `rows`."""
        ...

    def nearest(self, query: Vector, *, k: int, admitted: Rows) -> Rows:
        """Every one of `admitted` that scores within `ROUNDING` of the `k` best of them, or more.

        `k` is at least 1 and at most the length of `admitted`.
        """
        ...


class Gallery:
    """Sightings of one model over some `VectorStore`.

    Rows that the store proposes are scored again, in double precision and in one way for all
    stores, so that equal pictures score alike and every index gives the same order: by falling
    score, then the latest, then by id.

    Safe with one thread that adds, removes and expires and any number that search: one lock is
    held throughout each call, so searches take turns.
    """

    def __init__(self, model_id: str, dimension: int, store: VectorStore) -> None:
        self._model_id = model_id
        self._dimension = dimension
        self._store = store
        self._ledger = Ledger(dimension)
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
            self._check(sighting)
        with self._lock:
            entered = self._ledger.enter(sightings)
            if entered:
                vectors = np.stack([sighting.vector for sighting in entered]).astype(np.float32)
                # fp16 on the wire left lengths of 1 ± 0.001; a score is a cosine, so make it 1.
                vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
                self._store.append(vectors)
            self._squeeze()
        return len(entered)

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

    def expire(self, now: float) -> int:
        """Forget what has expired by `now` (Unix seconds); how many shots went."""
        with self._lock:
            gone = self._ledger.expire(now)
            self._squeeze()
        return gone

    def search(self, query: Vector, *, k: int, where: Where) -> list[ScoredShot]:
        """The `k` best admitted shots, by falling score; fewer if fewer are admitted.

        Raises:
            ModelMismatch: the query has another length than the vectors.
        """
        query = self._checked_query(query)
        with self._lock:
            rows = self._ledger.admitted(where)
            if k < 1 or not len(rows):
                return []
            if k < len(rows):
                rows = self._candidates(query, k, rows)
            return self._scored(query, rows, k)

    def score_tracks(
        self, query: Vector, tracks: Collection[TrackKey], *, where: Where
    ) -> list[ScoredShot]:
        """Every admitted shot of `tracks`, by falling score.

        Raises:
            ModelMismatch: the query has another length than the vectors.
        """
        query = self._checked_query(query)
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
        query = self._checked_query(query)
        with self._lock:
            admitted = self._ledger.admitted(where)
            seen = self._ledger.tracks(_spread_out(admitted, at_most * ROWS_PER_DRAW))
            known = list(dict.fromkeys(seen))
            drawn = [known[at] for at in _spread_out(np.arange(len(known)), at_most)]
            rows = self._ledger.admitted(where, drawn)
            scores = self._store.take(rows) @ query  # (M,)
            owners = self._ledger.tracks(rows)
        place = {track: at for at, track in enumerate(drawn)}
        owner = np.fromiter((place[track] for track in owners), np.int64, len(owners))
        tracks = round(len(admitted) * len(drawn) / max(len(rows), 1))
        return TrackSample(means_of_best(scores.astype(np.float64), owner, best_of), tracks)

    def _candidates(self, query: Vector, k: int, rows: Rows) -> Rows:
        if len(rows) <= max(FEW_ROWS, self._ledger.size * FEW_SHARE):
            return rows[near_best(self._store.take(rows) @ query, k)]
        return self._store.nearest(query, k=k, admitted=rows)

    def _scored(self, query: Vector, rows: Rows, limit: int) -> list[ScoredShot]:
        vectors = self._store.take(rows)  # (N, D)
        # A sum along each row, not a matrix product: BLAS may round equal rows differently.
        products = vectors.astype(np.float64) * query.astype(np.float64)  # (N, D)
        scores = np.clip(products.sum(axis=1), -1.0, 1.0)  # (N,)
        vectors.flags.writeable = False
        shots = [
            ScoredShot(self._ledger.sighting(row, vector), score)
            for row, vector, score in zip(rows.tolist(), vectors, scores.tolist(), strict=True)
        ]
        return sorted(shots, key=_order)[:limit]

    def _squeeze(self) -> None:
        kept = self._ledger.squeeze()
        if kept is not None:
            self._store.keep(kept)

    def _check(self, sighting: Sighting) -> None:
        if sighting.model_id != self._model_id:
            raise ModelMismatch(
                f"shot {sighting.shot} was encoded by {sighting.model_id}, and this index holds "
                f"{self._model_id}: encode it again, or search with the other model"
            )
        if sighting.vector.shape != (self._dimension,):
            raise ModelMismatch(
                f"shot {sighting.shot} has a vector of shape {sighting.vector.shape}, and "
                f"{self._model_id} makes ({self._dimension},): encode it again"
            )

    def _checked_query(self, query: Vector) -> Vector:
        if query.shape != (self._dimension,):
            raise ModelMismatch(
                f"the query has shape {query.shape}, and {self._model_id} makes "
                f"({self._dimension},): encode it with the model of this index"
            )
        return np.ascontiguousarray(query, np.float32)


def near_best(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Positions of the `k` best of `scores` (N,) and of all that rounding may have put below.

    `k` is at least 1 and at most N.
    """
    lowest = np.partition(scores, len(scores) - k)[len(scores) - k]
    return np.flatnonzero(scores >= lowest - ROUNDING)


def _spread_out(rows: Rows, at_most: int) -> Rows:
    """`rows`, or `at_most` of them at even distances."""
    if len(rows) <= at_most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, at_most).astype(np.int64)]


def _order(shot: ScoredShot) -> tuple[float, float, object]:
    return -shot.score, -shot.sighting.captured_at, shot.sighting.shot
