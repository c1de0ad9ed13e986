"""One track as it stands in the store, and how that is read."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from detectors.types import TrackKey

log = logging.getLogger(__name__)

# Field names of `{ns}:track:{track}`; `shot:{n}` holds quality|picture of a kept shot, `gone:{n}`
# says that shot n is retired, which may be known before shot n arrives, and `zone:{name}` that a
# shot was taken in that zone.
STATE, COLLECTION, IS_LIVE, FIRST, LAST = "state", "collection", "is_live", "first", "last"
IMPORTED, PUBLISHED, SHOTS, PICTURE, BEST = "imported", "published", "shots", "picture", "best"
HEARD = "heard"
ZONE = "zone:"


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """One track as it stands.

    Attributes:
        key: whose.
        collection: `live`, or the import it belongs to.
        is_live_source: whether a live camera saw it; such a track may still be `open`.
        state: `open`, or `ended` for ever.
        first_seen_at: Unix seconds of the clock that dates its pictures, which may be the camera's.
        last_seen_at: likewise.
        shots: how many are kept.
        published: the highest shot number handed to the encoder.
        thumbnail: media key of the best kept shot; None before the first is embedded.
        best_quality: that shot's; None likewise.
        imported_at: when its file was first imported; None for a live camera.
        zones: names of the zones that its shots were taken in, sorted.
        heard_at: when a worker last told of it, Unix seconds of our clock; None for what was
            imported, and for records of before this was kept.
    """

    key: TrackKey
    collection: str
    is_live_source: bool
    state: Literal["open", "ended"]
    first_seen_at: float
    last_seen_at: float
    shots: int
    published: int
    thumbnail: str | None
    best_quality: float | None
    imported_at: float | None
    zones: tuple[str, ...] = ()
    heard_at: float | None = None

    def is_heard_of(self, now: float, within_s: float) -> bool:
        """Whether a worker told of it within so long of `now`, by our clock.

        The camera's clock may be any time off ours, and what lies ahead was told before ours was
        set back. Where nobody kept when it was told, its last sight must do.
        """
        if self.heard_at is None:
            return now - self.last_seen_at <= within_s
        return abs(now - self.heard_at) <= within_s

    def by_our_clock(self, at: float) -> float:
        """About when an instant of its pictures was, by our clock."""
        return at if self.heard_at is None else at + self.heard_at - self.last_seen_at


class TrackCursor(NamedTuple):
    """Where a listing stopped."""

    first_seen_at: float
    key: TrackKey

    @classmethod
    def after(cls, record: TrackRecord) -> "TrackCursor":
        """The place right behind `record`."""
        return cls(record.first_seen_at, record.key)


def decode_track(key: TrackKey, fields: Mapping[bytes, bytes]) -> TrackRecord | None:
    """The record in a track hash; None where there is none that can be read."""
    texts = {name.decode(): value.decode() for name, value in fields.items()}
    try:
        return TrackRecord(
            key=key,
            collection=texts[COLLECTION],
            is_live_source=texts[IS_LIVE] == "1",
            state="ended" if texts[STATE] == "ended" else "open",
            first_seen_at=float(texts[FIRST]),
            last_seen_at=float(texts[LAST]),
            shots=int(texts[SHOTS]),
            published=int(texts.get(PUBLISHED, 0)),
            thumbnail=texts.get(PICTURE),
            best_quality=float(texts[BEST]) if BEST in texts else None,
            imported_at=float(texts[IMPORTED]) if texts[IMPORTED] else None,
            zones=tuple(sorted(t.removeprefix(ZONE) for t in texts if t.startswith(ZONE))),
            heard_at=float(texts[HEARD]) if HEARD in texts else None,
        )
    except (KeyError, ValueError):
        if texts:
            log.warning("track %s: its record is damaged and was passed over", key)
        return None
