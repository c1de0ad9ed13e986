"""Files that are there whole or not at all, whatever library writes them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Where to write what is to become `path`, and does where the block ends well.

    A reader of `path` sees the old content or the new one. Where the block raises, nothing is left
    of what it wrote.

    Raises:
        OSError: it cannot be flushed, or put in its place.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        flush(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Make what a file holds last through a power cut; or what is made or renamed in a folder.

    Raises:
        OSError: it cannot be read, or flushed.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
