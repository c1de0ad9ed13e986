"""A real `descry run` on looping cameras, for those who load it."""

import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from pipeline.answers import SearchRequest
from pipeline.callers import Role
from pipeline.store.passwords import Passwords
from pipeline.watch_client import WatchClient
from pipeline.wiring.accounts import open_accounts
from tests.e2e.conftest import end_processes_of, processes_of

FIGURES = ("frames_looked_at", "frames_dropped", "tracks", "shots_published")
EVERYBODY = SearchRequest(text="a person", limit=500)


class Site:
    """`descry run` on looping cameras, answering over HTTP."""

    def __init__(self, folder: Path, urls: list[str], fps: float) -> None:
        self.folder = folder
        self.cameras = [f"camera{number}" for number, _ in enumerate(urls)]
        self.port = free_port()
        told = {
            "api": {"port": self.port},
            "detector": {"fps": fps},
            "cameras": {name: {"url": url} for name, url in zip(self.cameras, urls, strict=True)},
        }
        (folder / "descry.yaml").write_text(json.dumps(told))
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DESCRY_")}
        environment |= {
            "DESCRY_DATA_DIR": str(folder / "data"),
            "DESCRY_RUNTIME_DIR": str(folder / "run"),
            "DESCRY_CONFIG": str(folder / "descry.yaml"),
        }
        command = [sys.executable, "-m", "pipeline", "run"]
        with (folder / "log.txt").open("w") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            self.client = self._connect()
        except BaseException:
            self.stop()
            raise

    def _connect(self) -> WatchClient:
        path, token = self.folder / "run" / "api.sock", self.folder / "data" / "token"
        while not (path.exists() and token.exists()):
            if self.process.poll() is not None:
                raise SystemExit((self.folder / "log.txt").read_text())
            time.sleep(0.2)
        text = token.read_text().strip()
        client = WatchClient(token=text, socket=path, timeout_s=300)
        self.http = httpx.Client(
            base_url="http://descry",
            transport=httpx.HTTPTransport(uds=str(path)),
            headers={"Authorization": f"Bearer {text}"},
            timeout=300,
        )
        wait_for(client.is_ready, "the query worker")
        wait_for(
            lambda: [c.state for c in client.cameras()] == ["live"] * len(self.cameras), "cameras"
        )
        wait_for(lambda: client.search(EVERYBODY).hits, "somebody to be found")
        return client

    def tokens(self, names: list[str]) -> list[str]:
        """API tokens of viewers."""
        stores = open_accounts(self.folder / "data")
        chosen = Passwords().hash("a load of people")
        stores.accounts.set_password("admin", chosen, must_change=False)
        now = time.time()
        made = [
            stores.tokens.create(
                name, Role.VIEWER, None, created_by="admin", now=now, expires_at=None
            )[1]
            for name in names
        ]
        stores.file.close()
        return made

    def metric(self, name: str) -> float:
        """The sum of one figure of `/metrics`."""
        page = self.http.get("/metrics").text
        return sum(
            sample.value
            for family in text_string_to_metric_families(page)
            for sample in family.samples
            if sample.name == name
        )

    def counts(self) -> tuple[float, Counter]:
        """When it was, and what all cameras came to."""
        found: Counter = Counter()
        for camera in self.client.cameras():
            for run in camera.runs:
                found.update({name: getattr(run, name) for name in FIGURES})
        return time.monotonic(), found

    def stop(self) -> None:
        """End it, and whatever it left."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        while processes_of(self.folder):
            end_processes_of(self.folder)
            time.sleep(0.2)


def free_port() -> int:
    with socket.socket() as probing:
        probing.bind(("127.0.0.1", 0))
        return int(probing.getsockname()[1])


def wait_for(condition, what: str, within_s: float = 600.0) -> None:
    ends_at = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > ends_at:
            raise SystemExit(f"waited {within_s:.0f} s for {what}")
        time.sleep(0.2)
