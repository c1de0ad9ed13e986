"""The folder of recent video: segments of each camera, bounded by age and by bytes."""

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SUFFIX = ".mkv"
_OPEN = "open"
_NAME = re.compile(rf"(\d+)-(\d+|{_OPEN})(?:-(\d+))?{re.escape(SUFFIX)}")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one camera's video that begins with a key frame.

    Attributes:
        path: a Matroska file, named by its first and last instant, and when it began to come in, in
            milliseconds.
        first_at: when its first picture was captured, Unix seconds.
        last_at: when its last was; None while it is being written, and where its writer was killed.
        arrived_at: when its first picture came in, by our clock. Its age is told by this alone: a
            camera that dates its pictures may be hours off. Of segments of before this was kept,
            the first instant.
    """

    path: Path
    first_at: float
    last_at: float | None
    arrived_at: float

    def touches(self, begin_at: float, end_at: float) -> bool:
        """Whether some of it may lie within [begin_at, end_at]."""
        return self.first_at <= end_at and (self.last_at is None or self.last_at >= begin_at)

    @classmethod
    def at(cls, path: Path) -> "Segment | None":
        """What the name of `path` says; None if it is no segment's."""
        found = _NAME.fullmatch(path.name)
        if found is None:
            return None
        first = int(found[1]) / 1000
        last = None if found[2] == _OPEN else int(found[2]) / 1000
        return cls(path, first, last, int(found[3]) / 1000 if found[3] else first)


@dataclass(frozen=True, slots=True)
class RingLimits:
    """The bounds of one camera's ring.

    Attributes:
        keep_s: nothing that came in longer ago is kept.
        at_most_bytes: of all its files together.
        segment_s: a segment ends with the first key frame after so long.
        min_free_bytes: with less room on the disk the ring stops.
    """

    keep_s: float
    at_most_bytes: int
    segment_s: float = 10.0
    min_free_bytes: int = 0


class RingFolder:
    """Recent video by camera. Files are for our eyes only; any of them may go at any moment."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def cameras(self) -> list[str]:
        """The cameras that have a folder."""
        if not self.root.is_dir():
            return []
        return sorted(entry.name for entry in self.root.iterdir() if entry.is_dir())

    def segments(self, camera_id: str) -> list[Segment]:
        """The segments of a camera by first instant."""
        folder = self.root / camera_id
        if not folder.is_dir():
            return []
        found = [s for s in map(Segment.at, folder.iterdir()) if s is not None]
        return sorted(found, key=lambda segment: (segment.first_at, segment.path.name))

    def begin(self, camera_id: str, first_at: float, arrived_at: float | None = None) -> Path:
        """An empty file, mode 0600, for a segment.

        Args:
            camera_id: whose.
            first_at: when its first picture was captured, Unix seconds.
            arrived_at: when that came in, by our clock; None if that is the same.
        """
        folder = self.root / camera_id
        first_ms = round(first_at * 1000)
        arrived_ms = first_ms if arrived_at is None else round(arrived_at * 1000)
        while True:
            # A sweep may remove the folder while it is empty.
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = folder / f"{first_ms}-{_OPEN}-{arrived_ms}{SUFFIX}"
            try:
                path.touch(mode=0o600, exist_ok=False)
            except FileExistsError:
                first_ms += 1
            except FileNotFoundError:
                continue
            else:
                return path

    def rename(self, path: Path, first_at: float, last_at: float | None) -> Path:
        """Put better instants into the name of a segment; `last_at` says that it is whole.

        One that was removed meanwhile stays away.
        """
        last = _OPEN if last_at is None else str(round(max(last_at, first_at) * 1000))
        first_ms = round(first_at * 1000)
        known = Segment.at(path)
        arrived_ms = first_ms if known is None else round(known.arrived_at * 1000)
        while (better := path.with_name(f"{first_ms}-{last}-{arrived_ms}{SUFFIX}")).exists():
            if better == path:
                return path
            first_ms -= 1
        with suppress(FileNotFoundError):
            path.rename(better)
        return better

    def trim(self, camera_id: str, *, now: float, keep_s: float, at_most_bytes: int) -> int:
        """Remove what is too old, then the oldest until the rest fits; how many segments went."""
        removed, kept = 0, []
        by_arrival = sorted(self.segments(camera_id), key=lambda segment: segment.arrived_at)
        for segment in by_arrival:
            if _is_expired(segment, now, keep_s):
                removed += _remove(segment.path)
            else:
                kept.append((segment.path, _size(segment.path)))
        total = sum(size for _, size in kept)
        for path, size in kept:
            if total <= at_most_bytes:
                break
            removed += _remove(path)
            total -= size
        return removed

    def strays(self, camera_id: str) -> list[Path]:
        """Video in a camera's folder that has no segment's name: nothing else would remove it."""
        return [p for p in (self.root / camera_id).glob(f"*{SUFFIX}") if Segment.at(p) is None]

    def sweep(self, now: float, keep_s: float) -> int:
        """Remove what is too old or has no age, of every camera, watched or not; how much went."""
        removed = 0
        for camera_id in self.cameras():
            removed += sum(_remove(path) for path in self._expired(camera_id, now, keep_s))
            removed += sum(map(_remove, self.strays(camera_id)))
            with suppress(OSError):  # not empty
                (self.root / camera_id).rmdir()
        return removed

    def erase(self, camera_id: str) -> int:
        """Remove all video of a camera; how many segments went."""
        removed = sum(_remove(segment.path) for segment in self.segments(camera_id))
        removed += sum(map(_remove, self.strays(camera_id)))
        with suppress(OSError):
            (self.root / camera_id).rmdir()
        return removed

    def erase_all(self) -> int:
        """Remove all video; how many segments went."""
        return sum(self.erase(camera_id) for camera_id in self.cameras())

    def free_bytes(self) -> int:
        """Room left on the disk."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return shutil.disk_usage(self.root).free

    def _expired(self, camera_id: str, now: float, keep_s: float) -> Iterator[Path]:
        for segment in self.segments(camera_id):
            if _is_expired(segment, now, keep_s):
                yield segment.path


def _is_expired(segment: Segment, now: float, keep_s: float) -> bool:
    """By its first picture. What lies as far ahead came in before our clock was set back."""
    return abs(now - segment.arrived_at) > keep_s


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0
