"""Checks an evidence pack, whoever made it: nothing is unpacked, and nothing in it is believed."""

import hashlib
import io
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipeline.evidence.manifest import (
    FILES_AT_MOST,
    MANIFEST,
    MANIFEST_BYTES,
    SIGNATURE,
    SIGNATURE_BYTES,
    Manifest,
    is_plain,
    read_manifest,
    read_signature,
)
from pipeline.evidence.zip_form import unlike

_BLOCK = 1 << 20
_ENCRYPTED: Final = 0x1
_DIRECTORY_BYTES: Final = FILES_AT_MOST * 400
"""More than the table of contents of any pack takes; the library reads all of it at once."""

_LOCAL_HEADER: Final = struct.Struct("<4s5H3I2H")
_END_BYTES: Final = 22
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)


@dataclass(slots=True)
class Verdict:
    """What a check found.

    Attributes:
        faults: what is wrong, a line each; none: the pack is as it was signed.
        case, made_at, made_by: as the manifest says; empty where it cannot be read.
        public_key: who signed it; empty likewise.
        files: how many files were found to be as signed.
        bytes: in all of them.
    """

    faults: list[str] = field(default_factory=list)
    case: str = ""
    made_at: str = ""
    made_by: str = ""
    public_key: str = ""
    files: int = 0
    bytes: int = 0


def verify_pack(path: Path, key: str | None = None) -> Verdict:
    """Read a pack from its first byte to its last.

    Args:
        path: the zip.
        key: the public key it must be signed with; None takes any, and the verdict says which.

    Returns:
        What is wrong with it, if anything.
    """
    verdict = Verdict()
    try:
        with _Bounded(io.FileIO(path)) as file, zipfile.ZipFile(file) as archive:
            _verify(archive, path.stat().st_size, verdict, key)
    except _UNREADABLE as error:
        verdict.faults.append(f"the zip cannot be read ({error})")
    return verdict


class _Bounded(io.BufferedReader):
    """A file of which nobody reads more at once than an honest pack asks for."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Bytes from here on.

        Raises:
            BadZipFile: a table of contents as long as that would fill the memory.
        """
        if size is not None and size > _DIRECTORY_BYTES:
            raise zipfile.BadZipFile(f"a table of contents of {size} bytes: no pack has one")
        return super().read(size)


def _verify(archive: zipfile.ZipFile, size: int, verdict: Verdict, key: str | None) -> None:
    entries = archive.infolist()
    if len(entries) > FILES_AT_MOST + 2:
        verdict.faults.append(f"{len(entries)} files: no pack has so many")
        return
    verdict.faults += _odd_entries(entries)
    if verdict.faults:
        return  # which of two files of one name is meant nobody can say
    manifest = _signed_manifest(archive, verdict, key)
    if manifest is None:
        return
    gaps = list(_gaps(archive, size))
    assert archive.fp is not None
    verdict.faults += gaps or unlike(archive.fp, entries)
    verdict.case, verdict.made_at, verdict.made_by = (
        manifest.case, manifest.made_at, manifest.made_by,
    )  # fmt: skip
    present = {entry.filename: entry for entry in entries}
    known = Counter(packed.name for packed in manifest.files)
    verdict.faults += [f"{name}: twice in the manifest" for name, n in known.items() if n > 1]
    for name in sorted(present.keys() - known.keys() - {MANIFEST, SIGNATURE}):
        verdict.faults.append(f"{name}: added; the manifest does not know it")
    for packed in manifest.files:
        if packed.name not in present:
            verdict.faults.append(f"{packed.name}: missing")
            continue
        why = _differs(archive, present[packed.name], packed.bytes, packed.sha256)
        if why:
            verdict.faults.append(f"{packed.name}: {why}")
        else:
            verdict.files += 1
            verdict.bytes += packed.bytes


def _odd_entries(entries: list[zipfile.ZipInfo]) -> Iterator[str]:
    """What no pack of ours has: names that lead elsewhere, links, doubles, encryption."""
    counts = Counter(entry.filename for entry in entries)
    for name, count in counts.items():
        if count > 1:
            yield f"{_shown(name)}: there {count} times"
    for entry in entries:
        mode = entry.external_attr >> 16
        if not is_plain(entry.filename):
            yield f"{_shown(entry.filename)}: a name that no pack has"
        elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            yield f"{entry.filename}: a link or device, not a file"
        elif entry.flag_bits & _ENCRYPTED or entry.compress_type != zipfile.ZIP_STORED:
            yield f"{entry.filename}: encrypted or compressed, as no pack is"


def _signed_manifest(
    archive: zipfile.ZipFile, verdict: Verdict, key: str | None
) -> Manifest | None:
    told = _small(archive, MANIFEST, MANIFEST_BYTES)
    signed = _small(archive, SIGNATURE, SIGNATURE_BYTES)
    if told is None:
        verdict.faults.append(f"{MANIFEST}: missing or damaged: no evidence pack of Descry")
        return None
    signature = read_signature(signed) if signed is not None else None
    if signature is None:
        verdict.faults.append(f"{SIGNATURE}: missing or damaged: nobody vouches for this pack")
    else:
        verdict.public_key = signature.public_key
        verdict.faults += _who_signed(signature.is_of(told), signature.public_key, key)
        if signature.to_bytes() != signed:
            verdict.faults.append(f"{SIGNATURE}: changed")
    manifest = read_manifest(told)
    if manifest is None:
        verdict.faults.append(f"{MANIFEST}: not what Descry writes, or of a newer version")
    return manifest


def _who_signed(is_its: bool, signed_by: str, key: str | None) -> Iterator[str]:
    if not is_its:
        yield f"{MANIFEST}: changed, or {SIGNATURE} is: the signature does not fit"
    if key is not None and signed_by != key:
        yield f"{SIGNATURE}: signed with another key ({signed_by}), not {key}"


def _small(archive: zipfile.ZipFile, name: str, at_most: int) -> bytes | None:
    """The content of a small file; None where it is missing, damaged, or larger."""
    try:
        with archive.open(name) as file:
            data = file.read(at_most + 1)
            file.read(1)  # has the checksum looked at where that was all
    except (KeyError, *_UNREADABLE):
        return None
    return data if len(data) <= at_most else None


def _differs(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, size: int, sha256: str
) -> str | None:
    """What is wrong with a file; no more of it is read than was signed, so no bomb goes off."""
    digest, found = hashlib.sha256(), 0
    try:
        with archive.open(entry) as file:
            while block := file.read(min(_BLOCK, size + 1 - found)):
                found += len(block)
                digest.update(block)
                if found > size:
                    return f"changed: longer than the {size} bytes that were signed"
    except _UNREADABLE as error:
        return f"changed: it cannot be read ({error})"
    if found != size:
        return f"changed: {found} bytes, where {size} were signed"
    return None if digest.hexdigest() == sha256 else "changed: its digest is not the signed one"


def _gaps(archive: zipfile.ZipFile, size: int) -> Iterator[str]:
    """Bytes of the zip that belong to no file: another zip hides there, or a message."""
    at = 0
    for entry in sorted(archive.infolist(), key=lambda each: each.header_offset):
        if entry.header_offset != at:
            yield f"{entry.filename}: bytes before it that belong to no file"
            return
        assert archive.fp is not None
        archive.fp.seek(at)
        header = archive.fp.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size:
            yield f"{entry.filename}: its header is cut off"
            return
        *_, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
        at += _LOCAL_HEADER.size + name_bytes + extra_bytes + entry.compress_size
    if archive.comment or archive.start_dir != at or _directory_end(archive) != size:
        yield "bytes in the zip that belong to no file"


def _directory_end(archive: zipfile.ZipFile) -> int:
    """Where the zip ends if nothing follows its table of contents; small zips alone."""
    assert archive.fp is not None
    archive.fp.seek(archive.start_dir)
    rest = archive.fp.read(_DIRECTORY_BYTES)
    return archive.start_dir + rest.rfind(b"PK\x05\x06") + _END_BYTES


def _shown(name: str) -> str:
    return repr(name[:100])
