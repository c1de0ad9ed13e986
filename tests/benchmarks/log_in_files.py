"""What the log costs in Redis, and what is left of that when its old part lies in files.

    python tests/benchmarks/log_in_files.py --shots 100000 --json

A private Redis of its own is filled with shots of 512 dimensions, then everything but the newest
is moved to files as `descry run` does. Figures, for `redis` (all of it there) and `files`:

- `memory_mb`: what Redis holds;
- `start_s`: from the start of `redis-server` until it answers;
- `read_s`: the whole log once, as a view reads it that is built again;
- `aof_mb`: Redis's append-only file, and `files_mb`: ours;
- `move_s`: how long the move took.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from pipeline.cli.progress import progress_bar
from pipeline.store.connection import connect
from pipeline.store.keys import Keys
from pipeline.store.log_archive import LogArchive
from pipeline.store.log_mover import KEEP_MESSAGES, LogMover
from pipeline.store.server import PrivateRedis
from pipeline.store.sighting_log import START, SightingLog
from pipeline.store.whole_log import WholeLog
from pipeline.store.wire import encode_sighting
from tests.store_messages import logged, published

BATCH = 500


class Bench:
    """One Redis, and one log in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.keys = folder, Keys("bench")
        self.server = PrivateRedis(folder, folder, start_timeout_s=600)
        self.server.start()
        self.client = connect(
            url=None, unix_socket=self.server.socket, username=None, password=None, timeout_s=600
        )
        self.archive = LogArchive(self.client, self.keys, folder / "sightings")
        self.log = SightingLog(
            self.client, self.keys, WholeLog(self.client, self.keys, self.archive)
        )

    def fill(self, shots: int) -> None:
        draw = np.random.default_rng(5)
        with progress_bar() as bars:
            tell = bars("shots logged")
            for begin in range(0, shots, BATCH):
                with self.client.pipeline() as pipe:
                    for number in range(begin, min(begin + BATCH, shots)):
                        vector = draw.standard_normal(512).astype(np.float32)
                        unit = vector / np.linalg.norm(vector)
                        message = replace(logged(published(number + 1)), vector=unit)
                        fields = encode_sighting(message)
                        pipe.xadd(self.keys.sightings, fields)  # type: ignore[arg-type]
                    pipe.execute()
                tell(min(begin + BATCH, shots), shots)

    def figures(self) -> dict[str, float]:
        memory = self.client.info("memory")["used_memory"]  # type: ignore[index]
        self.server.stop(timeout_s=60)
        began = time.perf_counter()
        self.server.start()
        started_s = time.perf_counter() - began
        began = time.perf_counter()
        after = START
        while rows := self.log.read(after, count=512):
            after = rows[-1][0]
        return {
            "memory_mb": round(memory / 1e6, 1),
            "start_s": round(started_s, 2),
            "read_s": round(time.perf_counter() - began, 2),
            "aof_mb": round(_size(self.folder / "redis") / 1e6, 1),
            "files_mb": round(_size(self.folder / "sightings") / 1e6, 1),
        }

    def move(self) -> float:
        self.log.register_view("index", self.log.end(), time.time())
        began = time.perf_counter()
        LogMover(self.client, self.keys, self.archive).move()
        moved_s = time.perf_counter() - began
        while self.client.info("persistence")["aof_rewrite_in_progress"]:  # type: ignore[index]
            time.sleep(0.05)
        return moved_s


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shots", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="db-") as folder:
        bench = Bench(Path(folder))
        try:
            bench.fill(asked.shots)
            told: dict[str, object] = {"shots": asked.shots, "kept": KEEP_MESSAGES}
            told["redis"] = bench.figures()
            told["move_s"] = round(bench.move(), 2)
            told["files"] = bench.figures()
        finally:
            bench.server.stop()
    if asked.json:
        sys.stdout.write(json.dumps(told) + "\n")
        return
    for name, value in told.items():
        sys.stdout.write(f"{name:6} {value}\n")


if __name__ == "__main__":
    main()
