"""Signed heads of the audit: who has the public key can tell that the chain came so far.

A line of `heads.jsonl` is one head. The first may be a checkpoint: entries up to it have aged and
are gone, and the chain is checked from there.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
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
        every: entries after which the next one was to follow at the latest; 0: nobody said.
    """

    count: int
    hash: str
    at: str
    is_checkpoint: bool
    key: str
    signature: str
    every: int = 0

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place(self.count, self.hash)

    @property
    def is_authentic(self) -> bool:
        """Whether the owner of `key` signed it as it is."""
        return is_signed_by(self.key, _message(self), self.signature)


def sign(
    key: SigningKey, place: Place, at: str, *, is_checkpoint: bool = False, every: int = 0
) -> Head:
    """Sign a place."""
    head = Head(place.number, place.hash, at, is_checkpoint, key.public, "", every)
    return replace(head, signature=key.sign(_message(head)))


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
        os.write(descriptor, line_of(head))
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
    write_whole(folder / FILE, b"".join(map(line_of, heads)))


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
        head = read_head(line)
        if head is None:
            unreadable += 1
        else:
            heads.append(head)
    return heads, unreadable


def read_head(line: bytes) -> Head | None:
    """The head of a line, which need not be authentic; None where it is none."""
    try:
        fields: dict[str, Any] = json.loads(line)
        head = Head(**fields)
    except (ValueError, TypeError):
        return None
    texts = (head.hash, head.at, head.key, head.signature)
    is_sound = type(head.count) is type(head.every) is int and type(head.is_checkpoint) is bool
    return head if is_sound and all(isinstance(text, str) for text in texts) else None


def line_of(head: Head) -> bytes:
    """A head as files have it, with its line feed."""
    return json.dumps(asdict(head), sort_keys=True).encode() + b"\n"


def _message(head: Head) -> bytes:
    kind = "checkpoint" if head.is_checkpoint else "head"
    every = f"every {head.every}\n" if head.every else ""  # heads of earlier versions say nothing
    return f"descry audit {kind}\n{head.count}\n{head.hash}\n{head.at}\n{every}".encode()
