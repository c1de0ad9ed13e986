"""Crops a second through the encoder, beside a plain open_clip loop on the same weights.

The two alternate, so that a machine that gets slower slows both; the ratio is the figure.

    python tests/benchmarks/encoder.py --configuration vit-b16 --json

On a GPU the image tower alone is measured, on pictures that lie there: compiled and in bf16
beside eager and in fp32, and which part of the GPU's measured matrix peak it reaches.

    python tests/benchmarks/encoder.py --device cuda --configuration vit-b16 --batch 256 --json
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg
from PIL import Image
from torchvision import transforms

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from retrieval.encoder import GadmsEncoder
from retrieval.gadms.configuration import PRESETS, GadmsConfig
from retrieval.gadms.towers import draw_weights, towers_from
from retrieval.preprocess import DEVIATION, MEAN

Encode = Callable[[Sequence[np.ndarray]], np.ndarray]


def plain_open_clip(config: GadmsConfig, weights: dict[str, torch.Tensor], batch: int) -> Encode:
    """What one writes from open_clip's README: its model, torchvision's transform, a loop."""
    vision = CLIPVisionCfg(
        layers=config.vision_layers, width=config.vision_width,
        head_width=config.vision_head_width, patch_size=config.patch_size,
        image_size=(config.image_height, config.image_width),
    )  # fmt: skip
    text = CLIPTextCfg(width=config.text_width, heads=config.text_heads, layers=config.text_layers)
    model = CLIP(config.embed_dim, vision, text, quick_gelu=True).eval()
    model.load_state_dict(weights, strict=False)
    transform = transforms.Compose(
        [
            transforms.Resize((config.image_height, config.image_width)),
            transforms.ToTensor(),
            transforms.Normalize(MEAN.tolist(), DEVIATION.tolist()),
        ]
    )

    def encode(pictures: Sequence[np.ndarray]) -> np.ndarray:
        parts = []
        for start in range(0, len(pictures), batch):
            images = [transform(Image.fromarray(p)) for p in pictures[start : start + batch]]
            with torch.inference_mode():
                parts.append(model.encode_image(torch.stack(images), normalize=True).numpy())
        return np.concatenate(parts)

    return encode


def crops_per_second(encode: Encode, pictures: Sequence[np.ndarray]) -> float:
    started = time.perf_counter()
    encode(pictures)
    return len(pictures) / (time.perf_counter() - started)


def measure(configuration: str, *, crops: int, rounds: int, batch: int) -> dict[str, object]:
    config = PRESETS[configuration]
    weights = draw_weights(config, 0)
    ours = GadmsEncoder(
        towers_from(config, weights), name=configuration, digest="0" * 64, is_trained=False,
        device="cpu", batch=batch,
    ).encode_images  # fmt: skip
    plain = plain_open_clip(config, weights, batch)
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (220, 90, 3), np.uint8) for _ in range(crops)]
    difference = float(np.abs(ours(pictures[:batch]) - plain(pictures[:batch])).max())
    pairs = [
        (crops_per_second(ours, pictures), crops_per_second(plain, pictures)) for _ in range(rounds)
    ]
    return {
        "configuration": configuration,
        "device": "cpu",
        "precision": "fp32",
        "threads": torch.get_num_threads(),
        "batch": batch,
        "crops": crops,
        "rounds": rounds,
        "crops_per_s": statistics.median(mine for mine, _ in pairs),
        "open_clip_crops_per_s": statistics.median(other for _, other in pairs),
        "ratio": statistics.median(mine / other for mine, other in pairs),
        "ratio_min": min(mine / other for mine, other in pairs),
        "ratio_max": max(mine / other for mine, other in pairs),
        "largest_difference": difference,
    }


def flops_of_a_crop(config: GadmsConfig) -> int:
    """Floating-point operations of the image tower for one crop, a multiplication and an addition
    counted as two.

    With P patches of p×p, N = P + 1 tokens, width W, L blocks and D dimensions:

        patches          2 · P · 3p² · W
        a block          24 · N · W² + 4 · N² · W      (L − 1 of them)
        the last block   4 · N · W² + 20 · W² + 4 · N · W
        projection       2 · W · D

    A block's 24 are 6 for query, key and value, 2 for what joins the heads and 16 for the MLP;
    4 N² W are both products of the attention. In the last block all tokens give key and value,
    and only the class token goes on. Norms, biases and activations are left out, as is usual.
    """
    width, tokens = config.vision_width, config.image_tokens
    patches = 2 * (tokens - 1) * 3 * config.patch_size**2 * width
    block = 24 * tokens * width**2 + 4 * tokens**2 * width
    last = 4 * tokens * width**2 + 20 * width**2 + 4 * tokens * width
    return patches + (config.vision_layers - 1) * block + last + 2 * width * config.embed_dim


def matrix_peak(device: torch.device, *, side: int, times: int = 20) -> float:
    """Operations a second of the fastest of `times` products of square bf16 matrices."""
    one, other = (torch.rand(side, side, device=device).bfloat16() for _ in range(2))
    return 2 * side**3 / min(seconds(lambda: one @ other, device) for _ in range(times))


def measure_on_gpu(
    configuration: str, *, rounds: int, batch: int, device: torch.device, is_rehearsal: bool
) -> dict[str, object]:
    """A rehearsal runs every line of this but the compiler on a CPU; its figures say nothing."""
    config = PRESETS[configuration]
    towers = towers_from(config, draw_weights(config, 0)).to(device)
    backend = "eager" if is_rehearsal else "inductor"
    compiled = torch.compile(towers.encode_image, backend=backend)
    images = torch.rand(batch, 3, config.image_height, config.image_width, device=device)

    def fast() -> torch.Tensor:
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16):
            return compiled(images)

    def plain() -> torch.Tensor:
        with torch.inference_mode():
            return towers.encode_image(images)

    apart = 1 - torch.cosine_similarity(fast().float(), plain(), dim=-1)
    pairs = [(batch / seconds(fast, device), batch / seconds(plain, device)) for _ in range(rounds)]
    peak = matrix_peak(device, side=256 if is_rehearsal else 8192)
    crops_per_s = statistics.median(mine for mine, _ in pairs)
    flops = flops_of_a_crop(config)
    return {
        "configuration": configuration,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu, rehearsal",
        "batch": batch,
        "rounds": rounds,
        "bf16_compiled_crops_per_s": crops_per_s,
        "fp32_eager_crops_per_s": statistics.median(other for _, other in pairs),
        "ratio": statistics.median(mine / other for mine, other in pairs),
        "ratio_min": min(mine / other for mine, other in pairs),
        "ratio_max": max(mine / other for mine, other in pairs),
        "largest_cosine_distance": float(apart.max()),
        "gflop_per_crop": flops / 1e9,
        "bf16_matrix_peak_tflop_per_s": peak / 1e12,
        "share_of_peak": crops_per_s * flops / peak,
    }


def seconds(run: Callable[[], object], device: torch.device) -> float:
    """How long `run` takes, until the device has done it."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    started = time.perf_counter()
    run()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configuration", choices=sorted(PRESETS), default="small")
    parser.add_argument("--crops", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--rehearse", action="store_true", help="the GPU's part, on the CPU")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    has_gpu = torch.cuda.is_available()
    if given.device == "cuda" and not has_gpu:
        print("no GPU is visible: use --device cpu", file=sys.stderr)
        sys.exit(2)
    if given.rehearse or (has_gpu and given.device != "cpu"):
        figures = measure_on_gpu(
            given.configuration, rounds=given.rounds, batch=given.batch,
            device=torch.device("cpu" if given.rehearse else "cuda"), is_rehearsal=given.rehearse,
        )  # fmt: skip
    else:
        figures = measure(
            given.configuration, crops=given.crops, rounds=given.rounds, batch=given.batch
        )
    if given.json:
        print(json.dumps(figures))
        return
    column = max(24, *map(len, figures))
    for name, value in figures.items():
        print(f"{name:{column}} {value}")


if __name__ == "__main__":
    main()
