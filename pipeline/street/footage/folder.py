"""The folder that a story or stills are drawn into: whose it is, and whether it has room."""

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import ConfigError, FolderInUse, StoreFull
from pipeline.files import write_whole

#: Raised whenever the same seed would show something else.
REVISION = 3
LARGEST_SEED = 2**32 - 1
_SPARE_BYTES = 64 * 2**20
_FULL = (errno.ENOSPC, errno.EDQUOT)
_UNUSABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)


def checked_seed(seed: int) -> int:
    """`seed`, if there is such a street.

    Raises:
        ConfigError: it is out of range.
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise ConfigError(f"there is no seed {seed}: choose one of 0 to {LARGEST_SEED}")
    return seed


def open_folder(
    out: Path, name: str, asked: Mapping[str, object], *, needed_bytes: int = 0
) -> None:
    """Make `out` the folder of what is asked for, or go on in one that is.

    Whoever is refused leaves nothing behind.

    Args:
        out: the folder; made where it is missing.
        name: of the file in it that says what the folder is for.
        asked: what is asked for, plain values.
        needed_bytes: about how much room all of it takes.

    Raises:
        StoreFull: the disk is too small to begin.
        ConfigError: `out` cannot be used, holds other files, or was begun with other options.
    """
    wanted = json.dumps({"revision": REVISION, **asked}, indent=1) + "\n"
    path = out / name
    try:
        if path.exists():
            _agree(out, path.read_bytes(), json.loads(wanted))
        elif out.exists() and any(not one.name.startswith(".") for one in out.iterdir()):
            raise ConfigError(f"{out} holds other files: choose another --out")
        else:
            need_room(out, needed_bytes)
            out.mkdir(parents=True, exist_ok=True)
            write_whole(path, wanted)
    except OSError as error:
        raise ConfigError(f"cannot use {out} ({error.strerror}): choose another --out") from error


def _agree(out: Path, found: bytes, wanted: Mapping[str, object]) -> None:
    try:
        begun = json.loads(found)
    except (ValueError, RecursionError):
        begun = None
    if not isinstance(begun, dict):
        raise ConfigError(f"{out} was begun by something else: choose another --out")
    drawn, ours = begun.get("revision"), wanted["revision"]
    if drawn != ours:
        raise ConfigError(
            f"{out} was drawn by another version of Descry (revision {_said(drawn)}, not {ours}): "
            "remove it to draw anew, or choose another --out"
        )
    for name in sorted({*wanted, *begun}):
        if begun.get(name) != wanted.get(name):
            raise ConfigError(
                f"{out} was begun with {name} {_said(begun.get(name))}, not "
                f"{_said(wanted.get(name))}: ask for the same, or choose another --out"
            )


def _said(value: object) -> str:
    if isinstance(value, list | tuple):
        return ",".join(str(one) for one in value)
    return "nothing" if value is None else str(value)


def need_room(out: Path, needed_bytes: int) -> None:
    """Refuse to begin what the disk of `out` cannot hold, whether or not `out` is there yet.

    Raises:
        StoreFull: it is too small.
    """
    there = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if free < needed_bytes + _SPARE_BYTES:
        raise StoreFull(
            f"{out} needs about {needed_bytes + _SPARE_BYTES:,} bytes and {free:,} are free: "
            "make room, or ask for less"
        )


@contextmanager
def owned(out: Path) -> Iterator[None]:
    """Keep other processes from drawing into `out` meanwhile; whoever is killed keeps nothing.

    Raises:
        FolderInUse: another one does.
    """
    descriptor = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderInUse(
                f"another process draws into {out}: wait until it ends, or choose another --out"
            ) from error
        yield
    finally:
        os.close(descriptor)


@contextmanager
def filling(out: Path) -> Iterator[None]:
    """Say it in one line if the disk of `out` is full before the work is done, or is not ours.

    Raises:
        ConfigError: something in `out` may not be written, or is in the way.
        StoreFull: others, or more noise than usual, took the room.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _UNUSABLE:
            raise ConfigError(
                f"cannot use {error.filename or out} ({error.strerror}): choose another --out"
            ) from error
        if error.errno not in _FULL:
            raise
        raise StoreFull(
            f"the disk of {out} is full: make room; the same command goes on from there"
        ) from error
