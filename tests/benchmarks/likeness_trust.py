"""Whether probabilities of pictures, and of sentences that a "yes" has moved, keep their word.

    for seed in 21 22 23; do
        descry street stills --seed $seed --split test --people 90 --frames 68 --out test$seed
    done
    python tests/benchmarks/likeness_trust.py test21 test22 test23 --json

Everybody is one track; `crop` asks with one picture that is not in it, `track` with three, `moved`
with a sentence after such a track was judged to fit. Half of the people are the gallery in turn,
and whoever is in the other half is absent. A constant would have the Brier score `brier_constant`.
`by_sentence` is what the law of sentences would say of the same scores.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

if not __package__:  # started as a script: the checkout is not on the path yet
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pipeline.street.recipe.likening import liken
from pipeline.street.recipe.tracks import read_stills
from pipeline.street.recipe.trusting import trust_figures
from retrieval.search.calibration import QueryKind
from tests.benchmarks.bundled import bundled_encoder

KINDS = {"crop": QueryKind.PICTURE, "track": QueryKind.PICTURE, "moved": QueryKind.MOVED}


def told(figures: Sequence[dict[str, float]]) -> dict[str, object]:
    """Means over folders, and the error of each."""
    means = {
        name: round(float(np.mean([one[name] for one in figures])), 4)
        for name in figures[0]
        if not name.endswith("asked")
    }
    return {**means, "error_by_folder": [one["calibration_error"] for one in figures]}


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stills", type=Path, nargs="+")
    parser.add_argument("--seed", type=int, default=9, help="of sentences and halves")
    parser.add_argument("--json", action="store_true", help="as is, for the other benchmarks' sake")
    options = parser.parse_args()
    encoder, calibration = bundled_encoder()
    folders = [read_stills(folder) for folder in options.stills]
    asked = [liken(one, sorted(one.crops), encoder, seed=options.seed) for one in folders]
    figures: dict[str, object] = {"people": [len(one.crop.queries) for one in asked]}
    for way, kind in KINDS.items():
        for name, judge in ((way, calibration.of(kind)), (f"{way} by_sentence", calibration)):
            if judge is None:
                raise SystemExit(f"this calibration has no law for a {kind}")
            figures[name] = told(
                [trust_figures(getattr(one, way), judge, seed=options.seed) for one in asked]
            )
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
