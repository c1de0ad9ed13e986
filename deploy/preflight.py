"""Say whether this machine can install Descry, and name the one command that mends it.

It runs before anything is installed, on whatever `python3` is there: standard library only,
and no syntax newer than Python 3.6, or an old Python would answer with a traceback.
"""

import argparse
import ctypes
import importlib.util
import os
import platform
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: Python versions that every pinned package has a wheel for.
OLDEST, NEWEST = (3, 11), (3, 14)
#: Bytes that a first install takes from the network and leaves in .venv (Linux, x86-64).
DOWNLOAD_BYTES, INSTALLED_BYTES = 4.2e9, 8e9
#: Bytes asked for before a first install, and once everything is installed.
ROOM_BYTES, ROOM_AFTER_BYTES = 12e9, 1e9
#: The oldest C library that the torch wheels accept.
GLIBC = (2, 28)
#: What the OpenCV wheels load from the system.
LIBRARIES = ("libGL.so.1", "libglib-2.0.so.0")

#: Package manager → its command, and its name for what can be missing.
MANAGERS = {
    "apt-get": (
        "{sudo}apt-get update && {sudo}apt-get install -y {packages}",
        {
            "python": "python3.11 python3.11-venv",
            "venv": "python{version}-venv",
            "libGL.so.1": "libgl1",
            "libglib-2.0.so.0": "libglib2.0-0",
        },
    ),
    "dnf": (
        "{sudo}dnf install -y {packages}",
        {
            "python": "python3.11",
            "venv": "python3-libs",
            "libGL.so.1": "mesa-libGL",
            "libglib-2.0.so.0": "glib2",
        },
    ),
    "zypper": (
        "{sudo}zypper install -y {packages}",
        {
            "python": "python311",
            "venv": "python3-base",
            "libGL.so.1": "Mesa-libGL1",
            "libglib-2.0.so.0": "libglib-2_0-0",
        },
    ),
    "pacman": (
        "{sudo}pacman -S --needed {packages}",
        {
            "python": "python",
            "venv": "python",
            "libGL.so.1": "libglvnd",
            "libglib-2.0.so.0": "glib2",
        },
    ),
}


def check_python(version: "tuple[int, int]") -> "list[str]":
    """What is wrong with an interpreter of this (major, minor) version."""
    if OLDEST <= version <= NEWEST:
        return []
    return [
        "Python {}.{} was found; Descry needs {}.{} to {}.{}, as python3 or under its own name "
        "(python3.12, say), or named by PYTHON=… on make's command line".format(
            *version, *OLDEST, *NEWEST
        )
    ]


def is_loadable(library: str) -> bool:
    """Whether the dynamic linker finds `library`."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_parts(version: "tuple[int, int]") -> "list[str]":
    """Names of what a package manager can add: `python`, `venv`, shared libraries."""
    parts = []
    if check_python(version):
        parts.append("python")
    elif not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        parts.append("venv")
    if sys.platform.startswith("linux"):
        parts += [library for library in LIBRARIES if not is_loadable(library)]
    return parts


def mending_command(
    parts: "list[str]", version: "tuple[int, int]", *, manager: str, is_root: bool
) -> str:
    """One shell line by which `manager` adds `parts`."""
    line, names = MANAGERS[manager]
    packages = " ".join(dict.fromkeys(names[part] for part in parts))
    packages = packages.format(version="{}.{}".format(*version))
    return line.format(sudo="" if is_root else "sudo ", packages=packages)


def check_libc(name: str, version: str) -> "list[str]":
    """What is wrong with this C library (as `platform.libc_ver` tells it) on Linux."""
    if name != "glibc":
        return ["no glibc was found, and torch has wheels for nothing else: use Debian, Ubuntu, …"]
    if tuple(int(part) for part in version.split(".")[:2]) < GLIBC:
        return ["glibc {} is too old for torch, which needs {}.{}".format(version, *GLIBC)]
    return []


def folder_bytes(folder: Path) -> int:
    """Bytes of the files under `folder`; 0 where there is none."""
    return sum(
        os.lstat(os.path.join(path, name)).st_size  # noqa: PTH118
        for path, _, names in os.walk(str(folder))
        for name in names
    )


def is_installed(root: Path) -> bool:
    """Whether `make` has finished an install in `root` before."""
    return (root / ".venv" / ".installed").exists()


def room_needed_bytes(root: Path) -> float:
    """How much must be free beside `root`: less, the more of .venv is there."""
    if is_installed(root):
        return ROOM_AFTER_BYTES
    return max(ROOM_BYTES - folder_bytes(root / ".venv"), ROOM_AFTER_BYTES)


def check_disk(root: Path, free_bytes: float) -> "list[str]":
    """What is wrong with `free_bytes` on the file system that holds `root`."""
    needed_bytes = room_needed_bytes(root)
    if free_bytes >= needed_bytes:
        return []
    return [
        f"{free_bytes / 1e9:.1f} GB free on the disk of {root}; the install needs "
        f"{needed_bytes / 1e9:.1f} GB: free some, or move the checkout to a larger disk"
    ]


def cache_folder(environment: "dict[str, str]") -> Path:
    """Where uv keeps what it downloaded."""
    if environment.get("UV_CACHE_DIR"):
        return Path(environment["UV_CACHE_DIR"])
    base = environment.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "uv"


def existing(path: Path) -> Path:
    """`path`, or its nearest parent that exists."""
    while not path.exists():
        path = path.parent
    return path


def link_mode(root: Path, cache: Path) -> str:
    """How uv should move files from its cache: naming it spares its warning."""
    if existing(cache).stat().st_dev != root.stat().st_dev:
        return "copy"
    return "clone" if sys.platform == "darwin" else "hardlink"


def advice(root: Path, cache: Path) -> "list[str]":
    """What to expect of the install that follows; nothing if it was done before."""
    if is_installed(root):
        return []
    lines = [
        f"Installing into .venv: about {DOWNLOAD_BYTES / 1e9:.1f} GB to download (less what "
        f"{cache} already has), about {INSTALLED_BYTES / 1e9:.0f} GB on disk."
    ]
    free_bytes = shutil.disk_usage(str(existing(cache))).free
    if link_mode(root, cache) == "copy" and free_bytes < INSTALLED_BYTES:
        lines.append(
            f"{cache} is on another disk with {free_bytes / 1e9:.1f} GB free. If it fills up: "
            "export UV_CACHE_DIR=$PWD/.cache/uv"
        )
    return lines


def check_machine(root: Path) -> "list[str]":
    """Everything that stands in the way, each in a sentence; the mending command last."""
    version = (sys.version_info[0], sys.version_info[1])
    problems = check_python(version)
    parts = missing_parts(version)
    problems += [f"{part} is missing" for part in parts if part != "python"]
    if sys.platform.startswith("linux"):
        problems += check_libc(*platform.libc_ver())
    problems += check_disk(root, shutil.disk_usage(str(root)).free)
    manager = next((name for name in MANAGERS if shutil.which(name)), None)
    if parts and manager:
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0
        command = mending_command(parts, version, manager=manager, is_root=is_root)
        problems.append(f"mend it with:\n\n    {command}\n")
    return problems


def main(arguments: "list[str]") -> int:
    """Check this machine; 0 if Descry can be installed here."""
    parser = argparse.ArgumentParser(description="Say whether this machine can install Descry.")
    parser.add_argument("--link-mode", action="store_true", help="print UV_LINK_MODE and stop")
    parser.add_argument("--quiet", action="store_true", help="say only what is wrong")
    options = parser.parse_args(arguments)
    cache = cache_folder(dict(os.environ))
    if options.link_mode:
        sys.stdout.write(link_mode(ROOT, cache) + "\n")
        return 0
    problems = check_machine(ROOT)
    lines = problems or ([] if options.quiet else advice(ROOT, cache))
    for line in lines:
        sys.stderr.write(("preflight: " if problems else "") + line + "\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
