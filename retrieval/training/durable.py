"""Files of a run that are there whole or not at all, whatever moment the machine dies at."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from retrieval.whole_files import flush

#: What is being written, or thrown away; never read.
PART = ".part"

_OS_ERROR = re.compile(r"\(os error (\d+)\)")


def write_whole(path: Path, content: str) -> None:
    """Put `content` in place of what `path` holds; a reader sees the old text or the new.

    Raises:
        OSError: it cannot be written; the old text stays.
    """
    part = path.with_name(f".{path.name}{PART}")
    write_flushed(part, content)
    part.replace(path)
    flush_folder(path.parent)


def write_flushed(path: Path, content: str) -> None:
    """Write `content`, down to the disk.

    Raises:
        OSError: it cannot be written.
    """
    with path.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None
) -> None:
    """Write a safetensors file, down to the disk.

    Args:
        path: replaced if it is there; not atomically.
        tensors: on any device, by name; no two may share memory.
        metadata: texts for the head of the file.

    Raises:
        OSError: it cannot be written.
    """
    plain = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    try:
        save_file(plain, path, metadata=dict(metadata or {}) or None)
    except SafetensorError as error:
        found = _OS_ERROR.search(str(error))
        if found is None:
            raise
        number = int(found[1])
        raise OSError(number, os.strerror(number), str(path)) from error
    flush(path)


def flush_folder(folder: Path) -> None:
    """Make what was made, renamed or removed in `folder` last through a power cut."""
    flush(folder)
