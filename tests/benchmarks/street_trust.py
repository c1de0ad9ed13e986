"""What the bundled encoder and its calibration are worth on stills that neither learnt from.

    descry street stills --seed 6 --split test --people 1000 --frames 900 --out test
    python tests/benchmarks/street_trust.py test --seed 6 --json

One sentence for each person, asked of all of them; then the people are halved, so that half the
sentences are about somebody absent. The figures are those of the recipe's step `figures`
(`pipeline.street.recipe.asking`, `.trusting`).
"""

import argparse
import json
import sys
from pathlib import Path

if not __package__:  # started as a script: the checkout is not on the path yet
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pipeline.street.recipe.asking import ask
from pipeline.street.recipe.trusting import trust_figures
from tests.benchmarks.bundled import bundled_encoder


def main() -> None:
    """Print a line a figure, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stills", type=Path)
    parser.add_argument("--seed", type=int, default=6, help="of the sentences")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    options = parser.parse_args()
    encoder, calibration = bundled_encoder()
    asked = ask(options.stills, encoder, options.seed)
    figures = asked.figures() | trust_figures(asked, calibration, seed=options.seed)
    figures = {"people": len(asked.queries), **figures}
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
