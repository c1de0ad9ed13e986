"""Taking a file into the folder of models: encoders rewritten, detectors copied."""

import pickletools
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from retrieval.weights.manifest import digest_of

_MAX_PICKLE_BYTES = 64 * 1024**2  # a detector's is under one; a bomb's is not


def convert(source: Path, to: Path, text_heads: int | None) -> None:
    """Rewrite a checkpoint as safetensors that say their own shape and where they come from.

    Raises:
        WeightsUnusable: it is none.
        OSError: it cannot be written.
    """
    # Imported late: it loads torch, which listing models must not wait for.
    from retrieval.gadms.checkpoint import read_checkpoint, write_checkpoint

    checkpoint = read_checkpoint(source, text_heads=text_heads)
    digest = checkpoint.source_sha256 or digest_of(source)
    write_checkpoint(replace(checkpoint, source_sha256=digest), to)


def copy_detector(source: Path, to: Path, check: Callable[[Path], None]) -> None:
    """Copy a detector's weights, and keep the copy only if `check` lets it pass.

    Raises:
        OSError: it cannot be written.
    """
    part = to.with_name(f".{to.stem}.part{to.suffix}")  # ultralytics goes by the suffix
    try:
        shutil.copyfile(source, part)
        check(part)
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)


def looks_like_a_detector(file: Path) -> bool:
    """Whether an archive's pickle names a class of ultralytics; nothing is unpickled."""
    try:
        with zipfile.ZipFile(file) as archive:
            name = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
            if archive.getinfo(name).file_size > _MAX_PICKLE_BYTES:
                return False
            operations = pickletools.genops(archive.read(name))
            return any(str(said).startswith("ultralytics") for _, said, _ in operations)
    except (zipfile.BadZipFile, StopIteration, ValueError, OSError, NotImplementedError):
        return False
