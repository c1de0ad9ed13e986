"""Builds what keeps recent video, and what cuts clips."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.errors import StoreUnavailable
from pipeline.packets import PacketSink
from pipeline.store.ring import RingLimits
from pipeline.store.ring_recorder import RingRecorder
from pipeline.store.ring_writer import RingWriter
from pipeline.telemetry import Telemetry
from pipeline.wiring.clip_desks import MEGABYTE, clip_desk, min_free_bytes, video_keep_s
from pipeline.wiring.stores import Stores
from pipeline.workers.clipping import ClipDesk
from pipeline.workers.holding import HoldFolder

log = logging.getLogger(__name__)

# Of the 5 s in which a worker ends, for all rings together.
STOP_WITHIN_S = 2.0


def why_no_ring(settings: Settings, camera_id: str) -> str | None:
    """Why no recent video of a camera is kept, in words for its status; None if it is."""
    if not settings.ring.enabled:
        return "off: ring.enabled is false"
    # What a mask hides must not reach the disk, and a packet cannot be masked without decoding.
    if settings.cameras[camera_id].masks:
        return f"off: cameras.{camera_id}.masks are set, and copied video would show what they hide"
    return None


class Rings:
    """The rings of the cameras that have one, each begun when its camera is first read."""

    def __init__(self, stores: Stores, telemetry: Telemetry) -> None:
        """Keep nothing yet."""
        self._stores, self._telemetry = stores, telemetry
        self._writers: dict[str, RingWriter] = {}

    def of(self, settings: Settings, camera_id: str) -> PacketSink | None:
        """What takes a camera's packets; None where none are kept, and then none are left."""
        why = why_no_ring(settings, camera_id)
        if why is not None:
            self.end(camera_id, then=partial(self._stores.ring.erase, camera_id))
            _go_without(self._stores, camera_id, why)
            return None
        writer = self._writers.get(camera_id)
        if writer is None or not writer.is_alive():
            writer = _build_ring(settings, self._stores, camera_id, self._telemetry)
            writer.start()
            self._writers[camera_id] = writer
        return writer

    def stop(self) -> None:
        """Write what waits, and end."""
        for writer in self._writers.values():
            writer.ask_to_stop()
        deadline = time.monotonic() + STOP_WITHIN_S
        for writer in self._writers.values():
            writer.join(max(deadline - time.monotonic(), 0.0))

    def end(self, camera_id: str, then: Callable[[], object] | None = None) -> None:
        """Write what waits of a camera that left, and end; a slow disk does `then` later."""
        writer = self._writers.pop(camera_id, None)
        if writer is not None:
            writer.ask_to_stop(then)
            writer.join(STOP_WITHIN_S)


def _build_ring(
    settings: Settings, stores: Stores, camera_id: str, telemetry: Telemetry
) -> RingWriter:
    limits = RingLimits(
        keep_s=video_keep_s(settings),
        at_most_bytes=settings.ring.megabytes * MEGABYTE,
        min_free_bytes=min_free_bytes(settings),
    )

    def on_drop(reason: str) -> None:
        telemetry.ring_packets_dropped.labels(camera_id, reason).inc()

    recorder = RingRecorder(camera_id, stores.ring, limits, SystemClock(), on_drop)
    on_state = partial(stores.cameras.set_ring, camera_id)
    return RingWriter(camera_id, recorder, on_state=on_state, on_drop=on_drop)


def _go_without(stores: Stores, camera_id: str, why: str) -> None:
    log.warning(
        "camera '%s': keeps no recent video (%s); its live hits have no clip", camera_id, why
    )
    stores.ring.erase(camera_id)
    try:
        stores.cameras.set_ring(camera_id, why)
    except StoreUnavailable as error:
        log.warning("camera '%s': its status could not be told (%s)", camera_id, error)


def build_clip_desk(settings: Settings, stores: Stores, look_in: Sequence[Path] = ()) -> ClipDesk:
    """What cuts clips; `look_in`: folders for moved files, besides that of the settings."""
    return clip_desk(
        settings,
        tracks=stores.tracks,
        runs=stores.runs,
        sightings=stores.sightings,
        cameras=stores.cameras,
        ring=stores.ring,
        held=HoldFolder(settings.data_dir / "holds").clips(),
        look_in=look_in,
    )
