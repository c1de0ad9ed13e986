"""What is known without an encoder: cameras, their runs, tracks, kept boxes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from detectors.types import Box, TrackKey
from pipeline.answers import CameraAnswer, TrackAnswer, TracksAnswer
from pipeline.box_answers import BoxAnswer, TrackBoxesAnswer
from pipeline.clock import Clock
from pipeline.errors import ConfigError, NotFound
from pipeline.instants import format_instant
from pipeline.store.boxes import BoxArchive
from pipeline.store.cameras import CameraStatus, CameraStore
from pipeline.store.runs import RunStore
from pipeline.store.tracks import TrackStore
from pipeline.workers.clipping import parse_name
from pipeline.workers.exporting import boxes_of
from pipeline.workers.presenting import read_cursor, run_answer, track_answer, write_cursor

# A track is live while its camera still reports it; a camera worker that died stops reporting.
LIVE_WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Lists what the stores know, as the API says it."""

    camera_store: CameraStore
    runs: RunStore
    track_store: TrackStore
    box_archive: BoxArchive
    clock: Clock
    set_zones: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Zones of the settings by camera: nobody need have stood in them yet."""

    def tracks(
        self,
        camera: str | None = None,
        *,
        zone: str | None = None,
        after: str | None = None,
        count: int = 200,
        among: Collection[str] | None = None,
    ) -> TracksAnswer:
        """A page of tracks by first sight; with a `zone` shorter than `count`, or even empty.

        Without a camera they are of all, or of all `among` these.

        Raises:
            NotFound: no such camera or zone.
            ConfigError: `after` is no place in the list.
        """
        self.refuse_unknown([camera] if camera else [])
        self.refuse_unknown_zones([zone] if zone else [])
        live = self.live_keys()
        cursor = read_cursor(after) if after else None
        records = self.track_store.list(camera, after=cursor, count=count, among=among)
        following = write_cursor(records[-1]) if len(records) == count else None
        page = [
            track_answer(record, record.key in live)
            for record in records
            if zone is None or zone in record.zones
        ]
        return TracksAnswer(tracks=page, next=following)

    def track(self, name: str) -> TrackAnswer:
        """The track of that name (`camera/run/number`).

        Raises:
            ConfigError: that names no track.
            NotFound: no such track is known.
        """
        try:
            key = TrackKey.parse(name)
        except ValueError as error:
            raise ConfigError(f"{error}: 'descry tracks list' names tracks") from error
        record = self.track_store.get_many([key]).get(key)
        if record is None:
            raise NotFound(f"no track {key}: 'descry tracks list' names all that are known")
        return track_answer(record, key in self.live_keys())

    def known(self) -> Collection[str]:
        """Every camera that was ever read."""
        return self.camera_store.known()

    def cameras(self, camera: str | None = None) -> list[CameraAnswer]:
        """Every camera that was ever read, or one.

        Raises:
            NotFound: no such camera.
        """
        self.refuse_unknown([camera] if camera else [])
        names = [camera] if camera else self.camera_store.known()
        return [self._camera(name) for name in names]

    def pause(self, camera: str) -> CameraAnswer:
        """Have no worker read a live camera until `resume`.

        Raises:
            NotFound: no such live camera.
        """
        self._refuse_recorded(camera)
        self.camera_store.pause(camera)
        return self._camera(camera)

    def resume(self, camera: str) -> CameraAnswer:
        """Undo `pause`.

        Raises:
            NotFound: no such live camera.
        """
        self._refuse_recorded(camera)
        self.camera_store.resume(camera)
        return self._camera(camera)

    def boxes(self, camera: str, run: str | None = None) -> str:
        """The MOTChallenge rows of a run.

        Raises:
            NotFound: no such camera or run, or its boxes were not kept.
        """
        self.refuse_unknown([camera])
        kept = [record.run_id for record in self.runs.of_camera(camera) if record.boxes_kept]
        return "".join(boxes_of(self.box_archive, kept, camera, run))

    def track_boxes(self, name: str) -> TrackBoxesAnswer:
        """Where a track was, frame by frame, by time.

        Raises:
            NotFound: no such track.
            ConfigError: that is no name of one.
        """
        key, _ = parse_name(name)
        if not self.track_store.get_many([key]):
            raise NotFound(f"no track {key}: retention may have forgotten it")
        kept = self.box_archive.of_track(key.camera_id, key.run_id, key.number)
        boxes = [BoxAnswer(at=round(at, 3), box=_rounded(box)) for at, box in kept]
        return TrackBoxesAnswer(track=str(key), boxes=boxes)

    def live_keys(self) -> set[TrackKey]:
        """The tracks of people in view now."""
        return self.track_store.live_keys(self.clock.now(), stale_after_s=LIVE_WITHIN_S)

    def refuse_unknown(self, cameras: Sequence[str]) -> None:
        """See that every one of `cameras` was read at some time.

        Raises:
            NotFound: one was not; the message names those that were.
        """
        if not cameras:
            return
        known = self.camera_store.known()
        for name in cameras:
            if name not in known:
                raise NotFound(f"no camera {name!r}; known: {', '.join(sorted(known)) or 'none'}")

    def refuse_unknown_zones(self, zones: Sequence[str]) -> None:
        """See that every one of `zones` is set, or a shot was taken in it.

        Raises:
            NotFound: one is neither; the message names those that are.
        """
        if not zones:
            return
        known = self.camera_store.zones().union(*self.set_zones.values())
        for name in zones:
            if name not in known:
                raise NotFound(
                    f"no zone {name!r} in the settings, and no shot taken in one of that name; "
                    f"known: {', '.join(sorted(known)) or 'none'}"
                )

    def _refuse_recorded(self, camera: str) -> None:
        self.refuse_unknown([camera])
        status = self.camera_store.status(camera)
        if status is None or status.kind != "rtsp":
            raise NotFound(f"camera {camera!r} has only recordings: there is nothing to pause")

    def _camera(self, name: str) -> CameraAnswer:
        status = self.camera_store.status(name) or CameraStatus(name, "file")
        return CameraAnswer(
            camera=name,
            kind=status.kind,
            state=status.state,
            detail=status.detail,
            since=format_instant(status.at) if status.at else None,
            figures=dict(status.rates),
            ring=status.ring,
            zones=sorted(self.set_zones.get(name, ())),
            runs=[run_answer(run) for run in self.runs.of_camera(name)],
        )


def _rounded(box: Box) -> tuple[float, float, float, float]:
    return (round(box.x1, 1), round(box.y1, 1), round(box.x2, 1), round(box.y2, 1))
