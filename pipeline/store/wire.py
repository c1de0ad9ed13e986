"""What travels in the two streams, and how it is written: flat fields, one version number."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from detectors.types import Box, Quality, ShotId
from pipeline.errors import WireError
from pipeline.names import NAME
from pipeline.store.hiding import hidden_in
from retrieval.types import Sighting, Vector

Fields = Mapping[bytes, bytes]
"""A stream entry as Redis holds it."""

# Retention reads these alone, whatever the version of the rest.
SHOT, COLLECTION, CAPTURED_AT = b"shot", b"collection", b"captured_at"
IMPORTED_AT, PICTURE = b"imported_at", b"picture"
VECTOR, PICTURE_BYTES = b"vector", b"picture_bytes"

MODEL = b"model"

_VERSION = b"1"
_QUALITY = ("height_px", "sharpness", "completeness", "clearness", "exposure", "overall")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotFacts:
    """What both streams say of a shot.

    Attributes:
        shot: which shot of which track.
        collection: `live`, or the import it belongs to.
        captured_at: Unix seconds.
        box: where the person stood, pixels of the full frame.
        frame_width: pixels of the frame that `box` refers to.
        frame_height: likewise.
        replaces: number of an earlier shot of the track that this one retires.
        imported_at: when its file was first imported; None for a live camera.
        time_source: where `captured_at` comes from.
        is_live: whether a live camera saw it.
        published_at: when the camera worker handed it over.
        zones: names of the camera's zones that the person stood in, sorted.
    """

    shot: ShotId
    collection: str
    captured_at: float
    box: Box
    frame_width: int
    frame_height: int
    replaces: int | None
    imported_at: float | None
    time_source: str
    is_live: bool
    published_at: float
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedShot(ShotFacts):
    """A shot on its way to the encoder: `jpeg` is the crop, `quality` all that is known of it."""

    quality: Quality
    jpeg: bytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoggedSighting(ShotFacts):
    """An embedded shot.

    Attributes:
        vector: (D,) float32 of length 1, to the precision of fp16.
        model_id: the encoder that made `vector`.
        quality: overall quality, 0 to 1.
        picture: media key of its JPEG.
        embedded_at: Unix seconds.
        is_copy: whether the shot was in the log already, with a vector of another model.
        picture_bytes: size of that JPEG; 0 where whoever wrote the message did not note it.
        is_grey: whether that JPEG has no colours; False where nobody noted it.
    """

    vector: Vector
    model_id: str
    quality: float
    picture: str
    embedded_at: float
    is_copy: bool = False
    picture_bytes: int = 0
    is_grey: bool = False

    def for_index(self, expires_at: float | None) -> Sighting:
        """As an index takes it, to be found until `expires_at` (Unix seconds); None is for ever."""
        return Sighting(
            shot=self.shot,
            collection=self.collection,
            captured_at=self.captured_at,
            vector=self.vector,
            model_id=self.model_id,
            box=self.box,
            quality=self.quality,
            picture=self.picture,
            replaces=self.replaces,
            zones=self.zones,
            expires_at=expires_at,
            hidden=hidden_in(self.box, self.frame_width, self.frame_height, is_grey=self.is_grey),
        )


def encode_shot(shot: PublishedShot) -> dict[bytes, bytes]:
    """The fields of `shot` for `{ns}:crops`."""
    quality = [getattr(shot.quality, name) for name in _QUALITY]
    return _encode_facts(shot) | {b"quality": _numbers(*quality), b"jpeg": shot.jpeg}


def decode_shot(fields: Fields) -> PublishedShot:
    """Read back what `encode_shot` wrote.

    Raises:
        WireError: a damaged field, or another version.
    """
    facts = _decode_facts(fields)
    quality = _read(fields, b"quality", _quality)
    return PublishedShot(**facts, quality=quality, jpeg=_read(fields, b"jpeg", _not_empty))


def encode_sighting(sighting: LoggedSighting) -> dict[bytes, bytes]:
    """The fields of `sighting` for `{ns}:sightings`; the vector halves its precision."""
    more = {b"copy": b"1"} if sighting.is_copy else {}
    if sighting.is_grey:
        more[b"grey"] = b"1"
    if sighting.picture_bytes:
        more[PICTURE_BYTES] = b"%d" % sighting.picture_bytes
    return (
        _encode_facts(sighting)
        | more
        | {
            VECTOR: np.ascontiguousarray(sighting.vector, dtype="<f2").tobytes(),
            MODEL: sighting.model_id.encode(),
            b"quality": _numbers(sighting.quality),
            PICTURE: sighting.picture.encode(),
            b"embedded_at": _numbers(sighting.embedded_at),
        }
    )


def decode_sighting(fields: Fields) -> LoggedSighting:
    """Read back what `encode_sighting` wrote.

    Raises:
        WireError: a damaged field, or another version.
    """
    return LoggedSighting(
        **_decode_facts(fields),
        vector=_read(fields, VECTOR, _vector),
        model_id=_read(fields, MODEL, _text),
        quality=_read(fields, b"quality", _share),
        picture=_read(fields, PICTURE, _text),
        embedded_at=_read(fields, b"embedded_at", _number),
        is_copy=b"copy" in fields,
        is_grey=b"grey" in fields,
        picture_bytes=_read(fields, PICTURE_BYTES, _count) if PICTURE_BYTES in fields else 0,
    )


def _encode_facts(facts: ShotFacts) -> dict[bytes, bytes]:
    fields = {
        b"v": _VERSION,
        SHOT: str(facts.shot).encode(),
        COLLECTION: facts.collection.encode(),
        CAPTURED_AT: _numbers(facts.captured_at),
        b"box": _numbers(*facts.box),
        b"frame": b"%d %d" % (facts.frame_width, facts.frame_height),
        b"time_source": facts.time_source.encode(),
        b"is_live": b"1" if facts.is_live else b"0",
        b"published_at": _numbers(facts.published_at),
    }
    if facts.replaces is not None:
        fields[b"replaces"] = b"%d" % facts.replaces
    if facts.zones:
        fields[b"zones"] = " ".join(facts.zones).encode()
    if facts.imported_at is not None:
        fields[IMPORTED_AT] = _numbers(facts.imported_at)
    return fields


def _decode_facts(fields: Fields) -> dict[str, Any]:
    if (version := fields.get(b"v")) != _VERSION:
        raise WireError(f"a message of version {version!r}: this worker reads only {_VERSION!r}")
    shot = _read(fields, SHOT, lambda raw: ShotId.parse(raw.decode()))
    frame_width, frame_height = _read(fields, b"frame", _frame)
    replaces = _read(fields, b"replaces", _count) if b"replaces" in fields else None
    if shot.number < 1 or (replaces is not None and replaces >= shot.number):
        raise WireError(f"damaged message: shot {shot} cannot replace {replaces}")
    return {
        "shot": shot,
        "collection": _read(fields, COLLECTION, _text),
        "captured_at": _read(fields, CAPTURED_AT, _number),
        "box": _read(fields, b"box", _box),
        "frame_width": frame_width,
        "frame_height": frame_height,
        "replaces": replaces,
        "imported_at": _read(fields, IMPORTED_AT, _number) if IMPORTED_AT in fields else None,
        "time_source": _read(fields, b"time_source", bytes.decode),
        "is_live": _read(fields, b"is_live", {b"0": False, b"1": True}.__getitem__),
        "published_at": _read(fields, b"published_at", _number),
        "zones": _read(fields, b"zones", _names) if b"zones" in fields else (),
    }


def _read(fields: Fields, name: bytes, parse: Callable[[bytes], T]) -> T:
    try:
        return parse(fields[name])
    except (KeyError, ValueError, OverflowError) as error:
        state = "damaged" if name in fields else "missing"
        raise WireError(f"damaged message: field {name.decode()} is {state}") from error


def _numbers(*values: float) -> bytes:
    return " ".join(repr(float(value)) for value in values).encode()


def _parse_numbers(raw: bytes, count: int) -> list[float]:
    values = [float(part) for part in raw.split(b" ")]
    if len(values) != count or not all(map(math.isfinite, values)):
        raise ValueError(f"expected {count} finite numbers")
    return values


def _number(raw: bytes) -> float:
    return _parse_numbers(raw, 1)[0]


def _share(raw: bytes) -> float:
    value = _number(raw)
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{value} is not within 0 to 1")
    return value


def _count(raw: bytes) -> int:
    if not raw.isdigit() or (value := int(raw)) < 1:
        raise ValueError(f"{raw!r} is not a count")
    return value


def _frame(raw: bytes) -> tuple[int, int]:
    width, height = (_count(part) for part in raw.split(b" "))
    return width, height


def _box(raw: bytes) -> Box:
    return Box(*_parse_numbers(raw, 4))


def _quality(raw: bytes) -> Quality:
    return Quality(**dict(zip(_QUALITY, _parse_numbers(raw, len(_QUALITY)), strict=True)))


def _text(raw: bytes) -> str:
    return _not_empty(raw).decode()


def _names(raw: bytes) -> tuple[str, ...]:
    """Names with spaces between them, which no name holds."""
    names = raw.decode().split(" ")
    if not all(map(NAME.fullmatch, names)):
        raise ValueError(f"{raw!r} are no names")
    return tuple(names)


def _not_empty(raw: bytes) -> bytes:
    if not raw:
        raise ValueError("empty")
    return raw


def _vector(raw: bytes) -> Vector:
    vector = np.frombuffer(_not_empty(raw), dtype="<f2").astype(np.float32)  # (D,)
    if not np.isfinite(vector).all() or abs(float(np.linalg.norm(vector)) - 1.0) > 1e-2:
        raise ValueError("the vector's length is not 1")
    vector.flags.writeable = False
    return vector
