"""Pictures a second of the street's renderer: a frame with six people, and a single person.

    python tests/benchmarks/street_renderer.py [--repeats 20] [--json]

People are stacks of rounded rings of about as many triangles as a dressed body has, so that no
body model is needed. Wall time and processor time are both given: others may use the machine, and
drawing in software takes more than one core.
"""

import argparse
import json
import math
import os
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pipeline.street.camera import Camera
from pipeline.street.mesh import Material, Mesh, Pattern
from pipeline.street.rendering.lens import LensDraw, apply
from pipeline.street.rendering.light import draw_light
from pipeline.street.rendering.renderer import Renderer
from pipeline.street.scenery.places import PLACES

PEOPLE = 6
AROUND, UP = 84, 240  # about 40,000 triangles each


def body(rng):
    """Somebody out of rings: narrow at ankles and neck, with hips, shoulders and a head."""
    turn, level = np.meshgrid(np.linspace(0, 2 * math.pi, AROUND), np.linspace(0, 1, UP))
    heights = [0, 0.05, 0.25, 0.5, 0.6, 0.8, 0.84, 0.87, 0.93, 1.0]
    widths = [0.12, 0.1, 0.14, 0.19, 0.16, 0.23, 0.08, 0.07, 0.1, 0.0]
    radius = np.interp(level, heights, widths)
    out = np.stack([np.cos(turn), np.sin(turn), np.zeros_like(turn)], axis=-1)
    places = out * radius[..., None] + np.stack([turn * 0, turn * 0, level * 1.75], axis=-1)
    number = np.arange(UP * AROUND).reshape(UP, AROUND)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
    faces = np.concatenate([np.stack(f, -1).reshape(-1, 3) for f in ((a, b, c), (a, c, d))])
    kind = np.digitize(level.ravel(), [0.5, 0.85]).astype(np.int32)
    kinds = tuple(
        Material(tuple(rng.uniform(0.02, 0.6, 3)), pattern=Pattern.SPECKLED) for _ in range(3)
    )
    return Mesh(
        places.reshape(-1, 3).astype(np.float32), out.reshape(-1, 3).astype(np.float32),
        np.stack([turn * 0.2, level * 1.75], -1).reshape(-1, 2).astype(np.float32),
        np.ones((UP * AROUND, 3), np.float32), kind,
        faces[kind[faces[:, 0]] == kind[faces[:, 2]]].astype(np.int32), kinds,
    )  # fmt: skip


def timed(work, repeats):
    """Median wall and processor milliseconds."""
    work()
    wall, processor = [], []
    for _ in range(repeats):
        began, used = time.perf_counter(), time.process_time()
        work()
        wall.append(1000 * (time.perf_counter() - began))
        processor.append(1000 * (time.process_time() - used))
    return round(statistics.median(wall), 1), round(statistics.median(processor), 1)


def figures(repeats):
    rng = np.random.default_rng(0)
    renderer, place = Renderer(), PLACES["street"](1)
    wide = place.cameras[1]
    light = draw_light(rng, "sunny", place.lamps)
    x, y, _ = wide.target
    near = [
        (
            number + 1,
            body(rng).moved(at=(x + 0.9 * number - 2.2, y + 0.5 * (number % 3)), heading=0),
        )
        for number in range(PEOPLE)
    ]
    frame = [(0, place.mesh), *near]
    crop = Camera("crop", (x - 2.2, y - 6.0, 3.0), (x - 2.2, y, 0.9), 21, 128, 384)
    draw = replace(LensDraw.draw(rng, "night"), blur_px=0.8, jpeg_quality=40, sharpen=0.5)
    picture = renderer.render(wide, frame, light).rgb
    works = {
        f"frame_640x360_{PEOPLE}_people": lambda: renderer.render(wide, frame, light),
        "frame_without_supersampling": lambda: renderer.render(wide, frame, light, supersample=1.0),
        "frame_supersampled_twice": lambda: renderer.render(wide, frame, light, supersample=2.0),
        "frame_without_people": lambda: renderer.render(wide, frame[:1], light),
        "crop_128x384": lambda: renderer.render(crop, frame[:2], light),
        "lens_640x360": lambda: apply(picture, draw, np.random.default_rng(1)),
        "place_built": lambda: PLACES["street"](2),
    }
    rows = {name: timed(work, repeats) for name, work in works.items()}
    return renderer.device, rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    args = parser.parse_args()
    device, rows = figures(args.repeats)
    if args.json:
        named = {name: {"wall_ms": wall, "cpu_ms": used} for name, (wall, used) in rows.items()}
        machine = {"device": device, "cores": os.cpu_count()}
        print(json.dumps({**machine, "n": args.repeats, "street_renderer": named}))
        return
    print(f"street renderer on {device}, {os.cpu_count()} cores, n {args.repeats}")
    for name, (wall, used) in rows.items():
        print(f"{name:<34} wall {wall:8.1f} ms   processor {used:8.1f} ms")


if __name__ == "__main__":
    main()
