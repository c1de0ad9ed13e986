"""What one server of the spread index holds and how long it looks, and what sites need by that.

    python tests/benchmarks/index_nodes.py --shots 40000 --json

A Redis 8 on loopback is filled through the index itself, with sets of 16, 256 and 4,096 shots in
turn; each is asked for the ten nearest, unfiltered and by a filter that every shot passes, in one
process of one core. A search costs a time for each set and a time for each shot, fitted by least
squares. Figures:

- `add_per_s`: shots taken in a second, one writer and one server;
- `bytes_per_shot`: memory of the server, attributes, graph and ledger included;
- `client_us_per_set`: of that, what the process that asks computes;
- `us_per_set`, `ns_per_shot`: of an unfiltered search; `ns_per_shot_filtered`: by attributes;
- `of_16_ms`, `of_256_ms`, `of_4096_ms`: a whole unfiltered search, by the size of the sets.

Then the table of `deploy/index-servers.md`: servers are processes of one core each, which look at
the same time, and one client reads what they say, a set after another. It is computed from these
figures, not measured at that size.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from detectors.types import Box, ShotId, TrackKey
from pipeline.cli.progress import progress_bar
from pipeline.clock import SystemClock
from pipeline.store.keys import Keys
from pipeline.store.vector_shards import RedisShards
from retrieval.index.vector_sets import VectorSetIndex
from retrieval.types import Sighting, Where
from tests.vector_servers import VectorServer, connected, free_ports

SIZES = (16, 256, 4096)
HOUR_S, DAYS = 3600.0, 30
NOW = time.time()
GIB = 2**30
#: Sites of the table, and how much a server of one core holds.
SITES = (10**6, 10**7, 10**8, 10**9)
PER_SERVER_GIB, SHARDS_OF_A_SERVER = 24, 2


def sighting(row: int, size: int, vector: Any) -> Sighting:
    """Shot `row`, where each hour has so many."""
    track = TrackKey("camera00", "r1", row)
    at = NOW + (row // size) * HOUR_S
    return Sighting(
        shot=ShotId(track, 1),
        collection="live",
        captured_at=at,
        vector=vector,
        model_id="m@1",
        box=Box(10.5, 20.25, 60.125, 180.5),
        quality=0.5,
        picture=f"camera00/2026-03-01/r1/{row}/1.jpg",
        expires_at=at + DAYS * 86_400,
    )


def build(server: VectorServer, servers: Any, size: int, vectors: Any, bar: Any) -> dict[str, Any]:
    """An index with sets of `size`, and what it cost."""
    keys = Keys(f"bench{size}").index_shards("m@1", 1)
    index = VectorSetIndex(
        "m@1", vectors.shape[1], RedisShards(servers, keys, "m@1", SystemClock())
    )
    before, began = server.memory(), time.perf_counter()
    for start in range(0, len(vectors), 512):
        some = range(start, min(start + 512, len(vectors)))
        index.add([sighting(row, size, vectors[row]) for row in some])
        bar(some.stop, len(vectors))
    took = time.perf_counter() - began
    return {
        "index": index,
        "add_per_s": len(vectors) / took,
        "bytes_per_shot": (server.memory() - before) / len(vectors),
        "sets": -(-len(vectors) // size),
    }


def client_s(index: VectorSetIndex, queries: Any) -> float:
    """What this process computes for a search, by the kernel's count."""
    began = time.process_time()
    for query in queries:
        index.search(query, k=10, where=Where(now=0.0))
    return (time.process_time() - began) / len(queries)


def median_s(index: VectorSetIndex, queries: Any, where: Where, k: int) -> float:
    times = []
    for query in queries:
        began = time.perf_counter()
        found = index.search(query, k=k, where=where)
        times.append(time.perf_counter() - began)
        assert len(found) == k
    return float(np.median(times))


def measure(options: argparse.Namespace) -> dict[str, float]:
    rng = np.random.default_rng(1)
    drawn = rng.standard_normal((options.shots + options.queries, options.dimension))
    drawn = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float16)
    vectors, queries = np.split(drawn.astype(np.float32), [options.shots])
    server = VectorServer(*free_ports(1), "--appendonly", "no")
    servers = connected(server, timeout_s=60)
    try:
        rows, adds, sizes, client = [], [], [], []
        with progress_bar() as bars:
            for size in SIZES:
                built = build(server, servers, size, vectors, bars(f"sets of {size}"))
                index = built["index"]
                plain = median_s(index, queries, Where(now=0.0), 10)
                filtered = median_s(index, queries, Where(now=0.0, min_quality=0.1), 10)
                client.append(client_s(index, queries) / built["sets"])
                rows.append((built["sets"], plain, filtered))
                adds.append(built["add_per_s"])
                sizes.append(built["bytes_per_shot"])
                index.clear()
        sets, plain_s, filtered_s = np.array(rows).T
        known = np.stack([sets, np.full(len(sets), float(options.shots))], axis=1)
        (per_set, per_shot), *_ = np.linalg.lstsq(known, plain_s, rcond=None)
        (_, per_filtered), *_ = np.linalg.lstsq(known, filtered_s, rcond=None)
    finally:
        servers.close()
        server.stop()
    return {
        "add_per_s": round(float(np.median(adds))),
        "bytes_per_shot": round(float(np.median(sizes))),
        "us_per_set": round(per_set * 1e6, 1),
        "client_us_per_set": round(client[0] * 1e6, 1),
        "ns_per_shot": round(per_shot * 1e9),
        "ns_per_shot_filtered": round(per_filtered * 1e9),
        "of_16_ms": round(plain_s[0] * 1e3, 1),
        "of_256_ms": round(plain_s[1] * 1e3, 1),
        "of_4096_ms": round(plain_s[2] * 1e3, 1),
    }


def site(shots: int, figures: dict[str, float]) -> dict[str, float]:
    """What so many shots of thirty days need, by the figures of one server and one client."""
    hours, ram = DAYS * 24, shots * figures["bytes_per_shot"] / GIB
    servers = max(3, int(np.ceil(ram / PER_SERVER_GIB)))
    shards = servers * SHARDS_OF_A_SERVER

    def looks_s(hours_asked: int, shards_asked: int, ns_per_shot: float) -> float:
        """Servers look at the same time; the client reads what they say, one set after another."""
        busy = min(servers, shards_asked)
        sets, of_each = hours_asked * shards_asked, shots * hours_asked / hours / shards
        of_one = shards_asked / busy * of_each * ns_per_shot
        return (sets * (figures["client_us_per_set"] * 1e3) + of_one) / 1e9

    plain, filtered = figures["ns_per_shot"], figures["ns_per_shot_filtered"]
    return {
        "shots": shots,
        "ram_gib": round(ram),
        "ram_with_replicas_gib": round(2 * ram),
        "servers": servers,
        "shards": shards,
        "everything_s": round(looks_s(hours, shards, plain), 2),
        "a_day_s": round(looks_s(24, shards, plain), 3),
        "an_hour_s": round(looks_s(1, shards, plain), 4),
        "a_camera_s": round(looks_s(hours, 1, filtered), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shots", type=int, default=40_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--queries", type=int, default=20)
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    options = parser.parse_args()
    figures = measure(options)
    sites = [site(shots, figures) for shots in SITES]
    if options.json:
        print(json.dumps({"server": figures, "sites": sites}))
        return
    print("  ".join(f"{key} {value}" for key, value in figures.items()))
    for each in sites:
        print("computed:", "  ".join(f"{key} {value}" for key, value in each.items()))


if __name__ == "__main__":
    main()
