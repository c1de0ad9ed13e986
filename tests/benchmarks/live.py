"""Serves a file as a looping camera, watches it with `descry run`, and times what an operator sees.

    python tests/benchmarks/live.py --video F.mp4 --detector F.pt --seconds 120 --json

Figures: how long from a person's first sight, and from the first shot good enough to keep, until
a search finds the track; then the camera is killed with SIGKILL and started again, and it is timed
until a track of the new run is found.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from pipeline.answers import SearchRequest
from pipeline.client import Client
from tests.rtsp_server import server_process

EVERYBODY = SearchRequest(text="a person", limit=100, live=True)


class Watch:
    """`descry run` on one camera, and what its searches showed first when."""

    def __init__(self, folder: Path, url: str, options: argparse.Namespace) -> None:
        settings = {
            "cameras": {"room": {"url": url, "fps": options.fps}},
            "detector": {"model": str(options.detector.resolve())},
            "encoder": {"model": options.model},
            "sources": {"reconnect_min_s": 0.5, "reconnect_max_s": 2, "read_timeout_s": 5},
        }
        (folder / "descry.yaml").write_text(json.dumps(settings))
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DESCRY_")}
        self.data = folder / "data"
        environment |= {
            "DESCRY_DATA_DIR": str(self.data),
            "DESCRY_RUNTIME_DIR": str(folder / "run"),
            "DESCRY_CONFIG": str(folder / "descry.yaml"),
        }
        command = [sys.executable, "-m", "pipeline", "run"]
        self.process = subprocess.Popen(command, env=environment)
        self.found: dict[str, tuple[float, float]] = {}
        self.client: Client | None = None

    def connect(self) -> Client:
        socket = self.data.parent / "run" / "api.sock"
        while not socket.exists():
            time.sleep(0.1)
        client = Client(token=(self.data / "token").read_text().strip(), socket=socket)
        while not client.is_ready():
            time.sleep(0.1)
        return client

    def look(self, seconds: float, *, until_run_differs: str | None = None) -> str | None:
        """Search ten times a second; the run of a track of another run, if that is waited for."""
        self.client = self.client or self.connect()
        began = time.time()
        while time.time() - began < seconds:
            for hit in self.client.search(EVERYBODY).hits:
                now = time.time()
                run = hit.track.split("/")[1]
                if until_run_differs is not None and run != until_run_differs:
                    return run
                shot = min(at(s.captured_at) for s in hit.best_shots)
                # Who was there before the first search says nothing about the delay.
                if hit.track not in self.found and shot > began:
                    self.found[hit.track] = (now - at(hit.first_seen_at), now - shot)
            time.sleep(0.1)
        return None


def at(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


def measure(options: argparse.Namespace) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="descry-live-") as name:
        with server_process(options.video) as (server, url):
            watch = Watch(Path(name), url, options)
            watch.look(options.seconds)
            (camera,) = watch.client.cameras("room")
            before = camera.runs[-1]
            os.kill(server.pid, signal.SIGKILL)
            port = url.rsplit(":", 1)[1].split("/")[0]
        time.sleep(3)
        back_at = time.monotonic()
        with server_process(options.video, "--port", port):
            after = watch.look(60, until_run_differs=before.run)
            back_s = time.monotonic() - back_at
            watch.process.terminate()
            began = time.monotonic()
            watch.process.wait(timeout=30)
            stop_s = time.monotonic() - began
    from_sight, from_shot = zip(*watch.found.values(), strict=True)
    return {
        "tracks": len(watch.found),
        "first_sight_to_found_s_median": round(statistics.median(from_sight), 2),
        "first_sight_to_found_s_max": round(max(from_sight), 2),
        "first_shot_to_found_s_median": round(statistics.median(from_shot), 2),
        "first_shot_to_found_s_max": round(max(from_shot), 2),
        "boxes_seen": before.boxes_seen,
        "shots_encoded": before.shots_published,
        "frames_dropped": before.frames_dropped,
        "run_before": before.run,
        "run_after_camera_came_back": after,
        "camera_back_to_found_s": round(back_s, 2),
        "stop_s": round(stop_s, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--video", type=Path, required=True)
    parser.add_argument("--detector", type=Path, required=True, help="a .pt file or a script")
    parser.add_argument("--model", default="untrained-small", help="the encoder, by name")
    parser.add_argument("--fps", type=float, default=5, help="frames looked at a second")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:32} {value}")


if __name__ == "__main__":
    main()
