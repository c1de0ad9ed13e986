"""Chooses what the demo asks for in a rendered street, by the truth alone, never by the answers.

    python tests/data/choose_demo_queries.py FOLDER [--seed N]

Five people who differ and who are seen well, each asked for by a sentence that fits as few others
as it can, and one sentence that fits nobody. Writes `queries.json` beside the clips.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pipeline.demo.footage import QUERIES
from pipeline.street.casting import difference
from pipeline.street.footage.truth import Truth
from pipeline.street.look import Look
from pipeline.street.words.fits import Relevance
from pipeline.street.words.grammar import Caption
from pipeline.street.words.queries import absent_query, query_for

PRESENT = 5
# Whoever is seen worse than this makes a poor first impression, not a fairer one.
LARGE_PX, CLEAR = 90.0, 0.6


def seen_well(truth: Truth) -> list[Look]:
    """Those who are near and clear before some camera; whom most cameras see come first."""
    cameras: dict[str, set[str]] = {}
    for one in truth.appearances:
        if one.largest_px >= LARGE_PX and one.visible >= CLEAR:
            cameras.setdefault(one.person, set()).add(one.camera_id)
    order = sorted(cameras, key=lambda person: (-len(cameras[person]), person))
    return [truth.look(person) for person in order]


def unlike(looks: Sequence[Look], count: int) -> list[Look]:
    """`count` people, each as unlike those before as can be."""
    chosen = list(looks[:1])
    while len(chosen) < count:
        left = [look for look in looks if look not in chosen]
        if not left:
            raise SystemExit(f"only {len(chosen)} people are seen well enough: render more")
        chosen.append(max(left, key=lambda look: min(difference(look, one) for one in chosen)))
    return chosen


def entry(told: Caption, relevance: Relevance) -> dict[str, object]:
    claims = [
        {name: value for name, value in asdict(claim).items() if value not in (None, False)}
        for claim in told.claims
    ]
    return {"text": told.text, "people": sorted(relevance.of(told.claims)), "claims": claims}


def choose(truth: Truth, seed: int) -> list[dict[str, object]]:
    seen = {one.person for one in truth.appearances}
    everyone = [look for look in truth.people if look.person in seen]
    relevance, rng = Relevance(everyone), np.random.default_rng(seed)
    present = [query_for(rng, look, relevance) for look in unlike(seen_well(truth), PRESENT)]
    return [entry(told, relevance) for told in [*present, absent_query(rng, everyone)]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="what `descry street render` wrote")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    queries = choose(Truth.read(args.folder), args.seed)
    text = json.dumps({"queries": queries}, indent=1, ensure_ascii=False) + "\n"
    (args.folder / QUERIES).write_text(text, encoding="utf-8")
    sys.stdout.write("".join(f"{query['people']}: {query['text']}\n" for query in queries))


if __name__ == "__main__":
    main()
