"""The one form that the zip of a pack has: of given files, each byte around them is decided.

A zip has room for more than files: comments, extra fields, dates, modes, flags, each twice. What a
reader does not look at could carry a message, or another file for another reader. So whoever checks
a pack writes all that anew, and compares.
"""

import struct
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, Final

# Zips know no time zones; the manifest says when a pack was made.
DATE: Final = (1980, 1, 1, 0, 0, 0)
_DOS_DATE: Final = 1 << 5 | 1  # the first of January 1980

_HEADER: Final = struct.Struct("<4s2B4H3L2H")
_CENTRAL: Final = struct.Struct("<4s4B4H3L5H2L")
_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64: Final = struct.Struct("<4sLQL")
_UNIX, _PLAIN, _LARGE = 3, 20, 45
_FULL: Final = 0xFFFFFFFF
_MODE: Final = 0o600


def new_entry(name: str) -> zipfile.ZipInfo:
    """A file of a pack, before its content is known."""
    info = zipfile.ZipInfo(name, DATE)
    # As it is: an erasure that searches for a name finds it in a pack that lies about, and
    # whoever checks a pack need unpack nothing.
    info.compress_type = zipfile.ZIP_STORED
    info.external_attr = _MODE << 16
    info.create_system = _UNIX
    return info


def is_large(size: int) -> bool:
    """Whether a file of `size` bytes has a header with room for more than 4 GB."""
    return size > zipfile.ZIP64_LIMIT // 2


def unlike(file: IO[bytes], entries: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    """What of a zip is not as a pack's is, a line each.

    Of what is large there are two forms: since Python 3.11.4 its sizes stand in the extra field
    alone, before that where they fit as well. One pack has one of them throughout.

    Args:
        file: the zip.
        entries: what its table of contents says, without gaps between the files.
    """
    found = [list(_unlike(file, entries, is_old=is_old)) for is_old in (False, True)]
    if all(found):
        yield from found[0]


def _unlike(file: IO[bytes], entries: Sequence[zipfile.ZipInfo], *, is_old: bool) -> Iterator[str]:
    ends_at = 0
    for entry in entries:
        header = _header_of(entry, is_old=is_old)
        file.seek(entry.header_offset)
        if file.read(len(header)) != header:
            yield f"{entry.filename}: its header is not as a pack has it"
            return
        ends_at = max(ends_at, entry.header_offset + len(header) + entry.file_size)
    table = b"".join(_central_of(entry, is_old=is_old) for entry in entries)
    tail = table + _end_of(len(entries), len(table), ends_at)
    file.seek(ends_at)
    if file.read(len(tail) + 1) != tail:
        yield "the zip's table of contents is not as a pack has it: date, mode, comment, or more"


def _header_of(entry: zipfile.ZipInfo, *, is_old: bool) -> bytes:
    size, name, extra = entry.file_size, entry.filename.encode(), b""
    version, told = _PLAIN, size
    if is_large(size):
        extra = struct.pack("<HHQQ", 1, 16, size, size)
        if size > zipfile.ZIP64_LIMIT or not is_old:
            version, told = _LARGE, _FULL
    return (
        _HEADER.pack(
            b"PK\x03\x04", version, 0, 0, zipfile.ZIP_STORED, 0, _DOS_DATE,
            entry.CRC, told, told, len(name), len(extra),
        )
        + name
        + extra
    )  # fmt: skip


def _central_of(entry: zipfile.ZipInfo, *, is_old: bool) -> bytes:
    size, offset, limit = entry.file_size, entry.header_offset, zipfile.ZIP64_LIMIT
    large: list[int] = []
    if size > limit:
        large += [size, size]
    if offset > limit:
        large.append(offset)
    extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    version = _LARGE if large or (is_large(size) and not is_old) else _PLAIN
    name = entry.filename.encode()
    size, offset = (_FULL if size > limit else size), (_FULL if offset > limit else offset)
    return (
        _CENTRAL.pack(
            b"PK\x01\x02", version, _UNIX, version, 0, 0, zipfile.ZIP_STORED, 0, _DOS_DATE,
            entry.CRC, size, size, len(name), len(extra), 0, 0, 0, _MODE << 16, offset,
        )
        + name
        + extra
    )  # fmt: skip


def _end_of(count: int, size: int, offset: int) -> bytes:
    large = b""
    if offset > zipfile.ZIP64_LIMIT or size > zipfile.ZIP64_LIMIT:
        large = _END_64.pack(
            b"PK\x06\x06", 44, _LARGE, _LARGE, 0, 0, count, count, size, offset
        ) + _LOCATOR_64.pack(b"PK\x06\x07", 0, offset + size, 1)
    size, offset = min(size, _FULL), min(offset, _FULL)
    return large + _END.pack(b"PK\x05\x06", 0, 0, count, count, size, offset, 0)
