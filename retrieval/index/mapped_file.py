"""Arrays in a safetensors file, read where they lie: nothing is copied, a page comes when used."""

import json
import math
import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from retrieval.whole_files import flush

#: The format: a length, that many bytes of JSON, then the arrays one behind the other.
_LENGTH_BYTES = 8

#: What `write_arrays` is given, and no more of the format's types.
_KINDS = {"F64": "<f8", "I64": "<i8", "U64": "<u8", "I32": "<i4", "U8": "|u1"}


def write_arrays(
    path: Path, arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]
) -> None:
    """Write what `mapped_arrays` reads, down to the disk.

    Args:
        path: replaced if it is there; not atomically.
        arrays: float64, int64, uint64, int32 or uint8, by name.
        metadata: texts for the head of the file.

    Raises:
        OSError: it cannot be written.
    """
    plain = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    path.write_bytes(save(plain, metadata=dict(metadata)))
    flush(path)


def mapped_arrays(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """The arrays of a file, not to be written to, and its metadata; the file may be deleted.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no such file, or shorter than it says.
    """
    with path.open("rb") as file:
        head = file.read(_LENGTH_BYTES)
        size = path.stat().st_size
        start = _LENGTH_BYTES + int.from_bytes(head, "little")
        if len(head) < _LENGTH_BYTES or start > size:
            raise ValueError("its head is cut off")
        described: dict[str, Any] = json.loads(file.read(start - _LENGTH_BYTES))
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        metadata = described.pop("__metadata__", {})
        return {name: _view(data, start, told) for name, told in described.items()}, metadata
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"its head is damaged ({error!r})") from error


def _view(data: mmap.mmap, start: int, told: Mapping[str, Any]) -> NDArray[Any]:
    kind, shape = np.dtype(_KINDS[told["dtype"]]), tuple(told["shape"])
    begin, end = told["data_offsets"]
    if end - begin != math.prod(shape) * kind.itemsize or begin < 0 or start + end > len(data):
        raise ValueError("an array lies outside of it")
    flat = np.frombuffer(data, kind, math.prod(shape), start + begin)
    return flat.reshape(shape)
