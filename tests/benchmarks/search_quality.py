"""What verdicts about phrases are worth, and what they add to the order of tracks.

    for seed in 21 22; do
        descry street stills --seed $seed --split test --people 90 --frames 68 --out test$seed
    done
    python tests/benchmarks/search_quality.py test21 test22 --json

`ece` is of the probabilities that a search shows, evidence and all; `ece_of_sentence` of those by
the sentence alone, with people who are absent. The ladder is the mean over the folders, by set of
sentences; the gains are those in mAP, of the last step over the first.
`false_alarms_at_90_recall` is the share of street sentences whose best hit, where nobody fits, is
as likely as that of nine in ten whose people are there. `verdicts` has, for each
kind of phrase, how large a share was decided, how often that was right where the phrase is true
and where it is not (the mean of both: a constant gets 0.5), and what the cosine of the phrase
alone gets that decides as many. With `--streets`, folders of `descry street render`, `bcubed_f`
is how well hits are put together that are of one person, as `persons.py` measures it.
`latency_p95_ms` is that of `evidence_latency.py`, of phrases that were asked of before.
"""

import argparse
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

if not __package__:  # started as a script: the checkout is not on the path yet
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pipeline.street.recipe.asking import ask
from pipeline.street.recipe.evidencing import examples
from pipeline.street.recipe.ladder import ASKED, error_with_evidence, ladder, open_set, questions
from pipeline.street.recipe.shots import SeenPeople, see_people
from pipeline.street.recipe.trusting import trust_figures
from pipeline.street.recipe.watching import NOBODY
from retrieval.ports import Encoder
from retrieval.search.calibration import Calibration
from retrieval.search.evidence import EvidenceReader
from retrieval.search.evidence_fit import balanced, pool
from retrieval.search.evidence_law import KindLaw, law_name
from retrieval.search.reliability import false_alarms_at_recall
from tests.benchmarks import evidence_latency, persons
from tests.benchmarks.bundled import bundled_encoder, tell

STEPS = ("cosine", "sentence", "evidence", "views")


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts of one kind on T tracks: log-odds, cosines above usual, truth, weight; (T,) each."""

    log_odds: np.ndarray
    cosine: np.ndarray
    fits: np.ndarray
    shares: np.ndarray


def main() -> None:
    """Print a line a figure, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stills", type=Path, nargs="+")
    parser.add_argument("--streets", type=Path, nargs="*", default=[], help="filmed, for bcubed_f")
    parser.add_argument("--seed", type=int, default=9, help="of the sentences")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    parser.add_argument(
        "--tracks", type=int, default=100_000, help="of the index for latency_p95_ms; 0: leave out"
    )
    options = parser.parse_args()
    encoder, calibration = bundled_encoder()
    galleries = [see_people(folder, encoder, NOBODY) for folder in options.stills]
    figures = climbed(galleries, encoder, calibration, options.seed)
    figures["verdicts"] = verdicts(galleries, encoder, calibration)
    errors = [
        trust_figures(ask(folder, encoder, options.seed), calibration, seed=options.seed)
        for folder in options.stills
    ]
    figures["ece_of_sentence"] = round(
        float(np.mean([one["calibration_error"] for one in errors])), 4
    )
    if options.streets:
        grouped = persons.measure(options.streets, encoder, calibration, options.seed)
        figures["bcubed_f"] = grouped["bcubed_f"]
    if options.tracks:
        taken = evidence_latency.measure(encoder, calibration, tracks=options.tracks)
        figures |= {name: taken[name] for name in ("latency_p95_ms", "latency_cpu_p95_ms")}
    tell(figures, as_json=options.json)


def climbed(
    galleries: list[SeenPeople], encoder: Encoder, calibration: Calibration, seed: int
) -> dict[str, object]:
    """Rank-1 and mAP of each step, per cent, and what evidence gains on each set."""
    reader = EvidenceReader(encoder, calibration.evidence, calibration.background)
    found = {
        asking: [
            ladder(seen, questions(seen, asking, seed), reader, calibration) for seen in galleries
        ]
        for asking in ASKED
    }
    steps = []
    for step in STEPS:
        for asking in ASKED:
            rank1, precision = (
                [100 * one[step][figure] for one in found[asking]] for figure in ("rank1", "map")
            )
            steps.append(
                {
                    "step": step,
                    "set": asking,
                    "rank1": round(float(np.mean(rank1)), 1),
                    "map": round(float(np.mean(precision)), 1),
                    "spread": round(float(np.ptp(precision)), 1),
                }
            )
    gains = {
        asking: [round(100 * (one["views"]["map"] - one["cosine"]["map"]), 1) for one in some]
        for asking, some in found.items()
    }
    means = {f"{asking}_gain": round(float(np.mean(some)), 1) for asking, some in gains.items()}
    errors = [
        error_with_evidence(seen, questions(seen, asking, seed), reader, calibration)
        for seen in galleries
        for asking in ASKED
    ]
    alarms = [
        false_alarms_at_recall(
            *open_set(seen, questions(seen, "street", seed), reader, calibration), 0.9
        )
        for seen in galleries
    ]
    return {
        "ladder": steps,
        **means,
        "gains_by_folder": gains,
        "ece": round(float(np.mean(errors)), 4),
        "false_alarms_at_90_recall": round(float(np.mean(alarms)), 4),
        "false_alarms_by_folder": [round(one, 4) for one in alarms],
    }


def verdicts(
    galleries: list[SeenPeople], encoder: Encoder, calibration: Calibration
) -> list[dict[str, object]]:
    """What verdicts of each kind are worth."""
    judged: dict[str, list[Judged]] = defaultdict(list)
    for seen in galleries:
        for phrase, example in examples(seen, encoder, calibration.background):
            law = calibration.evidence.of(phrase)
            if law is None:
                continue
            log_odds, fits = pool(law, example)
            # The cosine of the phrase alone, in deviations of unrelated people.
            alone = KindLaw((1.0, 0.0, 0.0, 0.0), 0.0, 1.0, 0.0, None)
            judged[law_name(phrase)].append(
                Judged(log_odds, pool(alone, example)[0], fits, balanced(fits))
            )
    return [_worth(name, some, calibration) for name, some in sorted(judged.items())]


def _worth(name: str, some: list[Judged], calibration: Calibration) -> dict[str, object]:
    log_odds, cosine, fits, shares = (
        np.concatenate([getattr(one, field) for one in some])
        for field in ("log_odds", "cosine", "fits", "shares")
    )
    at = calibration.evidence.kinds[name].decides_at
    if at is None:
        return {"kind": name, "phrases": len(some), "decided": 0.0}
    decided = np.abs(log_odds) >= at
    middle = np.median(cosine)
    far = np.argsort(-np.abs(cosine - middle), kind="stable")[: int(decided.sum())]
    as_many = np.zeros_like(decided)
    as_many[far] = True
    return {
        "kind": name,
        "phrases": len(some),
        "decided": round(float(shares[decided].sum() / shares.sum()), 3),
        "right": _accuracy(decided, log_odds > 0, fits, shares),
        "right_by_cosine": _accuracy(as_many, cosine > middle, fits, shares),
    }


def _accuracy(
    decided: np.ndarray, said: np.ndarray, fits: np.ndarray, shares: np.ndarray
) -> float | None:
    """Mean of how often it was right where it is true, and where it is not."""
    sides = [decided & (fits == side) for side in (True, False)]
    if not all(side.any() for side in sides):
        return None
    rates = [shares[side & (said == fits)].sum() / shares[side].sum() for side in sides]
    return round(float(np.mean(rates)), 3)


if __name__ == "__main__":
    main()
