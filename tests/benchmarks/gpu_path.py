"""From frames to a hit on a GPU: replays footage, searches it, and says where each stage ran.

    python tests/benchmarks/gpu_path.py --json
    python tests/benchmarks/gpu_path.py --device cpu --json

It runs the real commands (`descry replay`, `descry search`) in a data folder of its own, with the
device given to detector and encoder: both refuse to load where it is missing, and the logs of the
workers say where they loaded. Footage and detector are those of DESCRY_TEST_MEDIA, unless named.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
MEDIA = Path(os.environ.get("DESCRY_TEST_MEDIA", ROOT.parent / "shared"))
DETECTOR = re.compile(r"detector \S+ loaded on (\S+)")
ENCODER = re.compile(r"encoder \S+: on (\S+)")
#: Figures that say where a stage ran.
STAGES = ("detector_on", "embed_worker_on", "sentence_encoded_on")
POLL_S = 0.05


class Descry:
    """The `descry` command on a data folder of its own."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("DESCRY_")}
        self.environment |= {
            "DESCRY_DATA_DIR": str(folder / "data"),
            "DESCRY_RUNTIME_DIR": str(folder / "run"),
            "DESCRY_CONFIG": os.devnull,
            "DESCRY_DETECTOR__DEVICE": options.device,
            "DESCRY_ENCODER__DEVICE": options.device,
            "DESCRY_ENCODER__PRECISION": options.precision,
        }

    def run(self, *arguments: str) -> tuple[str, float]:
        """What it answered, and how long it took in seconds."""
        command = [sys.executable, "-m", "pipeline", *arguments]
        began = time.monotonic()
        done = subprocess.run(
            command, env=self.environment, cwd=ROOT, capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(f"descry {arguments[0]} ended with {done.returncode}:\n{done.stderr}")
        return done.stdout, time.monotonic() - began

    def said_device(self, worker: str, pattern: re.Pattern[str]) -> str | None:
        """Where a worker's log says that its model is."""
        log = Path(self.environment["DESCRY_DATA_DIR"], "logs", f"{worker}.log")
        said = pattern.search(log.read_text()) if log.is_file() else None
        return said[1] if said else None


class GpuMemory:
    """What all programs together hold of the GPU, watched while others work."""

    def __init__(self, device: str) -> None:
        self._device, self.most_bytes = device, 0

    def used_bytes(self) -> int:
        free, total = torch.cuda.mem_get_info(self._device)
        return total - free

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Keep in `most_bytes` what is taken at most, beyond what is taken already."""
        if not self._device.startswith("cuda"):
            yield
            return
        before, stop = self.used_bytes(), threading.Event()

        def watch() -> None:
            while not stop.wait(POLL_S):
                self.most_bytes = max(self.most_bytes, self.used_bytes() - before)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()


def measure(options: argparse.Namespace) -> dict[str, object]:
    memory = GpuMemory(options.device)
    with tempfile.TemporaryDirectory(prefix="descry-gpu-") as folder, memory.watched():
        descry = Descry(Path(folder), options)
        told, replay_s = descry.run(
            "replay", str(options.video), "--camera", "room", "--fps", str(options.fps),
            "--detector", str(options.detector), "--model", options.model, "--json",
        )  # fmt: skip
        answer, search_s = descry.run("search", options.text, "--json", "--model", options.model)
        on = {
            "detector": descry.said_device("replay", DETECTOR),
            "embed": descry.said_device("embed", ENCODER),
            "query": descry.said_device("query", ENCODER),
        }
    (run,), found = json.loads(told)["files"], json.loads(answer)
    best = found["hits"][0] if found["hits"] else {"track": None, "score": None}
    return {
        "gpu": torch.cuda.get_device_name(options.device) if "cuda" in options.device else None,
        "frames_decoded_on": "cpu",
        "frames_read": run["frames"],
        "detector_on": on["detector"],
        "boxes_seen": run["boxes_seen"],
        "embed_worker_on": on["embed"],
        "shots_encoded": run["shots_encoded"],
        "sentence_encoded_on": on["query"],
        "index_on": "cpu",  # of both kinds that there are
        "hits": len(found["hits"]),
        "best_track": best["track"],
        "best_score": best["score"],
        "model": found["model"]["name"],
        "replay_s": round(replay_s, 2),
        "frames_read_per_s": round(run["frames"] / run["seconds"], 2),
        "search_s": round(search_s, 2),
        "gpu_memory_mb": round(memory.most_bytes / 1e6) if memory.most_bytes else None,
    }


def faults_of(figures: Mapping[str, object], device: str) -> list[str]:
    """Why this was no path on `device`, a line each: a stage that ran elsewhere, nobody found.

    `cuda` is any of its devices; `cuda:1` is that one alone.
    """
    faults = [] if figures["hits"] else ["it found nobody"]
    for stage in STAGES:
        on = str(figures[stage] or "nowhere")
        if on != device and on.partition(":")[0] != device:
            faults.append(f"{stage} is {on}, not {device}: the logs of the workers say why")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1, or cpu for a rehearsal")
    parser.add_argument("--video", type=Path, default=MEDIA / "footage" / "one_by_one.mp4")
    parser.add_argument("--detector", type=Path, default=MEDIA / "weights" / "yolo11n.pt")
    parser.add_argument("--model", default="untrained-small", help="the encoder, by name")
    parser.add_argument("--precision", default="auto", help="of the encoder")
    parser.add_argument("--text", default="a person in a black hoodie")
    parser.add_argument("--fps", type=float, default=2, help="frames looked at a second")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.device != "cpu" and not torch.cuda.is_available():
        print("no GPU is visible; --device cpu rehearses the path without one", file=sys.stderr)
        return 2
    for path in (options.video, options.detector):
        if not path.is_file():
            print(f"{path} is missing: set DESCRY_TEST_MEDIA, or name one", file=sys.stderr)
            return 2
    figures = measure(options)
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:20} {value}")
    faults = faults_of(figures, options.device)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
