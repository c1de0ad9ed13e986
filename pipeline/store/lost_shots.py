"""Shots that a track knows and the log does not, since a file of the log was damaged or lost."""

from collections.abc import Callable, Iterable
from typing import Any

import redis

from detectors.types import TrackKey
from pipeline.store.keys import Keys
from pipeline.store.log_chunk import Gone
from pipeline.store.track_record import TrackRecord
from pipeline.store.tracks import CHOOSE_THUMBNAIL_LUA

_FORGET = (
    CHOOSE_THUMBNAIL_LUA
    + """
redis.call('HDEL', KEYS[1], unpack(ARGV))
choose_thumbnail(KEYS[1])
"""
)


def forget_lost_shots(
    client: redis.Redis,
    keys: Keys,
    tracks: Iterable[tuple[TrackKey, TrackRecord]],
    gone: Gone,
    delete_picture: Callable[[str], bool],
) -> None:
    """Of tracks that must go, delete the shots that are left when the log is swept, and pictures.

    No message will name these pictures again, and a track that has a shot is never forgotten.
    """
    forget = client.register_script(_FORGET)
    for key, record in tracks:
        if not record.shots or not gone(record.collection, record.last_seen_at, record.imported_at):
            continue
        fields: Any = client.hgetall(keys.track(key))
        shots = {name: told for name, told in fields.items() if name.startswith(b"shot:")}
        for told in shots.values():
            delete_picture(told.decode().partition("|")[2])
        if shots:
            forget(keys=[keys.track(key)], args=list(shots))
