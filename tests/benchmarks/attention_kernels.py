"""What torch's own choice of attention costs a step of training in halves on a CPU.

    python tests/benchmarks/attention_kernels.py --json

Forward and backward of both towers, as the kernel that torch takes by itself does them and as the
one does that training asks for, alternating; the ratio is the figure.
"""

import argparse
import json
import statistics
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from retrieval.gadms.configuration import PRESETS
from retrieval.gadms.towers import DualEncoder
from retrieval.tokenizer import END_ID
from retrieval.training.steps import attention_kernels

WORDS = 40


def seconds(towers: DualEncoder, batch: int, kernels: AbstractContextManager[object]) -> float:
    """Of one step, without the optimiser."""
    config = towers.config
    images = torch.randn(batch, 3, config.image_height, config.image_width)
    ids = torch.randint(1, END_ID, (batch, WORDS))
    ids[:, -1] = END_ID
    began = time.perf_counter()
    with kernels, torch.autocast("cpu", torch.bfloat16):
        images, texts = towers.encode_image(images), towers.encode_text(ids)
        torch.autograd.backward(images.square().mean() + texts.square().mean())
    towers.zero_grad(set_to_none=True)
    return time.perf_counter() - began


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--configuration", choices=sorted(PRESETS), default="street")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(1)
    towers = DualEncoder(PRESETS[given.configuration]).train()
    seconds(towers, given.batch, nullcontext())
    rounds = [
        (
            seconds(towers, given.batch, nullcontext()),
            seconds(towers, given.batch, attention_kernels("cpu", torch.bfloat16)),
        )
        for _ in range(given.rounds)
    ]
    figures = {
        "configuration": given.configuration,
        "batch": given.batch,
        "threads": given.threads,
        "torch_chooses_s": round(statistics.median(own for own, _ in rounds), 3),
        "ours_s": round(statistics.median(ours for _, ours in rounds), 3),
        "ratio": round(statistics.median(own / ours for own, ours in rounds), 2),
    }
    print(json.dumps(figures) if given.json else "  ".join(f"{k} {v}" for k, v in figures.items()))


if __name__ == "__main__":
    main()
