"""The shots that the benchmarks of the index hold, their queries, and what is right for each."""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from detectors.types import Box, ShotId, TrackKey
from retrieval.types import Sighting, Where

DAYS, CAMERAS, SHOTS_OF_A_TRACK = 30, 50, 4
DAY_S, HOUR_S = 86_400.0, 3_600.0
MODEL = "benchmark@1"
K = 10
#: Rows that are drawn, or looked through, at once; whole tracks.
ROWS_AT_ONCE = 1 << 16
#: So many that are best by sums in single precision are summed in double.
SUMMED_TWICE = 200
FILTERS = {"none", "camera", "hour"}


@dataclass(frozen=True)
class Crowd:
    """N shots: (N, D) vectors in half precision, on disk, and the camera and instant of each."""

    halves: Any
    camera: Any
    at: Any

    @classmethod
    def drawn(cls, shots: int, dimension: int, looks: int, apart: float = 0.4) -> "Crowd":
        """So many shots of people in so many looks.

        Args:
            shots: how many.
            dimension: of the vectors.
            looks: how many ways to be dressed.
            apart: how far the shots of a track differ, where looks differ by 1 and people who
                look alike by 0.7.
        """
        rng = np.random.default_rng(1)
        tracks = -(-shots // SHOTS_OF_A_TRACK)
        centres = rng.standard_normal((looks, dimension)).astype(np.float32)
        with tempfile.TemporaryFile() as file:
            halves = np.memmap(file, np.float16, "w+", shape=(shots, dimension))
        for start in range(0, shots, ROWS_AT_ONCE):
            stop = min(start + ROWS_AT_ONCE, shots)
            halves[start:stop] = _dressed(rng, centres, stop - start, apart)
        began = np.sort(rng.uniform(0, DAYS * DAY_S, tracks))
        at = np.repeat(began, SHOTS_OF_A_TRACK)[:shots] + np.arange(shots) % SHOTS_OF_A_TRACK
        camera = np.repeat(rng.integers(CAMERAS, size=tracks), SHOTS_OF_A_TRACK)[:shots]
        return cls(halves, camera, at)

    def __len__(self) -> int:
        return len(self.halves)

    @property
    def dimension(self) -> int:
        return int(self.halves.shape[1])

    def vectors(self, rows: Any) -> Any:
        """(M, D) of some rows, or (D,) of one, in single precision."""
        return self.halves[rows].astype(np.float32)

    def queries(self, count: int, noise: float = 1.0) -> Any:
        """(Q, D), each a shot and noise of so many times its length.

        Of 1 they are near to some; sentences lie as far from every picture as noise of 4 does.
        """
        rng = np.random.default_rng(2)
        near = self.vectors(rng.integers(len(self), size=count))
        off = noise * rng.standard_normal(near.shape).astype(np.float32)
        drawn = near + off / np.sqrt(near.shape[1])
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)

    def sighting(self, row: int) -> Sighting:
        track = TrackKey(f"camera{self.camera[row]:02d}", "r1", row // SHOTS_OF_A_TRACK)
        return Sighting(
            shot=ShotId(track, row % SHOTS_OF_A_TRACK + 1),
            collection="live",
            captured_at=float(self.at[row]),
            vector=self.vectors(row),
            model_id=MODEL,
            box=Box(0, 0, 50, 120),
            quality=0.5,
            picture=f"{track}/{row}.jpg",
            expires_at=float(self.at[row]) + 365 * DAY_S,
        )

    def admitted(self, where: Where, rows: slice = slice(None)) -> Any:
        """(M,) whether a filter admits each of some rows."""
        at, camera = self.at[rows], self.camera[rows]
        mask = np.ones(len(at), np.bool_)
        if where.cameras is not None:
            mask &= camera == int(min(where.cameras)[-2:])
        if where.since is not None and where.until is not None:
            mask &= (at >= where.since) & (at < where.until)
        return mask


def _dressed(rng: Any, centres: Any, shots: int, apart: float) -> Any:
    """(shots, D) of tracks that are dressed like one of `centres` each."""
    tracks = -(-shots // SHOTS_OF_A_TRACK)
    people = centres[rng.integers(len(centres), size=tracks)]
    people += 0.7 * rng.standard_normal(people.shape, dtype=np.float32)
    vectors = np.repeat(people, SHOTS_OF_A_TRACK, axis=0)[:shots]
    vectors += np.float32(apart) * rng.standard_normal(vectors.shape, dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def wheres(name: str, count: int) -> list[Where]:
    """A filter for each query."""
    rng = np.random.default_rng(3)
    everything = Where(now=0.0)
    if name == "none":
        return [everything] * count
    if name == "camera":
        drawn = rng.integers(CAMERAS, size=count)
        return [Where(now=0.0, cameras=frozenset({f"camera{n:02d}"})) for n in drawn]
    hours = rng.integers(DAYS * 24, size=count) * HOUR_S
    return [Where(now=0.0, since=float(h), until=float(h) + HOUR_S) for h in hours]


def tell(figures: dict[str, dict[str, Any]], *, as_json: bool) -> None:
    """Print the figures of each kind or phase."""
    if as_json:
        print(json.dumps(figures))
        return
    for name, values in figures.items():
        print(name, "  ".join(f"{key} {value}" for key, value in values.items()))


def right(
    crowd: Crowd,
    queries: Any,
    wheres: Sequence[Where],
    report: Callable[[int, int], None] = lambda done, of: None,
    at_once: int = ROWS_AT_ONCE,
) -> list[set[int]]:
    """The ten nearest of each of (Q, D): what is best in single precision, summed in double."""
    best = [np.empty(0, np.int64) for _ in wheres]
    scores = [np.empty(0, np.float32) for _ in wheres]
    for start in range(0, len(crowd), at_once):
        rows = slice(start, min(start + at_once, len(crowd)))
        told = crowd.vectors(rows) @ queries.T
        for number, where in enumerate(wheres):
            here = np.flatnonzero(crowd.admitted(where, rows))
            best[number] = np.append(best[number], start + here)
            scores[number] = np.append(scores[number], told[here, number])
            if len(best[number]) > SUMMED_TWICE:
                kept = np.argpartition(-scores[number], SUMMED_TWICE)[:SUMMED_TWICE]
                best[number], scores[number] = best[number][kept], scores[number][kept]
        report(rows.stop, len(crowd))
    return [_nearest(crowd, query, rows) for query, rows in zip(queries, best, strict=True)]


def _nearest(crowd: Crowd, query: Any, rows: Any) -> set[int]:
    vectors = crowd.vectors(rows).astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return set(rows[np.argsort(-(vectors @ query.astype(np.float64)))[:K]].tolist())
