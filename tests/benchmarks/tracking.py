"""Scores the whole path on footage with ground truth: replay, export, CLEAR MOT figures.

    python tests/benchmarks/tracking.py --video F --truth F.txt --truth-size 768x576 \
        --detector F.pt --json

It runs the real commands (`descry replay --every-frame --keep-boxes`, `descry tracks export`) in
a data folder of its own, and prints one figure a line, or one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from pipeline.street.footage.mot import read_mot
from tests.benchmarks.mot_scores import read_scaled, score_mot

CAMERA = "benchmark"
MODEL = "untrained-tiny"


def descry(*arguments: str, data_dir: str) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DESCRY_")}
    environment |= {"DESCRY_DATA_DIR": data_dir, "DESCRY_CONFIG": os.devnull}
    command = [sys.executable, "-m", "pipeline", *arguments]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def measure(options: argparse.Namespace) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="descry-bench-") as folder:
        data_dir, out = f"{folder}/data", f"{folder}/boxes.txt"
        told = descry(
            "replay", str(options.video), "--camera", CAMERA, "--every-frame", "--keep-boxes",
            "--detector", str(options.detector), "--model", options.model, "--json",
            data_dir=data_dir,
        )  # fmt: skip
        descry("tracks", "export", "--camera", CAMERA, "--out", out, data_dir=data_dir)
        found = read_mot(Path(out).read_text(encoding="utf-8"))
    (run,) = json.loads(told)["files"]
    width, height = (int(value) for value in options.truth_size.split("x"))
    capture = cv2.VideoCapture(str(options.video))
    size = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    truth = read_scaled(options.truth, scale_x=size[0] / width, scale_y=size[1] / height)
    scores = score_mot(found, truth, iou=0.5)
    scores["id_switches"] = int(scores["id_switches"])
    return scores | {
        "boxes_seen": run["boxes_seen"],
        "shots_encoded": run["shots_encoded"],
        "tracks": run["tracks"],
        "frames": run["frames"],
        "fps": round(run["frames"] / run["seconds"], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--video", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True, help="MOTChallenge rows")
    parser.add_argument("--truth-size", required=True, help="WIDTHxHEIGHT the truth refers to")
    parser.add_argument("--detector", required=True, help="a .pt file or the name of a model")
    parser.add_argument("--model", default=MODEL, help="the encoder; tracking does not use it")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:15} {value}")


if __name__ == "__main__":
    main()
