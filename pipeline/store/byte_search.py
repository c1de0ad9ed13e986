"""Reads every byte of a folder for what must not be in it: names of tracks, and pieces of data."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.types import TrackKey

PROBE_BYTES: Final = 128
"""Of a picture or a vector, so much is looked for: two that are not the same differ in it."""

_READ_AT_ONCE = 4 << 20
_OVERLAP = 1 << 10  # more than a name, or a probe, is long
_WINDOWS = 16
_SHORTEST = 8

Progress = Callable[[int, int], None]
"""Is told bytes read, and bytes in all."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for.

    Attributes:
        tracks: whose names.
        pieces: bytes, and what they are of.
    """

    tracks: Collection[TrackKey]
    pieces: Mapping[bytes, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """`what` (`name`, or what a piece is of) lies in `path`."""

    path: Path
    what: str


def probe_of(data: bytes) -> bytes:
    """A piece of `data` that tells it from other data, from behind what all of its kind share.

    Returns:
        All of it where it is short; else `PROBE_BYTES` of its second half that vary most.
    """
    if len(data) <= PROBE_BYTES:
        return data
    first, last = len(data) // 2, len(data) - PROBE_BYTES
    starts = {min(first + (last - first) * i // _WINDOWS, last) for i in range(_WINDOWS + 1)}
    pieces = [data[start : start + PROBE_BYTES] for start in sorted(starts) if start >= 0]
    return max(pieces, key=lambda piece: len(set(piece)))


def search(
    root: Path, wanted: Wanted, *, skip: Collection[Path] = (), progress: Progress | None = None
) -> list[Found]:
    """Every file below `root` that has something of `wanted` in it, or in its own name.

    Files that go meanwhile are passed over, links and sockets too.

    Raises:
        OSError: one cannot be read.
    """
    files = [p for p in sorted(root.rglob("*")) if p.is_file() and not p.is_symlink()]
    return search_files([p for p in files if p not in set(skip)], root, wanted, progress)


def search_files(
    files: Collection[Path], root: Path, wanted: Wanted, progress: Progress | None = None
) -> list[Found]:
    """The same, of some files below `root`."""
    names, pieces = _Names(wanted.tracks), _Pieces(wanted.pieces)
    total, done = sum(map(_size, files)), 0
    found: dict[tuple[Path, str], Found] = {}
    for path in files:
        if names.are_in(path.relative_to(root).as_posix().encode(), is_last=True):
            found[path, "name"] = Found(path, "name")
        for block, fresh, is_last in _blocks(path):
            kinds = set(pieces.kinds_in(block))
            if names.are_in(block, is_last=is_last):
                kinds.add("name")
            found |= {(path, kind): Found(path, kind) for kind in kinds}
            done += fresh
            if progress is not None:
                progress(min(done, total), total)
    return list(found.values())


def _blocks(path: Path) -> Iterator[tuple[bytes, int, bool]]:
    """A file in blocks that overlap, how much of each is new, and which is the last."""
    try:
        with path.open("rb") as file:
            tail, fresh = b"", file.read(_READ_AT_ONCE)
            while fresh:
                after = file.read(_READ_AT_ONCE)
                yield tail + fresh, len(fresh), not after
                tail, fresh = (tail + fresh)[-_OVERLAP:], after
    except FileNotFoundError:
        return


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


class _Names:
    """Of tracks, their shots and pictures; a camera at a time, since its name is quick to find."""

    def __init__(self, tracks: Collection[TrackKey]) -> None:
        self._numbers: dict[tuple[bytes, bytes], set[int]] = {}
        runs: dict[bytes, set[bytes]] = {}
        for track in tracks:
            camera, run = track.camera_id.encode(), track.run_id.encode()
            runs.setdefault(camera, set()).add(run)
            self._numbers.setdefault((camera, run), set()).add(track.number)
        self._patterns = {camera: _pattern(camera, some) for camera, some in runs.items()}

    def are_in(self, block: bytes, *, is_last: bool) -> bool:
        """Whether one is; a number at the end of a block that is not the last may go on."""
        return any(
            (is_last or found.end() < len(block))
            and int(found[2] or found[4]) in self._numbers[camera, found[1] or found[3]]
            for camera, pattern in self._patterns.items()
            for found in pattern.finditer(block)
        )


def _pattern(camera: bytes, runs: Collection[bytes]) -> re.Pattern[bytes]:
    some = b"|".join(re.escape(run) for run in sorted(runs, key=len, reverse=True))
    return re.compile(
        re.escape(camera) + b"/(?:(" + some + rb")/(\d{1,20})"
        rb"|[\d-]{10}/\d\d/\.?(" + some + rb")-(\d{1,20})-)"
    )


class _Pieces:
    """Looks for many pieces at once: a table of their first two bytes leaves few places to see."""

    def __init__(self, pieces: Mapping[bytes, str]) -> None:
        self._by_start: dict[bytes, list[tuple[bytes, str]]] = {}
        for piece, what in pieces.items():
            if len(piece) >= _SHORTEST:
                self._by_start.setdefault(piece[:4], []).append((piece, what))
        self._table = np.zeros(1 << 16, np.bool_)
        for start in self._by_start:
            self._table[int.from_bytes(start[:2], "little")] = True
        starts = [int.from_bytes(start, "little") for start in self._by_start]
        self._starts = np.array(sorted(starts), np.uint32)

    def kinds_in(self, block: bytes) -> Iterator[str]:
        for place in self._places(block).tolist():
            for piece, what in self._by_start[block[place : place + 4]]:
                if block.startswith(piece, place):
                    yield what

    def _places(self, block: bytes) -> NDArray[np.int64]:
        """Where the first four bytes of a piece are."""
        if not self._by_start or len(block) < _SHORTEST:
            return np.empty(0, np.int64)
        data = np.frombuffer(block, np.uint8)
        pairs = data[:-3].astype(np.uint16) | (data[1:-2].astype(np.uint16) << 8)
        places = np.flatnonzero(self._table[pairs])
        high = data[places + 2].astype(np.uint32) | (data[places + 3].astype(np.uint32) << 8)
        whole = pairs[places].astype(np.uint32) | (high << 16)
        found: NDArray[np.int64] = places[np.isin(whole, self._starts)]
        return found
