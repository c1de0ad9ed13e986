"""Tells whether a file is still the one that was looked at."""

from pathlib import Path
from typing import NamedTuple

from pipeline.errors import SourceUnreadable


class FileStamp(NamedTuple):
    """What changes when a file is written to, or another takes its place."""

    size_bytes: int
    mtime_ns: int
    inode: int


def stamp_file(path: Path) -> FileStamp:
    """The stamp of `path` as it is now.

    Raises:
        SourceUnreadable: it is not there, or nobody lets us look.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise SourceUnreadable(
            f"{path}: is not there any more ({error.strerror}); import it again when it is back"
        ) from None
    return FileStamp(status.st_size, status.st_mtime_ns, status.st_ino)


def check_unchanged(path: Path, stamp: FileStamp) -> None:
    """See that `path` is still what it was when `stamp` was taken.

    Raises:
        SourceUnreadable: it is not.
    """
    if stamp_file(path) != stamp:
        raise SourceUnreadable(
            f"{path}: was changed while it was imported; import it again when it is whole"
        )
