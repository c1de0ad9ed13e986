"""Imports recorded files: one supervised worker a file, then waits until all is searchable."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from json import dumps
from pathlib import Path
from typing import TypeVar

from pipeline.cli.next_step import say_next_step
from pipeline.cli.progress import Report, progress_bar
from pipeline.config import Settings
from pipeline.errors import ConfigError, SourceUnreadable, StoreUnavailable
from pipeline.instants import format_instant, parse_instant
from pipeline.names import check_name
from pipeline.shutdown import Stop, stopping
from pipeline.sources.capture_time import choose_start
from pipeline.sources.video_file import VideoInfo, digest_file, inspect_video
from pipeline.store.runs import RunRecord, SafePoint
from pipeline.wiring.sessions import Session, open_session
from pipeline.wiring.settings import read_settings
from pipeline.wiring.stores import Stores, open_stores
from pipeline.wiring.trust import synthetic_models
from pipeline.wiring.weights import detector_name, encoder_name, makers_of, open_library
from pipeline.workers.jobs import ReplayJob, name_run
from pipeline.workers.supervisor import WorkerFailed

T = TypeVar("T")
Bars = Callable[[str], Report]


@dataclass(frozen=True, slots=True)
class Order:
    """What the command line asks for."""

    paths: Sequence[Path]
    camera: str
    collection: str = "imports"
    start: str | None = None
    fps: float | None = None
    every_frame: bool = False
    realtime: bool = False
    keep_boxes: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """What one file came to; `known` if it had been read to its end before."""

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
    boxes_seen: int
    tracks: int
    shots_encoded: int
    tracks_without_shots: int
    seconds: float


def import_files(
    order: Order, *, config: Path | None, detector: str | None, model: str | None, as_json: bool
) -> list[Imported]:
    """Import every file of `order`, and say what came of each.

    Raises:
        SourceUnreadable: a file is missing, no video, or damaged; the others were imported.
    """
    settings = read_settings(config, model=model, detector=detector)
    check_name("camera", order.camera)
    check_name("collection", order.collection)
    if order.collection == "live":
        raise ConfigError("--collection live is for cameras: choose another name")
    # Everything that can be wrong with the files is said before anything is started.
    infos = [inspect_video(path) for path in order.paths]
    with stopping() as stop, progress_bar() as bars:
        jobs = [plan_import(order, info, settings, bars) for info in infos]
        with open_session(settings, need=frozenset({"embed"}), stopped=stop.is_set) as session:
            desk = ImportDesk(session, open_stores(settings, session.redis_url), bars, stop)
            results = [desk.import_one(job, info) for job, info in zip(jobs, infos, strict=True)]
            desk.wait_until_embedded()
    for result in results:
        _tell(result, as_json=as_json)
    used = [detector_name(settings), encoder_name(settings)]
    say_next_step(used, synthetic_models(open_library(settings)))
    broken = [result.reason for result in results if result.state == "broken"]
    if broken:
        raise SourceUnreadable("; ".join(broken))
    return results


def plan_import(order: Order, info: VideoInfo, settings: Settings, bars: Bars) -> ReplayJob:
    """What one file of `order` gives a worker to do.

    Raises:
        ConfigError: the start makes no sense.
        SourceUnreadable: the file's date cannot be true.
    """
    given = parse_instant(order.start, now=time.time()) if order.start else None
    start = choose_start(info, given)
    sys.stderr.write(
        f"{info.path.name}: first frame at {format_instant(start.at)} (from the {start.source})\n"
    )
    fps = None if order.every_frame else order.fps or settings.detector.fps
    digest = _digest(info.path, bars(f"digest {info.path.name}"))
    run_id = name_run(
        digest=digest,
        camera_id=order.camera,
        started_at=start.at,
        fps=fps,
        makers=makers_of(settings),
    )
    return ReplayJob(
        path=str(info.path.resolve()),
        camera_id=order.camera,
        collection=order.collection,
        run_id=run_id,
        digest=digest,
        started_at=start.at,
        time_source=start.source,
        fps=fps,
        realtime=order.realtime,
        keep_boxes=order.keep_boxes,
        detector=detector_name(settings),
        encoder=encoder_name(settings),
    )


def _digest(path: Path, report: Report) -> str:
    total, done = path.stat().st_size, 0

    def progress(count: int) -> None:
        nonlocal done
        done += count
        report(done, total)

    return digest_file(path, progress)


@dataclass(frozen=True, slots=True)
class ImportDesk:
    """Sees the jobs of one command through.

    Attributes:
        session: with an embed worker.
        stores: those of the session.
        bars: starts a progress bar.
        stop: set when the user has had enough.
    """

    session: Session
    stores: Stores
    bars: Bars
    stop: Stop

    def import_one(self, job: ReplayJob, info: VideoInfo) -> Imported:
        """Read one file to its end, unless that was done before."""
        began = time.monotonic()
        known = self.stores.runs.get(job.camera_id, job.run_id)
        _refuse_elsewhere(job, known)
        is_known = known is not None and known.state == "done" and not _lacks_boxes(job, known)
        record = known if known is not None and is_known else self._begin(job, info, known)
        if not is_known:
            self._read(job, self.bars(f"read   {info.path.name}"))
        done = self._heard(partial(self.stores.runs.get, job.camera_id, job.run_id)) or record
        return Imported(
            file=str(info.path),
            camera=job.camera_id,
            collection=done.collection,
            run=job.run_id,
            started_at=format_instant(job.started_at),
            time_from=job.time_source,
            state=done.state,
            reason=done.reason,
            known=is_known,
            frames=done.frames_read,
            boxes_seen=done.boxes_seen,
            tracks=done.tracks,
            shots_encoded=done.shots_published,
            tracks_without_shots=done.unpublished_tracks,
            seconds=round(time.monotonic() - began, 3),
        )

    def wait_until_embedded(self) -> None:
        """Wait until everything published so far is in the sighting log."""
        report = self.bars("encode shots")
        crops = self.stores.crops
        mark, total = self._heard(crops.last_id), self._heard(crops.length)
        while self._heard(partial(crops.holds_up_to, mark)):
            self._tend()
            report(max(total - self._heard(crops.length), 0), total)
        report(total, total)

    def _begin(self, job: ReplayJob, info: VideoInfo, known: RunRecord | None) -> RunRecord:
        self.stores.cameras.register(job.camera_id, "file")
        goes_on = known is not None and known.state == "reading" and known.keeps_boxes
        if known is not None and _lacks_boxes(job, known) and not goes_on:
            # What was read so far was read without keeping boxes: from the start, then.
            start = SafePoint(0, 1, {})
            self.stores.runs.save_safe_point(job.camera_id, job.run_id, start)
        return self.stores.runs.begin(
            RunRecord(
                camera_id=job.camera_id,
                run_id=job.run_id,
                kind="file",
                source=info.path.name,
                started_at=job.started_at,
                collection=job.collection,
                digest=job.digest,
                imported_at=time.time(),
                detector=job.detector,
                encoder=job.encoder,
                keeps_boxes=job.keep_boxes,
                expected_frames=info.frame_count,
            )
        )

    def _read(self, job: ReplayJob, report: Report) -> None:
        name = f"replay-{job.run_id}"
        run = partial(self.stores.runs.get, job.camera_id, job.run_id)
        self.session.start_job(name, job)
        self._follow(name, run, report)
        record = self._heard(run)
        if record is not None and record.state == "reading":
            self._read(job, report)  # somebody ended the worker: another goes on where it was

    def _follow(self, name: str, run: Callable[[], RunRecord | None], report: Report) -> None:
        while self.session.supervisor.exit_code(name) is None:
            try:
                self._tend()
            except WorkerFailed:
                record = self._heard(run)
                if record is None or record.state != "broken":
                    raise
                return
            record = self._heard(run)
            if record is not None:
                report(record.frames_read, record.expected_frames)

    def _heard(self, ask: Callable[[], T]) -> T:
        """What the store answers, once it is there: a private Redis that died is started again."""
        told = False
        while True:
            try:
                return ask()
            except StoreUnavailable as error:
                if not told:
                    sys.stderr.write(f"{error}; waiting for it\n")
                    told = True
                self._tend()

    def _tend(self) -> None:
        if self.stop.wait(0.1):
            sys.stderr.write("stopped: the same command goes on where this one was\n")
            raise KeyboardInterrupt
        self.session.tend()


def _lacks_boxes(job: ReplayJob, known: RunRecord) -> bool:
    return job.keep_boxes and not known.boxes_kept


def _refuse_elsewhere(job: ReplayJob, known: RunRecord | None) -> None:
    """A file lies in one collection, embedded by one model; a second import would be silent."""
    if known is None:
        return
    if known.collection != job.collection:
        raise ConfigError(
            f"{job.path} is in the collection {known.collection!r} already: search it there"
        )
    if known.encoder and known.encoder != job.encoder:
        raise ConfigError(
            f"{job.path} was embedded with {known.encoder}: search it with --model {known.encoder}"
        )


def _tell(result: Imported, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(dumps(asdict(result)) + "\n")
        return
    known = ", known before" if result.known else ""
    sys.stdout.write(
        f"{result.file}: {result.frames} frames, {result.tracks} tracks, "
        f"{result.boxes_seen} boxes seen, {result.shots_encoded} shots encoded, "
        f"{result.tracks_without_shots} too small to judge ({result.state}{known})\n"
    )
