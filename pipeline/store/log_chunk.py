"""A stretch of the log in a file: whole messages, as Redis had them, under a checksum.

A line with format, version and BLAKE2b of the rest; then the messages: a head of little-endian
numbers (instant, sequence, parts, the length of each) and the parts, names and values by turns,
each with a newline behind it. Nothing is packed: whoever searches a file for a name or a vector
finds it, and no length beside a name looks like a letter of it.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from struct import Struct, unpack_from
from struct import error as struct_error
from typing import Any, Final, NamedTuple

from pipeline.store.positions import Order, position_order
from pipeline.store.stream_scan import NAMES, age_of, message_of, told_of
from pipeline.store.weights import blocks_of, bytes_of
from retrieval.whole_files import flush, written_whole

VERSION: Final = 1
SUFFIX: Final = ".chunk"
#: Behind the name of a file whose contents are not what was written.
DAMAGED: Final = ".damaged"

_MARK = b"descry-log"
_HEAD = Struct("<QQI")
_LENGTH = Struct("<I")

Row = tuple[bytes, dict[bytes, bytes]]
"""A message: its position, and its fields."""

Gone = Callable[[str, float, float | None], bool]
"""Says of (collection, captured_at, imported_at) whether what belongs to them must go."""


class NewerChunk(ValueError):
    """Nothing is wrong with the file, but another version has to read it."""


class Ages(NamedTuple):
    """The youngest and the oldest of those messages of a chunk that age alike, Unix seconds."""

    collection: str
    first_captured_at: float
    last_captured_at: float
    first_imported_at: float | None
    last_imported_at: float | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is known of a file without opening it.

    Attributes:
        name: of the file.
        first: where its stretch of the log begins; a message there may be deleted since.
        last: where it ends, likewise.
        messages: how many it holds.
        ages: of these.
        weights: collection, and what its messages here take on disk with their pictures, in bytes;
            None where a message does not say how large its picture is.
    """

    name: str
    first: Order
    last: Order
    messages: int
    ages: tuple[Ages, ...]
    weights: tuple[tuple[str, int], ...] | None = ()

    @property
    def collections(self) -> set[str]:
        """Whose messages it holds."""
        return {each.collection for each in self.ages}

    def has_some(self, gone: Gone) -> bool:
        """Whether a message of it may have to go."""
        return any(gone(a.collection, a.first_captured_at, a.first_imported_at) for a in self.ages)

    def has_none_but(self, gone: Gone, *, late_s: float = 0.0) -> bool:
        """Whether all of it has to go, and had to `late_s` seconds ago."""
        return all(
            gone(
                a.collection,
                a.last_captured_at + late_s,
                None if a.last_imported_at is None else a.last_imported_at + late_s,
            )
            for a in self.ages
        )

    def told(self) -> str:
        """What `known` reads, but for the name."""
        return json.dumps({"messages": self.messages, "ages": self.ages, "weights": self.weights})

    @classmethod
    def known(cls, name: str, told: bytes) -> "Chunk":
        """The chunk of that name."""
        facts: dict[str, Any] = json.loads(told)
        first, _, last = name.partition(".")[0].partition("_")
        ages = tuple(Ages(*each) for each in facts["ages"])
        weights = facts["weights"]
        if weights is not None:
            weights = tuple((collection, size) for collection, size in weights)
        ends = position_order(first), position_order(last)
        return cls(name, *ends, facts["messages"], ages, weights)

    @classmethod
    def of(cls, rows: Sequence[Row], first: Order, last: Order, change: int) -> "Chunk":
        """The chunk of these messages, in a file that no change of before has written.

        >>> Chunk.of([], (7, 0), (9, 2), 3).name
        '7-0_9-2.3.chunk'
        """
        stretch = "_".join(f"{instant_ms}-{sequence}" for instant_ms, sequence in (first, last))
        name = f"{stretch}.{change}{SUFFIX}"
        return cls(name, first, last, len(rows), ages_of(rows), weights_of(rows))


def weights_of(rows: Iterable[Row]) -> tuple[tuple[str, int], ...] | None:
    """What those of each collection take on disk, bytes; None where one does not say.

    A picture that several of them name counts once.
    """
    taken: dict[str, int] = {}
    pictures: set[str] = set()
    for row in rows:
        message = message_of(*told_of(row, NAMES))
        if message.picture and not message.picture_bytes:
            return None
        size = 0 if message.picture in pictures else blocks_of(message.picture_bytes)
        pictures.add(message.picture)
        taken[message.collection] = taken.get(message.collection, 0) + bytes_of(message) + size
    return tuple(taken.items())


def ages_of(rows: Iterable[Row]) -> tuple[Ages, ...]:
    """The span of ages of each collection, what was imported apart from what was not."""
    captured: dict[tuple[str, bool], list[float]] = {}
    imported: dict[tuple[str, bool], list[float]] = {}
    for entry_id, fields in rows:
        name, captured_at, imported_at = age_of(entry_id, fields)
        alike = name, imported_at is None
        captured.setdefault(alike, []).append(captured_at)
        imported.setdefault(alike, []).extend(() if imported_at is None else (imported_at,))
    return tuple(
        Ages(
            alike[0],
            min(captured[alike]),
            max(captured[alike]),
            min(imported[alike], default=None),
            max(imported[alike], default=None),
        )
        for alike in captured
    )


def write_chunk(path: Path, rows: Iterable[Row]) -> None:
    """Write messages down to the disk; `path` is there whole, or not at all.

    Raises:
        OSError: it cannot be written.
    """
    body = b"".join(_packed(entry_id, fields) for entry_id, fields in rows)
    with written_whole(path) as part:
        part.touch(mode=0o600)
        part.write_bytes(_MARK + b" %d %s\n" % (VERSION, _digest(body)) + body)
    flush(path.parent)


def read_chunk(path: Path, having: re.Pattern[bytes] | None = None) -> list[Row]:
    """The messages of a file; none of them if nothing that `having` finds is in it.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not what was written, or of a newer version.
    """
    data = path.read_bytes()
    line, _, body = data.partition(b"\n")
    mark, _, rest = line.partition(b" ")
    version, _, digest = rest.partition(b" ")
    if mark != _MARK or not version.isdigit() or int(version) < 1:
        raise ValueError("its first line is damaged")
    if int(version) > VERSION:
        raise NewerChunk(f"it is of version {int(version)}, and this Descry reads {VERSION}")
    if digest != _digest(body):
        raise ValueError("it has other contents than were written")
    if having is not None and not having.search(body):
        return []
    try:
        return _unpacked(body)
    except struct_error as error:
        raise ValueError(f"a message in it ends too early ({error})") from error


def _digest(body: bytes) -> bytes:
    return blake2b(body, digest_size=16).hexdigest().encode()


def _packed(entry_id: bytes, fields: dict[bytes, bytes]) -> bytes:
    parts = [part for pair in fields.items() for part in pair]
    head = _HEAD.pack(*position_order(entry_id.decode()), len(parts))
    lengths = b"".join(_LENGTH.pack(len(part)) for part in parts)
    return b"".join([head, lengths, b"\n", *(part + b"\n" for part in parts)])


def _unpacked(body: bytes) -> list[Row]:
    rows: list[Row] = []
    at = 0
    while at < len(body):
        instant_ms, sequence, count = _HEAD.unpack_from(body, at)
        at += _HEAD.size
        lengths = unpack_from(f"<{count}I", body, at)
        at += _LENGTH.size * count + 1
        parts = []
        for length in lengths:
            parts.append(body[at : at + length])
            at += length + 1
        fields = dict(zip(parts[::2], parts[1::2], strict=True))
        rows.append((b"%d-%d" % (instant_ms, sequence), fields))
    return rows
