"""What the audit adds to a search, to a clip's neighbour (a picture), and to many at once.

    python tests/benchmarks/audit.py [--searches 100] [--clients 8] [--json]

The three clips of the demo are imported; then a query worker answers over its unix socket, and its
audit is switched on and off from search to search, so that whatever else the machine does falls on
both. With several clients notes share a flush of the disk.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pipeline.api.auditing import Auditing, AuditRules
from pipeline.wiring.processes import start_redis
from pipeline.wiring.serving import build_query_worker
from pipeline.wiring.settings import read_settings
from pipeline.wiring.stores import open_folder, open_stores

ROOT = Path(__file__).resolve().parents[2]
SENTENCE = {"text": "a woman in a red coat", "limit": 10}


class Nowhere:
    """Notes nothing."""

    def note(self, _event):
        return 1


@contextmanager
def answering(folder):
    """A query worker over the demo's clips, in this process: its socket, and its middleware."""
    os.environ |= {
        "DESCRY_DATA_DIR": str(folder / "data"), "DESCRY_RUNTIME_DIR": str(folder / "run"),
        "DESCRY_CONFIG": os.devnull, "DESCRY_ENCODER__MODEL": "street-gadms",
    }  # fmt: skip
    for clip in sorted((ROOT / "pipeline/demo/footage").glob("*.mp4")):
        replay = [sys.executable, "-m", "pipeline", "replay", str(clip), "--camera", clip.stem]
        subprocess.run(replay, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    settings = read_settings(None)
    opened, stop = open_folder(settings), threading.Event()
    with ExitStack() as stack:
        stack.enter_context(opened.lock())
        url, _ = start_redis(settings, opened, stack)
        socket = opened.runtime_dir / "api.sock"
        worker = build_query_worker(settings, open_stores(settings, url), socket)
        running = threading.Thread(target=worker.run, args=(stop,))
        running.start()
        try:
            yield socket, opened.token(), worker
        finally:
            stop.set()
            running.join()


def middleware(worker):
    """The one that notes, found behind those that stand before it."""
    layer = worker._app.middleware_stack
    while not isinstance(layer, Auditing):
        layer = getattr(layer, "app", None) or layer._app
    return layer


def asked(client):
    began = time.perf_counter()
    client.post("/api/v1/search", json=SENTENCE).raise_for_status()
    return (time.perf_counter() - began) * 1000


def measure(socket, token, worker, *, searches, clients):
    """Milliseconds of searches with and without, by turns; one client, then several."""
    headers = {"Authorization": f"Bearer {token}"}

    def connected():
        transport = httpx.HTTPTransport(uds=str(socket))
        return httpx.Client(
            transport=transport, base_url="http://descry", headers=headers, timeout=60
        )

    with connected() as client:
        while client.get("/readyz").status_code != 200:
            time.sleep(0.1)
        for _ in range(5):
            asked(client)
        noting = middleware(worker)
        rules = {"with": noting._rules, "without": AuditRules(Nowhere())}
        alone = {name: [] for name in rules}
        for _ in range(searches):
            for name, rule in rules.items():
                noting._rules = rule
                alone[name].append(asked(client))
    with ExitStack() as stack, ThreadPoolExecutor(clients) as threads:
        many = [stack.enter_context(connected()) for _ in range(clients)]
        together = dict.fromkeys(rules, 0.0)
        for _ in range(max(searches // clients, 1)):
            for name, rule in rules.items():
                noting._rules = rule
                began = time.perf_counter()
                list(threads.map(asked, many))
                together[name] += time.perf_counter() - began
    noting._rules = rules["with"]
    medians = {name: statistics.median(times) for name, times in alone.items()}
    return {
        "searches": searches,
        "clients": clients,
        "with_ms": round(medians["with"], 1),
        "without_ms": round(medians["without"], 1),
        "ratio": round(medians["with"] / medians["without"], 2),
        "ratio_together": round(together["with"] / together["without"], 2),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--searches", type=int, default=100)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="descry-audit-"))
    try:
        with answering(folder) as (socket, token, worker):
            counts = {"searches": options.searches, "clients": options.clients}
            figures = measure(socket, token, worker, **counts)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        print(json.dumps(figures))
        return
    print(
        f"median search {figures['without_ms']} ms, with the audit {figures['with_ms']} ms: "
        f"{figures['ratio']} times; {options.clients} clients at once: "
        f"{figures['ratio_together']} times"
    )


if __name__ == "__main__":
    main()
