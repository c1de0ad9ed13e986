"""What cameras saw in a time, from their runs and states in the store."""

from collections.abc import Sequence

from pipeline.clock import Clock
from pipeline.coverage import CameraCoverage, WatchedRun, cover
from pipeline.store.cameras import REMOVED, CameraStatus
from pipeline.store.runs import RunRecord
from pipeline.workers.catalogue import Catalogue

# Where camera workers put what they see.
LIVE_COLLECTION = "live"


class Covering:
    """Tells what cameras saw."""

    def __init__(self, catalogue: Catalogue, clock: Clock) -> None:
        self._catalogue, self._clock = catalogue, clock

    def runs(self, cameras: Sequence[str], collections: Sequence[str]) -> list[RunRecord]:
        """The looks at cameras (none given: all), in collections (likewise)."""
        return [
            run
            for name in cameras or self._catalogue.camera_store.known()
            for run in self._catalogue.runs.of_camera(name)
            if not collections or run.collection in collections
        ]

    def cover(
        self,
        cameras: Sequence[str],
        collections: Sequence[str],
        since: float | None,
        until: float | None,
    ) -> list[CameraCoverage]:
        """What cameras (none given: all) saw from `since` until `until`, Unix seconds."""
        live = self._live_cameras(cameras or self._catalogue.camera_store.known(), collections)
        return cover(
            [_watched(run) for run in self.runs(cameras, collections)],
            live_cameras=[status.camera_id for status in live if status.state != REMOVED],
            given_up={one.camera_id: one.at for one in live if one.state == REMOVED and one.at},
            since=since,
            until=until,
            now=self._clock.now(),
        )

    def _live_cameras(self, names: Sequence[str], collections: Sequence[str]) -> list[CameraStatus]:
        if collections and LIVE_COLLECTION not in collections:
            return []
        statuses = map(self._catalogue.camera_store.status, names)
        return [status for status in statuses if status and status.kind == "rtsp"]


def _watched(run: RunRecord) -> WatchedRun:
    return WatchedRun(
        camera_id=run.camera_id,
        is_live=run.kind == "live",
        started_at=run.started_at,
        watched_until=run.watched_until or run.started_at,
        frames_dropped=run.frames_dropped,
        tracks=run.tracks,
        unpublished_tracks=run.unpublished_tracks,
        reason=run.reason,
        dropped_by=run.dropped_by,
        clock_ahead_s=run.clock_ahead_s,
    )
