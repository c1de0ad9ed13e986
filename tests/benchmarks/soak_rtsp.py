"""Many cameras for a while, whose server is killed and started again: what is lost, what is said.

    python tests/benchmarks/soak_rtsp.py --cameras 8 --minutes 10 --kills 20 --json

Serves `--video` as that many looping RTSP cameras, watches them with `descry run`, and kills the
server with SIGKILL at even intervals. Figures:

- `outages`, `outages_recorded`: one a kill and camera; those that the coverage of a search names;
- `stuck`: cameras that are not live a minute after the last restart;
- `rss_slope_mb_per_h`, `rss_second_half_mb_per_h`: of all processes of Descry together, a straight
  line through the later four fifths of the time, and through its second half; `by_process` the same
  for each kind of process;
- `freshness_p50_s`, `freshness_p95_s`: from the capture of a track's first shot until a search
  finds it;
- `dropped`: frames that nobody had time for, beside those looked at.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from pipeline.answers import SearchRequest
from pipeline.cli.progress import progress_bar
from pipeline.client import Client
from tests.rtsp_server import server_process

STREET = Path(__file__).resolve().parents[2] / "pipeline" / "demo" / "footage" / "street-1.mp4"
DOWN_S = 6.0
"""How long the server is away: the coverage joins gaps of less than 3 s."""

SETTLED_S = 60.0
EVERYBODY = SearchRequest(text="a person", limit=200, live=True)


class Server:
    """All cameras in one process, killed and started again on the same port."""

    def __init__(self, video: Path) -> None:
        self._video, self._stack, self._port = video, ExitStack(), "0"
        self.down: list[tuple[float, float]] = []
        self.start()

    def start(self) -> None:
        process, url = self._stack.enter_context(server_process(self._video, "--port", self._port))
        self._process, self.url = process, url
        self._port = url.rsplit(":", 1)[1].split("/")[0]

    def kill(self) -> None:
        """Away for `DOWN_S`; returns once it is back."""
        began = time.time()
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()
        time.sleep(DOWN_S)
        self._stack.close()
        self.start()
        self.down.append((began, time.time()))

    def stop(self) -> None:
        self._stack.close()


class Watch:
    """`descry run`, what it weighs, and when its searches showed each track first."""

    def __init__(self, folder: Path, url: str, options: argparse.Namespace) -> None:
        cameras = {f"camera{n:02d}": {"url": url} for n in range(options.cameras)}
        settings = {
            "cameras": cameras,
            "detector": {"fps": options.fps},
            "sources": {"reconnect_min_s": 0.5, "reconnect_max_s": 5, "read_timeout_s": 5},
        }
        (folder / "descry.yaml").write_text(json.dumps(settings))
        self._folder, self._data = folder, folder / "data"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DESCRY_")}
        environment |= {
            "DESCRY_DATA_DIR": str(self._data),
            "DESCRY_RUNTIME_DIR": str(folder / "run"),
            "DESCRY_CONFIG": str(folder / "descry.yaml"),
        }
        command = [sys.executable, "-m", "pipeline", "run"]
        self.process = subprocess.Popen(command, env=environment)
        self.weights: list[tuple[float, dict[str, float]]] = []
        self.delays: dict[str, float] = {}
        self.client = self._connect()
        self._began, self._over = time.time(), threading.Event()
        self._threads = [
            threading.Thread(target=turn, daemon=True) for turn in (self._weigh, self._search)
        ]
        for thread in self._threads:
            thread.start()

    def _connect(self) -> Client:
        socket = self._folder / "run" / "api.sock"
        while not socket.exists():
            time.sleep(0.1)
        client = Client(token=(self._data / "token").read_text().strip(), socket=socket)
        while not client.is_ready():
            time.sleep(0.1)
        return client

    def _weigh(self) -> None:
        while not self._over.wait(2.0):
            self.weights.append((time.time(), resident_mb(self.process.pid)))

    def _search(self) -> None:
        while not self._over.wait(0.5):
            for hit in self.client.search(EVERYBODY).hits:
                shot = min(at(shot.captured_at) for shot in hit.best_shots)
                if hit.track not in self.delays and shot > self._began:
                    self.delays[hit.track] = time.time() - shot

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(10)
        self.process.terminate()
        self.process.wait(timeout=60)


def resident_mb(root: int) -> dict[str, float]:
    """Resident memory of a process and all below it, megabytes by what they do."""
    parents, sizes, roles = {}, {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                lines = dict(
                    line.split(":", 1) for line in (entry / "status").read_text().splitlines()
                )
                words = (entry / "cmdline").read_text().split("\0")
            except OSError:
                continue
            parents[int(entry.name)] = int(lines["PPid"])
            sizes[int(entry.name)] = int(lines.get("VmRSS", "0 kB").split()[0]) / 1000
            roles[int(entry.name)] = role(words)
    family = {root}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    weights: dict[str, float] = {}
    for pid in family & sizes.keys():
        weights[roles[pid]] = weights.get(roles[pid], 0.0) + sizes[pid]
    return weights


def role(words: list[str]) -> str:
    """What a process of this command line does: `camera` of `python -m pipeline worker camera`."""
    if "worker" in words[:-1]:
        return words[words.index("worker") + 1]
    return "run" if "pipeline" in words else Path(words[0].split()[0] if words[0] else "-").name


def at(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


def slope_per_hour(times: list[float], weights: list[float]) -> float:
    """Megabytes an hour, a straight line."""
    if len(times) < 3:
        return float("nan")
    return round(float(np.polyfit(times, weights, 1)[0] * 3600), 1)


def memory(samples: list[tuple[float, dict[str, float]]]) -> dict[str, object]:
    """In all and by process; models are loaded in the first fifth."""
    times = [at for at, _ in samples]
    early, half = len(samples) // 5, len(samples) // 2

    def line(weights: list[float]) -> dict[str, float]:
        return {
            "mb": round(weights[-1]),
            "slope_mb_per_h": slope_per_hour(times[early:], weights[early:]),
            "second_half_mb_per_h": slope_per_hour(times[half:], weights[half:]),
        }

    roles = sorted({name for _, weights in samples for name in weights})
    total = line([sum(weights.values()) for _, weights in samples])
    return {
        "rss_mb": total["mb"],
        "rss_slope_mb_per_h": total["slope_mb_per_h"],
        "rss_second_half_mb_per_h": total["second_half_mb_per_h"],
        "by_process": {
            name: line([weights.get(name, 0.0) for _, weights in samples]) for name in roles
        },
    }


def recorded(watch: Watch, down: list[tuple[float, float]]) -> int:
    """Outages that the coverage names: a blind interval of the camera while the server was away."""
    coverage = watch.client.search(SearchRequest(text="a person", limit=1)).coverage
    return sum(
        any(at(since) < until and at(blind_until) > began for since, blind_until in camera.blind)
        for camera in coverage.cameras
        for began, until in down
    )


def measure(options: argparse.Namespace) -> dict[str, object]:
    pause_s = options.minutes * 60 / (options.kills + 1) - DOWN_S
    if pause_s < DOWN_S:
        raise SystemExit("too many kills for so few minutes")
    server = Server(options.video)
    with tempfile.TemporaryDirectory(prefix="descry-soak-") as name, progress_bar() as bars:
        watch, report = Watch(Path(name), server.url, options), bars("soak")
        try:
            for count in range(options.kills):
                time.sleep(pause_s)
                server.kill()
                report(count + 1, options.kills + 1)
            time.sleep(max(pause_s, SETTLED_S))
            report(options.kills + 1, options.kills + 1)
            states = [camera.state for camera in watch.client.cameras()]
            runs = [run for camera in watch.client.cameras() for run in camera.runs]
            figures = {
                "cameras": options.cameras,
                "minutes": options.minutes,
                "outages": options.kills * options.cameras,
                "outages_recorded": recorded(watch, server.down),
                "stuck": sum(state != "live" for state in states),
                **memory(watch.weights),
                "tracks_found": len(watch.delays),
                **_freshness(list(watch.delays.values())),
                "looked_at": sum(run.frames_read for run in runs),
                "dropped": sum(run.frames_dropped for run in runs),
            }
        finally:
            watch.stop()
            server.stop()
    return figures


def _freshness(delays: list[float]) -> dict[str, float | None]:
    if not delays:
        return {"freshness_p50_s": None, "freshness_p95_s": None}
    p50, p95 = np.percentile(delays, [50, 95])
    return {"freshness_p50_s": round(float(p50), 2), "freshness_p95_s": round(float(p95), 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--video", type=Path, default=STREET, help="H.264 or H.265")
    parser.add_argument("--fps", type=float, default=5, help="frames looked at a second")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    options = parser.parse_args()
    figures = measure(options)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
