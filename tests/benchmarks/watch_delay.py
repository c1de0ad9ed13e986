"""How long from a person's first full view until a watch tells, and what standing sentences cost.

    python tests/benchmarks/watch_delay.py [--watches N] [--camera street-1] [--seconds 60] --json

A committed clip with truth is a looping camera in real time before `descry run`; N sentences stand:
those that describe people of the clip first, then others of the same form, which describe nobody
on purpose. An alert is told when the stream of alerts has it here. Whose it is, its track's boxes
tell, laid over the true ones; at which picture of the clip the camera was then, the same boxes.

`missed` are appearances of described people (first full view: 9/10 of the body) of whom their
watch told nothing; `false_alarms` are alerts of those watches about anybody else. `cpu_share` is
the processor time of the query worker, 1 being one core, over the time that is measured, its
searches for boxes included; `judge_ms` is what it takes to compare N sentences with ten people
in view.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime
from itertools import product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from detectors.types import TrackKey
from pipeline.answers import SearchRequest
from pipeline.demo.footage import Footage, read_footage
from pipeline.errors import ServiceUnavailable
from pipeline.watch_answers import AlertAnswer, WatchRequest
from pipeline.watch_client import WatchClient
from retrieval.search.watches import SeenShot, Standing, judge
from tests.benchmarks.watch_film import Alert, Film, Shot, figures
from tests.e2e.conftest import processes_of
from tests.rtsp_server import server_process

COLOURS = ("black", "white", "grey", "red", "orange", "green", "blue", "purple", "pink", "brown")
GARMENTS = ("coat", "jacket", "jumper", "shirt", "hoodie", "dress")
LOWER = ("trousers", "jeans", "shorts", "leggings", "skirt")
MANY = SearchRequest(text="a person", limit=500)


def sentences(footage: Footage, camera: str, count: int) -> tuple[list[str], dict[int, set[str]]]:
    """`count` sentences, those first that describe somebody in view; whom, by their place."""
    here = {one.person for one in footage.truth.appearances if one.camera_id == camera}
    known = [query for query in footage.queries if set(query.people) & here][:count]
    others = [
        f"somebody in a {upper} {garment} and {lower} {below}"
        for upper, garment, lower, below in product(COLOURS, GARMENTS, COLOURS, LOWER)
    ]
    texts = [query.text for query in known]
    rest = [others[n * 7 % len(others)] for n in range(count - len(texts))]
    return [*texts, *rest], {place: set(query.people) for place, query in enumerate(known)}


def judge_ms(watches: int, dimension: int = 512) -> float:
    """What one look takes at ten people of four shots, none of whom fits, milliseconds."""
    drawn = np.random.default_rng(1)

    def unit(rows: int) -> np.ndarray:
        found = drawn.standard_normal((rows, dimension)).astype(np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    standings = [Standing(str(n), vector, 0.9, 600.0) for n, vector in enumerate(unit(watches))]
    seen = {
        TrackKey("door", "r", number): [SeenShot(n, 1.0, v) for n, v in enumerate(unit(4))]
        for number in range(10)
    }
    spans = []
    for _ in range(20):
        began = time.perf_counter()
        judge(standings, seen, {}, model_id="m")
        spans.append(time.perf_counter() - began)
    return round(1000 * statistics.median(spans), 3)


class Site:
    """`descry run` on one camera, what watches told, and where tracks were."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        (folder / "descry.yaml").write_text(json.dumps({"cameras": {"film": {"url": url}}}))
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DESCRY_")}
        environment |= {
            "DESCRY_DATA_DIR": str(folder / "data"),
            "DESCRY_RUNTIME_DIR": str(folder / "run"),
            "DESCRY_CONFIG": str(folder / "descry.yaml"),
        }
        command = [sys.executable, "-m", "pipeline", "run"]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        self.alerts: list[Alert] = []
        self.shots: dict[tuple[str, int], Shot] = {}

    def client(self) -> WatchClient:
        socket, token = self.folder / "run" / "api.sock", self.folder / "data" / "token"
        while not (socket.exists() and token.exists()):
            if self.process.poll() is not None:
                raise SystemExit(f"descry run ended with {self.process.returncode}")
            time.sleep(0.2)
        client = WatchClient(token=token.read_text().strip(), socket=socket)
        while not client.is_ready():
            time.sleep(0.2)
        return client

    def follow(self, client: WatchClient) -> None:
        def take() -> None:
            try:
                for told in client.follow("0-0"):
                    self._take(told)
            except ServiceUnavailable:
                return

        threading.Thread(target=take, daemon=True).start()

    def _take(self, told: AlertAnswer) -> None:
        if told.type == "new":
            seen_at = datetime.fromisoformat(told.seen_at).timestamp()
            self.alerts.append(Alert(told.watch, told.track, seen_at, time.time()))

    def look(self, client: WatchClient) -> None:
        for hit in client.search(MANY).hits:
            for shot in hit.best_shots:
                at = datetime.fromisoformat(shot.captured_at).timestamp()
                self.shots[hit.track, shot.shot] = Shot(hit.track, at, shot.box)

    def cpu_s(self) -> float:
        """What the query worker has used."""
        ticks = 0
        for pid in processes_of(self.folder / "data", "worker query"):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def measure(options: argparse.Namespace) -> dict[str, object]:
    with read_footage() as footage, tempfile.TemporaryDirectory(prefix="descry-watch-") as name:
        clip = next(each for each in footage.clips if each.camera == options.camera)
        film = Film(clip.truth.boxes_of(clip.camera), clip.about.frames, clip.about.fps)
        texts, people = sentences(footage, clip.camera, options.watches)
        numbers = {clip.person(number): number for number in film.full_view}
        wanted = {
            str(place): {numbers[p] for p in who if p in numbers} for place, who in people.items()
        }
        with server_process(clip.video) as (_, url):
            site = Site(Path(name), url)
            try:
                client = site.client()
                site.follow(site.client())
                for place, text in enumerate(texts):
                    client.add_watch(
                        WatchRequest(
                            name=str(place),
                            text=text,
                            cooldown_s=0,
                            false_alarms=options.false_alarms,
                        )
                    )
                while not site.shots:  # the camera is read, and embedded
                    site.look(client)
                    time.sleep(1)
                since, before_s = time.time(), site.cpu_s()
                while time.time() - since < options.seconds + options.grace:
                    time.sleep(5)
                    site.look(client)
                used_s, spent_s = site.cpu_s() - before_s, time.time() - since
            finally:
                site.process.terminate()
                site.process.wait(60)
        until = since + options.seconds
        found = figures(film, list(site.shots.values()), site.alerts, wanted, since, until)
        others = sum(alert.watch not in wanted for alert in site.alerts)
    return {
        "watches": options.watches,
        "described": len(wanted),
        **found,
        "alerts_of_other_watches": others,
        "cpu_share": round(used_s / spent_s, 3),
        "judge_ms": judge_ms(options.watches),
        "seconds": round(spent_s),
    }


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--watches", type=int, default=1, help="how many sentences stand")
    parser.add_argument("--camera", default="street-1", help="which of the committed clips")
    parser.add_argument("--seconds", type=float, default=60, help="first full views that count")
    parser.add_argument("--grace", type=float, default=15, help="and so long for their alerts")
    parser.add_argument(
        "--false-alarms", type=float, default=24, help="the budget of each watch, a day and camera"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    return parser.parse_args(arguments)


def main() -> None:
    options = parsed()
    found = measure(options)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
