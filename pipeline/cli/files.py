"""Writes an answer to a file, whole or not at all."""

from pathlib import Path

from pipeline.errors import ConfigError


def write_answer(path: Path, data: bytes) -> None:
    """Write `data`, replacing the file only once all of it is there.

    Raises:
        ConfigError: the folder is missing or not ours to write.
    """
    partial = path.with_name(f".{path.name}.part")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ConfigError(f"cannot write {path} ({error.strerror}): choose another file") from error
