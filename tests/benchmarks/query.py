"""How long a query takes: p50 and p95 by gallery size, `flat` against `faiss`.

    python tests/benchmarks/query.py [--sizes 1000 100000] [--million] [--json]

Both indexes hold the same gallery and take turns, query by query, so that whatever else the
machine does falls on both. A query is the whole answer: the ten best tracks, exactly.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from detectors.types import Box, ShotId, TrackKey
from retrieval.index.faiss_flat import FaissIndex
from retrieval.index.flat import FlatIndex
from retrieval.search.exact import find_tracks
from retrieval.types import Sighting, Where

SHOTS_PER_TRACK = 4
CAMERAS = 16
BATCH = 2000
FILTERS = {
    "all": Where(now=0.0),
    "one camera": Where(now=0.0, cameras=frozenset({"camera-3"})),
    "half the time": Where(now=0.0, since=0.5),
}


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def fill(indexes, size, dimension, rng):
    """Add `size` shots: tracks scattered, the shots of one close together (cosine about 0.8)."""
    tracks = -(-size // SHOTS_PER_TRACK)
    for first in range(0, tracks, BATCH):
        count = min(BATCH, tracks - first)
        people = unit(rng.standard_normal((count, 1, dimension)).astype(np.float32)[:, 0])
        noise = unit(rng.standard_normal((count * SHOTS_PER_TRACK, dimension)).astype(np.float32))
        vectors = unit(np.repeat(people, SHOTS_PER_TRACK, axis=0) + 0.5 * noise)
        batch = [
            Sighting(
                shot=ShotId(
                    TrackKey(f"camera-{(number // SHOTS_PER_TRACK) % CAMERAS}", "r1", number // 4),
                    number % SHOTS_PER_TRACK + 1,
                ),
                collection="live",
                captured_at=number / size,
                vector=vector,
                model_id="m@1",
                box=Box(0, 0, 60, 160),
                quality=0.8,
                picture="",
            )
            for number, vector in enumerate(vectors, start=first * SHOTS_PER_TRACK)
        ]
        for index in indexes.values():
            index.add(batch)


def measure(indexes, queries, where):
    """Seconds of each query by index name; the first of each is a warm-up and not kept."""
    seconds = {name: [] for name in indexes}
    for query in queries:
        for name, index in indexes.items():
            started = time.perf_counter()
            find_tracks(index, query, limit=10, where=where)
            seconds[name].append(time.perf_counter() - started)
    return {name: spans[1:] for name, spans in seconds.items()}


def figures_at(size, dimension, repeats):
    rng = np.random.default_rng(size)
    indexes = {"flat": FlatIndex("m@1", dimension), "faiss": FaissIndex("m@1", dimension)}
    started = time.perf_counter()
    fill(indexes, size, dimension, rng)
    filled_s = time.perf_counter() - started
    queries = unit(rng.standard_normal((repeats + 1, dimension)).astype(np.float32))
    figures = []
    for label, where in FILTERS.items():
        seconds = measure(indexes, queries, where)
        row = {"shots": size, "filter": label, "n": repeats, "fill_both_s": round(filled_s, 1)}
        for name, spans in seconds.items():
            row[f"{name}_p50_ms"] = round(1000 * statistics.median(spans), 3)
            row[f"{name}_p95_ms"] = round(1000 * float(np.percentile(spans, 95)), 3)
        row["faiss_over_flat"] = round(row["faiss_p50_ms"] / row["flat_p50_ms"], 2)
        figures.append(row)
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--million", action="store_true", help="also 1,000,000 shots (9 GB)")
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    args = parser.parse_args()
    sizes = [*args.sizes, *([1_000_000] if args.million else [])]
    figures = [row for size in sizes for row in figures_at(size, args.dimension, args.repeats)]
    if args.json:
        machine = {"machine": platform.machine(), "cores": os.cpu_count()}
        print(json.dumps({"dimension": args.dimension, **machine, "query": figures}))
        return
    for row in figures:
        for name in ("flat", "faiss"):
            print(
                f"query {row['shots']:>9,} shots, {row['filter']:<13} {name:<5} "
                f"p50 {row[f'{name}_p50_ms']:9.3f} ms  p95 {row[f'{name}_p95_ms']:9.3f} ms  "
                f"n {row['n']}"
            )
        print(f"{'':>43}faiss/flat {row['faiss_over_flat']:.2f}")


if __name__ == "__main__":
    main()
