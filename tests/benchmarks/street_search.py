r"""End to end on a rendered street: video in, sentence out, against the truth.

    descry street render --seed 3 --people 300 --cameras 6 --seconds 240 --fps 5 \
        --visits 2 --places street,lobby,platform,shop,car_park,park --out street
    python tests/benchmarks/street_search.py street [--json]

Every camera is imported by the real processes. One sentence is asked for each person who appears;
expected are the tracks of everyone whom it truly fits. As many absent people are asked for as
`--absent` says. A person whom no track follows, or only below rank 500, counts as not found.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pipeline.cli.progress import progress_bar
from pipeline.cli.street_import import ImportedStreet, imported_street, settings_apart
from pipeline.demo.footage import KnownQuery, clips_of
from pipeline.demo.judging import Verdict, score
from pipeline.shutdown import stopping
from pipeline.street.casting import cast
from pipeline.street.footage.truth import Truth
from pipeline.street.words.fits import Relevance
from pipeline.street.words.queries import query_for
from retrieval.training.metrics import average_precision


def sentences(truth: Truth, *, seed: int, absent: int) -> list[KnownQuery]:
    """One sentence for everyone who appears, then `absent` that fit nobody who does."""
    seen = {one.person for one in truth.appearances}
    looks = [look for look in truth.people if look.person in seen]
    relevance = Relevance(looks)
    rng = np.random.default_rng(seed)
    known = []
    for look in looks:
        told = query_for(rng, look, relevance)
        known.append(KnownQuery(told.text, tuple(sorted(relevance.of(told.claims)))))
    missing: list[KnownQuery] = []
    while len(missing) < absent:
        told = query_for(rng, cast(rng, "nobody", "test"), relevance)
        if not relevance.of(told.claims):
            missing.append(KnownQuery(told.text, ()))
    return known + missing


def ask(street: ImportedStreet, queries: Sequence[KnownQuery], report, stop) -> list[Verdict]:
    verdicts = []
    for count, query in enumerate(queries, start=1):
        if stop.is_set():
            raise KeyboardInterrupt
        verdicts.append(street.judge(query.text, query.people))
        report(count, len(queries))
    return verdicts


def figures_of(verdicts: Collection[Verdict]) -> dict[str, float | int | None]:
    present = [verdict for verdict in verdicts if verdict.people]
    total = score(verdicts)
    ranks = [verdict.rank_of_first_expected for verdict in present]
    found = {
        f"track_r{most}": np.mean([rank is not None and rank <= most for rank in ranks])
        for most in (1, 5, 10)
    }
    precisions = [average_precision(v.expected_ranks, len(v.expected)) for v in present]
    return {
        "sentences": len(present),
        "followed": sum(bool(verdict.expected) for verdict in present),
        **{name: round(float(value), 4) for name, value in found.items()},
        "track_map": round(float(np.mean(precisions)), 4),
        "false_refusals": round(total.refused / total.present, 4) if total.present else None,
        "absent": total.absent,
        "absent_refused": round(total.refused_absent / total.absent, 4) if total.absent else None,
    }


def measure(args: argparse.Namespace) -> dict[str, object]:
    truth = Truth.read(args.folder)
    queries = sentences(truth, seed=args.seed, absent=args.absent)
    began = time.monotonic()
    with (
        stopping() as stop,
        settings_apart(
            "descry-street-", detector=args.detector, model=args.model, models=args.models
        ) as settings,
        progress_bar() as bars,
        imported_street(clips_of(truth), settings, bars, stop) as street,
    ):
        imported_s = time.monotonic() - began
        verdicts = ask(street, queries, bars("search"), stop)
        asked_s = time.monotonic() - began - imported_s
        return {
            "people": len({one.person for one in truth.appearances}),
            "cameras": len(truth.cameras),
            "footage_s": round(street.footage_s, 1),
            "tracks_of_people": sum(map(len, street.tracks.values())),
            "model": verdicts[0].answer.model.id if verdicts else None,
            **figures_of(verdicts),
            "import_s": round(imported_s, 1),
            "query_ms": round(1000 * asked_s / max(len(verdicts), 1), 1),
            "machine": platform.machine(),
            "cores": os.cpu_count(),
            "seed": args.seed,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="what `descry street render` wrote")
    parser.add_argument("--seed", type=int, default=11, help="of the sentences")
    parser.add_argument("--absent", type=int, default=100, help="sentences about nobody there")
    parser.add_argument("--detector", help="instead of the default one")
    parser.add_argument("--model", help="the encoder, instead of the default one")
    parser.add_argument("--models", type=Path, help="a folder of installed weights to use")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    args = parser.parse_args()
    figures = measure(args)
    if args.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<18} {value}")


if __name__ == "__main__":
    main()
