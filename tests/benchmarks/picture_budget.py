"""How many unrelated people a watch by picture tells, of how many its budget allows.

    python tests/benchmarks/picture_budget.py --json

The people are those that came with the bundled weights, split in three at random: one part is the
background of the weights, one is the cameras' last day, one comes by later. Each of the last asks
with a shot. `allowed` is the chance by which one of the others may reach the threshold; `by_spread`
and `with_tail`, what share did, with the threshold of a sentence and with that of a picture;
`found`, of how many people their other shots reached the latter.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

if not __package__:  # started as a script: the checkout is not on the path yet
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from retrieval.search.alarm_budget import LOOKS, tail_of, threshold_of
from retrieval.search.background import Strangers, blend, spread_of
from retrieval.search.calibration_file import read_calibration
from tests.benchmarks.bundled import BUNDLED

ALLOWED, REPEATS = (0.01, 0.003, 0.001), 3


def part(people: Strangers, wanted: np.ndarray) -> Strangers:
    """Some of them, numbered anew."""
    rows = np.isin(people.owner, wanted)
    return Strangers(people.shots[rows], np.unique(people.owner[rows], return_inverse=True)[1])


def measure(people: Strangers) -> list[dict[str, float]]:
    """A row for each chance that is allowed."""
    counts = {allowed: np.zeros(5) for allowed in ALLOWED}
    draw = np.random.default_rng(0)
    for _ in range(REPEATS):
        order = draw.permutation(people.owner.max() + 1)
        bundled, day, later = (part(people, each) for each in np.array_split(order, 3))
        for person in range(later.owner.max() + 1):
            first, *others = np.flatnonzero(later.owner == person)
            query = later.shots[first]
            own = day.scores(query)
            pool = np.concatenate([own, bundled.scores(query)])
            spread = blend(spread_of(bundled.scores(query)), spread_of(own), len(own))
            strangers = np.delete(later.scores(query), person)
            again = np.sort(later.shots[others] @ query)[-3:].mean() if others else -1.0
            for allowed, count in counts.items():
                asked = {"false_alarms": allowed * LOOKS * 1000.0, "per_day": 1000.0}
                plain = threshold_of(spread, **asked)
                threshold = threshold_of(spread, **asked, tail=tail_of(pool))
                found = float(again >= threshold)
                told = [(strangers >= each).sum() for each in (plain, threshold)]
                count += [*told, len(strangers), found, 1]
    return [
        {
            "allowed": allowed,
            "by_spread": round(plain / strangers, 5),
            "with_tail": round(tailed / strangers, 5),
            "found": round(found / asked, 3),
        }
        for allowed, (plain, tailed, strangers, found, asked) in counts.items()
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="one object a line")
    is_json = parser.parse_args().json
    file = BUNDLED / "street-gadms-calibration.safetensors"
    model_id = json.loads(_said(file))["model_id"]
    people = read_calibration(file, model_id=model_id, dimension=128).background
    assert people is not None
    for row in measure(people):
        words = "  ".join(f"{name} {number:g}" for name, number in row.items())
        print(json.dumps(row) if is_json else words)


def _said(file: Path) -> str:
    from safetensors import safe_open

    with safe_open(file, "np") as opened:
        return str(opened.metadata()["descry"])


if __name__ == "__main__":
    main()
