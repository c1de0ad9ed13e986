"""Pictures, by key: a port, and the folder that stands behind it by default."""

import errno
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Protocol

from detectors.types import ShotId
from pipeline.errors import NotFound, StoreFull, StoreUnavailable
from pipeline.files import flush_folder, write_and_flush

_FULL = {errno.ENOSPC, errno.EDQUOT}
_ATTEMPTS = 100


class Media(Protocol):
    """Where pictures lie; a key is a relative path with forward slashes.

    Every method raises ValueError for a key that would lead elsewhere.
    """

    def write(self, key: str, content: bytes) -> None:
        """Keep `content` under `key`, whole or not at all; writing again changes nothing.

        Raises:
            StoreFull: no room left.
            StoreUnavailable: the place cannot be written to now.
        """
        ...

    def read(self, key: str) -> bytes:
        """What was written under `key`.

        Raises:
            NotFound: nothing was, or it was deleted.
        """
        ...

    def exists(self, key: str) -> bool:
        """Whether something lies under `key`."""
        ...

    def size(self, key: str) -> int:
        """Bytes of what lies under `key`; 0 where nothing does."""
        ...

    def delete(self, key: str) -> bool:
        """Forget what lies under `key`; whether there was something."""
        ...

    def delete_leftovers(self, before: float) -> int:
        """Delete what writers that were killed before an instant left half done; how many."""
        ...


def picture_key(shot: ShotId, captured_at: float) -> str:
    """Where the picture of `shot` lies: by camera, day and hour (UTC), so that days go as folders.

    >>> from detectors.types import TrackKey
    >>> picture_key(ShotId(TrackKey("lobby", "01JT9", 42), 3), 1_795_426_200.0)
    'lobby/2026-11-23/09/01JT9-42-3.jpg'
    """
    track, at = shot.track, datetime.fromtimestamp(captured_at, UTC)
    return f"{track.camera_id}/{at:%Y-%m-%d/%H}/{track.run_id}-{track.number}-{shot.number}.jpg"


class FolderMedia:
    """Pictures in a folder of this machine, or of a volume that several share."""

    def __init__(self, root: Path) -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root = root.resolve()

    def write(self, key: str, content: bytes) -> None:
        """Write beside, flush to the disk, rename: a reader sees all of it or nothing."""
        path = self._path(key)
        with self._disk_errors():
            partial = self._write_beside(path, content)
            try:
                partial.replace(path)
                flush_folder(path.parent)
            except OSError:
                partial.unlink(missing_ok=True)
                raise

    def read(self, key: str) -> bytes:
        """The file's content."""
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise NotFound(f"no picture {key}: retention may have deleted it") from error

    def exists(self, key: str) -> bool:
        """Whether the file is there."""
        return self._path(key).is_file()

    def size(self, key: str) -> int:
        """The file's length."""
        try:
            return self._path(key).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return 0

    def delete(self, key: str) -> bool:
        """Delete the file, and the folders that it leaves empty."""
        path = self._path(key)
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        for folder in path.parents:
            if folder == self.root:
                break
            try:
                folder.rmdir()
            except OSError:  # not empty, or a writer needs it again
                break
        return True

    def delete_leftovers(self, before: float) -> int:
        """Delete old `*.tmp` files; a young one may belong to a writer that is alive."""
        deleted = 0
        for path in self.root.rglob("*.tmp"):
            with suppress(FileNotFoundError):
                if path.lstat().st_mtime < before:
                    path.unlink()
                    deleted += 1
        return deleted

    def _path(self, key: str) -> Path:
        parts = PurePosixPath(key).parts
        if not parts or key.startswith("/") or ".." in parts or "\0" in key:
            raise ValueError(f"{key!r} is no media key: it must stay inside the folder")
        path = self.root
        for part in parts:
            path /= part
            if path.is_symlink():
                raise ValueError(f"{key!r} is no media key: {path} is a symbolic link")
        return path

    def _write_beside(self, path: Path, content: bytes) -> Path:
        partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        for attempt in range(_ATTEMPTS):
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_and_flush(partial, content)
            # Retention removed the empty folder in between: after `mkdir`, or in the middle of it.
            except (FileNotFoundError, FileExistsError):
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                break
        return partial

    @contextmanager
    def _disk_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _FULL:
                free = shutil.disk_usage(self.root).free
                raise StoreFull(
                    f"no room for pictures in {self.root}: {free} bytes free; "
                    "free some space or keep less (retention)"
                ) from error
            raise StoreUnavailable(
                f"pictures cannot be written to {self.root}: {error.strerror}"
            ) from error
