"""Taking a file into the folder of models: encoders rewritten, detectors copied."""

import json
import pickletools
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from retrieval.gadms.origin import NOTES, as_origin
from retrieval.weights.manifest import Entry, Kind, digest_of

_SUFFIX_OF: Mapping[Kind, str] = {"encoder": ".safetensors", "detector": ".pt"}
#: Under this key files of ours say as JSON what they are, encoders and detectors alike.
_KEY = "descry"
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


def accept_any(_path: Path) -> None:
    """Find nothing wrong with a file."""


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


def description_in(path: Path) -> Mapping[str, Any]:
    """What a safetensors file of ours says that it is; nothing of any other file."""
    try:
        with safe_open(path, framework="numpy") as file:
            said = json.loads((file.metadata() or {})[_KEY])
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def labelled(entry: Entry, path: Path) -> Entry:
    """`entry` with what its file says that it learnt from."""
    origin = as_origin(description_in(path).get("origin"))
    if origin is None:
        return entry
    notes = [entry.note] if entry.note else []
    note = "; ".join([*notes, NOTES[origin]])
    return replace(entry, synthetic=entry.synthetic or origin == "synthetic", note=note)


def looks_like_a_detector(file: Path) -> bool:
    """Whether safetensors say so, or an archive's pickle names a class of ultralytics.

    Nothing is unpickled.
    """
    if str(description_in(file).get("family", "")).startswith("yolo"):
        return True
    try:
        with zipfile.ZipFile(file) as archive:
            name = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
            if archive.getinfo(name).file_size > _MAX_PICKLE_BYTES:
                return False
            operations = pickletools.genops(archive.read(name))
            return any(str(said).startswith("ultralytics") for _, said, _ in operations)
    except (zipfile.BadZipFile, StopIteration, ValueError, OSError, NotImplementedError):
        return False


def suffix_for(kind: Kind, source: Path | None = None) -> str:
    """What the installed file's name ends in: whoever loads a detector goes by it.

    Args:
        kind: of the model.
        source: the file that it is taken from; None where that is not known any more.
    """
    is_packed = kind == "detector" and source is not None and source.suffix == ".safetensors"
    return ".safetensors" if is_packed else _SUFFIX_OF[kind]
