"""One checkpoint of a training: a folder of tensors, and a note that proves them whole."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

from retrieval.training.durable import flush_folder, write_flushed, write_tensors
from retrieval.weights.manifest import digest_of

_GROUP = re.compile(r"[a-z][a-z0-9_]{0,63}")
_STATE_FILE = "state.json"
_SUFFIX = ".safetensors"


@dataclass(frozen=True, slots=True)
class Saved:
    """A checkpoint that was found whole: its files are what was written."""

    step: int
    folder: Path
    groups: tuple[str, ...]
    state: Mapping[str, Any]

    def tensors(self, group: str) -> dict[str, Tensor]:
        """The tensors of one group by name, on the CPU."""
        return load_file(self.folder / f"{group}{_SUFFIX}")


def write_checkpoint(
    folder: Path,
    step: int,
    tensors: Mapping[str, Mapping[str, Tensor]],
    state: Mapping[str, Any],
    head: Mapping[str, str] | None = None,
) -> None:
    """Write a checkpoint into `folder`, which must not be there, down to the disk.

    The note with the digests comes last: a folder without it was not finished.

    Args:
        folder: made here.
        step: of the training.
        tensors: by name within each group; a group's name is a file's.
        state: plain values that JSON holds exactly.
        head: texts for the head of each file.

    Raises:
        OSError: it cannot be written.
        ValueError: a group's name is no file's name, or the state is not for JSON.
    """
    if odd := [group for group in tensors if not _GROUP.fullmatch(group)]:
        raise ValueError(f"{odd[0]!r} cannot name a group of tensors: use a to z, 0 to 9 and _")
    # As a file gives it back, for the digest; and before gigabytes are written.
    plain = json.loads(json.dumps(dict(state), allow_nan=False))
    content: dict[str, Any] = {"step": step, "files": {}, "state": plain}
    folder.mkdir()
    for group, members in tensors.items():
        path = folder / f"{group}{_SUFFIX}"
        write_tensors(path, members, head)
        content["files"][path.name] = digest_of(path)
    content["sha256"] = _digest(content)
    write_flushed(folder / _STATE_FILE, json.dumps(content, indent=1, allow_nan=False))
    flush_folder(folder)


def read_checkpoint(folder: Path) -> Saved:
    """Check a checkpoint, every byte of it.

    Raises:
        ValueError: it is not whole; the message says what is wrong.
        OSError: it cannot be read.
    """
    try:
        content = json.loads((folder / _STATE_FILE).read_text("utf-8"))
        stated = content.pop("sha256")
        step, files, state = int(content["step"]), dict(content["files"]), dict(content["state"])
    except FileNotFoundError as error:
        raise ValueError("it was not finished") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"its {_STATE_FILE} is damaged") from error
    if stated != _digest(content):
        raise ValueError(f"its {_STATE_FILE} is damaged")
    for name, digest in files.items():
        path = folder / name
        if not path.is_file():
            raise ValueError(f"its {name} is missing")
        if digest_of(path) != digest:
            raise ValueError(f"its {name} is damaged")
    return Saved(step, folder, tuple(name.removesuffix(_SUFFIX) for name in files), state)


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
