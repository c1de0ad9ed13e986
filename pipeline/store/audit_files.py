"""The files of the audit: lines in the order of the chain, a file a day or 8 MiB."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.errors import AuditUnavailable
from pipeline.store.audit_chain import BEGIN, Place, read_line

SUFFIX: Final = ".jsonl"
_NUMBER_DIGITS: Final = 12
_READ_AT_ONCE = 1 << 16


@dataclass(frozen=True, slots=True)
class Tail:
    """Where the next entry goes.

    Attributes:
        path: the file; None where there is none yet.
        size: bytes of whole lines in it.
        place: its last entry's.
        day: UTC, on which it was begun.
        last_at: when its last entry was noted, ISO 8601 UTC.
    """

    path: Path | None = None
    size: int = 0
    place: Place = BEGIN
    day: str = ""
    last_at: str = ""


def name_of(first: int) -> str:
    """The name of the file whose first entry has the number `first`.

    >>> name_of(42)
    '000000000042.jsonl'
    """
    return f"{first:0{_NUMBER_DIGITS}d}{SUFFIX}"


def first_of(path: Path) -> int:
    """The number of a file's first entry."""
    return int(path.stem)


def files_in(folder: Path) -> list[Path]:
    """Every file of entries, in their order; none where there is no folder."""
    try:
        names = os.listdir(folder)  # noqa: PTH208  as names: there may be years of files
    except FileNotFoundError:
        return []
    length = _NUMBER_DIGITS + len(SUFFIX)
    ours = [n for n in names if len(n) == length and n.endswith(SUFFIX) and n[:12].isdecimal()]
    return [folder / name for name in sorted(ours)]


def read_tail(path: Path) -> Tail:
    """Where a file ends, without what was cut off while it was written: nobody was answered.

    Raises:
        AuditUnavailable: its last entry cannot be read.
        OSError: the file cannot be.
    """
    with path.open("rb") as file:
        first = file.readline()
        size = file.seek(0, os.SEEK_END)
        data = b""
        while size > len(data) and data.count(b"\n") < 2:
            step = min(max(_READ_AT_ONCE, len(data)), size - len(data))
            file.seek(size - len(data) - step)
            data = file.read(step) + data
    whole = data[: data.rfind(b"\n") + 1]
    if not whole:
        return Tail(path)  # its first entry was being written
    try:
        last, place = read_line(whole[:-1].rsplit(b"\n", 1)[-1])
        begin, _ = read_line(first[:-1])
        day, last_at = str(begin["at"])[:10], str(last["at"])
    except (ValueError, KeyError) as error:
        raise AuditUnavailable(
            f"an entry of the audit cannot be read ({path.name}), and nothing is answered until "
            "somebody has looked: see 'descry audit verify'"
        ) from error
    return Tail(path, size - (len(data) - len(whole)), place, day, last_at)


def lines_of(path: Path, size: int | None = None) -> Iterator[bytes]:
    """The lines of a file, without line feeds; those within the first `size` bytes.

    A last line that has no end yet is given as well, with nothing to tell it by: whoever reads
    while somebody writes asks for a size that was noted under the lock.
    """
    left = size
    with path.open("rb") as file:
        for line in file:
            if left is not None:
                if left <= 0:
                    return
                left -= len(line)
            yield line.removesuffix(b"\n")


def entries_back(folder: Path) -> Iterator[dict[str, Any]]:
    """Every readable entry, the latest first; what cannot be read is for a check to say."""
    for path in reversed(files_in(folder)):
        try:
            lines = list(lines_of(path))
        except FileNotFoundError:  # it aged just now
            return
        for line in reversed(lines):
            try:
                yield read_line(line)[0]
            except ValueError:
                continue
