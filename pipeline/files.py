"""Small files that are there whole or not at all."""

import os
import secrets
from pathlib import Path

from pipeline.errors import ConfigError


def write_whole(path: Path, content: str | bytes) -> None:
    """Put `content` in place of what `path` holds, readable by us alone and safe from a power cut.

    A reader sees the old content or the new one. Who is killed on the way leaves `*.tmp` beside it.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        write_and_flush(partial, content.encode() if isinstance(content, str) else content)
        partial.replace(path)
        flush_folder(path.parent)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def write_and_flush(path: Path, content: bytes) -> None:
    """Create `path`, which must not be there; nothing stays of it where that fails."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def flush_folder(folder: Path) -> None:
    """Make a rename in `folder` last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Create a folder where there is none, for us alone; it may be a link to one.

    Raises:
        ConfigError: it cannot be made, or something else is there.
    """
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be made ({error.strerror}): move what is there"
        ) from error
