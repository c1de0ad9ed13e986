"""Messages of the two streams, made up on the spot: what a test does not name does not matter."""

from dataclasses import fields
from typing import Any

import numpy as np

from detectors.types import Box, Quality, ShotId, TrackKey
from pipeline.store.media import picture_key
from pipeline.store.wire import LoggedSighting, PublishedShot, ShotFacts

ALICE = TrackKey("lobby", "r1", 1)
BOB = TrackKey("lobby", "r1", 2)
NOON = 1_795_000_000.0


def published(
    number: int = 1, track: TrackKey = ALICE, *, quality: float = 0.5, **changes: Any
) -> PublishedShot:
    """Shot `number` of `track`, seen live `number` seconds past noon."""
    at = NOON + number
    facts: dict[str, Any] = {
        "shot": ShotId(track, number),
        "collection": "live",
        "captured_at": at,
        "box": Box(10, 20, 60, 180),
        "frame_width": 640,
        "frame_height": 480,
        "quality": Quality(160, 1, 1, 1, 1, quality),
        "jpeg": b"\xff\xd8 a picture \xff\xd9",
        "replaces": None,
        "imported_at": None,
        "time_source": "arrival",
        "is_live": True,
        "published_at": at + 0.1,
    }
    return PublishedShot(**(facts | changes))


def logged(shot: PublishedShot, *, embedded_at: float | None = None) -> LoggedSighting:
    """What an embed worker makes of `shot`."""
    facts = {each.name: getattr(shot, each.name) for each in fields(ShotFacts)}
    return LoggedSighting(
        **facts,
        vector=np.array([0.6, 0.8, 0, 0], np.float32),
        model_id="m@1",
        quality=shot.quality.overall,
        picture=picture_key(shot.shot, shot.captured_at),
        picture_bytes=len(shot.jpeg),
        embedded_at=shot.published_at + 0.5 if embedded_at is None else embedded_at,
    )
