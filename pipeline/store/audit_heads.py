"""Signed heads of the audit: who has the public key can tell that the chain came so far.

A line of `heads.jsonl` is one head. The first may be a checkpoint: entries up to it have aged and
are gone, and the chain is checked from there.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.files import flush_folder, write_whole
from pipeline.store.audit_chain import Place
from pipeline.store.signing import SigningKey, is_signed_by

FILE: Final = "heads.jsonl"


@dataclass(frozen=True, slots=True)
class Head:
    """A place of the chain, signed.

    Attributes:
        count: entries up to it.
        hash: of its last entry.
        at: when it was signed, ISO 8601 UTC.
        is_checkpoint: whether what comes before was removed because it was old.
        key: the public key, hexadecimal.
        signature: of all that.
    """

    count: int
    hash: str
    at: str
    is_checkpoint: bool
    key: str
    signature: str

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place(self.count, self.hash)

    @property
    def is_authentic(self) -> bool:
        """Whether the owner of `key` signed it as it is."""
        message = _message(self.count, self.hash, self.at, is_checkpoint=self.is_checkpoint)
        return is_signed_by(self.key, message, self.signature)


def sign(key: SigningKey, place: Place, at: str, *, is_checkpoint: bool = False) -> Head:
    """Sign a place."""
    message = _message(place.number, place.hash, at, is_checkpoint=is_checkpoint)
    return Head(place.number, place.hash, at, is_checkpoint, key.public, key.sign(message))


def append_head(folder: Path, head: Head) -> None:
    """Write a head behind the others, and flush it.

    Raises:
        OSError: it cannot be written.
    """
    path = folder / FILE
    is_new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if size > 0 and os.pread(descriptor, 1, size - 1) != b"\n":
            # Who was killed, or had no room, left half a line.
            os.ftruncate(descriptor, path.read_bytes().rfind(b"\n") + 1)
        os.write(descriptor, _line(head))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        flush_folder(folder)


def replace_heads(folder: Path, heads: Iterable[Head]) -> None:
    """Have these heads and no others.

    Raises:
        OSError: they cannot be written; the old ones stay.
    """
    write_whole(folder / FILE, b"".join(map(_line, heads)))


def read_heads(folder: Path) -> tuple[list[Head], int]:
    """Every head that can be read, in the order of the file, and how many lines cannot.

    A last line without an end is passed over: it was cut off while it was written.
    """
    try:
        lines = (folder / FILE).read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return [], 0
    heads, unreadable = [], 0
    for line in lines:
        head = _read(line)
        if head is None:
            unreadable += 1
        else:
            heads.append(head)
    return heads, unreadable


def _read(line: bytes) -> Head | None:
    try:
        fields: dict[str, Any] = json.loads(line)
        head = Head(**fields)
    except (ValueError, TypeError):
        return None
    texts = (head.hash, head.at, head.key, head.signature)
    is_sound = type(head.count) is int and type(head.is_checkpoint) is bool
    return head if is_sound and all(isinstance(text, str) for text in texts) else None


def _line(head: Head) -> bytes:
    return json.dumps(asdict(head), sort_keys=True).encode() + b"\n"


def _message(count: int, digest: str, at: str, *, is_checkpoint: bool) -> bytes:
    kind = "checkpoint" if is_checkpoint else "head"
    return f"descry audit {kind}\n{count}\n{digest}\n{at}\n".encode()
