"""The real system for tests in a browser: `descry run`, clips of the demo, a live camera."""

import json
import os
import shutil
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from pipeline.callers import Role
from pipeline.store.passwords import Passwords
from pipeline.wiring.accounts import open_accounts
from tests.e2e.conftest import ROOT, Descry, end_processes_of, wait_for
from tests.rtsp_server import server_process

FOOTAGE = ROOT / "pipeline" / "demo" / "footage"
START = "2026-03-02T10:07:43Z"
IMPORTED = ("lobby-1", "platform-1")
BOXED = "lobby-1"
ZONE, EVERYWHERE = "gate", [[0, 0], [1, 0], [1, 1], [0, 1]]
#: A recording that somebody called so.
HOSTILE = "<img src=x onerror=document.title=1>.mp4"
#: A data folder in which both lie already, for whoever works on the console.
PREPARED = os.environ.get("DESCRY_TEST_BROWSER_DATA")
PASSWORD = "correct horse battery"
HOODIE = "a man in an off-white hoodie and red shorts with a black backpack"
NOBODY = "a girl wearing a white hoodie and blue jeans with curly black hair and a dark blue beanie"


@dataclass(frozen=True)
class System:
    """What runs.

    Attributes:
        url: where its console is.
        data: its data folder; None where that is not known.
    """

    url: str
    data: Path | None = None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running_system(folder: Path):
    """The system with two clips imported, a third in a folder of the server, and a live camera."""
    descry = with_clips(folder)
    recordings = folder / "recordings"
    recordings.mkdir()
    (recordings / HOSTILE).write_bytes((FOOTAGE / "street-1.mp4").read_bytes())
    with server_process(FOOTAGE / "platform-1.mp4") as (_, camera_url):
        camera = {"url": camera_url, "fps": 4, "zones": {ZONE: EVERYWHERE}}
        more = {"imports": {"folders": [str(recordings)]}, "cameras": {"door": camera}}
        with served(descry, more) as system:
            yield system


def with_clips(folder: Path) -> Descry:
    """A data folder in which both clips are."""
    descry = Descry(folder)
    del descry.environment["DESCRY_ENCODER__MODEL"]  # the bundled weights
    if PREPARED is None:
        import_clips(descry)
    else:
        shutil.copytree(PREPARED, descry.data)
    return descry


@contextmanager
def served(descry: Descry, more: dict[str, Any]):
    """`descry run` on that folder with these settings, and users."""
    port = free_port()
    file = descry.folder / "descry.yaml"
    file.write_text(json.dumps({"api": {"port": port}} | more))
    descry.environment["DESCRY_CONFIG"] = str(file)
    make_users(descry.data)
    running = descry.start("run")
    url = f"http://127.0.0.1:{port}"
    wait_for(lambda: is_ready(url), within_s=300, what="the query worker")
    yield System(url, descry.data)
    end_processes_of(descry.folder)
    running.process.wait(30)


def import_clips(descry: Descry) -> None:
    """Have both clips read, one with every box kept; a minute each, or several."""
    for camera in IMPORTED:
        descry.run(
            *("replay", str(FOOTAGE / f"{camera}.mp4"), "--camera", camera),
            *("--collection", "street", "--start", START, "--json"),
            *(("--keep-boxes",) if camera == BOXED else ()),
            timeout_s=900,
        )


def make_users(data: Path) -> None:
    """The administrator with a password of their own, an operator, and a viewer."""
    accounts, passwords = open_accounts(data).accounts, Passwords()
    for name, role in (("olga", Role.OPERATOR), ("vera", Role.VIEWER)):
        accounts.add(name, passwords.hash(PASSWORD), role, None, 0.0)
    for name in ("admin", "olga", "vera"):
        accounts.set_password(name, passwords.hash(PASSWORD), must_change=False)


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
