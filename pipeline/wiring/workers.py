"""Builds each kind of worker from the settings, and runs it."""

import logging
import os
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from detectors.ports import Detector
from detectors.types import Frame
from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.errors import NotFound
from pipeline.handoff import NewestFrames
from pipeline.names import process_name
from pipeline.shutdown import Stop
from pipeline.store.keys import Keys
from pipeline.store.leases import LeaseStore
from pipeline.telemetry import Telemetry
from pipeline.waiting_threads import threads_that_sleep
from pipeline.wiring.cameras import chosen_cameras, reader_maker
from pipeline.wiring.models import FollowerMaker, build_detector, quiet_libraries
from pipeline.wiring.places import build_blackout, build_gate, place_of
from pipeline.wiring.stores import Stores, open_stores
from pipeline.wiring.video import Rings
from pipeline.wiring.watching import WatchedSettings
from pipeline.wiring.weights import detector_name
from pipeline.workers.following import RunFollower
from pipeline.workers.jobs import ReplayJob
from pipeline.workers.pictures import Publishing
from pipeline.workers.recording import Destination, Outbox, Recorder
from pipeline.workers.roster import LEASE_S, Roster

if TYPE_CHECKING:
    from pipeline.workers.replay import Footage, ReplayParts

log = logging.getLogger(__name__)

REINDEX_NICENESS = 19
"""Everything else goes first: a change of model takes the processor time that is left over."""

quiet_libraries()


def _destination(stores: Stores, telemetry: Telemetry) -> Destination:
    return Destination(stores.crops, stores.tracks, telemetry)


def work_camera(settings: Settings, only: list[str], stop: Stop) -> None:
    """Watch cameras until `stop`."""
    from pipeline.workers.camera import CameraParts, CameraWorker

    clock, telemetry, stores = SystemClock(), Telemetry(), open_stores(settings)
    frames: NewestFrames[Frame] = NewestFrames()
    publishing = Publishing(
        collection="live",
        imported_at=None,
        time_source="arrival",
        is_live=True,
        jpeg_quality=settings.shots.jpeg_quality,
        long_side_px=settings.shots.long_side_px,
    )
    destination, rings = _destination(stores, telemetry), Rings(stores, telemetry)
    if not chosen_cameras(settings, only):
        log.warning("no camera is set: waiting for one (descry cameras add)")
    watched = WatchedSettings.of_this_process(settings, only)
    leases = LeaseStore(
        stores.client, Keys(settings.redis.namespace), process_name(), ttl_s=LEASE_S
    )
    detector = build_detector(settings)

    def follow(camera_id: str, run_id: str) -> RunFollower:
        zones = {camera_id: place_of(watched.settings, camera_id).zones}
        return FollowerMaker(settings, zones).follow(camera_id, run_id)

    parts = CameraParts(
        make_reader=reader_maker(lambda: watched.settings, frames, telemetry, rings.of),
        roster=Roster(leases, wanted=watched.wanted, paused=stores.cameras.paused, clock=clock),
        frames=frames,
        detector=detector,
        detector_name=detector_name(settings),
        batch=detector.batch,
        follow=follow,
        gate=lambda name: build_gate(place_of(watched.settings, name)),
        record=lambda outbox: Recorder(destination, publishing, outbox, clock),
        end_open_tracks=lambda name: stores.tracks.end_all_of(
            name, except_run=None, now=clock.now()
        ),
        cameras=stores.cameras,
        runs=stores.runs,
        telemetry=telemetry,
        clock=clock,
        end_ring=rings.end,
        end_tracks_of=stores.tracks.end_all_of_runs,
    )
    try:
        CameraWorker(parts).run(stop)
    finally:
        rings.stop()


def work_replay(settings: Settings, spool: Path, name: str, stop: Stop) -> None:
    """Read the files whose jobs lie in `spool`, one after the other, until `stop`."""
    from pipeline.workers.reading import ReadingWorker
    from pipeline.workers.replay import ReplayWorker
    from pipeline.workers.spool import Spool

    clock, stores, telemetry = SystemClock(), open_stores(settings), Telemetry()
    destination, detector = _destination(stores, telemetry), build_detector(settings)

    def read(job: ReplayJob, stop: threading.Event) -> None:
        job.check_file()
        outbox = Outbox(at_most=None)
        recorder = Recorder(destination, _publishing(settings, stores, job), outbox, clock)
        parts = _replay_parts(settings, stores, detector, telemetry, job)
        ReplayWorker(job, parts, recorder, outbox).run(stop)
        stores.boxes.close(job.camera_id, job.run_id)
        job.check_file()

    def give_up(job: ReplayJob, reason: str) -> None:
        stores.runs.finish(job.camera_id, job.run_id, "broken", reason)

    with stores.boxes:
        ReadingWorker(Spool(spool), name, read, give_up).run(stop)


def _publishing(settings: Settings, stores: Stores, job: ReplayJob) -> Publishing:
    record = stores.runs.get(job.camera_id, job.run_id)
    if record is None:
        raise NotFound(f"no run {job.run_id} of camera {job.camera_id!r} was begun")
    return Publishing(
        collection=job.collection,
        imported_at=record.imported_at,
        time_source=job.time_source,
        is_live=False,
        jpeg_quality=settings.shots.jpeg_quality,
        long_side_px=settings.shots.long_side_px,
    )


def _replay_parts(
    settings: Settings, stores: Stores, detector: Detector, telemetry: Telemetry, job: ReplayJob
) -> "ReplayParts":
    from pipeline.workers.replay import ReplayParts

    maker = FollowerMaker(settings, {job.camera_id: job.place.zones})
    return ReplayParts(
        open_frames=partial(_open_frames, job),
        gate=build_gate(job.place),
        detector=detector,
        batch=1 if job.realtime else detector.batch,
        follow=partial(maker.follow, job.camera_id, job.run_id),
        runs=stores.runs,
        boxes=stores.boxes if job.keep_boxes else None,
        telemetry=telemetry,
        clock=SystemClock(),
    )


def _open_frames(job: ReplayJob, first_frame: int) -> "Footage":
    from pipeline.sources.masked import MaskedFilm
    from pipeline.sources.video_file import VideoFile, inspect_video

    frames = VideoFile(
        inspect_video(Path(job.path)),
        job.camera_id,
        job.run_id,
        job.started_at,
        fps=job.fps,
        first_frame=first_frame,
    )
    return MaskedFilm(frames, build_blackout(job.place))


def work_embed(settings: Settings, name: str | None, stop: Stop) -> None:
    """Embed shots until `stop`."""
    with stop.at_once():
        from pipeline.wiring.models import encoder_in_use
        from pipeline.workers.embed import Embedding, EmbedWorker

    stores, telemetry, name = open_stores(settings), Telemetry(), name or process_name()
    while not stop.is_set():  # once for each model that comes into use
        with stop.at_once():
            encoder = encoder_in_use(settings, stores.models.in_use())
        parts = Embedding(
            encoder=encoder,
            crops=stores.crops,
            sightings=stores.sightings,
            media=stores.media,
            telemetry=telemetry,
            clock=SystemClock(),
        )
        worker = EmbedWorker(
            parts,
            name=name,
            batch=settings.encoder.batch,
            max_wait_s=settings.encoder.max_wait_s,
        )
        worker.run(stop)


def work_reindex(settings: Settings, stop: Stop) -> None:
    """Carry the change of model that was asked for to its end, or until `stop`."""
    from pipeline.wiring.copying import build_reindex_worker

    os.nice(REINDEX_NICENESS)
    build_reindex_worker(settings, open_stores(settings), stop).run(stop)


def work_query(settings: Settings, api_socket: Path | None, stop: Stop) -> None:
    """Keep the index and answer until `stop`."""
    with stop.at_once(), threads_that_sleep():
        from pipeline.wiring.serving import build_query_worker

        worker = build_query_worker(settings, open_stores(settings), api_socket)
    worker.run(stop)
