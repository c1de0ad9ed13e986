"""Does gradient-attention masking help against wrong words, at one noise level?

    python tests/benchmarks/masking_study.py --json

Learns from `test/captions-noisy.jsonl` of two folders that `descry street stills` draws (`make
street-weights` leaves them in `street-weights/stills`), and measures on the clean captions of
`val/`, where all people are others. Four arms, three seeds each, the same captions, batches and
steps:

- `sdm`: SDM on captions as written;
- `random`: SDM and masked words, every word hidden with one probability in each of the two views;
- `reference`, `paper`: GA-DMS, whose score of a word decides how likely each view hides it.

All arms start from the bundled encoder, as GA-DMS starts from CLIP: it learnt other people of the
street from clean sentences, and neither `test/` nor the people of `val/`. From random weights all
arms stay at chance, where no difference can show. `random` hides as many words as GA-DMS does: its
two probabilities are the means, over words and over both variants, of what GA-DMS's curves give
the last scores of that seed. Every model is measured once, after its last step: nothing is chosen
by the split it is measured on. The same command goes on where one was stopped. The spread is the
standard deviation over seeds; with three of them, differences smaller than two spreads say nothing.
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
PRECISION = "bf16" if halves_are_fast() else "fp32"
FLAT = 1e-6  # steepness of a curve that gives every score half of its alpha


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
    learnt = _copy_of(options.data / "test", "captions-noisy.jsonl", options.out / "train", sizes)
    _copy_of(options.data / "val", "captions.jsonl", options.out / "val", None)
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
    rates = []
    for arm in ("reference", "paper"):
        plan = {"losses": both, "score": arm}
        figures[arm] = _trained(out, sizes, seed, arm, "pretrain", plan)
        rates.append(_mean_rates(out / f"{arm}-{seed}", captions))
        figures[arm] |= {"rate_noise": rates[-1][0], "rate_informative": rates[-1][1]}
    noise, informative = np.mean(rates, axis=0).round(4).tolist()
    flat = {
        "steepness": FLAT, "alpha_noise": 2 * noise, "alpha_informative": 2 * informative,
    }  # fmt: skip
    plan = {"losses": both, "score": "paper", "masking": flat}
    figures["random"] = _trained(out, sizes, seed, "random", "pretrain", plan)
    figures["random"] |= {"rate_noise": noise, "rate_informative": informative}
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


def _copy_of(source: Path, name: str, target: Path, sizes: Sizes | None) -> list[str]:
    """A data set of the first captions of `source`, one a picture; the captions, in order."""
    target.mkdir(exist_ok=True)
    link = target / "crops"
    link.unlink(missing_ok=True)
    link.symlink_to((source / "crops").resolve(), target_is_directory=True)
    with (source / name).open(encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    if sizes is not None:
        entries = entries[: sizes.captions]
        for entry in entries:
            entry |= {"captions": entry["captions"][:1], "split": "train"}
    text = "".join(json.dumps(entry) + "\n" for entry in entries)
    (target / "captions.jsonl").write_text(text, encoding="utf-8")
    return [caption for entry in entries for caption in entry["captions"]]


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
    parser.add_argument(
        "--data", type=Path, default=Path("street-weights/stills"),
        help="holds test/ and val/ of stills",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, default=Path("masking-study"), help="runs; gone on with"
    )
    parser.add_argument("--captions", type=int, default=4000, help="pictures, a caption each")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
