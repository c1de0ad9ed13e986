"""What the words' scores cost: our one backward pass beside one pass for each block.

    python tests/benchmarks/training_step.py --configuration vit-b16 --batch 4 --json

Both ways alternate in one run, and so does a whole step of pretraining (forward and backward,
without the optimiser), so that a machine that gets slower slows all; the ratio is the figure.
Memory is what each way adds to a fresh process that holds the weights and the batch.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from retrieval.gadms.configuration import PRESETS, GadmsConfig
from retrieval.gadms.gradient_attention import (
    is_word,
    layer_maps,
    of_this_batch,
    range_of_batch,
    score_words,
)
from retrieval.gadms.model import Gadms, model_from, with_fresh_heads
from retrieval.gadms.surrogate import Surrogate, after_attention, query_key_value
from retrieval.gadms.towers import DualEncoder, causal_mask, draw_weights
from retrieval.tokenizer import END_ID, MASK_ID, START_ID
from retrieval.training.ranks import Ranks
from retrieval.training.steps import LearningStep, Views

#: Farther apart, and the two ways do not compute the same: both round differently.
SAME_WITHIN = 1e-3
#: Words of a made-up caption, fewest and most; captions of people have some twenty to fifty.
WORDS = (12, 60)
#: To glibc: what is freed leaves the process at once, or it would hide what a way takes.
GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Setting:
    """A model, and a batch that it has not seen."""

    model: Gadms
    views: Views
    features: Tensor  # (B, D) of the pictures

    def one_backward(self) -> Tensor:
        return score_words(self.model.base_model, self.features, self.views.ids)

    def l_backward(self) -> Tensor:
        trace = plain_surrogate(self.model.base_model, self.features, self.views.ids)
        words = is_word(self.views.ids)
        raw = layer_maps(trace, words, normaliser="importance_sum").maps.sum(dim=0)
        return range_of_batch(raw.relu() * words, of_this_batch)

    def whole_step(self) -> None:
        weights = {"sdm": 1.0, "mlm": 0.3}
        step = LearningStep(self.model, weights=weights, score="reference", ranks=Ranks())
        step(self.views)["loss"].backward()
        self.model.zero_grad(set_to_none=True)


def plain_surrogate(towers: DualEncoder, image_features: Tensor, ids: Tensor) -> Surrogate:
    """The pass as one writes it from its description, and as it was released.

    Whole captions with their graph, and for each block a backward pass of its own.
    """
    blocks = list(towers.transformer.resblocks)
    count, end = towers.config.score_blocks, ids.argmax(dim=-1)
    rows = torch.arange(len(ids), device=ids.device)
    mask = causal_mask(ids.shape[1]).to(ids.device)
    kept: list[tuple[Tensor, ...]] = []
    outputs: list[Tensor] = []
    with torch.no_grad():
        hidden = towers.text_hidden(ids, blocks=len(blocks) - count)
    for block in blocks[-count:]:
        query, key, value = query_key_value(block, hidden)
        logits = (query * query.shape[-1] ** -0.5) @ key.transpose(1, 2)
        paid = (logits + mask).softmax(dim=-1)  # (B, N, N)
        outputs.append(paid @ value)
        hidden = after_attention(block, hidden, outputs[-1])
        kept.append((query.detach(), key.detach(), value.detach(), paid[rows, end].detach()))
    feature = towers.ln_final(hidden[rows, end]) @ towers.text_projection
    pictures = functional.normalize(image_features, dim=-1)
    cosine = pictures @ functional.normalize(feature, dim=-1).T  # (B, B)
    own = torch.eye(len(ids), device=ids.device)
    gradients = torch.stack(
        [
            torch.autograd.grad(cosine, output, grad_outputs=own, retain_graph=True)[0][rows, end]
            for output in outputs
        ]
    )
    queries, keys, values, attention = (torch.stack(parts) for parts in zip(*kept, strict=True))
    return Surrogate(queries, keys, values, attention, gradients, feature.detach(), end)


def setting(config: GadmsConfig, batch: int, device: torch.device) -> Setting:
    """Weights and pictures that mean nothing; captions of many lengths."""
    draw = torch.Generator().manual_seed(1)
    weights = with_fresh_heads(config, draw_weights(config, 0), classes=None, seed=0)
    ids = torch.zeros(batch, config.context_length, dtype=torch.long)
    for row in ids:
        words = int(torch.randint(*WORDS, (), generator=draw))
        row[0], row[words + 1] = START_ID, END_ID
        row[1 : words + 1] = torch.randint(1, MASK_ID, (words,), generator=draw)
    chosen = is_word(ids) & (torch.rand(ids.shape, generator=draw) < 0.3)
    masked, labels = ids.masked_fill(chosen, MASK_ID), ids.masked_fill(~chosen, 0)
    shape = (batch, 3, config.image_height, config.image_width)
    parts = (torch.rand(shape, generator=draw), torch.arange(batch), ids, masked, masked, labels)
    features = torch.rand(batch, config.embed_dim, generator=draw) - 0.5
    return Setting(
        model=model_from(config, weights).to(device),
        views=Views(*(part.to(device) for part in parts)),
        features=features.to(device),
    )


def seconds(run: Callable[[], object], device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    started = time.perf_counter()
    run()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - started


def added_mb(run: Callable[[], object], device: torch.device) -> float:
    """The most memory at once during `run`, less what was held before it, in 10⁶ bytes.

    On a CPU resident memory, whose high-water mark Linux lets a process set back; the `ru_maxrss`
    of a child is no use, as it begins with that of its parent.
    """
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        run()
        return (torch.cuda.max_memory_allocated(device) - before) / 1e6
    CLEAR.write_text("5")
    before = resident_bytes("VmRSS")
    run()
    return (resident_bytes("VmHWM") - before) / 1e6


def resident_bytes(field: str) -> int:
    (line,) = [line for line in STATUS.read_text().splitlines() if line.startswith(field)]
    return int(line.split()[1]) * 1024


def peak_mb(way: str, given: argparse.Namespace) -> float:
    """`added_mb` of one way, the first time, in a process of its own."""
    command = [
        sys.executable, __file__, "--configuration", given.configuration,
        "--batch", str(given.batch), "--device", given.device, "--threads", str(given.threads),
        "--peak-of", way,
    ]  # fmt: skip
    said = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | GIVE_BACK
    )
    return round(float(said.stdout), 1)


def measure(given: argparse.Namespace) -> dict[str, object]:
    device = torch.device(given.device)
    ready = setting(PRESETS[given.configuration], given.batch, device)
    difference = float((ready.one_backward() - ready.l_backward()).abs().max())
    if not difference < SAME_WITHIN:
        raise SystemExit(f"the two ways differ by {difference:.3g}: they are not the same score")
    ready.whole_step()
    ways = (ready.one_backward, ready.l_backward, ready.whole_step)
    rounds = [[seconds(way, device) for way in ways] for _ in range(given.rounds)]
    ours, theirs, whole = (statistics.median(times) for times in zip(*rounds, strict=True))
    ratios = [other / one for one, other, _ in rounds]
    return {
        "configuration": given.configuration,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "precision": "fp32",
        "threads": torch.get_num_threads(),
        "batch": given.batch,
        "blocks": ready.model.config.score_blocks,
        "rounds": given.rounds,
        "one_backward_s": ours,
        "l_backward_s": theirs,
        "ratio": statistics.median(ratios),
        "ratio_min": min(ratios),
        "ratio_max": max(ratios),
        "peak_mb": peak_mb("one_backward", given),
        "l_peak_mb": peak_mb("l_backward", given),
        "full_step_s": whole,
        "score_share": statistics.median(one / step for one, _, step in rounds),
        "largest_difference": difference,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--configuration", choices=sorted(PRESETS), default="parity")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    # With more, every operator waits for whatever else the machine is doing.
    parser.add_argument("--threads", type=int, default=1, help="of the CPU; 1 is the quietest")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--peak-of", choices=("one_backward", "l_backward"), help="that alone")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    if given.device == "auto":
        given.device = "cuda" if torch.cuda.is_available() else "cpu"
    if given.device == "cuda" and not torch.cuda.is_available():
        parser.error("no CUDA device is visible; use --device cpu")
    if given.peak_of:
        device = torch.device(given.device)
        ready = setting(PRESETS[given.configuration], given.batch, device)
        print(added_mb(getattr(ready, given.peak_of), device))
        return
    figures = measure(given)
    if given.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
