"""The tracks of one camera that began after others ended, with their vectors and pictures."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from detectors.types import TrackKey
from pipeline.coverage import Interval
from pipeline.store.track_record import TrackRecord
from retrieval.ports import Index
from retrieval.search.person_links import Glimpse
from retrieval.types import ScoredShot, Vector, Where

#: Tracks that are looked at after one other; those that began soonest.
MOST_AFTER_ONE = 500


class TrackTimes(Protocol):
    """What is asked of the store of tracks (`pipeline.store.tracks.TrackStore`)."""

    def beginning(
        self, camera_id: str, spans: Sequence[Interval], *, most: int
    ) -> Sequence[Sequence[TrackKey]]:
        """The first `most` tracks that began in each span, both ends counted."""
        ...

    def get_many(self, tracks: Collection[TrackKey]) -> Mapping[TrackKey, TrackRecord]:
        """What is stored of tracks, where anything is."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A track with its vectors and its best picture (a media key)."""

    glimpse: Glimpse
    picture: str


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What began on one camera in some spans.

    Attributes:
        of_spans: for each span, the tracks with a picture in the index, by first sight.
        tracks: how many tracks began in any of them.
        judged: how many of those have a picture.
        is_cut: whether a span had more than are looked at.
    """

    of_spans: Sequence[Sequence[Seen]]
    tracks: int
    judged: int
    is_cut: bool


def candidates(
    store: TrackTimes, index: Index, any_direction: Vector, camera: str,
    spans: Sequence[Interval], where: Where,
) -> Candidates:  # fmt: skip
    """All tracks of `camera` that began in each of `spans`, Unix seconds.

    Args:
        store: knows when tracks began.
        index: has their vectors.
        any_direction: (D,) length 1; what it scores does not matter.
        camera: whose tracks.
        spans: both ends counted.
        where: what may be returned: what has expired is not, nor other collections.

    Raises:
        StoreUnavailable: Redis is away.
    """
    keys = store.beginning(camera, spans, most=MOST_AFTER_ONE)
    wanted = sorted({key for some in keys for key in some})
    if not wanted:
        return Candidates([[] for _ in spans], 0, 0, is_cut=False)
    records = store.get_many(wanted)
    shots: dict[TrackKey, list[ScoredShot]] = {}
    for shot in index.score_tracks(any_direction, wanted, where=where):
        shots.setdefault(shot.sighting.shot.track, []).append(shot)
    seen = {
        key: seen_of(shots[key], records[key]) for key in wanted if key in shots and key in records
    }
    return Candidates(
        [[seen[key] for key in some if key in seen] for some in keys],
        tracks=len(wanted),
        judged=len(seen),
        is_cut=any(len(some) == MOST_AFTER_ONE for some in keys),
    )


def seen_of(shots: Sequence[ScoredShot], record: TrackRecord) -> Seen:
    """One track of its shots in the index, one at least, and its record."""
    ordered = sorted((one.sighting for one in shots), key=lambda one: one.shot.number)
    best = max(ordered, key=lambda one: one.quality)  # the earliest of equals
    last_at = max(record.last_seen_at, *(one.captured_at for one in ordered))
    vectors = np.stack([one.vector for one in ordered])
    return Seen(Glimpse(record.key, vectors, record.first_seen_at, last_at), best.picture)
