"""The records that leave retrieval: defined once, small, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntFlag
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from detectors.types import Box, ShotId, TrackKey

Vector = NDArray[np.float32]
"""(D,) float32 of length 1."""

Vectors = NDArray[np.float32]
"""(N, D) float32, every row of length 1."""

Floors = Mapping[str, float]
"""Collection → Unix seconds: what was captured at that instant or before must not be found."""

NO_FLOORS: Floors = MappingProxyType({})


class Hidden(IntFlag):
    """What a shot cannot show, whatever the person wears."""

    NOTHING = 0
    HEAD = 1
    """The frame ends above: head and hair may be cut off."""
    FEET = 2
    """The frame ends below: the feet are cut off."""
    LEGS = 4
    """So much is cut off below that the legs are as well."""
    COLOUR = 8
    """The picture has no colours, as in infrared light."""


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """An embedded shot: what the sighting log carries and the index holds.

    Attributes:
        shot: which shot of which track.
        collection: `live`, or the import it belongs to.
        captured_at: Unix seconds.
        vector: (D,) length 1, a direction in the space that text and pictures share.
        model_id: the encoder that made `vector`.
        box: pixels of the full frame.
        quality: overall quality, 0 to 1.
        picture: media key of its JPEG.
        replaces: number of the shot of the same track that this one retires.
        expires_at: Unix seconds past which it must not be found; None for never.
        zones: names of the camera's zones that the person stood in, sorted.
        hidden: what the shot cannot show; nothing where whoever kept it did not note it.
    """

    shot: ShotId
    collection: str
    captured_at: float
    vector: Vector
    model_id: str
    box: Box
    quality: float
    picture: str
    replaces: int | None = None
    expires_at: float | None = None
    zones: tuple[str, ...] = ()
    hidden: Hidden = Hidden.NOTHING

    def __post_init__(self) -> None:
        norm = float(np.vdot(self.vector, self.vector)) ** 0.5
        if not abs(norm - 1.0) <= 1e-2:  # fp16 on the wire rounds; NaN fails too
            raise ValueError(f"embedding of shot {self.shot} has length {norm:.4f}, not 1")


@dataclass(frozen=True, slots=True)
class Where:
    """Which sightings a search may return; every filter acts before scoring.

    Attributes:
        now: Unix seconds; what has expired by then is not found.
        cameras: only these; None for all.
        collections: only these; None for all.
        tracks: only these (live ones, say); None for all.
        since: captured at this instant or later.
        until: captured before this instant.
        zones: only shots taken in one of these; None for all.
        min_quality: only shots of this overall quality or better.
    """

    now: float
    cameras: frozenset[str] | None = None
    collections: frozenset[str] | None = None
    tracks: frozenset[TrackKey] | None = None
    since: float | None = None
    until: float | None = None
    zones: frozenset[str] | None = None
    min_quality: float = 0.0

    def admits(self, sighting: Sighting) -> bool:
        """Whether `sighting` may be returned."""
        track, at = sighting.shot.track, sighting.captured_at
        return (
            (sighting.expires_at is None or sighting.expires_at > self.now)
            and (self.cameras is None or track.camera_id in self.cameras)
            and (self.collections is None or sighting.collection in self.collections)
            and (self.tracks is None or track in self.tracks)
            and (self.since is None or at >= self.since)
            and (self.until is None or at < self.until)
            and (self.zones is None or not self.zones.isdisjoint(sighting.zones))
            and sighting.quality >= self.min_quality
        )


@dataclass(frozen=True, slots=True)
class ScoredShot:
    """A sighting and its cosine similarity to the query, −1 to 1."""

    sighting: Sighting = field(repr=False)
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A track that answers a query.

    Attributes:
        rank: from 1.
        track: whose.
        score: cosine similarity of the track, −1 to 1.
        shots: its sightings that were admitted, best first; never empty.
    """

    rank: int
    track: TrackKey
    score: float
    shots: tuple[ScoredShot, ...]


@dataclass(frozen=True, slots=True, eq=False)
class TrackSample:
    """What the tracks of an index score for one query, told by some of them.

    Attributes:
        scores: (T,) float64 cosine similarity of each track drawn, in no order that matters.
        tracks: how many tracks are admitted; an estimate where not all were drawn.
    """

    scores: NDArray[np.float64]
    tracks: int


HeatMap = NDArray[np.float32]
"""(rows, columns) of patches, 0 to 1, the picture's top left first."""


@dataclass(frozen=True, slots=True)
class WordRelevance:
    """How much one word of a sentence supports the match, 0 to 1; the strongest word has 1.

    Attributes:
        text: the word, in lower case.
        relevance: the highest of its tokens.
    """

    text: str
    relevance: float


@dataclass(frozen=True, slots=True, eq=False)
class Relevance:
    """What supports the match of one picture and one sentence.

    Zeros everywhere mean that nothing stands out: the gradient of their similarity finds no word
    that would raise it, or no patch that would more than the others.

    Attributes:
        words: of the sentence in order, as far as the encoder reads it.
        heat: over the picture.
    """

    words: tuple[WordRelevance, ...]
    heat: HeatMap
