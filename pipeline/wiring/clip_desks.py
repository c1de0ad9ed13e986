"""Builds what cuts clips, from the stores that it asks."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.sources.video_file import digest_file
from pipeline.store.cameras import CameraStore
from pipeline.store.held_clips import HeldClips
from pipeline.store.originals import Originals
from pipeline.store.ring import RingFolder
from pipeline.store.runs import RunStore
from pipeline.store.sighting_log import SightingLog
from pipeline.store.tracks import TrackStore
from pipeline.workers.clipping import ClipDesk

MEGABYTE = 1_000_000


def clip_desk(
    settings: Settings,
    *,
    tracks: TrackStore,
    runs: RunStore,
    sightings: SightingLog,
    cameras: CameraStore,
    ring: RingFolder,
    held: HeldClips | None = None,
    look_in: Sequence[Path] = (),
) -> ClipDesk:
    """What cuts clips of what these stores know; `look_in`: folders that files were moved to."""
    usual = [settings.clips.look_in] if settings.clips.look_in is not None else []
    return ClipDesk(
        tracks=tracks,
        runs=runs,
        sightings=sightings,
        cameras=cameras,
        ring=ring,
        keep_s=video_keep_s(settings),
        originals=Originals(digest_file, [*look_in, *usual]),
        at_most_s=settings.clips.max_s,
        clock=SystemClock(),
        held=held,
    )


def video_keep_s(settings: Settings) -> float:
    """How long recent video stays: as the ring says, and never longer than live sightings."""
    if not settings.ring.enabled:
        return 0.0
    retention = settings.retention
    live_s = retention.collections.get("live", retention.live_s)
    wanted_s = settings.ring.minutes * 60
    return wanted_s if live_s is None else min(wanted_s, live_s)


def min_free_bytes(settings: Settings) -> int:
    """What must be free on a disk that video is written to."""
    return settings.ring.min_free_megabytes * MEGABYTE
