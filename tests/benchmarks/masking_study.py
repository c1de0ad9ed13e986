"""Does gradient-attention masking help against wrong words, at one noise level?

    python tests/benchmarks/masking_study.py --data street-weights/stills --json

Learns from `test/captions-noisy.jsonl` of what `descry street stills --split test` draws (`make
street-weights` leaves it in `street-weights/stills`): the captions of the first seven tenths of
its people. Measures on the clean captions of the others. In those sentences a quarter of the
things said are wrong. Four arms, three seeds each, the same captions, batches and steps:

- `sdm`: SDM on captions as written;
- `random`: as `paper`, but each word of a caption is given the score of another of its words,
  dealt anew each epoch: as many words are hidden, at the same chances, whatever they say;
- `reference`, `paper`: GA-DMS, whose score of a word decides how likely each view hides it.

All arms start from the bundled encoder, as GA-DMS starts from CLIP. It was learnt with GA-DMS's
`paper` masking from clean sentences of other people in other places, and its table was packed:
words that it never met, and the mask, start from random rows, the same for all arms. From random
weights all arms stay at chance, where no difference can show. Before a caption was first drawn its
words have one score, by which GA-DMS hides the first word: in the first epoch `random` and `paper`
are the same. Every model is measured once, after its last step: nothing is chosen by the people it
is measured on, here or when the bundled encoder was made. The same command goes on where one was
stopped. The spread is the standard deviation over seeds; with three of them, differences smaller
than two spreads say nothing.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

import retrieval
from detectors.mixed_precision import halves_are_fast
from retrieval.encoder import load_encoder
from retrieval.gadms.masking import MaskingCurves
from retrieval.tokenizer import MASK_ID, tokenize
from retrieval.training.datasets import open_dataset
from retrieval.training.evaluate import find_pictures
from retrieval.training.plan import TrainingPlan
from retrieval.training.run_folder import RunFolder
from retrieval.training.session import train

ARMS = ("sdm", "reference", "paper", "random")
SHOWN = ("sdm", "random", "reference", "paper")
SEEDS = (1, 2, 3)
START = Path(retrieval.__file__).parent / "weights" / "bundled" / "street-gadms.safetensors"
PRECISION = "bf16" if halves_are_fast(torch.device("cpu")) else "fp32"
LEARNT_SHARE = 0.7  # of the people; the others are those to find


class Sizes(NamedTuple):
    """How much is learnt, and from what."""

    captions: int
    epochs: int
    batch: int
    learning_rate: float


def main() -> int:
    options = _options()
    if not (options.data / "test" / "captions-noisy.jsonl").is_file():
        print(f"{options.data}: no stills; draw them with 'descry street stills'", file=sys.stderr)
        return 2
    torch.set_num_threads(options.threads)
    sizes = Sizes(options.captions, options.epochs, options.batch, options.learning_rate)
    options.out.mkdir(parents=True, exist_ok=True)
    learnt = _copy_of(options.data / "test", options.out, sizes)
    began, results = time.monotonic(), {arm: [] for arm in ARMS}
    before = _before(options.out / "val")
    for number, seed in enumerate(options.seeds):
        for arm, figures in _of_one_seed(options.out, sizes, seed, learnt).items():
            results[arm].append(figures)
        spent = time.monotonic() - began
        left_s = spent / (number + 1) * (len(options.seeds) - number - 1)
        print(f"seed {seed} done; {left_s / 60:.0f} minutes left", file=sys.stderr, flush=True)
    summary = {
        "sizes": sizes._asdict(), "seeds": list(options.seeds), "captions": len(learnt),
        "start": {"model": START.stem, **before},
        "wall_s": round(time.monotonic() - began, 1),
        "arms": {arm: _summed_up(results[arm]) for arm in SHOWN},
    }  # fmt: skip
    print(json.dumps(summary) if options.json else _table(summary))
    return 0


def _of_one_seed(
    out: Path, sizes: Sizes, seed: int, captions: list[str]
) -> dict[str, dict[str, float]]:
    """Figures of every arm."""
    alone = {"losses": {"sdm": 1.0}, "fine_tuning_view": "plain"}
    figures = {"sdm": _trained(out, sizes, seed, "sdm", "finetune", alone)}
    both = {"sdm": 1.0, "mlm": 0.3}
    plans = {
        "reference": {"score": "reference"},
        "paper": {"score": "paper"},
        "random": {"score": "paper", "masking": {"dealt": "shuffled"}},
    }
    for arm, plan in plans.items():
        figures[arm] = _trained(out, sizes, seed, arm, "pretrain", {"losses": both, **plan})
        noise, informative = _mean_rates(out / f"{arm}-{seed}", captions)
        figures[arm] |= {"rate_noise": noise, "rate_informative": informative}
    return figures


def _before(val: Path) -> dict[str, float]:
    """R@1 and mAP, per cent, of what all arms start from."""
    table = open_dataset("jsonl", val).split("val")
    encoder = load_encoder(START, name=START.stem, device="cpu")
    found = find_pictures(encoder, table).to_mapping()
    return {"r1": float(found["r1"]), "map": float(found["map"])}


def _trained(
    out: Path, sizes: Sizes, seed: int, arm: str, task: Any, changes: Mapping[str, Any]
) -> dict[str, float]:
    """R@1 and mAP, per cent, of one run on the clean captions, after its last step."""
    began, epochs = time.monotonic(), sizes.epochs
    plan = TrainingPlan.model_validate(
        {
            "dataset": {"name": "jsonl", "root": out / "train"},
            "validate_on": {"name": "jsonl", "root": out / "val"},
            "configuration": "street", "out": out / f"{arm}-{seed}",
            "epochs": epochs, "batch": sizes.batch, "warmup_epochs": 0, "precision": PRECISION,
            "learning_rate": sizes.learning_rate, "adam_eps": 1e-8, "clip_norm": 5.0,
            "seed": seed, "workers": 0,
            "caption_padding": "batch", "validate_every_epochs": epochs, "keep": 1, "device": "cpu",
            "start_from": str(START), **changes,
        }
    ).for_task(task)  # fmt: skip
    trained = train(plan, START, report=lambda _label: lambda _done, _total: None)
    state = trained.best.state if trained.best else {}
    said = {"r1": float(state["r1"]), "map": float(state["map"])}
    took = time.monotonic() - began
    print(f"  {arm}, seed {seed}: {said}, {took:.0f} s", file=sys.stderr, flush=True)
    return said


def _mean_rates(run: Path, captions: list[str]) -> tuple[float, float]:
    """Mean probability with which the noise view and the masked-word view hide a word."""
    saved = RunFolder(run).latest()
    if saved is None:
        raise SystemExit(f"{run}: no checkpoint; remove the folder and start again")
    scores = saved.tensors("scores")["scores"].double().numpy()  # (N, 77)
    ids = tokenize(captions)
    words = (ids > 0) & (ids < MASK_ID)
    curves = MaskingCurves()
    return float(curves.noise(scores)[words].mean()), float(
        curves.informative(scores)[words].mean()
    )


def _copy_of(source: Path, out: Path, sizes: Sizes) -> list[str]:
    """Data sets `train` and `val` in `out`, of different people; the captions learnt, in order."""
    noisy, clean = (_entries(source / n) for n in ("captions-noisy.jsonl", "captions.jsonl"))
    people = sorted({entry["identity"] for entry in noisy})
    learnt = frozenset(people[: round(len(people) * LEARNT_SHARE)])
    train = [entry for entry in noisy if entry["identity"] in learnt][: sizes.captions]
    for entry in train:
        entry |= {"captions": entry["captions"][:1], "split": "train"}
    val = [
        entry | {"captions": entry["captions"][:1], "split": "val"}
        for entry in clean
        if entry["identity"] not in learnt
    ]
    for target, entries in ((out / "train", train), (out / "val", val)):
        target.mkdir(exist_ok=True)
        link = target / "crops"
        link.unlink(missing_ok=True)
        link.symlink_to((source / "crops").resolve(), target_is_directory=True)
        text = "".join(json.dumps(entry) + "\n" for entry in entries)
        (target / "captions.jsonl").write_text(text, encoding="utf-8")
    return [caption for entry in train for caption in entry["captions"]]


def _entries(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _summed_up(runs: list[dict[str, float]]) -> dict[str, Any]:
    names = runs[0]
    return {
        name: {
            "mean": round(float(np.mean([run[name] for run in runs])), 3),
            "spread": round(float(np.std([run[name] for run in runs], ddof=len(runs) > 1)), 3),
            "each": [round(run[name], 3) for run in runs],
        }
        for name in names
    }


def _table(summary: Mapping[str, Any]) -> str:
    rows = ["| arm | R@1, % | mAP, % |", "|---|---|---|"]
    for arm, figures in summary["arms"].items():
        cells = [f"{figures[n]['mean']:.2f} ± {figures[n]['spread']:.2f}" for n in ("r1", "map")]
        rows.append(f"| {arm} | {cells[0]} | {cells[1]} |")
    return "\n".join(rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="SDM alone, random masking, and GA-DMS's two.")
    parser.add_argument("--data", type=Path, required=True, help="holds test/, of stills")
    parser.add_argument(
        "--out", type=Path, default=Path("masking-study"), help="runs; gone on with"
    )
    parser.add_argument("--captions", type=int, default=4000, help="pictures, a caption each")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument(
        "--learning-rate",
        type=float,
        default=1e-4,
        help="at 3e-4 all arms forget",
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
