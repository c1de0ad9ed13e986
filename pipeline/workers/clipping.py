"""From the name of a track or a shot to its clip."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from detectors.types import ShotId, TrackKey
from pipeline.answers import ClipAnswer
from pipeline.clock import Clock
from pipeline.errors import ConfigError, NotFound, VideoGone
from pipeline.instants import format_instant
from pipeline.names import in_utf8
from pipeline.store.cameras import CameraStore
from pipeline.store.clips import Span, cut_from_file, cut_from_ring
from pipeline.store.held_clips import HeldClip, HeldClips
from pipeline.store.originals import Originals
from pipeline.store.remux import Stretch
from pipeline.store.ring import RingFolder
from pipeline.store.runs import RunRecord, RunStore
from pipeline.store.sighting_log import SightingLog
from pipeline.store.track_record import TrackRecord
from pipeline.store.tracks import TrackStore
from pipeline.store.wire import LoggedSighting

# Clocks of the machines that write to one Redis differ by less.
CLOCK_SLACK_S = 3600.0
# What is told as the source of a clip that was kept for a hold.
HELD = "held"
# A picture that is missing from a stretch is worth a note when it is missing for so long.
GAP_S = 2.0
# A clip that begins or ends so much nearer to the hit than asked for is worth a note.
SHORT_S = 0.5


@dataclass(frozen=True, slots=True)
class ClipDesk:
    """Cuts clips.

    Attributes:
        tracks, runs, sightings, cameras: what is known of the hit.
        ring: recent video of live cameras.
        keep_s: how long it stays there.
        originals: finds imported files.
        at_most_s: how long a clip may be, seconds.
        clock: says how long ago something was.
        held: clips of held tracks, which stay when all else of them is gone.
    """

    tracks: TrackStore
    runs: RunStore
    sightings: SightingLog
    cameras: CameraStore
    ring: RingFolder
    keep_s: float
    originals: Originals
    clock: Clock
    at_most_s: float = 600.0
    held: HeldClips | None = None

    def cut(self, name: str, *, before_s: float, after_s: float, out: Path) -> ClipAnswer:
        """Write the clip of a track or shot to `out`, whole or not at all.

        Args:
            name: `camera/run/track`, or `camera/run/track/shot`.
            before_s: seconds to show before the hit; the clip begins with a key frame, so
                somewhat earlier.
            after_s: seconds to show after it.
            out: an MP4, mode 0600.

        Raises:
            NotFound: no such track or shot.
            VideoGone: its video is kept nowhere, or not any more.
            UnwritableClip: `out` cannot be written.
        """
        key, number = parse_name(name)
        record = self.tracks.get_many([key]).get(key)
        if record is None:
            return self._cut_held(name, before_s, after_s, out)
        sighting = self._sighting(record, number)
        if number is not None and sighting is None:
            raise NotFound(f"no shot {name}: it was replaced, or retention forgot it")
        wanted = _span(record, sighting if number is not None else None, before_s, after_s)
        span = wanted.at_most(self.at_most_s)
        stretch, source = self._cut_best(record, span, out)
        time_from = None if sighting is None else sighting.time_source
        answer = _answer(name, key, span, stretch, source, time_from, out)
        if span != wanted:
            answer.notes.append(f"its first {self.at_most_s:g} s: clips.max_s is the longest clip")
        return answer

    def held_clip(self, key: TrackKey) -> HeldClip | None:
        """What is known of the kept clip of a held track; None where none is kept."""
        return None if self.held is None else self.held.get(key)

    def masks_of(self, key: TrackKey) -> tuple[tuple[tuple[float, float], ...], ...]:
        """What was masked when a track was read from a file: corners, as shares of the frame."""
        run, kept = self.runs.get(key.camera_id, key.run_id), self.held_clip(key)
        masks = [*(() if run is None else run.masks), *(() if kept is None else kept.masks)]
        return tuple(dict.fromkeys(tuple((x, y) for x, y in mask) for mask in masks))

    def _cut_held(self, name: str, before_s: float, after_s: float, out: Path) -> ClipAnswer:
        """The clip of a track of which nothing else is known any more."""
        key, number = parse_name(name)
        kept = self.held_clip(key)
        if kept is None:
            raise NotFound(f"no track {key}: retention may have forgotten it")
        first, last = kept.first_at, kept.last_at
        if number is not None:
            at = next((shot.at for shot in kept.shots if shot.number == number), None)
            if at is None:
                raise NotFound(f"no shot {name}: it was replaced before its track was held")
            first = last = at
        span = Span(first, last, first - before_s, last + after_s).at_most(self.at_most_s)
        stretch = self._copy_held(key, kept, span, out)
        return _answer(name, key, span, stretch, HELD, kept.time_from, out)

    def _copy_held(self, key: TrackKey, kept: HeldClip, span: Span, out: Path) -> Stretch:
        if self.held is None:
            raise VideoGone(f"no clip of track {key} is held")
        stretch = cut_from_file(self.held.path(key), kept.begin_at, span, out)
        return replace(stretch, is_copy=stretch.is_copy and kept.is_copy)

    def _cut_best(self, record: TrackRecord, span: Span, out: Path) -> tuple[Stretch, str]:
        """From the ring or the original; from the held clip where that is whole, or all there is.

        The ring may have lost some of it to an erasure.
        """
        key, kept = record.key, self.held_clip(record.key)
        is_whole = (
            kept is not None and kept.begin_at <= span.begin_at and span.end_at <= kept.end_at
        )
        if kept is not None and is_whole and record.is_live_source:
            return self._copy_held(key, kept, span, out), HELD
        try:
            return self._cut(record, span, out)
        except VideoGone:
            if kept is None:
                raise
            return self._copy_held(key, kept, span, out), HELD

    def _cut(self, record: TrackRecord, span: Span, out: Path) -> tuple[Stretch, str]:
        camera_id = record.key.camera_id
        if not record.is_live_source:
            run = self._run(record)
            path = self.originals.find(run)
            return cut_from_file(path, run.started_at, span, out), str(path)
        try:
            return cut_from_ring(self.ring, camera_id, span, out), "ring"
        except VideoGone as gone:
            raise VideoGone(f"{gone}; {self._why(record, span)}") from gone

    def _why(self, record: TrackRecord, span: Span) -> str:
        status = self.cameras.status(record.key.camera_id)
        if status is not None and status.ring:
            return f"its ring is {status.ring}"
        gone_at = record.by_our_clock(span.hit_until) + self.keep_s
        since = f", since {format_instant(gone_at)} at the latest" if gone_at < self._now() else ""
        return f"the ring keeps {self.keep_s / 60:g} minutes at most (ring.minutes){since}"

    def _now(self) -> float:
        return self.clock.now()

    def _run(self, record: TrackRecord) -> RunRecord:
        run = self.runs.get(record.key.camera_id, record.key.run_id)
        if run is None:
            raise NotFound(f"no run {record.key.run_id}: retention may have forgotten it")
        return run

    def _sighting(self, record: TrackRecord, number: int | None) -> LoggedSighting | None:
        """The shot of that number; any of the track if None."""
        shots = self.shots(record)
        return next((each for each in shots if number in (None, each.shot.number)), None)

    def shots(self, record: TrackRecord) -> Iterator[LoggedSighting]:
        """The shots of a track that the log has."""
        first_at = record.by_our_clock(record.first_seen_at)
        since = first_at if record.imported_at is None else record.imported_at
        return self.sightings.of_track(record.key, since=since - CLOCK_SLACK_S)


def parse_name(name: str) -> tuple[TrackKey, int | None]:
    """The track that `name` is of, and the number of the shot if it is one.

    >>> parse_name("lobby/01JT9/42/3")
    (TrackKey(camera_id='lobby', run_id='01JT9', number=42), 3)

    Raises:
        ConfigError: it names neither.
    """
    try:
        if name.count("/") == 3:
            shot = ShotId.parse(name)
            return shot.track, shot.number
        return TrackKey.parse(name), None
    except ValueError as error:
        raise ConfigError(
            f"{name!r} names no track (camera/run/track) and no shot (camera/run/track/shot): "
            "take it from 'descry search --json' or 'descry tracks list'"
        ) from error


def _span(
    record: TrackRecord, shot: LoggedSighting | None, before_s: float, after_s: float
) -> Span:
    first = record.first_seen_at if shot is None else shot.captured_at
    last = record.last_seen_at if shot is None else shot.captured_at
    return Span(first, last, first - before_s, last + after_s)


def _answer(
    name: str,
    key: TrackKey,
    span: Span,
    stretch: Stretch,
    source: str,
    time_from: str | None,
    out: Path,
) -> ClipAnswer:
    return ClipAnswer(
        hit=name,
        track=str(key),
        camera=key.camera_id,
        path=in_utf8(str(out)),
        begin_at=format_instant(stretch.begin_at),
        end_at=format_instant(stretch.end_at),
        seconds=round(stretch.end_at - stretch.begin_at, 3),
        hit_from_s=round(span.hit_from - stretch.begin_at, 3),
        hit_until_s=round(span.hit_until - stretch.begin_at, 3),
        source=in_utf8(source),
        time_from=time_from,
        copied=stretch.is_copy,
        notes=_notes(span, stretch),
    )


def _notes(span: Span, stretch: Stretch) -> list[str]:
    notes = []
    if stretch.begin_at > span.begin_at + SHORT_S:
        notes.append(f"no video before {format_instant(stretch.begin_at)}")
    if stretch.end_at < span.end_at - SHORT_S:
        notes.append(f"no video after {format_instant(stretch.end_at)}, or none yet")
    if stretch.longest_gap_s > GAP_S:
        notes.append(f"a gap of {stretch.longest_gap_s:.1f} s, shown as a still picture")
    if not stretch.is_copy:
        notes.append("encoded anew: MP4 cannot hold the original codec")
    return notes
