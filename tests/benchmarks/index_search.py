"""How fast and how right the index on disk finds the ten nearest of many shots, beside others.

    python tests/benchmarks/index_search.py --shots 100000 --against flat,hnsw --json

Shots of thirty days and fifty cameras: each track has four that are alike, and tracks dress alike
(`--looks` of them), so that the tenth nearest is not far from the twentieth. Vectors have been in
half precision. Shots of a track share a code in `rolling`, unless `--apart` says that they differ
more (0.8, say). Every kind holds the same shots and answers the same queries, taking turns; what is
right is a sum in double precision. Kinds:

- `rolling`: Descry's, as a query worker fills it: a checkpoint every 16,384 shots, then merged
  and opened again;
- `redis`: Descry's, on one Redis 8 of its own (at most 100,000 shots): `memory_mb` is the server's;
- `flat`, `hnsw`: `faiss.IndexFlatIP` and `IndexHNSWFlat` (M 32, efSearch 64) with a selector;
- `qdrant`, `milvus`: the local mode of `qdrant-client`, and Milvus Lite, with filters of their own;
  `pip install qdrant-client pymilvus milvus-lite` installs them, in an environment of their own.

Figures of each: `recall_at_10`, `p50_ms`, `p95_ms`, `p99_ms`, `build_s`, `memory_mb` (its own,
its library's and that of processes it began, without mapped files), `disk_mb`; of `rolling` also
`segments` and `first_answer_s`, from opening to the first answer. Of several filters (`--filter
none,camera,hour`) each query is asked with one after the other; the figures of the second are told
as those of `rolling camera`. Then `--forget` tracks are
deleted by a call each: `deleted_ms` is the median and `deleted_p99_ms` the slowest but one of a
hundred (null: it cannot delete), `found_again` how many of their shots are found by their own
vectors, and `seen_on_disk` in how many of twenty cases the bytes of a deleted vector are in the
folder: before, after, and after the kind has been asked to tidy up. (0 before means that they are
packed.)
"""

import argparse
import struct
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import faiss
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from pipeline.cli.progress import progress_bar
from retrieval.types import Where
from tests.benchmarks.index_crowd import FILTERS, SHOTS_OF_A_TRACK, Crowd, right, tell, wheres
from tests.benchmarks.index_kinds import KINDS, CannotForget, Rolling

#: Deleted vectors whose bytes are looked for on disk.
LOOKED_FOR = 20


def anonymous_mb(pid: str = "self") -> float:
    """Memory of a process and of those it began that is no mapped file."""
    process = Path("/proc") / pid
    try:
        lines = (process / "status").read_text().splitlines()
        own = next((int(s.split()[1]) for s in lines if s.startswith("RssAnon")), 0) / 1000
        begun = [child for s in process.glob("task/*/children") for child in s.read_text().split()]
    except FileNotFoundError:  # it has ended meanwhile
        return 0.0
    return own + sum(map(anonymous_mb, begun))


def build(
    crowd: Crowd, names: list[str], kept: Path | None, bars: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    kinds = KINDS | {"rolling": partial(Rolling, folder=kept)}
    figures, built = {}, {}
    for name in names:
        before, began = anonymous_mb(), time.perf_counter()
        built[name] = kinds[name](crowd, bars(f"building {name}"))
        figures[name] = {
            "build_s": round(time.perf_counter() - began, 1),
            "memory_mb": round(anonymous_mb() - before),
            **built[name].more,
        }
    return figures, built


def read_once(built: dict[str, Any]) -> None:
    """Have the system keep of what is on disk as much as it has room for."""
    folders = [kind.folder for kind in built.values() if kind.folder is not None]
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass


def search(
    crowd: Crowd, built: dict[str, Any], options: argparse.Namespace, bars: Any
) -> dict[str, dict[str, Any]]:
    """Figures of each kind, those with a second filter under `kind filter`."""
    queries = crowd.queries(options.queries, options.far)
    filters = {name: wheres(name, len(queries)) for name in options.filter}
    wanted = {
        name: right(crowd, queries, some, bars(f"what is right, {name}"))
        for name, some in filters.items()
    }
    if options.warm:
        read_once(built)
    times: dict[tuple[str, str], list[float]] = {(k, f): [] for f in filters for k in built}
    hits = dict.fromkeys(times, 0)
    report = bars("queries")
    for number, query in enumerate(queries):
        for asked, some in filters.items():
            mask = crowd.admitted(some[number])
            for name, kind in built.items():
                began = time.perf_counter()
                found = kind.search(query, some[number], mask)
                times[name, asked].append((time.perf_counter() - began) * 1000)
                hits[name, asked] += len(wanted[asked][number] & set(found))
        report(number + 1, len(queries))
    return {
        name if asked == options.filter[0] else f"{name} {asked}": {
            "recall_at_10": round(hits[name, asked] / max(sum(map(len, wanted[asked])), 1), 5),
            **percentiles(some),
        }
        for (name, asked), some in times.items()
    }


def percentiles(times: list[float]) -> dict[str, float]:
    """Of milliseconds, without the first tenth."""
    told = np.percentile(times[len(times) // 10 :], [50, 95, 99]).tolist()
    return {f"p{which}_ms": round(ms, 2) for which, ms in zip((50, 95, 99), told, strict=True)}


def seen_on_disk(folder: Path, vectors: Any) -> int:
    """How many of (N, D) vectors are in the folder's files, in a form that any kind writes."""
    contents = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    seen = 0
    for vector in vectors[:, :16]:
        pickled = b"".join(b"G" + struct.pack(">d", float(value)) for value in vector)
        forms = [vector.astype(np.float16).tobytes(), vector.tobytes(), pickled]
        seen += any(form in content for content in contents for form in forms)
    return seen


def forget(crowd: Crowd, kind: Any, count: int) -> dict[str, Any]:
    """What it costs to delete so many tracks, and what is left of them."""
    whole = len(crowd) // SHOTS_OF_A_TRACK
    tracks = np.linspace(0, whole - 1, min(count, whole)).astype(int).tolist()
    rows = [t * SHOTS_OF_A_TRACK + n for t in tracks for n in range(SHOTS_OF_A_TRACK)]
    sought = crowd.vectors(rows[:: max(1, len(rows) // LOOKED_FOR)])[:LOOKED_FOR]
    seen = [] if kind.folder is None else [seen_on_disk(kind.folder, sought)]
    times = []
    try:
        for track in tracks:
            began = time.perf_counter()
            kind.forget(track)
            times.append((time.perf_counter() - began) * 1000)
    except CannotForget:
        return {"deleted_ms": None}
    everything, mask = Where(now=0.0), np.ones(len(crowd), np.bool_)
    found = sum(row in kind.search(crowd.vectors(row), everything, mask) for row in rows)
    if kind.folder is not None:
        seen.append(seen_on_disk(kind.folder, sought))
        kind.tidy()
        seen.append(seen_on_disk(kind.folder, sought))
    p50, p99 = np.percentile(times, [50, 99])
    return {
        "deleted_ms": round(float(p50), 2),
        "deleted_p99_ms": round(float(p99), 2),
        "found_again": found,
        "seen_on_disk": seen,
    }


def measure(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    faiss.omp_set_num_threads(options.threads)
    crowd = Crowd.drawn(options.shots, options.dimension, options.looks, options.apart)
    names = ["rolling", *filter(None, options.against.split(","))]
    with progress_bar() as bars:
        figures, built = build(crowd, names, options.keep, bars)
        found = search(crowd, built, options, bars)
    for name, told in found.items():
        figures[name] = figures.get(name, {}) | told
    for name, kind in built.items():
        if options.forget:
            figures[name] |= forget(crowd, kind, options.forget)
    return figures


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    others = ",".join(name for name in KINDS if name != "rolling")
    parser.add_argument("--shots", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--looks", type=int, default=2000, help="how many ways to be dressed")
    parser.add_argument("--apart", type=float, default=0.4, help="noise of the shots of a track")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--far", type=float, default=1.0, help="noise of a query; sentences: 4")
    parser.add_argument("--filter", default="none", help="none, camera, hour; several take turns")
    parser.add_argument("--against", default="flat", help=f"of {others}; may be empty")
    parser.add_argument("--forget", type=int, default=100, help="tracks to delete at the end")
    parser.add_argument("--keep", type=Path, help="where rolling stays, and is opened again")
    parser.add_argument("--warm", action="store_true", help="read what is on disk once before")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    options = parser.parse_args(arguments)
    unknown = set(filter(None, options.against.split(","))) - set(KINDS)
    if unknown:
        parser.error(f"no kind '{min(unknown)}': --against takes {others}")
    options.filter = options.filter.split(",")
    if not set(options.filter) <= FILTERS:
        parser.error(f"--filter takes {', '.join(sorted(FILTERS))}")
    return options


def main() -> None:
    options = parsed()
    tell(measure(options), as_json=options.json)


if __name__ == "__main__":
    main()
