"""Who is asked with, by a track, a shot or a picture: their vector."""

from collections.abc import Sequence

import numpy as np

from detectors.types import ShotId, TrackKey
from pipeline.errors import ConfigError, NotFound, StoreUnavailable
from pipeline.likeness_fields import PictureFields
from pipeline.workers.pictured import FindPeople, person_in
from retrieval.ports import Encoder, Index, SharedIndex
from retrieval.search.likeness import query_of_shots
from retrieval.types import Vector, Vectors, Where


def refuse_nonsense(asked: PictureFields) -> None:
    """Refuse what cannot be meant.

    Raises:
        ConfigError: two are asked with, or a box is in no picture.
    """
    if asked.like is not None and asked.picture is not None:
        raise ConfigError("--like and --picture are both given: ask with one of them")
    if asked.box is not None and asked.picture is None:
        raise ConfigError("--box says where somebody is in a --picture, and none is given")


def likeness_of(
    encoder: Encoder, vectors: "ShotVectors", asked: PictureFields, find_people: FindPeople
) -> Vector | None:
    """(D,) length 1 of who is asked with; None where words alone are.

    Raises:
        ConfigError: it is no name of a track or shot.
        NotFound: the track is not in the index.
        QueryRefused: the picture cannot be searched with.
        StoreUnavailable: the part of the index that has the track is away.
    """
    if asked.like is not None:
        return vectors.of_like(asked.like)
    if asked.picture is not None:
        crop = person_in(asked.picture, asked.box, find_people)
        found: Vector = encoder.encode_images([crop])[0]
        return found
    return None


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


class ShotVectors:
    """Reads vectors from the index: no picture is encoded again."""

    def __init__(
        self, index: Index, dimension: int, now: float, parts: SharedIndex | None = None
    ) -> None:
        self._index, self._where, self._parts = index, Where(now=now), parts
        self._any = np.eye(1, dimension, dtype=np.float32)[0]  # what is scored does not matter

    def of_like(self, name: str) -> Vector:
        """(D,) of a track, or of one shot of it."""
        track, number = like_of(name)
        shots = self._shots(track)
        if number is None:
            return query_of_shots(np.stack(list(shots.values())))
        if number not in shots:
            self._refuse_away(track)
            kept = ", ".join(map(str, sorted(shots)))
            raise NotFound(f"track {track} has no shot {number} in the index; it has {kept}")
        return shots[number]

    def of_tracks(self, tracks: Sequence[TrackKey]) -> Vectors:
        """(N, D) one for each track."""
        found = [query_of_shots(np.stack(list(self._shots(track).values()))) for track in tracks]
        return np.stack(found) if found else np.empty((0, len(self._any)), np.float32)

    def _shots(self, track: TrackKey) -> dict[int, Vector]:
        scored = self._index.score_tracks(self._any, [track], where=self._where)
        if not scored:
            self._refuse_away(track)
            raise NotFound(
                f"no shot of track {track} is in the index: it was erased, has expired, or is not "
                "embedded yet"
            )
        return {one.sighting.shot.number: one.sighting.vector for one in scored}

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
