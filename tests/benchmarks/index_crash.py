"""An index on disk whose reader is killed again and again: is anything lost, or there twice?

    python tests/benchmarks/index_crash.py --kills 300 --json

One process reads a made-up log into a `RollingIndex`: shots, some late, twice or replaced, tracks
that are removed, time that goes by; it makes checkpoints and merges at random. It is killed with
SIGKILL at random instants and started again, until the log is read. Behind each kill the index is
opened and judged by an exact one in memory that reads the log up to the position saved. Figures:

- `lost`: shots that should be found and are not; positions that were said to be saved and are not;
- `doubled`: shots that are found twice, or though they were removed, retired or never came;
- `operations_again`: how many operations were read again after a kill, in the mean.
"""

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from pipeline.cli.progress import progress_bar
from tests.index_log import contents, judge, opened, operations, read_until_killed, without


class Trial:
    """One log, read by processes that die."""

    def __init__(self, folder: Path, seed: int, count: int) -> None:
        self._folder = folder
        self._log = operations(seed, count)
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(["tests.index_log"])
        self._rng = random.Random(seed)
        self._begun: set[int] = set()  # removals, by their place in the log
        self._done: set[int] = set()
        self.figures: Counter[str] = Counter()

    def run_once(self, within_s: float) -> bool:
        """Read on until the end, or the kill; whether it was the end."""
        heard, told = self._processes.Pipe(duplex=False)
        arguments = (self._folder, without(self._log, self._begun), told)
        process = self._processes.Process(target=read_until_killed, args=arguments)
        process.start()
        told.close()
        heard.poll(None)  # it has begun, or is dead
        time.sleep(self._rng.uniform(0, within_s))
        process.kill()
        process.join()
        return self._look(_all_of(heard))

    def _look(self, said: list[tuple[str, int]]) -> bool:
        begun, done, saved = (
            {at for told, at in said if told == what} for what in ("begun", "done", "saved")
        )
        self._begun |= {at for at in begun if self._log[at][0] == "remove"}
        self._done |= done
        index = opened(self._folder)
        position = int(index.position or 0)
        expected = set(contents(judge(without(self._log, self._begun)[:position])))
        found = contents(index)
        perhaps = self._perhaps_there(position)
        wrong = [row for row in set(found) - expected if row[0].track not in perhaps]
        self.figures["kills"] += 1
        self.figures["again"] += max(max(done, default=-1) + 1 - position, 0)
        self.figures["lost"] += max(max(saved, default=0) - position, 0) + len(index.problems)
        self.figures["lost"] += len(expected - set(found))
        self.figures["doubled"] += len(found) - len(set(found)) + len(wrong)
        return position == len(self._log)

    def _perhaps_there(self, position: int) -> set[object]:
        """Tracks whose removal has begun behind the position, and nobody said that it was done."""
        unsure = [at for at in self._begun - self._done if at >= position]
        return {track for at in unsure for track in self._log[at][1]}


def _all_of(heard: "Connection[object, tuple[str, int]]") -> list[tuple[str, int]]:
    said: list[tuple[str, int]] = []
    while heard.poll():
        try:
            said.append(heard.recv())
        except EOFError:
            break
    return said


def measure(kills: int, seed: int) -> dict[str, object]:
    total: Counter[str] = Counter()
    with progress_bar() as bars:
        report = bars("kills")
        while total["kills"] < kills:
            with tempfile.TemporaryDirectory(prefix="descry-crash-") as name:
                trial = Trial(Path(name) / "index", seed, count=150)
                is_over = False
                while not is_over and total["kills"] + trial.figures["kills"] < kills:
                    is_over = trial.run_once(within_s=0.15)
                    report(total["kills"] + trial.figures["kills"], kills)
            total += trial.figures
            total["logs_read"] += is_over
            seed += 1
    return {
        "kills": total["kills"],
        "logs_read_to_the_end": total["logs_read"],
        "lost": total["lost"],
        "doubled": total["doubled"],
        "operations_again": round(total["again"] / total["kills"], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    options = parser.parse_args()
    figures = measure(options.kills, options.seed)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:22} {value}")


if __name__ == "__main__":
    main()
