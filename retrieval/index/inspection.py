"""Looks at an index on disk without opening it: what lies there, and whether it is whole.

Whoever has the index open may go on meanwhile: it only ever adds files and deletes them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retrieval.index.manifest import FileEntry, Manifest, SegmentEntry


@dataclass(frozen=True, slots=True)
class SegmentReport:
    """A segment.

    Attributes:
        name: its folder.
        collection: of all its shots.
        day: of capture, UTC.
        shots: that can be found.
        dead: that are found no longer, and lie there still.
        size: bytes.
        first_at: the first instant of capture, Unix seconds.
        last_at: the last.
    """

    name: str
    collection: str
    day: str
    shots: int
    dead: int
    size: int
    first_at: float
    last_at: float


def report(folder: Path) -> tuple[Manifest, list[SegmentReport]]:
    """What an index holds, by its last checkpoint.

    Raises:
        FileNotFoundError: there is none.
        IndexUnusable: it is of a newer version, or damaged as a whole.
    """
    manifest = Manifest.read(folder)
    return manifest, [_report(folder, entry) for entry in manifest.segments]


def problems(folder: Path, progress: Callable[[int, int], None]) -> Iterator[str]:
    """Read every byte of an index; a line for each file that is not what was written.

    Args:
        folder: of the index.
        progress: is told bytes read, and bytes in all.

    Raises:
        FileNotFoundError: there is none.
        IndexUnusable: it is of a newer version, or damaged as a whole.
    """
    manifest = Manifest.read(folder)
    files = [(entry.name, file) for entry in manifest.segments for file in entry.all_files()]
    if manifest.retired is not None:
        files.append(("retirements", manifest.retired))
    total, done = sum(file.size for _, file in files), 0
    for owner, file in files:
        problem = _problem(folder, file)
        if problem is not None and _is_named_still(folder, file.name):
            yield f"{Path(owner).name}: {problem}"
        done += file.size
        progress(done, total)


def _problem(folder: Path, file: FileEntry) -> str | None:
    try:
        return file.problem(folder, thorough=True)
    except OSError as error:
        return f"'{Path(file.name).name}' cannot be read ({error.strerror or error})"


def _report(folder: Path, entry: SegmentEntry) -> SegmentReport:
    return SegmentReport(
        name=entry.name,
        collection=entry.collection,
        day=entry.day,
        shots=entry.shots - (dead := _dead(folder, entry)),
        dead=dead,
        size=sum(file.size for file in entry.all_files()),
        first_at=entry.first_at,
        last_at=entry.last_at,
    )


def _dead(folder: Path, entry: SegmentEntry) -> int:
    if entry.dead is None:
        return 0
    try:
        bits = np.fromfile(folder / entry.dead.name, np.uint8)
    except OSError:  # merged away since
        return 0
    return int(np.unpackbits(bits).sum())


def _is_named_still(folder: Path, name: str) -> bool:
    manifest = Manifest.read(folder)
    files = {file.name for entry in manifest.segments for file in entry.all_files()}
    return name in files or (manifest.retired is not None and manifest.retired.name == name)
