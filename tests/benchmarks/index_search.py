"""How fast and how right the index on disk finds the ten nearest of many shots, beside others.

    python tests/benchmarks/index_search.py --shots 100000 --against flat,hnsw --json

Shots of thirty days and fifty cameras: each track has four that are alike, and tracks dress alike
(`--looks` of them), so that the tenth nearest is not far from the twentieth. Vectors have been in
half precision. Every kind holds the same shots and answers the same queries, taking turns; what is
right is a sum in double precision. Kinds:

- `rolling`: Descry's, as a query worker fills it: a checkpoint every 16,384 shots, then merged
  and opened again;
- `redis`: Descry's, on one Redis 8 of its own (at most 100,000 shots): `memory_mb` is the server's;
- `flat`, `hnsw`: `faiss.IndexFlatIP` and `IndexHNSWFlat` (M 32, efSearch 64) with a selector.

Figures of each: `recall_at_10`, `p50_ms`, `p95_ms`, `p99_ms`, `build_s`, `memory_mb` (of its own,
without mapped files), `disk_mb`; of `rolling` also `segments` and `first_answer_s`, from opening
to the first answer.
"""

import argparse
import atexit
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from detectors.types import Box, ShotId, TrackKey
from pipeline.cli.progress import progress_bar
from pipeline.clock import SystemClock
from pipeline.store.keys import Keys
from pipeline.store.vector_shards import RedisShards
from retrieval.index.rolling import RollingIndex
from retrieval.index.vector_sets import VectorSetIndex
from retrieval.types import Sighting, Where
from tests.vector_servers import VectorServer, connected, free_ports

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

    def queries(self, count: int) -> Any:
        """(Q, D) as sentences lie: near to nobody in particular, and to some more than others."""
        rng = np.random.default_rng(2)
        near = self.vectors[rng.integers(len(self.vectors), size=count)]
        drawn = near + rng.standard_normal(near.shape).astype(np.float32) / np.sqrt(near.shape[1])
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


class Rolling:
    """Descry's."""

    def __init__(self, crowd: Crowd, report: Callable[[int, int], None]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="descry-index-")
        count, dimension = crowd.vectors.shape
        self._made_of = Path(self._folder.name), MODEL, dimension
        index = RollingIndex(*self._made_of)
        for begin in range(0, count, AT_ONCE):
            index.add([crowd.sighting(row) for row in range(begin, min(begin + AT_ONCE, count))])
            if index.unsaved >= CHECKPOINT_AT:
                index.checkpoint(str(begin))
            report(begin + AT_ONCE, count)
        index.checkpoint(str(count))
        self.open(crowd.vectors[0])

    def open(self, query: Any) -> None:
        began = time.perf_counter()
        self._index = RollingIndex(*self._made_of)
        self._index.search(query, k=K, where=Where(now=0.0))
        self.more = {
            "segments": self._index.segments,
            "first_answer_s": round(time.perf_counter() - began, 3),
            "disk_mb": round(sum(p.stat().st_size for p in self._made_of[0].rglob("*")) / 1e6),
        }

    def search(self, query: Any, where: Where, mask: Any) -> list[int]:
        found = self._index.search(query, k=K, where=where)
        shots = [shot.sighting.shot for shot in found]
        return [s.track.number * SHOTS_OF_A_TRACK + s.number - 1 for s in shots]


class Spread(Rolling):
    """Descry's on a server: vector sets of an hour and a shard."""

    def __init__(self, crowd: Crowd, report: Callable[[int, int], None]) -> None:
        count, dimension = crowd.vectors.shape
        self._server = VectorServer(*free_ports(1))
        atexit.register(self._server.stop)
        keys, servers = Keys("benchmark"), connected(self._server, timeout_s=60.0)
        shards = RedisShards(servers, keys.index_shards(MODEL, 2), MODEL, SystemClock())
        self._index: Any = VectorSetIndex(MODEL, dimension, shards)
        for begin in range(0, count, AT_ONCE):
            some = range(begin, min(begin + AT_ONCE, count))
            self._index.add([crowd.sighting(row) for row in some])
            report(some.stop, count)
        self.more = {"memory_mb": round(self._server.memory() / 1e6), "sets": self._index.sets}


class Faiss:
    """An index of FAISS's, whose ids are the rows."""

    def __init__(self, index: Any, parameters: Callable[..., Any], crowd: Crowd) -> None:
        self._index, self._parameters = index, parameters
        self._index.add(crowd.vectors)
        self.more = {"disk_mb": 0}
        self._selectors: dict[int, Any] = {}

    def search(self, query: Any, where: Where, mask: Any) -> list[int]:
        params = self._parameters()
        if not mask.all():
            bits = np.packbits(mask, bitorder="little")
            params = self._parameters(sel=faiss.IDSelectorBitmap(bits))
        _, rows = self._index.search(query[None], K, params=params)
        return [row for row in rows[0].tolist() if row >= 0]


def flat(crowd: Crowd, report: Callable[[int, int], None]) -> Faiss:
    return Faiss(faiss.IndexFlatIP(crowd.vectors.shape[1]), faiss.SearchParameters, crowd)


def hnsw(crowd: Crowd, report: Callable[[int, int], None]) -> Faiss:
    index = faiss.IndexHNSWFlat(crowd.vectors.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    return Faiss(index, lambda **more: faiss.SearchParametersHNSW(efSearch=64, **more), crowd)


KINDS: dict[str, Callable[..., Any]] = {
    "rolling": Rolling,
    "redis": Spread,
    "flat": flat,
    "hnsw": hnsw,
}


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


def right(crowd: Crowd, query: Any, mask: Any) -> set[int]:
    """The ten nearest, by sums in double precision of the best two hundred by single ones."""
    rows = np.flatnonzero(mask)
    if len(rows) > 200:
        scores = crowd.vectors[rows] @ query if len(rows) < len(mask) else crowd.vectors @ query
        rows = rows[np.argpartition(-scores, 200)[:200]]
    vectors = crowd.vectors[rows].astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return set(rows[np.argsort(-(vectors @ query.astype(np.float64)))[:K]].tolist())


def anonymous_mb() -> float:
    """Memory of this process that is no mapped file."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1000


def measure(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    faiss.omp_set_num_threads(options.threads)
    crowd = Crowd.drawn(options.shots, options.dimension, options.looks)
    names = ["rolling", *filter(None, options.against.split(","))]
    figures: dict[str, dict[str, Any]] = {}
    built: dict[str, Any] = {}
    with progress_bar() as bars:
        for name in names:
            before, began = anonymous_mb(), time.perf_counter()
            built[name] = KINDS[name](crowd, bars(f"building {name}"))
            figures[name] = {
                "build_s": round(time.perf_counter() - began, 1),
                "memory_mb": round(anonymous_mb() - before),
                **built[name].more,
            }
        report = bars("queries")
        times: dict[str, list[float]] = {name: [] for name in names}
        hits = dict.fromkeys(names, 0)
        wanted = 0
        queries = crowd.queries(options.queries)
        for number, (query, where) in enumerate(
            zip(queries, wheres(options.filter, len(queries)), strict=True)
        ):
            mask = crowd.admitted(where)
            expected = right(crowd, query, mask)
            wanted += len(expected)
            for name in names:
                began = time.perf_counter()
                found = built[name].search(query, where, mask)
                times[name].append((time.perf_counter() - began) * 1000)
                hits[name] += len(expected & set(found))
            report(number + 1, len(queries))
    for name in names:
        p50, p95, p99 = np.percentile(times[name][len(times[name]) // 10 :], [50, 95, 99])
        figures[name] |= {
            "recall_at_10": round(hits[name] / wanted, 5),
            "p50_ms": round(float(p50), 2),
            "p95_ms": round(float(p95), 2),
            "p99_ms": round(float(p99), 2),
        }
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shots", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--looks", type=int, default=2000, help="how many ways to be dressed")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--filter", choices=sorted(FILTERS), default="none")
    parser.add_argument("--against", default="flat", help="of redis,flat,hnsw; may be empty")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    options = parser.parse_args()
    figures = measure(options)
    if options.json:
        print(json.dumps(figures))
        return
    for name, values in figures.items():
        print(name, "  ".join(f"{key} {value}" for key, value in values.items()))


if __name__ == "__main__":
    main()
