"""What the workers left in the store, as figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CameraFigures:
    """What the store knows of one camera, summed over its runs that are still kept.

    Attributes:
        camera_id: which.
        is_up: whether its frames arrive; None for one that only files are imported for.
        frames_read, frames_dropped, frames_skipped, tracks, shots: as in its runs.
        outages: connections that broke, or whose picture went blind.
        rates: what its worker said of it last, by name, units in the names.
    """

    camera_id: str
    is_up: bool | None
    frames_read: int
    frames_dropped: int
    tracks: int
    shots: int
    frames_skipped: int = 0
    outages: int = 0
    rates: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeliveryFigures:
    """Alerts on their way to webhooks and brokers.

    Attributes:
        waiting: how many have not arrived.
        undelivered: how many were given up and are kept.
        counts: `kind outcome`, as `webhook delivered`, `mqtt failed` → how often that was.
    """

    waiting: int = 0
    undelivered: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """What all workers together left in the store.

    Attributes:
        crops_pending: published shots that wait to be embedded.
        crop_age_s: how long the oldest of them waits.
        crops_damaged: shots put aside, up to the last thousand or so.
        sightings: embedded shots that are kept.
        sightings_in_files: of these, those that have left Redis for files.
        cameras: one entry each.
        collection_bytes: what each collection took on disk at the last sweep.
        deliveries: alerts on their way.
    """

    crops_pending: int
    crop_age_s: float
    crops_damaged: int
    sightings: int
    sightings_in_files: int
    cameras: Sequence[CameraFigures]
    collection_bytes: Mapping[str, int] = field(default_factory=dict)
    deliveries: DeliveryFigures = field(default_factory=DeliveryFigures)
