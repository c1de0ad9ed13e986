"""What an encoder costs before it has seen anything: open_clip imported whole, and in parts.

    python tests/benchmarks/encoder_start.py --json

A process of its own for each, alternating: CPU seconds until the bundled encoder is loaded. Whole
is `import open_clip`, and towers laid out on torch's meta device; parts is what Descry does.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "retrieval" / "weights" / "bundled" / "street-gadms.safetensors"

PARTS = f"""
from pathlib import Path
from retrieval.encoder import load_encoder
load_encoder(Path({str(WEIGHTS)!r}), name="street-gadms", device="cpu")
"""
WHOLE = f"""
import open_clip, torch
import retrieval.gadms.towers as towers
towers.Unfilled = lambda: torch.device("meta")
{PARTS}"""


def cpu_seconds(code: str) -> float:
    """Of one process that runs `code`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    for code in (WHOLE, PARTS):  # what is on the disk comes into memory
        cpu_seconds(code)
    rounds = [(cpu_seconds(WHOLE), cpu_seconds(PARTS)) for _ in range(given.rounds)]
    figures = {
        "whole_cpu_s": [round(whole, 2) for whole, _ in rounds],
        "parts_cpu_s": [round(parts, 2) for _, parts in rounds],
        "ratio": round(statistics.median(whole / parts for whole, parts in rounds), 2),
    }
    print(json.dumps(figures) if given.json else figures)


if __name__ == "__main__":
    main()
