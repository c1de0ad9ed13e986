"""The shots that the benchmarks of the index hold, their queries, and what is right for each."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from detectors.types import Box, ShotId, TrackKey
from retrieval.types import Sighting, Where

DAYS, CAMERAS, SHOTS_OF_A_TRACK = 30, 50, 4
DAY_S, HOUR_S = 86_400.0, 3_600.0
MODEL = "benchmark@1"
CHECKPOINT_AT = 16_384
AT_ONCE = 512
K = 10
FILTERS = {"none", "camera", "hour"}


@dataclass(frozen=True)
class Crowd:
    """N shots: (N, D) vectors, and the camera and the instant of each."""

    vectors: Any
    camera: Any
    at: Any

    @classmethod
    def drawn(cls, shots: int, dimension: int, looks: int) -> "Crowd":
        rng = np.random.default_rng(1)
        tracks = -(-shots // SHOTS_OF_A_TRACK)
        centres = rng.standard_normal((looks, dimension)).astype(np.float32)
        people = centres[rng.integers(looks, size=tracks)]
        people += 0.7 * rng.standard_normal((tracks, dimension)).astype(np.float32)
        vectors = np.repeat(people, SHOTS_OF_A_TRACK, axis=0)[:shots]
        vectors += 0.4 * rng.standard_normal(vectors.shape, dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        began = np.sort(rng.uniform(0, DAYS * DAY_S, tracks))
        at = np.repeat(began, SHOTS_OF_A_TRACK)[:shots] + np.arange(shots) % SHOTS_OF_A_TRACK
        camera = np.repeat(rng.integers(CAMERAS, size=tracks), SHOTS_OF_A_TRACK)[:shots]
        return cls(vectors.astype(np.float16).astype(np.float32), camera, at)

    def queries(self, count: int, noise: float = 1.0) -> Any:
        """(Q, D), each a shot and noise of so many times its length.

        Of 1 they are near to some; sentences lie as far from every picture as noise of 4 does.
        """
        rng = np.random.default_rng(2)
        near = self.vectors[rng.integers(len(self.vectors), size=count)]
        off = noise * rng.standard_normal(near.shape).astype(np.float32)
        drawn = near + off / np.sqrt(near.shape[1])
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)

    def sighting(self, row: int) -> Sighting:
        track = TrackKey(f"camera{self.camera[row]:02d}", "r1", row // SHOTS_OF_A_TRACK)
        return Sighting(
            shot=ShotId(track, row % SHOTS_OF_A_TRACK + 1),
            collection="live",
            captured_at=float(self.at[row]),
            vector=self.vectors[row],
            model_id=MODEL,
            box=Box(0, 0, 50, 120),
            quality=0.5,
            picture=f"{track}/{row}.jpg",
            expires_at=float(self.at[row]) + 365 * DAY_S,
        )

    def admitted(self, where: Where) -> Any:
        """(N,) whether a filter admits each."""
        mask = np.ones(len(self.at), np.bool_)
        if where.cameras is not None:
            mask &= self.camera == int(min(where.cameras)[-2:])
        if where.since is not None and where.until is not None:
            mask &= (self.at >= where.since) & (self.at < where.until)
        return mask


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


def right(crowd: Crowd, query: Any, mask: Any) -> set[int]:
    """The ten nearest, by sums in double precision of the best two hundred by single ones."""
    rows = np.flatnonzero(mask)
    if len(rows) > 200:
        scores = crowd.vectors[rows] @ query if len(rows) < len(mask) else crowd.vectors @ query
        rows = rows[np.argpartition(-scores, 200)[:200]]
    vectors = crowd.vectors[rows].astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return set(rows[np.argsort(-(vectors @ query.astype(np.float64)))[:K]].tolist())
