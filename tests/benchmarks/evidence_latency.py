"""How long a sentence takes, from its text to ten hits with a verdict of each phrase.

    python tests/benchmarks/evidence_latency.py --tracks 100000 --json

The bundled weights on an index of made-up tracks of four shots. `cold` are sentences whose
phrases nobody asked of before; `latency` the same once more. `cpu` is processor time, of all
threads together: on a machine that others use, the wall time says little.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

if not __package__:  # started as a script: the checkout is not on the path yet
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pipeline.workers.cautions import Trust
from pipeline.workers.weighing import Scales
from retrieval.index.faiss_flat import FaissIndex
from retrieval.ports import Encoder
from retrieval.search.calibration import Calibration
from retrieval.types import Where
from tests.benchmarks.bundled import bundled_encoder
from tests.benchmarks.query import fill

COLOURS = ("black", "white", "grey", "blue", "red", "green", "brown", "beige")
GARMENTS = ("coat", "jacket", "hoodie", "jumper", "shirt")


def sentences(rounds: int) -> list[str]:
    """Sentences of four phrases, each in other words."""
    rng = np.random.default_rng(0)
    return [
        f"a {rng.choice(['man', 'woman'])} in a {rng.choice(COLOURS)} {rng.choice(GARMENTS)} and "
        f"{rng.choice(COLOURS)} trousers with a {rng.choice(COLOURS)} rucksack and no hat"
        for _ in range(rounds)
    ]


def measure(
    encoder: Encoder, calibration: Calibration, *, tracks: int, searches: int = 60
) -> dict[str, float]:
    """Wall and processor time of sentences that are new, and of the same once more."""
    index = FaissIndex("m@1", encoder.dimension)
    fill({"faiss": index}, tracks * 4, encoder.dimension, np.random.default_rng(0))
    scales, trust, where = Scales(best_of=3), Trust(calibration), Where(now=0.0)
    texts = sentences(searches)

    def took_ms(text: str) -> tuple[float, float]:
        began, began_cpu = time.perf_counter(), time.process_time()
        found = scales.find(encoder, index, trust, text, limit=10, where=where)
        assert len(found.evidence) == 10
        return (time.perf_counter() - began) * 1e3, (time.process_time() - began_cpu) * 1e3

    encoder.encode_texts(texts[:1])
    cold = [took_ms(text) for text in texts]
    warm = [took_ms(text) for text in texts]
    told: dict[str, float] = {"tracks": tracks, "shots": len(index), "searches": len(texts)}
    for name, taken in (("cold", cold), ("latency", warm)):
        for share in (50, 95):
            wall, cpu = np.percentile(taken, share, axis=0).round(1).tolist()
            told |= {f"{name}_p{share}_ms": wall, f"{name}_cpu_p{share}_ms": cpu}
    return told


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--searches", type=int, default=60)
    parser.add_argument("--json", action="store_true", help="as is, for the other benchmarks' sake")
    options = parser.parse_args()
    encoder, calibration = bundled_encoder("auto")
    told = measure(encoder, calibration, tracks=options.tracks, searches=options.searches)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
