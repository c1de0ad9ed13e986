"""Writes an answer to a file, whole or not at all."""

from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.files import write_whole


def write_answer(path: Path, data: bytes) -> None:
    """Write `data`, replacing the file only once all of it is there; for our eyes only.

    Raises:
        ConfigError: the folder is missing or not ours to write.
    """
    try:
        write_whole(path, data)
    except OSError as error:
        raise ConfigError(f"cannot write {path} ({error.strerror}): choose another file") from error
