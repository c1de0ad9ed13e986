"""Shots and tracks that a request names, as the index has them."""

from collections.abc import Sequence

import numpy as np

from detectors.types import ShotId, TrackKey
from pipeline.errors import ConfigError, NotFound, StoreUnavailable
from retrieval.ports import Index, SharedIndex
from retrieval.search.likeness import query_of_shots
from retrieval.types import Sighting, Vector, Vectors, Where


def like_of(name: str) -> tuple[TrackKey, int | None]:
    """The track, and the shot of it if one is named.

    Raises:
        ConfigError: it is no name of either.
    """
    try:
        if name.count("/") == 3:
            shot = ShotId.parse(name)
            return shot.track, shot.number
        return TrackKey.parse(name), None
    except ValueError:
        raise ConfigError(
            f"{name!r} names no track or shot: give camera/run/number or camera/run/number/shot, "
            "as a hit has them"
        ) from None


class NamedShots:
    """Finds shots by name: no picture is encoded again."""

    def __init__(
        self, index: Index, dimension: int, now: float, parts: SharedIndex | None = None
    ) -> None:
        """Look in `index`.

        Args:
            index: of vectors (D,).
            dimension: D.
            now: Unix seconds; what has expired by then is not there.
            parts: the index again, where it lies in parts that may be away.
        """
        self._index, self._where, self._parts = index, Where(now=now), parts
        self._any = np.eye(1, dimension, dtype=np.float32)[0]  # what is scored does not matter

    def sighting(self, shot: ShotId) -> Sighting:
        """One shot.

        Raises:
            NotFound: it is not in the index.
            StoreUnavailable: the part of the index that would have it is away.
        """
        shots = self._shots(shot.track)
        if shot.number not in shots:
            self._refuse_away(shot.track)
            kept = ", ".join(map(str, sorted(shots)))
            raise NotFound(
                f"track {shot.track} has no shot {shot.number} in the index; it has {kept}"
            )
        return shots[shot.number]

    def of_like(self, name: str) -> Vector:
        """(D,) of a track, or of one shot of it."""
        track, number = like_of(name)
        if number is not None:
            return self.sighting(ShotId(track, number)).vector
        return self._direction(track)

    def of_tracks(self, tracks: Sequence[TrackKey]) -> Vectors:
        """(N, D) one for each track."""
        found = [self._direction(track) for track in tracks]
        return np.stack(found) if found else np.empty((0, len(self._any)), np.float32)

    def _direction(self, track: TrackKey) -> Vector:
        return query_of_shots(np.stack([one.vector for one in self._shots(track).values()]))

    def _shots(self, track: TrackKey) -> dict[int, Sighting]:
        scored = self._index.score_tracks(self._any, [track], where=self._where)
        if not scored:
            self._refuse_away(track)
            raise NotFound(
                f"no shot of track {track} is in the index: it was erased, has expired, or is not "
                "embedded yet"
            )
        return {one.sighting.shot.number: one.sighting for one in scored}

    def _refuse_away(self, track: TrackKey) -> None:
        """See that shots are not missing because of the part that would have them."""
        if self._parts is None:
            return
        part = self._parts.part_of(track.camera_id)
        if part in self._parts.missing():
            raise StoreUnavailable(
                f"{part} of the index does not answer in full, and has the shots of camera "
                f"{track.camera_id!r}, of track {track} too: see that its server is up "
                "('descry index stats' lists what is missing), then ask again"
            )
