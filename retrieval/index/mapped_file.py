"""Arrays in files that are read where they lie: nothing is copied, a page comes when used."""

import json
import math
import mmap
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from retrieval.index.filters import Admitted
from retrieval.whole_files import flush

#: The format: a length, that many bytes of JSON, then the arrays one behind the other.
_LENGTH_BYTES = 8

#: Rows of which no more than so many bytes lie between are read together.
_GAP_BYTES = 1 << 16
#: Rows in more places than this are left to come when used: asking costs as much.
_PLACES = 256
#: What was read so short a time ago is in memory still, and not asked for again.
_STAYS_S = 10.0

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


class FileAhead:
    """The rows of one array at the end of a file, to be read from disk before they are used.

    FAISS has the kernel read no page of a mapped file but the one that is used, and each is
    waited for by itself: 20 MB of one camera take half a second, and as one piece 30 ms.
    """

    def __init__(self, path: Path, rows: int, row_bytes: int) -> None:
        """The file may be deleted meanwhile.

        Args:
            path: the file.
            rows: N of them, to its end.
            row_bytes: the length of each.

        Raises:
            OSError: it cannot be mapped.
            ValueError: it is shorter.
        """
        self._start, self._row_bytes = path.stat().st_size - rows * row_bytes, row_bytes
        if self._start < 0 or rows < 1 or row_bytes < 1:
            raise ValueError(f"it does not hold {rows} vectors of {row_bytes} bytes")
        self._gap = -(-_GAP_BYTES // row_bytes)
        with path.open("rb") as file:
            self._file = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._asked: dict[tuple[int, int], float] = {}

    def expect(self, wanted: Admitted) -> None:
        """Have some rows read, unless they lie in too many places; it is not waited for."""
        if wanted.count == len(wanted.mask):
            self._read(wanted.first, wanted.first + wanted.count)
            return
        for first, last in runs(wanted.mask, self._gap):
            self._read(wanted.first + first, wanted.first + last)

    def _read(self, first: int, last: int) -> None:
        now = time.monotonic()
        if now - self._asked.get((first, last), -np.inf) < _STAYS_S:
            return
        if len(self._asked) >= _PLACES:
            self._asked.clear()
        self._asked[first, last] = now
        begin = self._start + first * self._row_bytes
        begin -= begin % mmap.PAGESIZE
        end = self._start + last * self._row_bytes
        with suppress(OSError):  # it is an advice, and some file systems take none
            self._file.madvise(mmap.MADV_WILLNEED, begin, end - begin)


def runs(wanted: NDArray[np.bool_], gap: int) -> list[tuple[int, int]]:
    """First row and the one behind the last of each piece of (N,) rows that is wanted.

    Pieces with fewer than `gap` rows between them are one; none where they are too many.

    >>> runs(np.array([True, False, True, False, False, True]), 2)
    [(0, 3), (5, 6)]
    """
    rows = np.flatnonzero(wanted)
    is_apart = np.diff(rows) > gap
    if np.count_nonzero(is_apart) >= _PLACES:
        return []
    first_of = np.concatenate([rows[:1], rows[1:][is_apart]])
    last_of = np.concatenate([rows[:-1][is_apart], rows[-1:]])
    return [(a, b + 1) for a, b in zip(first_of.tolist(), last_of.tolist(), strict=True)]
