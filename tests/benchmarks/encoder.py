"""Crops a second through the encoder, beside a plain open_clip loop on the same weights.

The two alternate, so that a machine that gets slower slows both; the ratio is the figure.

    python tests/benchmarks/encoder.py --configuration vit-b16 --json
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configuration", choices=sorted(PRESETS), default="small")
    parser.add_argument("--crops", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    figures = measure(
        given.configuration, crops=given.crops, rounds=given.rounds, batch=given.batch
    )
    if given.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
