"""Real processes, reached through the command line and the API only."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.drawn_street.clip import draw_clip

ROOT = Path(__file__).resolve().parents[2]
MODEL = "untrained-tiny"


class Descry:
    """The `descry` command on a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started = 0
        self.data = folder / "data"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("DESCRY_")}
        self.environment |= {
            "DESCRY_DATA_DIR": str(self.data),
            "DESCRY_RUNTIME_DIR": str(folder / "run"),
            "DESCRY_CONFIG": os.devnull,
            "DESCRY_ENCODER__MODEL": MODEL,
            "OMP_NUM_THREADS": "1",
            "COLUMNS": "200",
        }

    def start(self, *arguments: str, **environment: str) -> "Running":
        return self.start_module("pipeline", *arguments, **environment)

    def start_module(self, module: str, *arguments: str, **environment: str) -> "Running":
        self.started += 1
        # Files, not pipes: a pipe that nobody reads stops a process that has much to say.
        out, err = (self.folder / f"{name}-{self.started}.txt" for name in ("out", "err"))
        with out.open("w") as out_file, err.open("w") as err_file:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env=self.environment | environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out_file,
                stderr=err_file,
            )
        return Running(process, out, err)

    def watch(self) -> "Running":
        """`descry run`, once it owns the data folder: a search before that would own it itself."""
        running = self.start("run")
        owner = self.data / "owner.json"
        wait_for(lambda: owner.exists() and '"is_up": true' in owner.read_text(), what="the owner")
        return running

    def run(
        self, *arguments: str, code: int = 0, timeout_s: float = 120, **environment: str
    ) -> "Said":
        running = self.start(*arguments, **environment)
        said = running.end(timeout_s)
        assert running.process.returncode == code, (
            f"exit {running.process.returncode}\n{said.out}\n{said.err}"
        )
        assert "Traceback" not in said.err, said.err
        return said

    def replay(self, clip: Path, *more: str, code: int = 0, **environment: str) -> "Said":
        script = clip.with_suffix(".boxes.json")
        arguments = ["replay", str(clip), "--camera", "street", "--detector", str(script)]
        return self.run(*arguments, "--json", *more, code=code, **environment)

    def tracks(self) -> list[dict[str, Any]]:
        return self.run("tracks", "list", "--json").lines()


class Said:
    """What a command wrote."""

    def __init__(self, out: str, err: str) -> None:
        self.out, self.err = out, err

    def json(self) -> dict[str, Any]:
        return json.loads(self.out)

    def files(self) -> list[dict[str, Any]]:
        """What a replay says of each file."""
        return self.json()["files"]

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Running:
    """A command that was started."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def end(self, timeout_s: float) -> Said:
        """Wait for its end; what it wrote."""
        try:
            self.process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            said = Said(self.out.read_text(), self.err.read_text())
            pytest.fail(f"{self.process.args} did not end:\n{said.out}\n{said.err}")
        return Said(self.out.read_text(), self.err.read_text())

    def stop(self, how: int = signal.SIGTERM, *, within_s: float = 5) -> Said:
        """Tell it to stop; it has `within_s` seconds."""
        self.process.send_signal(how)
        return self.end(within_s)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's drawn street, smaller and shorter, beside the boxes of the people in it."""
    path = tmp_path_factory.mktemp("clip") / "street.mp4"
    draw_clip(path, seconds=10, fps=10)
    return path


@pytest.fixture(scope="module")
def filmed_thrice(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Iterator[Descry]:
    """The clip as two cameras saw it at once and a third a minute later, bundled weights."""
    folder = tmp_path_factory.mktemp("s")
    descry = Descry(folder)
    descry.environment["DESCRY_ENCODER__MODEL"] = "street-gadms"
    for camera, start in (("street", "10:00"), ("hall", "10:00"), ("door", "10:01")):
        script = clip.with_suffix(".boxes.json")
        descry.run(
            "replay", str(clip), "--camera", camera, "--detector", str(script), "--every-frame",
            "--start", f"2026-03-01T{start}:00Z", "--json",
        )  # fmt: skip
    yield descry
    assert processes_of(folder) == []


@pytest.fixture
def descry() -> Iterator[Descry]:
    folder = Path(tempfile.mkdtemp(prefix="descry-e2e-"))
    yield Descry(folder)
    end_processes_of(folder)
    shutil.rmtree(folder, ignore_errors=True)


def end_processes_of(folder: Path) -> None:
    """Kill what a failed test left behind: everything that names the folder in its environment."""
    for process in processes_of(folder):
        os.kill(process, signal.SIGKILL)


def processes_of(folder: Path, word: str = "") -> list[int]:
    """Pids whose environment names `folder`, and whose command line has `word`."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        # redis-server writes its title over its environment.
        is_ours = str(folder).encode() in environment or str(folder) in command
        if is_ours and command and word in command:
            found.append(int(entry.name))
    return sorted(found)


def wait_for(condition: Callable[[], object], *, within_s: float = 60, what: str = "") -> Any:
    """What `condition` returns once it is true."""
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {within_s} s for {what or condition}"
        time.sleep(0.05)
    return value
