"""How fast a film is imported, against the loop that one would write first.

    python tests/benchmarks/import_speed.py FILM… --detector yolo11n.pt --json

Each film is re-encoded (H.264) at every size of `--sizes`, and imported by turns with `descry
replay` into an empty data folder and with `plain`: `ultralytics`' own track loop over the same
frames, and a call of the same encoder for every box. Both are whole processes: start, models, and
for Descry its Redis, index and workers, until every shot can be found. Figures of a film and size:

- `times_realtime`: seconds of film a second of `descry replay`, the median of the rounds;
- `occupancy`: the share of the frames looked at in which somebody is followed;
- `ratio_vs_naive`: the seconds of the plain loop ÷ ours, pair by pair, the median, with the least
  and the most;
- `looked_at`, `skipped`: frames, by the motion gate; `tracks_kept`: tracks found with the gate ÷
  without it, as `motion_gate.py` counts them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

if not __package__:  # started as a script: the checkout is not on the path yet
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import av

from tests.benchmarks.motion_gate import measure as measure_gate

QUIET = {"HF_HUB_OFFLINE": "1", "YOLO_OFFLINE": "1", "YOLO_AUTOINSTALL": "false"}


def resized(film: Path, size: tuple[int, int], folder: Path) -> tuple[Path, float]:
    """The film at another size, and how long it lasts, seconds."""
    out = folder / f"{film.stem}-{size[0]}x{size[1]}.mp4"
    with av.open(film) as source, av.open(out, "w") as target:
        rate = source.streams.video[0].average_rate or Fraction(10)
        stream = target.add_stream("libx264", rate=rate, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        count = 0
        for frame in source.decode(video=0):
            picture = frame.reformat(*size, format="yuv420p")
            picture.pts, picture.time_base = count, 1 / rate
            count += 1
            target.mux(stream.encode(picture))
        target.mux(stream.encode())
    return out, float(count / rate)


def descry_s(film: Path, options: argparse.Namespace) -> tuple[float, dict[str, object]]:
    """Seconds of an import, and what it said."""
    with tempfile.TemporaryDirectory(prefix="descry-import-") as name:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DESCRY_")} | QUIET
        environment |= {"DESCRY_DATA_DIR": f"{name}/data", "DESCRY_RUNTIME_DIR": f"{name}/run"}
        command = [
            *(sys.executable, "-m", "pipeline", "replay", str(film), "--camera", "c", "--json"),
            *("--detector", str(options.detector.resolve()), "--model", options.model),
            *("--fps", str(options.fps)),
        ]
        began = time.perf_counter()
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
        return time.perf_counter() - began, json.loads(done.stdout)


def plain_s(film: Path, options: argparse.Namespace) -> float:
    """Seconds of the plain loop, in a process of its own."""
    command = [sys.executable, __file__, str(film), "--detector", str(options.detector)]
    command += ["--model", options.model, "--fps", str(options.fps), "--plain"]
    began = time.perf_counter()
    subprocess.run(command, env=dict(os.environ) | QUIET, stdout=subprocess.PIPE, check=True)
    return time.perf_counter() - began


def plain(film: Path, options: argparse.Namespace) -> None:
    """The loop one would write first: track, cut, encode, box by box."""
    import numpy as np
    from ultralytics import YOLO

    from retrieval.encoder import load_encoder_named
    from retrieval.weights.library import ModelLibrary

    with av.open(film) as source:
        rate = float(source.streams.video[0].average_rate or 10)
    encoder = load_encoder_named(
        ModelLibrary(Path(tempfile.gettempdir(), "no-models")), options.model
    )
    vectors = []
    for found in YOLO(options.detector).track(
        source=str(film), stream=True, persist=True, classes=[0], conf=0.1, verbose=False,
        tracker="bytetrack.yaml", vid_stride=max(round(rate / options.fps), 1),
    ):  # fmt: skip
        for left, top, right, bottom in found.boxes.xyxy.int().tolist():
            crop = np.ascontiguousarray(found.orig_img[top:bottom, left:right, ::-1])
            vectors.append(encoder.encode_images([crop]))
    print(json.dumps({"boxes": len(vectors)}))


def figures_of(film: Path, seconds: float, options: argparse.Namespace) -> dict[str, object]:
    """The figures of one film at one size."""
    from detectors.yolo import YoloDetector

    ours, ratios = [], []
    for _ in range(options.rounds):
        took_s, said = descry_s(film, options)
        ours.append(took_s)
        ratios.append(plain_s(film, options) / took_s)
    with tempfile.TemporaryDirectory() as name:
        detector = YoloDetector(options.detector, confidence=0.1, config_dir=Path(name))
        gate = measure_gate(film, detector, options.fps, Path(name))
    return {
        "film": film.stem,
        "model": options.model,
        "seconds": round(seconds, 1),
        "times_realtime": round(seconds / statistics.median(ours), 2),
        "occupancy": gate["occupancy"],
        "ratio_vs_naive": round(statistics.median(ratios), 2),
        "ratio_least": round(min(ratios), 2),
        "ratio_most": round(max(ratios), 2),
        "rounds": options.rounds,
        "looked_at": gate["looked_at"],
        "skipped": gate["skipped"],
        "tracks_kept": gate["tracks_kept"],
        "tracks": said["tracks"],
        "shots": said["shots"],
    }


def main() -> None:
    """Print a line a film and size, or a JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("films", type=Path, nargs="+")
    parser.add_argument("--detector", type=Path, required=True, help="a .pt file")
    parser.add_argument("--model", default="street-gadms", help="the encoder, by name")
    parser.add_argument("--sizes", nargs="+", default=["640x360", "1920x1080"])
    parser.add_argument("--fps", type=float, default=5.0, help="frames looked at a second")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--plain", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain:
        plain(options.films[0], options)
        return
    with tempfile.TemporaryDirectory(prefix="descry-films-") as name:
        for film in options.films:
            for written in options.sizes:
                width, height = map(int, written.split("x"))
                small, seconds = resized(film, (width, height), Path(name))
                found = figures_of(small, seconds, options)
                if options.json:
                    print(json.dumps(found), flush=True)
                else:
                    print(*(f"{k} {v}" for k, v in found.items()), sep="  ", flush=True)


if __name__ == "__main__":
    main()
