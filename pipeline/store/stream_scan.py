"""Reads of a stream what retention must know, and leaves vectors and JPEGs where they are."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import redis

from detectors.types import ShotId
from pipeline.store.wire import (
    CAPTURED_AT,
    COLLECTION,
    IMPORTED_AT,
    PICTURE,
    PICTURE_BYTES,
    SHOT,
    VECTOR,
    Fields,
)

#: What a `Message` is made of, in the order in which `message_of` takes it.
NAMES: Final = (COLLECTION, CAPTURED_AT, IMPORTED_AT, SHOT, PICTURE, PICTURE_BYTES)

SCAN: Final = """
local found = {}
for _, row in ipairs(redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])) do
  local has, size = {}, #row[1]
  for i = 1, #row[2], 2 do
    has[row[2][i]] = row[2][i + 1]
    size = size + #row[2][i] + #row[2][i + 1]
  end
  local entry = {row[1], size, #(has['vector'] or '')}
  for i = 3, #ARGV do entry[#entry + 1] = has[ARGV[i]] or '' end
  found[#found + 1] = entry
end
return found
"""


@dataclass(frozen=True, slots=True)
class Message:
    """What retention knows of one message.

    Attributes:
        entry_id: its place in the stream.
        shot: whose; None where that cannot be read.
        picture: media key; empty where there is none.
        collection: `live`, or the import it belongs to.
        captured_at: Unix seconds.
        imported_at: likewise; None for a live camera.
        log_bytes: of its id and its fields, names and all.
        vector_bytes: of its vector, which is among them.
        picture_bytes: of its picture; 0 where it does not say.
    """

    entry_id: str
    shot: ShotId | None
    picture: str
    collection: str
    captured_at: float
    imported_at: float | None
    log_bytes: int = 0
    vector_bytes: int = 0
    picture_bytes: int = 0


class StreamScan:
    """Walks a stream from its beginning, whatever version its messages have."""

    def __init__(self, client: redis.Redis) -> None:
        self._scan = client.register_script(SCAN)

    def batches(self, stream: str, count: int) -> Iterator[list[Message]]:
        """All messages, up to `count` at a time; those read may be deleted on the way."""
        start = "-"
        while True:
            rows: Any = self._scan(keys=[stream], args=[start, count, *NAMES])
            yield [message_of(*row) for row in rows]
            if len(rows) < count:
                return
            start = f"({rows[-1][0].decode()}"


def told_of(row: tuple[bytes, Fields], names: Iterable[bytes]) -> list[Any]:
    """What `SCAN` says of a message: position, bytes, those of its vector, and fields."""
    entry_id, fields = row
    size = len(entry_id) + sum(len(name) + len(value) for name, value in fields.items())
    told = (fields.get(name, b"") for name in names)
    return [entry_id, size, len(fields.get(VECTOR, b"")), *told]


def message_of(
    entry_id: bytes,
    log_bytes: int,
    vector_bytes: int,
    collection: bytes,
    captured_at: bytes,
    imported_at: bytes,
    shot: bytes,
    picture: bytes,
    picture_bytes: bytes,
) -> Message:
    """What a scan found, in words."""
    age = _age(entry_id, collection, captured_at, imported_at)
    known = int(picture_bytes) if picture_bytes.isdigit() else 0
    key = picture.decode(errors="replace")
    return Message(entry_id.decode(), _shot(shot), key, *age, log_bytes, vector_bytes, known)


def age_of(entry_id: bytes, fields: Fields) -> tuple[str, float, float | None]:
    """Collection, `captured_at` and `imported_at` of a message, as retention sees them."""
    return _age(
        entry_id, *(fields.get(name, b"") for name in (COLLECTION, CAPTURED_AT, IMPORTED_AT))
    )


def _age(
    entry_id: bytes, collection: bytes, captured_at: bytes, imported_at: bytes
) -> tuple[str, float, float | None]:
    """A message too damaged to tell ages like a live one that was captured as it was written."""
    try:
        imported = _instant(imported_at) if imported_at else None
        return collection.decode(), _instant(captured_at), imported
    except ValueError:
        return "live", int(entry_id.split(b"-")[0]) / 1000, None


def _instant(raw: bytes) -> float:
    if not math.isfinite(instant := float(raw)):
        raise ValueError(f"{raw!r} is no instant")
    return instant


def _shot(raw: bytes) -> ShotId | None:
    try:
        return ShotId.parse(raw.decode())
    except ValueError:
        return None
