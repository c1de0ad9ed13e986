"""A Redis 8 with vector sets for the tests: the one on the PATH, else Debian's, kept in the cache.

    python tests/redis8.py        # prints where it is, or why there is none

Nothing is installed: the packages of Debian trixie are fetched from where this machine's own apt
settings point, with a private apt folder, unpacked into `descry/redis8` of the XDG cache, and
started through their own dynamic linker. apt checks signatures and digests; what was unpacked is
checked by digest each time it is used.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

SUITE = "trixie"
PACKAGES = (
    *("redis-tools", "libatomic1", "libc6", "libcap2", "libgcc-s1", "libjemalloc2", "liblzf1"),
    *("libssl3t64", "libstdc++6", "libsystemd0", "libzstd1", "zlib1g"),
)
FETCH_WITHIN_S = 120
DIGESTS = "digests"


class Unavailable(Exception):
    """No Redis 8 can be had here; the message says why."""


@cache
def redis8() -> Path:
    """A program that takes the arguments of `redis-server`.

    Raises:
        Unavailable: this machine has none, and cannot fetch one.
    """
    found = shutil.which("redis-server")
    if found and _version(Path(found)) >= (8, 0):
        return Path(found)
    folder = _cache_folder()
    if not _is_whole(folder):
        _fetch(folder)
    binary = folder / "redis-server"
    if _version(binary) < (8, 0):
        raise Unavailable(f"{binary} does not run here, or is older than 8")
    return binary


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "descry" / "redis8"


def _version(binary: Path) -> tuple[int, ...]:
    try:
        told = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"v=(\d+)\.(\d+)", told.stdout)
    return tuple(map(int, found.groups())) if found else ()


def _digests(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != DIGESTS)
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n"
        for path in files
    )


def _is_whole(folder: Path) -> bool:
    told = folder / DIGESTS
    return told.is_file() and told.read_text() == _digests(folder)


def _fetch(folder: Path) -> None:
    """Fetch and unpack into `folder`, which is there as a whole or not at all."""
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise Unavailable("no Redis 8, and no apt-get to fetch Debian's")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="redis8-", dir=folder.parent) as scratch:
        work = Path(scratch)
        root, apt = work / "root", work / "apt"
        packages = _download(apt)
        for package in packages:
            _run(["dpkg", "-x", package, root])
        fresh = _kept(root, work / "fresh")
        (fresh / DIGESTS).write_text(_digests(fresh))
        shutil.rmtree(folder, ignore_errors=True)
        try:
            fresh.rename(folder)
        except OSError:
            if not _is_whole(folder):  # another test run was quicker
                raise


def _download(apt: Path) -> list[Path]:
    (apt / "lists" / "partial").mkdir(parents=True)
    (apt / "cache" / "archives" / "partial").mkdir(parents=True)
    (apt / "status").touch()
    (apt / "trixie.sources").write_text(_source())
    options = {
        "Dir::Etc::sourcelist": apt / "trixie.sources",
        "Dir::Etc::sourceparts": "-",
        "Dir::State": apt,
        "Dir::State::status": apt / "status",
        "Dir::State::lists": apt / "lists",
        "Dir::Cache": apt / "cache",
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
        "Acquire::Retries": 1,
    }
    command = ["apt-get", *(part for k, v in options.items() for part in ("-o", f"{k}={v}"))]
    _run([*command, "update", "-qq"], apt)
    _run([*command, "download", *PACKAGES], apt)
    return sorted(apt.glob("*.deb"))


def _source() -> str:
    """The entry for trixie, where and with whose keys this machine gets its Debian."""
    for entry in _entries():
        is_debian = any("debian" in uri and "security" not in uri for uri in entry["uris"].split())
        if is_debian and "main" in entry["components"].split():
            lines = [f"URIs: {entry['uris']}", f"Suites: {SUITE}", "Components: main"]
            signed = entry.get("signed-by")
            lines += [f"Signed-By: {signed}"] if signed else []
            return "\n".join(["Types: deb", *lines, ""])
    raise Unavailable("no Redis 8, and the apt settings name no Debian to fetch it from")


def _entries() -> list[dict[str, str]]:
    """What the apt settings name, in both of their forms."""
    places = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    entries = []
    for path in filter(Path.is_file, places):
        text = re.sub(r"^\s*#.*\n?", "", path.read_text(errors="replace"), flags=re.MULTILINE)
        if path.suffix == ".sources":
            for stanza in re.split(r"\n\s*\n", text):
                pairs = re.findall(r"^([\w-]+):[ \t]*(.*)$", stanza, re.MULTILINE)
                entries.append({name.lower(): value for name, value in pairs})
        else:
            for line in re.findall(r"^deb\s+(.*)$", text, re.MULTILINE):
                signed = re.search(r"signed-by=([^\s\]]+)", line)
                uri, _, *components = re.sub(r"\[.*?\]\s*", "", line).split()
                entry = {"uris": uri, "components": " ".join(components)}
                entries.append(entry | ({"signed-by": signed[1]} if signed else {}))
    return [entry for entry in entries if {"uris", "components"} <= entry.keys()]


def _kept(root: Path, fresh: Path) -> Path:
    """The server, its linker and its libraries, and a script that puts them together."""
    (fresh / "lib").mkdir(parents=True)
    for library in root.rglob("*.so*"):
        if library.is_file() and library.parent.parent.name == "lib":
            shutil.copy(library, fresh / "lib" / library.name)
    linkers = list((fresh / "lib").glob("ld-linux*.so.*"))
    server = next(root.glob("usr/bin/redis-check-rdb"), None)  # the same program, by another name
    if server is None or not linkers:
        raise Unavailable("Debian's packages of Redis are not laid out as they were")
    shutil.copy(server, fresh / "redis-server.bin")
    linker = f'"$here/lib/{linkers[0].name}" --library-path "$here/lib"'
    start = f'exec {linker} --argv0 redis-server "$here/redis-server.bin" "$@"'
    script = fresh / "redis-server"
    script.write_text(f'#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\n{start}\n')
    script.chmod(0o755)
    return fresh


def _run(command: list[object], folder: Path | None = None) -> None:
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=FETCH_WITHIN_S,
        env={**os.environ, "LC_ALL": "C"},
    )
    if done.returncode != 0:
        why = (done.stderr.strip() or done.stdout.strip() or "no reason told").splitlines()[-1]
        raise Unavailable(f"no Redis 8, and '{command[0]}' cannot fetch it: {why}")


def main() -> int:
    try:
        sys.stdout.write(f"{redis8()}\n")
    except Unavailable as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
