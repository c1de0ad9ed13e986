"""What came of each file of an import."""

from dataclasses import dataclass

from pipeline.cli.import_plan import Planned
from pipeline.errors import ConfigError, DescryError
from pipeline.instants import format_instant
from pipeline.names import in_utf8
from pipeline.store.runs import RunRecord
from pipeline.workers.jobs import ReplayJob


@dataclass(frozen=True, slots=True)
class Imported:
    """What one file came to.

    Attributes:
        known: whether it had been read to its end before, under whatever name.
        frames_looked_at: those that the detector saw.
        frames_skipped: those in which nothing moved and nobody was followed.
        damaged: where it could not be decoded: from, to, in seconds since its first frame.
        footage_s: from its first frame to the last one that was looked at.
        seconds: since it was handed to the readers; waiting for one is part of it.
    """

    file: str
    camera: str
    collection: str
    run: str
    started_at: str
    time_from: str
    state: str
    reason: str
    known: bool
    frames: int
    frames_looked_at: int
    frames_skipped: int
    boxes_seen: int
    tracks: int
    shots_encoded: int
    tracks_without_shots: int
    damaged: list[tuple[float, float]]
    footage_s: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """A file and what came of it; `imported` is None if it could not even be begun."""

    planned: Planned
    imported: Imported | None = None
    trouble: DescryError | None = None


def imported_of(
    planned: Planned, job: ReplayJob, record: RunRecord, *, is_known: bool, seconds: float
) -> Imported:
    """What is told of a file whose run stands like `record`."""
    until = record.started_at if record.watched_until is None else record.watched_until
    return Imported(
        file=in_utf8(str(planned.recording.path)),
        camera=job.camera_id,
        collection=record.collection,
        run=job.run_id,
        started_at=format_instant(job.started_at),
        time_from=job.time_source,
        state=record.state,
        reason=in_utf8(record.reason),
        known=is_known,
        frames=record.frames_read,
        frames_looked_at=record.frames_looked_at,
        frames_skipped=record.frames_skipped,
        boxes_seen=record.boxes_seen,
        tracks=record.tracks,
        shots_encoded=record.shots_published,
        tracks_without_shots=record.unpublished_tracks,
        damaged=[(round(from_s, 3), round(to_s, 3)) for from_s, to_s in record.damaged],
        footage_s=round(max(until - record.started_at, 0.0), 3),
        seconds=seconds,
    )


def is_read(record: RunRecord) -> bool:
    """Whether all that can be read of the file was read: up to its end, or to its damage.

    A file that ended its reader, or was gone, is worth another try.
    """
    return record.state == "done" or (record.state == "broken" and bool(record.damaged))


def lacks_boxes(job: ReplayJob, known: RunRecord) -> bool:
    """Whether every box is wanted and a reading that keeps them has not come to its end."""
    return job.keep_boxes and not known.boxes_kept


def refuse_elsewhere(job: ReplayJob, known: RunRecord | None) -> None:
    """A file lies in one collection; a second import would be silent.

    Raises:
        ConfigError: it lies elsewhere.
    """
    if known is None:
        return
    if known.collection != job.collection:
        raise ConfigError(
            f"{job.path} is in the collection {known.collection!r} already: search it there"
        )
