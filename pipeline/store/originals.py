"""Finds the file that footage was imported from: by its path, else by its content."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipeline.errors import SourceUnreadable, VideoGone
from pipeline.instants import format_instant
from pipeline.store.runs import RunRecord

Digest = Callable[[Path], str]


class Originals:
    """Looks for originals; what was digested is remembered while file and clock are unchanged."""

    def __init__(self, digest: Digest, look_in: Sequence[Path] = ()) -> None:
        """Look where a file was, then in folders.

        Args:
            digest: SHA-256 of a file's content; raises SourceUnreadable.
            look_in: folders that moved files may lie in, at any depth.
        """
        self._digest, self._look_in = digest, look_in
        self._known: dict[tuple[str, int, int, int], str] = {}
        self._digesting = threading.Lock()  # one at a time, and none twice

    def find(self, run: RunRecord) -> Path:
        """The file that `run` was read from, wherever it lies now.

        Raises:
            VideoGone: it was not found; the message says what is there instead.
        """
        fate = self._fate(run)
        if fate is None:
            return Path(run.path)
        for candidate in self._candidates(run):
            if self._has(candidate, run.digest):
                return candidate
        where = ", ".join(map(str, self._look_in))
        looked = f"and not in {where} either" if where else "name its folder with --look-in"
        raise VideoGone(f"{fate}; {looked}")

    def _fate(self, run: RunRecord) -> str | None:
        """What became of the file at its place; None if it is still there."""
        imported = format_instant(run.imported_at) if run.imported_at is not None else "?"
        if not run.path:
            return f"{run.source}: nobody noted where it lay when it was imported ({imported})"
        path = Path(run.path)
        if not os.path.isfile(path):  # noqa: PTH113  pathlib's raises where it may not look
            return f"{path}: is not there any more; it was imported on {imported}"
        if self._has(path, run.digest):
            return None
        try:
            changed = f"it was changed {format_instant(path.stat().st_mtime)}"
        except OSError:
            changed = "and it is gone by now"
        return f"{path}: is not the video that was imported on {imported}; {changed}"

    def _candidates(self, run: RunRecord) -> Iterator[Path]:
        """Files that may be it, those of its name first."""
        files = [
            file
            for folder in self._look_in
            for file in sorted(folder.rglob("*"))
            if _is_file_of(file, run.file_bytes)
        ]
        yield from sorted(files, key=lambda file: file.name != run.source)

    def _has(self, path: Path, digest: str) -> bool:
        try:
            status = path.stat()
            key = (str(path), status.st_ino, status.st_size, status.st_mtime_ns)
            with self._digesting:
                if key not in self._known:
                    self._known[key] = self._digest(path)
        except (OSError, SourceUnreadable):
            return False
        return self._known[key] == digest


def _is_file_of(path: Path, size_bytes: int) -> bool:
    """Whether it is a file of that size, or of any if that is 0; no where nobody may look."""
    try:
        return path.is_file() and (not size_bytes or path.stat().st_size == size_bytes)
    except OSError:
        return False
