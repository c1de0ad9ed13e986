"""What the index on disk takes in while it is searched, and how long searches take meanwhile.

    python tests/benchmarks/index_busy.py --shots 50000 --json

Four clients search the index of one process, each again a pause after its last answer, while one
thread writes, as in a query worker. Phases of writing alternate with idle ones of the same length,
which begin with all sealed and merged:

- `adding`: shots are added by 512 and nothing is sealed: `shots_per_s`;
- `sealing`: the same, with a checkpoint every 4,096 shots and the merges behind it: `shots_per_s`;
- `merging`: 512 shots are sealed and `compact` merges them into their day, again and again;
- `expiring`: the oldest hour goes, again and again, by `expire` and a checkpoint;
- `reindexing`: a second index is filled in another folder by a thread of the same process.

With `--rate` no more shots a second than that are written or expire, but for `adding`: fifty
cameras with a new shot every second are 50, a GPU that embeds archives is some 2,000. `--phases`
names those that are wanted.

Figures of each: `p50_ms` and `p99_ms` of searches meanwhile, the same of the idle phase before it
(`idle_…`), `ratio` of the two p99 (the aim is 3 at most), and `searches`.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from pipeline.cli.progress import progress_bar
from retrieval.index.rolling import RollingIndex
from retrieval.types import Where
from tests.benchmarks.index_crowd import DAYS, MODEL, Crowd, K, tell

PHASES = ("adding", "sealing", "merging", "expiring", "reindexing")
AT_ONCE, CHECKPOINT_AT = 512, 4_096
CLIENTS = 4
YEAR_S, HOUR_S, DAY_S = 365 * 86_400.0, 3_600.0, 86_400.0


class Clients:
    """Threads that search until they are closed, and note how long each search took."""

    def __init__(self, index: RollingIndex, queries: Any, pause_s: float) -> None:
        self._index, self._queries, self._pause_s = index, queries, pause_s
        self._ended = threading.Event()
        self.times_ms: list[float] = []
        self._failures: list[BaseException] = []
        self._threads = [threading.Thread(target=self._run, args=[n]) for n in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def _run(self, number: int) -> None:
        try:
            while not self._ended.is_set():
                query = self._queries[number % len(self._queries)]
                number += CLIENTS
                began = time.perf_counter()
                self._index.search(query, k=K, where=Where(now=0.0))
                self.times_ms.append((time.perf_counter() - began) * 1000)
                self._ended.wait(self._pause_s)
        except BaseException as failure:
            self._failures.append(failure)
            raise

    def taken(self) -> list[float]:
        """The times since this was asked last."""
        times, self.times_ms = self.times_ms, []
        return times

    def close(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise self._failures[0]


class Writer:
    """What is done to the index while it is searched; each phase is told when to end."""

    def __init__(self, folder: Path, crowd: Crowd, rate: float = 0.0) -> None:
        """`rate` is of shots a second; 0 is as fast as it goes."""
        self._folder, self._crowd, self._rate = folder, crowd, rate
        self.index = RollingIndex(folder / "first", MODEL, crowd.dimension)
        self._next = 0
        self._oldest_at = float(crowd.at[0]) + YEAR_S

    def fill(self, shots: int, report: Callable[[int, int], None]) -> None:
        while self._next < shots:
            self._add(self.index)
            report(self._next, shots)
        self.index.checkpoint("filled")
        self.index.compact()

    def _add(self, index: RollingIndex) -> None:
        rows = range(self._next, min(self._next + AT_ONCE, len(self._crowd)))
        if not rows:
            sys.exit("all drawn shots are in: ask for fewer --seconds, or more --spare")
        index.add([self._crowd.sighting(row) for row in rows])
        self._next = rows.stop

    def adding(self, goes_on: Callable[[], bool]) -> None:
        while goes_on():
            self._add(self.index)

    def _wait(self, began: float, shots: float = AT_ONCE) -> None:
        """Until so many shots are due after `began`."""
        if self._rate:
            time.sleep(max(0.0, began + shots / self._rate - time.perf_counter()))

    def sealing(self, goes_on: Callable[[], bool]) -> None:
        while goes_on():
            began = time.perf_counter()
            self._add(self.index)
            if self.index.unsaved >= CHECKPOINT_AT:
                self.index.checkpoint(str(self._next))
            self._wait(began)

    def merging(self, goes_on: Callable[[], bool]) -> None:
        while goes_on():
            began = time.perf_counter()
            self._add(self.index)
            self.index.checkpoint(str(self._next))
            self.index.compact()
            self._wait(began)

    def expiring(self, goes_on: Callable[[], bool]) -> None:
        in_an_hour = len(self._crowd) * HOUR_S / (DAYS * DAY_S)
        while goes_on():
            began = time.perf_counter()
            self._oldest_at += HOUR_S
            if self._oldest_at > YEAR_S + DAYS * DAY_S / 2:
                sys.exit("half of all shots have expired: ask for fewer --seconds, or a --rate")
            self.index.expire(self._oldest_at)
            self.index.checkpoint(str(self._next))
            self._wait(began, in_an_hour)

    def reindexing(self, goes_on: Callable[[], bool]) -> None:
        second = RollingIndex(self._folder / "second", MODEL, self._crowd.dimension)
        row = 0
        while goes_on():
            began = time.perf_counter()
            rows = range(row, min(row + AT_ONCE, self._next))
            second.add([self._crowd.sighting(row) for row in rows])
            row = rows.stop if rows.stop < self._next else 0
            if second.unsaved >= CHECKPOINT_AT:
                second.checkpoint(str(row))
            self._wait(began)

    def phases(
        self, names: Sequence[str]
    ) -> Iterator[tuple[str, Callable[[Callable[[], bool]], None]]]:
        """Each finds all sealed and merged, or its idle phase would search what the last left."""
        for name in names:
            self.index.checkpoint(str(self._next))
            self.index.compact()
            yield name, getattr(self, name)

    @property
    def taken_in(self) -> int:
        return self._next


def figures_of(idle: list[float], busy: list[float]) -> dict[str, Any]:
    idle_p50, idle_p99 = np.percentile(idle, [50, 99])
    p50, p99 = np.percentile(busy, [50, 99])
    return {
        "p50_ms": round(float(p50), 2),
        "p99_ms": round(float(p99), 2),
        "idle_p50_ms": round(float(idle_p50), 2),
        "idle_p99_ms": round(float(idle_p99), 2),
        "ratio": round(float(p99 / idle_p99), 2),
        "searches": len(busy),
    }


def measure(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    faiss.omp_set_num_threads(1)
    crowd = Crowd.drawn(options.shots + options.spare, options.dimension, options.looks)
    figures: dict[str, dict[str, Any]] = {}
    names = options.phases.split(",")
    with tempfile.TemporaryDirectory(prefix="descry-busy-") as folder, progress_bar() as bars:
        writer = Writer(Path(folder), crowd, options.rate)
        writer.fill(options.shots, bars("filling"))
        clients = Clients(writer.index, crowd.queries(200, options.far), options.pause_ms / 1000)
        report = bars("phases")
        try:
            for number, (name, phase) in enumerate(writer.phases(names)):
                clients.taken()
                time.sleep(options.seconds)
                idle, before, began = clients.taken(), writer.taken_in, time.perf_counter()
                until = began + options.seconds
                phase(lambda until=until: time.perf_counter() < until)  # type: ignore[misc]
                took_s = time.perf_counter() - began
                figures[name] = figures_of(idle, clients.taken())
                if name in {"adding", "sealing"}:
                    rate = (writer.taken_in - before) / took_s
                    figures[name]["shots_per_s"] = round(rate)
                report(number + 1, len(names))
        finally:
            clients.close()
    return figures


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shots", type=int, default=50_000, help="in the index before it begins")
    parser.add_argument("--spare", type=int, default=150_000, help="drawn to be added")
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--looks", type=int, default=2000)
    parser.add_argument("--far", type=float, default=1.0, help="noise of a query; sentences: 4")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each phase, busy and idle")
    parser.add_argument("--pause-ms", type=float, default=50.0, help="between a client's searches")
    parser.add_argument("--rate", type=float, default=0.0, help="shots a second, but in adding")
    parser.add_argument("--phases", default=",".join(PHASES), help="separated by commas")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    options = parser.parse_args(arguments)
    unknown = set(options.phases.split(",")) - set(PHASES)
    if unknown:
        parser.error(f"no phase '{min(unknown)}': --phases takes {','.join(PHASES)}")
    return options


def main() -> None:
    options = parsed()
    tell(measure(options), as_json=options.json)


if __name__ == "__main__":
    main()
